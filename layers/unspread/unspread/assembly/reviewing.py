"""Reviews, put together from a function's variables."""

from unspread import aws
from unspread.assembly import judging
from unspread.release import Release
from unspread.retain import Retain
from unspread.review import Reviewing
from unspread.serving import TagVerdict
from unspread.settings import RetainSettings, ReviewSettings
from unspread.stores.restoring import Restoring
from unspread.stores.review_audit import ReviewAudit
from unspread.stores.review_table import ReviewTable


def reviewing(settings: ReviewSettings) -> Reviewing:
    """Put the reviews together. What a person confirms is removed, also where matches are only observed."""
    act = judging.match_action(settings.model_copy(update={"match_action": "quarantine"}))
    return Reviewing(
        ReviewTable(aws.dynamodb(), settings.upload_table),
        ReviewAudit(aws.dynamodb(), settings.upload_table),
        act,
        Release(
            act.counting,
            act.released,
            Restoring(aws.s3(), settings.quarantine_bucket),
            aws.dynamodb_transactions,
        ),
        act.guard,
        aws.dynamodb_transactions,
        settings.reviewers_needed,
        settings.adult_retention_days,
        settings.minor_retention_days,
        TagVerdict(act.objects, act.uploads, act.events) if settings.tag_verdicts else None,
    )


def retain(settings: RetainSettings) -> Retain:
    """Put the retention together."""
    return Retain(reviewing(settings), settings.unreviewed_retention_days)
