"""Items by the many: every page is read, and what DynamoDB leaves of a batch is asked for again."""

import io
from typing import Any

import pytest

from tests.support import pictures
from tests.support.world import World, with_band
from unspread import aws
from unspread.bands import bands
from unspread.hashing import hash_picture
from unspread.stores.items import partition, read_items, write_items
from unspread.stores.transaction import BusyError

TABLE = "CaseTable"
ITEMS = [{"pk": "a" if number % 2 else "b", "sk": f"{number:03}"} for number in range(150)]


class Sparing:
    """A client that takes and gives no more than this many items of a batch."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(aws.dynamodb(), name)

    def batch_get_item(self, RequestItems: Any) -> Any:  # noqa: N803
        self.calls += 1
        wanted = RequestItems[TABLE]
        answer: dict[str, Any] = {"Responses": {TABLE: []}}
        if self.most:
            some = {TABLE: wanted | {"Keys": wanted["Keys"][: self.most]}}
            answer = dict(aws.dynamodb().batch_get_item(RequestItems=some))
        left = wanted["Keys"][self.most :]
        return answer | {"UnprocessedKeys": {TABLE: wanted | {"Keys": left}} if left else {}}

    def batch_write_item(self, RequestItems: Any) -> Any:  # noqa: N803
        self.calls += 1
        requests = RequestItems[TABLE]
        if self.most:
            aws.dynamodb().batch_write_item(RequestItems={TABLE: requests[: self.most]})
        left = requests[self.most :]
        return {"UnprocessedItems": {TABLE: left} if left else {}}


@pytest.fixture(autouse=True)
def _table(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspread.stores.items.time.sleep", lambda _: None)


def stored() -> list[dict[str, str]]:
    found = [item for pk in "ab" for item in partition(aws.dynamodb(), TABLE, pk, Limit=7)]
    return sorted(found, key=lambda item: item["sk"])


def test_every_page_of_a_partition_is_read_in_order() -> None:
    write_items(aws.dynamodb(), TABLE, put=ITEMS)
    odd = [item["sk"] for item in ITEMS if item["pk"] == "a"]
    assert [item["sk"] for item in partition(aws.dynamodb(), TABLE, "a", Limit=7)] == odd
    assert list(partition(aws.dynamodb(), TABLE, "c")) == []


def test_what_is_left_of_a_batch_is_asked_for_again_until_nothing_is() -> None:
    sparing: Any = Sparing(4)
    write_items(sparing, TABLE, put=ITEMS)
    assert sparing.calls == 6 * 7  # batches of 25, four at a time
    assert stored() == ITEMS
    sparing = Sparing(30)
    missing = {"pk": "a", "sk": "none"}
    assert sorted(item["sk"] for item in read_items(sparing, TABLE, [missing, *ITEMS])) == [it["sk"] for it in ITEMS]
    assert sparing.calls == 4 + 2  # batches of 100 and of 51
    sparing = Sparing(4)
    write_items(sparing, TABLE, delete=ITEMS[:-3])
    assert stored() == ITEMS[-3:]


def test_nothing_is_asked_for_where_nothing_is_wanted() -> None:
    sparing: Any = Sparing(4)
    write_items(sparing, TABLE)
    assert list(read_items(sparing, TABLE, [])) == []
    assert sparing.calls == 0


def test_who_is_given_nothing_again_and_again_is_told() -> None:
    write_items(aws.dynamodb(), TABLE, put=ITEMS)
    sparing: Any = Sparing(0)
    with pytest.raises(BusyError, match="unread"):
        list(read_items(sparing, TABLE, ITEMS[:2]))
    with pytest.raises(BusyError, match="unwritten"):
        write_items(sparing, TABLE, delete=ITEMS[:2])
    assert sparing.calls == 2 * 8
    assert stored() == ITEMS


def test_bands_are_found_as_the_tests_look_them_up_directly(world: World) -> None:
    picture = pictures.picture(1, (400, 300))
    world.deliver(*(world.put(f"{n}.jpg", pictures.jpeg(picture, 60 + n)) for n in range(3)))
    asked = [*bands(bytes(hash_picture(io.BytesIO(pictures.png(picture))).hashes[0].pdq)), *bands(bytes(32))]
    found = {band: sorted(world.index.with_band(band)) for band in asked}
    assert found == {band: sorted(with_band(band)) for band in asked}
    assert max(map(len, found.values())) >= 3
    assert min(map(len, found.values())) == 0
