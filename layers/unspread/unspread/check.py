"""A check before publishing: hashes that the platform made itself are judged as an upload with them would be."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from unspread.hash_key import HashKey, Kind
from unspread.hash_list import HashList
from unspread.hashing import MINIMUM_QUALITY, PerceptualHash, Variant
from unspread.stores.hash_table import HashTable
from unspread.submission import SubmittedItem
from unspread.verdict import Distances, Hit, Judgement, Verdict, judge


@dataclass(frozen=True, slots=True)
class Check:
    """Judges hashes, on the list in memory and the hash table. Nothing is recorded, counted or published."""

    hash_list: Callable[[], HashList]
    hashes: HashTable
    distances: Distances

    def __call__(self, items: Sequence[SubmittedItem]) -> list[Judgement]:
        """Return the judgement of each item: what the list proposes, the table decides.

        An item without a perceptual hash of sufficient quality is `unsupported` unless its digests are listed.
        """
        listed = self.hash_list()
        near = [self._near(listed, item) for item in items]
        found = self.hashes.read(hit.key for hits in near for hit in hits)
        status = {key: each.status for key, each in found.items()}
        return [
            judge(hits, status, self.distances, Judgement(Verdict.CLEAN if _pictures(item) else Verdict.UNSUPPORTED))
            for item, hits in zip(items, near, strict=True)
        ]

    def _near(self, listed: HashList, item: SubmittedItem) -> Sequence[Hit]:
        digests = ((Kind.SHA256, item.sha256), (Kind.MD5, item.md5))
        hits = [Hit(0, HashKey(kind, value)) for kind, value in digests if value]
        pictures = _pictures(item)
        return hits + (listed.search(pictures, self.distances) if pictures else [])


def _pictures(item: SubmittedItem) -> list[PerceptualHash]:
    return [
        PerceptualHash(
            pdq=bytes.fromhex(hashed.pdq),
            quality=hashed.quality,
            variant=Variant.WHOLE,
            frame=number,
            phash=bytes.fromhex(hashed.phash) if hashed.phash else None,
        )
        for number, hashed in enumerate(item.hashes)
        if hashed.quality >= MINIMUM_QUALITY
    ]
