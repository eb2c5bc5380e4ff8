"""The gauge, put together from a function's variables or from what a stack says of itself."""

from unspread import aws
from unspread.gauge import Gauge
from unspread.settings import GaugeSettings
from unspread.stores.hash_log import HashLog
from unspread.stores.pull_table import PullTable
from unspread.stores.review_table import ReviewTable
from unspread.stores.snapshots import Snapshots


def gauge(settings: GaugeSettings) -> Gauge:
    """Put the gauge together."""
    return Gauge(
        HashLog(aws.dynamodb(), settings.hash_table),
        ReviewTable(aws.dynamodb(), settings.upload_table),
        Snapshots(aws.s3(), settings.list_bucket),
        PullTable(aws.dynamodb(), settings.pull_table),
    )
