"""What the API takes and answers."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema, model_validator

from unspread.api.proof import STRICT, Proven
from unspread.submission import MOST_HASHES, MOST_ITEMS, MOST_WINDOWS, Category, ItemKind, SubmittedHash, SubmittedItem


def _hex(digits: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "string", "pattern": f"^[0-9a-fA-F]{{{digits}}}$"})


def _reads_hex(digits: int) -> AfterValidator:
    pattern = re.compile(f"[0-9a-fA-F]{{{digits}}}")

    def read(value: str) -> str:
        # fullmatch: "$" would let a trailing newline pass
        if not pattern.fullmatch(value):
            raise ValueError(f"Give {digits} hexadecimal digits.")
        return value.lower()

    return AfterValidator(read)


Hex64 = Annotated[str, _reads_hex(16), _hex(16)]
Hex128 = Annotated[str, _reads_hex(32), _hex(32)]
Hex256 = Annotated[str, _reads_hex(64), _hex(64)]


class _Request(BaseModel):
    model_config = STRICT


class HashBody(_Request):
    """The hashes of a picture, or of one frame of an animated one."""

    pdq: Annotated[Hex256, Field(description="PDQ hash, 256 bits.")]
    quality: Annotated[int, Field(ge=0, le=100, description="PDQ's quality metric. Below 50 the hash is not listed.")]
    phash: Annotated[Hex64 | None, Field(description="pHash as ImageHash computes it, 64 bits.")] = None
    windows: Annotated[
        list[Hex256],
        Field(max_length=MOST_WINDOWS, description="PDQ hashes of parts of the picture, by which crops are suspected."),
    ] = []


class ItemBody(_Request):
    """A picture or a video, as its hashes."""

    kind: ItemKind
    sha256: Annotated[Hex256 | None, Field(description="SHA-256 of the file.")] = None
    md5: Annotated[Hex128 | None, Field(description="MD5 of the file.")] = None
    hashes: Annotated[list[HashBody], Field(max_length=MOST_HASHES)] = []

    @model_validator(mode="after")
    def _windows_of_all_hashes(self) -> Self:
        if sum(len(each.windows) for each in self.hashes) > MOST_WINDOWS:
            raise ValueError(f"Give at most {MOST_WINDOWS} windows for an item.")
        return self

    def item(self) -> SubmittedItem:
        """Return the item as a value."""
        hashes = tuple(SubmittedHash(each.pdq, each.quality, each.phash, tuple(each.windows)) for each in self.hashes)
        return SubmittedItem(self.kind, self.sha256, self.md5, hashes)


Items = Annotated[list[ItemBody], Field(min_length=1, max_length=MOST_ITEMS)]


class SubmissionBody(Proven):
    """A new case."""

    case: Annotated[Hex256, Field(description="SHA-256 of the case code's 20 symbols. The code itself is never sent.")]
    category: Annotated[Category, Field(description="Whether the person shown was under 18.")]
    items: Items


class AdditionBody(Proven):
    """More pictures for a case."""

    items: Items


class RejectedItem(BaseModel):
    """An item of which nothing was listed."""

    item: Annotated[int, Field(description="Its position in `items`, from 0.")]
    reason: Literal["low_quality", "implausible"]


class SubmissionAnswer(BaseModel):
    """What was listed."""

    accepted: Annotated[int, Field(description="Items listed.")]
    rejected: list[RejectedItem]


class ItemAnswer(BaseModel):
    """What became of an item."""

    kind: ItemKind
    status: Literal["listed"]
    found: Annotated[int, Field(description="Copies found since the item was listed.")]
    removed: Annotated[int, Field(description="Copies removed since the item was listed.")]


class CaseAnswer(BaseModel):
    """What the holder of a case code sees."""

    status: Literal["pending", "open", "withdrawing", "withdrawn", "sweeping"]
    category: Category
    created: Annotated[str, Field(description="The day on which the case was made.")]
    found: Annotated[int, Field(description="Copies found, over all items.")]
    removed: Annotated[int, Field(description="Copies removed, over all items.")]
    items: list[ItemAnswer]
