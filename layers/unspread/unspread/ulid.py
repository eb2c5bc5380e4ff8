"""ULIDs: identifiers that sort by the time at which they were made (https://github.com/ulid/spec)."""

import secrets

from unspread.case_code import ALPHABET

LENGTH = 26


def at(milliseconds: int, chance: int | None = None) -> str:
    """Return a ULID of a time, in ms since 1970. `chance` is its 80 random bits, drawn if not given."""
    value = milliseconds << 80 | (secrets.randbits(80) if chance is None else chance)
    return "".join(ALPHABET[value >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def first_at(milliseconds: int) -> str:
    """Return the ULID that sorts before every other of this time."""
    return at(max(0, milliseconds), 0)


START = first_at(0)
"""Before every ULID."""


def time_of(ulid: str) -> int:
    """Return the time at which a ULID was made, in ms since 1970. Raises ValueError if it is none."""
    if len(ulid) != LENGTH:
        raise ValueError("This is no ULID.")
    value = 0
    for symbol in ulid:
        value = value << 5 | ALPHABET.index(symbol)
    return value >> 80
