"""What participants send and get, spelled as StopNCII's protocol spells it.

Fields that are not known are passed over: other platforms' clients send what StopNCII takes.
"""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from unspread.exchange.feedback import MOST_COPIES, Report
from unspread.hash_key import HashKey, Kind
from unspread.stores.feedback_table import Copies
from unspread.submission import Rejection, SubmittedHash, SubmittedItem

MOST_FEEDBACKS = 200
MOST_HASHES = 1000

_HASH = re.compile(r"[0-9a-fA-F]{64}|[0-9a-fA-F]{32}")
_ENUM = "StopNCIISignalType."
"""What the reference client writes before a signal type in SubmitHashes."""

_COUNT = re.compile(r"(found|removed):([0-9]{1,7})")


def _reads_hash(value: str) -> str:
    if not _HASH.fullmatch(value):
        raise ValueError("Give 64 hexadecimal digits of PDQ, or 32 of MD5.")
    return value.lower()


HashValue = Annotated[str, AfterValidator(_reads_hash), Field(description="PDQ, 64 hex digits; or MD5, 32.")]
FeedbackValue = Literal[
    "Unknown",
    "None",
    "QualityUnknown",
    "PendingReview",
    "Blocked",
    "NotBlocked",
    "Withdrawn",
    "Deleted",
]


class _Request(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class FeedbackBody(_Request):
    """What a participant says of a hash."""

    hashValue: HashValue  # noqa: N815 - StopNCII's spelling, here and below
    feedbackValue: FeedbackValue  # noqa: N815
    tags: Annotated[
        list[Annotated[str, Field(max_length=200)]],
        Field(max_length=20, description="`found:3` and `removed:2` count copies. Others are passed over."),
    ] = []

    @property
    def key(self) -> HashKey:
        """The hash; its length tells the kind."""
        return HashKey(Kind.PDQ if len(self.hashValue) == 64 else Kind.MD5, self.hashValue)

    def report(self) -> Report | None:
        """Return what this says, None if it says nothing."""
        tagged = {match[1]: min(int(match[2]), MOST_COPIES) for tag in self.tags if (match := _COUNT.fullmatch(tag))}
        match self.feedbackValue:
            case "Blocked":
                found = tagged.get("found", tagged.get("removed", 1))
                return Report(Copies(found, min(found, tagged.get("removed", found))))
            case "PendingReview":
                found = tagged.get("found", 1)
                return Report(Copies(found, min(found, tagged.get("removed", 0))))
            case "NotBlocked":
                return Report(Copies(), disputed=True)
            case "Withdrawn" | "Deleted":
                return Report(Copies(), withdrawn=True)
            case _:
                return None


class FeedbacksBody(_Request):
    """Feedback on several hashes."""

    hashFeedbacks: Annotated[list[FeedbackBody], Field(max_length=MOST_FEEDBACKS)]  # noqa: N815


class ContributedBody(_Request):
    """A hash that a participant lists."""

    signalType: Annotated[str, Field(max_length=60, description="`ImagePDQ` or `VideoMD5`.")]  # noqa: N815
    hashValue: Annotated[str, Field(max_length=10_000)]  # noqa: N815

    def item(self) -> SubmittedItem | None:
        """Return the hash as an item, None if it is of no kind that can be listed here."""
        value = self.hashValue.lower()
        match self.signalType.removeprefix(_ENUM):
            case "ImagePDQ" if _HASH.fullmatch(value) and len(value) == 64:
                return SubmittedItem("image", hashes=(SubmittedHash(value, 100),))
            case "VideoMD5" if _HASH.fullmatch(value) and len(value) == 32:
                return SubmittedItem("video", md5=value)
            case _:
                return None


class ContributionBody(_Request):
    """Hashes that a participant lists."""

    hashRecords: Annotated[list[ContributedBody], Field(max_length=MOST_HASHES)]  # noqa: N815


class RejectedRecord(BaseModel):
    """A record that was not listed."""

    record: Annotated[int, Field(description="Its position in `hashRecords`, from 0.")]
    reason: Literal["unsupported", "implausible"]


class ContributionAnswer(BaseModel):
    """What was listed."""

    count: Annotated[int, Field(description="Records listed.")]
    rejected: list[RejectedRecord]


class FeedbackAnswer(BaseModel):
    """What was taken. Whether a hash is listed is not told."""

    count: Annotated[int, Field(description="Records read.")]


class HashRecord(BaseModel):
    """What a hash is now."""

    lastModtimestamp: Annotated[int, Field(description="Seconds since 1970.")]  # noqa: N815
    signalType: Literal["ImagePDQ", "VideoMD5"]  # noqa: N815
    hashValue: str  # noqa: N815
    hashStatus: Literal["Active", "Withdrawn"]  # noqa: N815
    caseNumbers: Annotated[dict[str, str], Field(description="Always empty: cases are nobody's but their holders'.")]  # noqa: N815
    CSPFeedbacks: Annotated[list[dict[str, str]], Field(description="Always empty.")]


class FetchAnswer(BaseModel):
    """A page of the feed."""

    count: int
    nextSetTimestamp: Annotated[  # noqa: N815
        int, Field(description="Where to begin the next time, in seconds since 1970. Never goes back.")
    ]
    nextPageToken: str | None  # noqa: N815
    hasMoreRecords: bool  # noqa: N815
    hashRecords: list[HashRecord]  # noqa: N815


def rejection(item: SubmittedItem | None) -> Literal["unsupported", "implausible"] | None:
    """Return why a record cannot be listed, None if it can."""
    if item is None:
        return "unsupported"
    return "implausible" if item.rejection() is Rejection.IMPLAUSIBLE else None
