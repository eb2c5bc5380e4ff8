"""The use cases that judge uploads, put together from a function's variables."""

from unspread import aws
from unspread.conclude import Conclude
from unspread.counting import Counting
from unspread.forget import Forget
from unspread.guard import Guard
from unspread.hashing import Limits
from unspread.list_reader import ListReader
from unspread.match import MatchAction
from unspread.open_review import OpenReviews
from unspread.scan import Scan
from unspread.serving import TagVerdict
from unspread.settings import ActSettings, ScanSettings
from unspread.stores.counted_hits import CountedHits
from unspread.stores.events import Events
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable
from unspread.stores.local_counts import LocalCounts
from unspread.stores.objects import Objects
from unspread.stores.released_pairs import ReleasedPairs
from unspread.stores.review_table import ReviewTable
from unspread.stores.snapshots import Snapshots
from unspread.stores.upload_index import UploadIndex
from unspread.stores.upload_table import UploadTable
from unspread.stores.versions import Versions
from unspread.sweep import Sweep
from unspread.unversioned import NameUnversioned
from unspread.verdict import Distances


def scan(settings: ScanSettings) -> Scan:
    """Put a scan together."""
    hashes = HashTable(aws.dynamodb(), settings.hash_table)
    objects = Objects(aws.s3(), settings.quarantine_bucket)
    uploads = UploadTable(aws.dynamodb(), settings.upload_table)
    index = UploadIndex(aws.dynamodb(), settings.upload_table)
    return Scan(
        objects=objects,
        uploads=uploads,
        index=index,
        name_unversioned=NameUnversioned(objects, uploads),
        hashes=ListReader(
            Snapshots(aws.s3(), settings.list_bucket), HashLog(aws.dynamodb(), settings.hash_table), hashes
        ),
        conclude=conclude(settings),
        forget=Forget(uploads, index, Versions(aws.s3())),
        limits=Limits(pixels=settings.max_pixels, bytes=settings.max_picture_bytes),
        max_object_bytes=settings.max_object_bytes,
    )


def sweep(settings: ActSettings) -> Sweep:
    """Put a sweep together."""
    return Sweep(
        log=HashLog(aws.dynamodb(), settings.hash_table),
        hashes=HashTable(aws.dynamodb(), settings.hash_table),
        uploads=UploadTable(aws.dynamodb(), settings.upload_table),
        index=UploadIndex(aws.dynamodb(), settings.upload_table),
        conclude=conclude(settings),
        transactions=aws.dynamodb_transactions,
    )


def conclude(settings: ActSettings) -> Conclude:
    """Put together what sees verdicts through."""
    hashes = HashTable(aws.dynamodb(), settings.hash_table)
    act = match_action(settings)
    distances = Distances(settings.match_distance, settings.suspect_distance, settings.suspect_phash_distance)
    reviews = ReviewTable(aws.dynamodb(), settings.upload_table)
    opening = OpenReviews(reviews, hashes, aws.dynamodb_transactions)
    tag = TagVerdict(act.objects, act.uploads, act.events) if settings.tag_verdicts else None
    return Conclude(act.uploads, hashes, act.events, act, distances, opening, act.released, tag)


def match_action(settings: ActSettings) -> MatchAction:
    """Put together what acts on matches."""
    client = aws.dynamodb()
    return MatchAction(
        objects=Objects(aws.s3(), settings.quarantine_bucket),
        uploads=UploadTable(client, settings.upload_table),
        counting=Counting(
            CountedHits(client, settings.upload_table),
            HashTable(client, settings.hash_table),
            LocalCounts(client, settings.hash_table),
            aws.dynamodb_transactions,
        ),
        events=Events(aws.events()),
        guard=guard(settings),
        released=ReleasedPairs(client, settings.upload_table),
        mode=settings.match_action,
    )


def guard(settings: ActSettings) -> Guard:
    """Put the prevalence guard together."""
    return Guard(
        HashTable(aws.dynamodb(), settings.hash_table),
        HashLog(aws.dynamodb(), settings.hash_table),
        aws.dynamodb_transactions,
        settings.prevalence_limit,
        settings.trusted_lists,
    )
