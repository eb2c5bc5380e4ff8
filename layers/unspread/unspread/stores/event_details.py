"""What each event's `detail` holds, defined once: what is published is checked by it, docs/events/ is made of it."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(min_length=1)]
UploadId = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="The upload's identifier: its record's name.")]


class Detail(BaseModel):
    """What every event says of an upload."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    id: UploadId
    bucket: Annotated[Name, Field(description="Name of the bucket it was uploaded to.")]
    key: Annotated[Name, Field(description="Key of the object, as it is: nothing in it is encoded.")]
    version: Annotated[Name, Field(description='Version of the object; "null" in a bucket that keeps no versions.')]
    etag: Annotated[str, Field(description="ETag of that version, without quotes.")]
    size: Annotated[int, Field(ge=0, description="Size in bytes.")]


class Place(BaseModel):
    """Where a copy is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    bucket: Name
    key: Name


class MatchFound(Detail):
    """An upload was judged `match`."""

    model_config = ConfigDict(title="Match Found")

    kind: Annotated[
        Literal["pdq", "phash", "window", "sha256", "md5"],
        Field(description='What matched; "phash" and "window" only where a person confirmed a suspect.'),
    ]
    distance: Annotated[
        int, Field(ge=0, le=60, description="In bits; 0 for digests. Above 31 only where a person confirmed a suspect.")
    ]
    action: Annotated[
        Literal["quarantined", "observed", "gone"],
        Field(description='What was done; "gone": its owner removed it first.'),
    ]


class ObjectQuarantined(Detail):
    """A match's copy is verified in quarantine, and its version is removed."""

    model_config = ConfigDict(title="Object Quarantined")

    quarantine: Annotated[Place, Field(description="Where the copy is.")]


class SuspectFound(Detail):
    """An upload was judged `suspect`."""

    model_config = ConfigDict(title="Suspect Found")

    kind: Annotated[Literal["pdq", "phash", "window", "sha256", "md5"], Field(description="What is near.")]
    distance: Annotated[int, Field(ge=0, le=60, description="In bits; 0 for digests.")]


class ScanFailed(Detail):
    """An upload was judged `error`: it could not be scanned, and is never called clean."""

    model_config = ConfigDict(title="Scan Failed")

    reason: Annotated[Name, Field(description="Why, in a word that docs/events.md explains.")]


class VerdictNotTagged(Detail):
    """The verdict could not be set as the object's tag, where only what is tagged clean can be read."""

    model_config = ConfigDict(title="Verdict Not Tagged")

    verdict: Annotated[
        Literal["match", "suspect", "clean", "unsupported", "error"], Field(description="What the upload was judged.")
    ]
    reason: Annotated[
        Literal["no_room_for_tag", "unversioned"],
        Field(description="Its owner has set as many tags as an object can have, or the bucket keeps no versions."),
    ]


class Reviewed(Detail):
    """What every event says of a review."""

    verdict: Annotated[Literal["match", "suspect"], Field(description="What the upload was judged.")]
    category: Annotated[
        Literal["minor", "adult"] | None, Field(description="Of the listed hashes; null where it is not known.")
    ]


DecidedBefore = Annotated[
    Literal["confirm", "release", "expired"] | None,
    Field(description="What is decided about it already; absent while nothing is."),
]


class ReviewEscalated(Reviewed):
    """A reviewer wants somebody else to look."""

    model_config = ConfigDict(title="Review Escalated")

    decision: DecidedBefore = None


class ReviewReopened(Reviewed):
    """An appeal has opened a review again."""

    model_config = ConfigDict(title="Review Reopened")

    decision: DecidedBefore = None


class ReviewDecided(Reviewed):
    """People have decided, and it is seen through."""

    model_config = ConfigDict(title="Review Decided")

    decision: Annotated[Literal["confirm", "release"], Field(description="What they decided.")]


class ReportDue(Reviewed):
    """A match of category `minor` is confirmed."""

    model_config = ConfigDict(title="Report Due")

    decision: Annotated[Literal["confirm"], Field(description="What people decided.")]


class ObjectReleased(Reviewed):
    """What a person released is as if it had never been taken."""

    model_config = ConfigDict(title="Object Released")

    decision: Annotated[Literal["release"], Field(description="What people decided.")]
    restored: Annotated[bool, Field(description="Whether it was put back from quarantine, as a version of its own.")]


DETAILS: Mapping[str, type[BaseModel]] = {
    str(model.model_config["title"]): model
    for model in (
        MatchFound,
        ObjectQuarantined,
        SuspectFound,
        ScanFailed,
        VerdictNotTagged,
        ReviewEscalated,
        ReviewReopened,
        ReviewDecided,
        ReportDue,
        ObjectReleased,
    )
}
"""The definition of each detail-type."""


def checked(detail_type: str, detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return a detail as it is published.

    Raises:
        pydantic.ValidationError: the detail is not what the definition of its type says.
    """
    return DETAILS[detail_type].model_validate(detail).model_dump(exclude_unset=True)
