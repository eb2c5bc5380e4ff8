"""Rows with versions: what a snapshot is built of."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from unspread.versioned_rows import VersionedRows

# few values, many of them ending in zeros: rows that are nearly alike are the hard ones
rows = st.lists(st.sampled_from([0, 1, 255]), min_size=3, max_size=3).map(bytes)
steps = st.one_of(
    st.tuples(st.just("put"), st.dictionaries(rows, st.integers(1, 9), max_size=6)),
    st.tuples(st.just("drop"), st.lists(rows, max_size=6, unique=True)),
)


def array(names: list[bytes]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    return np.frombuffer(b"".join(names), np.uint8).reshape(len(names), 3)


@given(st.lists(steps, max_size=12), st.lists(rows, max_size=6))
def test_they_are_what_a_dictionary_would_be(made: list[tuple[str, object]], asked: list[bytes]) -> None:
    expected: dict[bytes, int] = {}
    actual = VersionedRows.none(3)
    for what, values in made:
        if isinstance(values, dict):
            expected |= values
            actual.put(values)
        elif isinstance(values, list):
            expected = {name: version for name, version in expected.items() if name not in values}
            actual.drop(array(values))
        assert actual.as_dict() == expected, what
        assert [row.tobytes() for row in actual.rows] == sorted(expected)
    assert actual.versions_of(array(asked)).tolist() == [expected.get(name, 0) for name in asked]


@given(st.dictionaries(rows, st.integers(1, 2**32 - 1)))
def test_rows_in_any_order_are_put_in_order(made: dict[bytes, int]) -> None:
    actual = VersionedRows.of(array(list(made)), np.fromiter(made.values(), np.uint32, len(made)))
    assert actual.as_dict() == made
    assert [row.tobytes() for row in actual.rows] == sorted(made)
