"""The verdict on an upload, from the listed hashes that it came near to."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from unspread.hash_key import HashKey, Kind
from unspread.thresholds import MATCH_DISTANCE


class Verdict(StrEnum):
    """What an upload is judged to be."""

    MATCH = "match"  # a listed picture: act
    SUSPECT = "suspect"  # near one, or near a held one: a person looks
    CLEAN = "clean"
    UNSUPPORTED = "unsupported"  # not a picture; its digests are not listed
    ERROR = "error"  # could not be scanned

    @property
    def rank(self) -> int:
        """How strong the verdict is: a later, weaker one never replaces a stronger one."""
        return {Verdict.MATCH: 2, Verdict.SUSPECT: 1}.get(self, 0)


class Status(StrEnum):
    """The states of a listed hash."""

    ACTIVE = "active"
    HELD = "held"  # a person has to look before it acts again
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Distances:
    """How near, in bits, an upload must come to a listed hash: PDQ of 256 bits, pHash of 64."""

    match: int = MATCH_DISTANCE
    suspect: int = 48
    suspect_phash: int = 8

    def reach(self, kind: Kind) -> int:
        """Return the largest distance at which a hash of this kind means anything at all."""
        match kind:
            case Kind.PDQ:
                return max(self.match, self.suspect)
            case Kind.WINDOW:
                return self.suspect
            case Kind.PHASH:
                return self.suspect_phash
            case Kind.SHA256 | Kind.MD5:
                return 0

    def matches(self, hit: "Hit") -> bool:
        """Tell whether a hit is near enough to act on: an equal digest, or PDQ within the match distance."""
        match hit.key.kind:
            case Kind.PDQ:
                return hit.distance <= self.match
            case Kind.PHASH | Kind.WINDOW:
                return False
            case Kind.SHA256 | Kind.MD5:
                return hit.distance == 0


@dataclass(frozen=True, slots=True, order=True)
class Hit:
    """A listed hash within reach of an upload. `distance` is in bits; 0 for equal digests."""

    distance: int
    key: HashKey


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and the hits that decided it. `also` are hashes that would have made a match a suspect, no more."""

    verdict: Verdict
    hits: tuple[Hit, ...] = ()
    reason: str = ""
    also: tuple[HashKey, ...] = ()


def judge(hits: Iterable[Hit], status: dict[HashKey, Status], distances: Distances, otherwise: Judgement) -> Judgement:
    """Judge an upload by its hits.

    Args:
        hits: what the index proposes.
        status: what the hash table says of each hit's hash, read after the index: the table decides.
        distances: the distances of the tiers.
        otherwise: the judgement of an upload that no listed hash concerns.
    """
    near = sorted(set(hits))
    acting = tuple(hit for hit in near if status.get(hit.key) is Status.ACTIVE and distances.matches(hit))
    concerning = tuple(hit for hit in near if status.get(hit.key) in (Status.ACTIVE, Status.HELD))
    if acting:
        also = tuple(hit.key for hit in concerning if hit not in acting)
        return Judgement(Verdict.MATCH, acting, also=also)
    if concerning:
        return Judgement(Verdict.SUSPECT, concerning, otherwise.reason)
    return otherwise
