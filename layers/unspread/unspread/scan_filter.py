"""Which objects are scanned at all. This alone decides: for uploads that arrive, for backfills and for lost events."""

from dataclasses import dataclass

CANARIES = "unspread-canary/"
"""Where `watch` puts the small objects by which it sees that events arrive. No filter leaves them out."""


@dataclass(frozen=True, slots=True)
class ScanFilter:
    """What the parameters ScanPrefixes, ScanSuffixes, ScanMinBytes and ScanMaxBytes say.

    Attributes:
        prefixes: of object keys, one of which has to fit; none for all.
        suffixes: likewise; capital and small letters are the same.
        smallest: of sizes, in bytes.
        largest: likewise; 0 for any.
    """

    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    smallest: int = 0
    largest: int = 0

    def wants(self, key: str, size: int) -> bool:
        """Tell whether an object with this key and this size in bytes is scanned."""
        if key.startswith(CANARIES):
            return True
        if self.prefixes and not key.startswith(self.prefixes):
            return False
        if self.suffixes and not key.lower().endswith(tuple(suffix.lower() for suffix in self.suffixes)):
            return False
        return size >= self.smallest and (not self.largest or size <= self.largest)
