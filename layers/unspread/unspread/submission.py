"""What is submitted: pictures and videos as their hashes, and what of them can be listed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from unspread.hash_key import HashKey, Kind
from unspread.thresholds import MINIMUM_QUALITY

MOST_ITEMS = 100
MOST_WINDOWS = 32
"""Windows of one item: an item is listed in one transaction, of at most 100 actions."""

MOST_HASHES = 8
"""PDQ hashes of one item: one for a picture, up to eight for an animated one."""

_NOTHING = {
    HashKey(Kind.SHA256, hashlib.sha256(b"").hexdigest()),
    HashKey(Kind.MD5, hashlib.md5(b"", usedforsecurity=False).hexdigest()),
}

_EVEN = 0.25
"""Share of ones or zeros that a perceptual hash has at least: both hashes cut at a median, so that about half of
their bits are ones. What is far from half is no picture's hash, and near to many."""

type Category = Literal["minor", "adult"]
type ItemKind = Literal["image", "video"]


class Rejection(StrEnum):
    """Why nothing of an item can be listed."""

    LOW_QUALITY = "low_quality"  # too little in the picture to tell it from others, and no digest given
    IMPLAUSIBLE = "implausible"  # the hash of nothing: of an empty file, or of no real picture


@dataclass(frozen=True, slots=True)
class SubmittedHash:
    """The hashes of one picture or frame, in lower-case hex, with PDQ's quality from 0 to 100.

    `windows` are PDQ hashes of parts of the picture (`hashing.window_hashes`), by which crops of it are suspected.
    """

    pdq: str
    quality: int
    phash: str | None = None
    windows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SubmittedItem:
    """A picture or a video."""

    kind: ItemKind
    sha256: str | None = None
    md5: str | None = None
    hashes: tuple[SubmittedHash, ...] = ()

    def listable(self) -> tuple[HashKey, ...]:
        """Return the hashes that can be listed: plausible ones, and perceptual ones of sufficient quality."""
        return tuple(key for key in self._all_keys(MINIMUM_QUALITY) if plausible(key))

    def rejection(self) -> Rejection | None:
        """Return why nothing of the item can be listed, or None if something can."""
        if self.listable():
            return None
        return Rejection.IMPLAUSIBLE if self._all_keys(MINIMUM_QUALITY) else Rejection.LOW_QUALITY

    def _all_keys(self, quality: int) -> tuple[HashKey, ...]:
        good = [hashed for hashed in self.hashes if hashed.quality >= quality]
        keys = [HashKey(Kind.PDQ, hashed.pdq) for hashed in good]
        keys += [HashKey(Kind.PHASH, hashed.phash) for hashed in good if hashed.phash]
        keys += [HashKey(Kind.WINDOW, window) for hashed in good for window in hashed.windows]
        keys += [HashKey(Kind.SHA256, self.sha256)] if self.sha256 else []
        keys += [HashKey(Kind.MD5, self.md5)] if self.md5 else []
        return tuple(dict.fromkeys(keys))


def name(keys: Sequence[HashKey]) -> str:
    """Return the name of an item: of its content, so that the same hashes are the same item."""
    return _digest(sorted(map(str, keys)))[:32]


def fingerprint(category: Category, items: Sequence[SubmittedItem]) -> str:
    """Return what tells one submission from another, whatever the order of its items."""
    return _digest([category, *sorted(name(item.listable()) for item in items)])


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def plausible(key: HashKey) -> bool:
    """Tell whether a hash can be a picture's or a file's, and not that of nothing."""
    if key.kind in (Kind.SHA256, Kind.MD5):
        return key not in _NOTHING
    bits = 8 * len(key.bytes)
    ones = int(key.value, 16).bit_count()
    return bits * _EVEN <= ones <= bits * (1 - _EVEN)
