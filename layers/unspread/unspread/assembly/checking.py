"""The check before publishing, put together from a function's variables."""

from unspread import aws
from unspread.check import Check
from unspread.list_reader import ListReader
from unspread.settings import CheckSettings
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable
from unspread.stores.snapshots import Snapshots
from unspread.verdict import Distances


def check(settings: CheckSettings) -> Check:
    """Put the check together."""
    hashes = HashTable(aws.dynamodb(), settings.hash_table)
    log = HashLog(aws.dynamodb(), settings.hash_table)
    return Check(
        ListReader(Snapshots(aws.s3(), settings.list_bucket), log, hashes),
        hashes,
        Distances(settings.match_distance, settings.suspect_distance, settings.suspect_phash_distance),
    )
