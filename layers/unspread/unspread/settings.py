"""The one place that reads the environment: each function's variables as one validated value."""

import os
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from unspread.scan_filter import ScanFilter
from unspread.thresholds import MATCH_DISTANCE

Name = Annotated[str, Field(min_length=1)]


def _names(text: str) -> list[str]:
    """Read names with commas between them."""
    return [name for name in text.split(",") if name]


class _Environment(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def load(cls) -> Self:
        """Read the variables named like the fields, in upper case.

        Raises:
            pydantic.ValidationError: a variable is missing or out of its range; the message names it.
        """
        return cls.model_validate({name.lower(): value for name, value in os.environ.items()})


class CaseSettings(_Environment):
    """Variables of the functions that list and withdraw hashes."""

    hash_table: Name
    case_table: Name


class SubmitSettings(CaseSettings):
    """Variables of the submit function: also the ARN of the secret that signs challenges, and what a proof costs."""

    proof_secret: Name
    proof_cost: Annotated[int, Field(ge=1000, le=100_000)] = 5000
    proof_minutes: Annotated[int, Field(ge=1, le=60)] = 10


class RotateSettings(_Environment):
    """Variables of the rotate function."""

    proof_secret: Name


class ActSettings(_Environment):
    """Variables of the functions that act on matches. Distances are in bits; template.yaml describes each."""

    hash_table: Name
    upload_table: Name
    quarantine_bucket: Name
    match_action: Literal["quarantine", "observe"] = "quarantine"
    match_distance: Annotated[int, Field(ge=0, le=31)] = MATCH_DISTANCE
    suspect_distance: Annotated[int, Field(ge=0, le=60)] = 48
    suspect_phash_distance: Annotated[int, Field(ge=0, le=12)] = 8
    prevalence_limit: Annotated[int, Field(ge=1)] = 20
    trusted_lists: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    tag_verdicts: bool = False


class FilterSettings(_Environment):
    """Variables of the functions that decide which objects are scanned. Sizes are in bytes, 0 for any."""

    scan_prefixes: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    scan_suffixes: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    scan_min_bytes: Annotated[int, Field(ge=0)] = 0
    scan_max_bytes: Annotated[int, Field(ge=0)] = 0

    def scan_filter(self) -> ScanFilter:
        """Return the filter."""
        return ScanFilter(self.scan_prefixes, self.scan_suffixes, self.scan_min_bytes, self.scan_max_bytes)


class ScanSettings(ActSettings, FilterSettings):
    """Variables of the scan function. Sizes are in bytes."""

    list_bucket: Name
    scan_queue_url: Name
    backfill_queue_url: Name
    max_picture_bytes: Annotated[int, Field(gt=0)] = 64 * 2**20
    max_pixels: Annotated[int, Field(gt=0)] = 100_000_000
    max_object_bytes: Annotated[int, Field(gt=0)] = 5 * 2**30


class ReviewSettings(ActSettings):
    """Variables of the review function: how many people have to agree, and for how many days copies are kept then."""

    reviewers_needed: Annotated[int, Field(ge=1, le=2)] = 1
    adult_retention_days: Annotated[int, Field(ge=1)] = 30
    minor_retention_days: Annotated[int, Field(ge=1)] = 365


class RetainSettings(ReviewSettings):
    """Variables of the retain function: also for how many days copies are kept that nobody decides on."""

    unreviewed_retention_days: Annotated[int, Field(ge=1)] = 400


class CheckSettings(_Environment):
    """Variables of the check function; distances as scan has them."""

    hash_table: Name
    list_bucket: Name
    match_distance: Annotated[int, Field(ge=0, le=31)] = MATCH_DISTANCE
    suspect_distance: Annotated[int, Field(ge=0, le=60)] = 48
    suspect_phash_distance: Annotated[int, Field(ge=0, le=12)] = 8


class ExchangeSettings(_Environment):
    """Variables of the exchange function; requests are each participant's, by the second and at once."""

    hash_table: Name
    exchange_table: Name
    exchange_rate: Annotated[float, Field(gt=0, le=1000)] = 5
    exchange_burst: Annotated[int, Field(ge=1, le=10_000)] = 50
    dispute_limit: Annotated[int, Field(ge=2)] = 3


class PullSettings(_Environment):
    """Variables of the pull function: also the ARN of the secret that holds other lists' keys."""

    hash_table: Name
    pull_table: Name
    pull_secret: Name


class PublishSettings(_Environment):
    """Variables of the publish function."""

    hash_table: Name
    list_bucket: Name


class BackfillSettings(FilterSettings):
    """Variables of the backfill functions: also how many uploads may wait to be scanned before the listing pauses."""

    upload_table: Name
    backfill_queue_url: Name
    backfill_ahead: Annotated[int, Field(ge=1)] = 10_000
    tag_verdicts: bool = False


class LostEventsSettings(_Environment):
    """Variables of the function that looks for lost events: the watched buckets, and what does the looking."""

    upload_table: Name
    upload_bucket: Name
    existing_buckets: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()
    backfill_state_machine: Name


class GaugeSettings(_Environment):
    """Variables of the gauge function."""

    hash_table: Name
    upload_table: Name
    pull_table: Name
    list_bucket: Name


class ForgetSettings(_Environment):
    """Variables of the forget function."""

    upload_table: Name
