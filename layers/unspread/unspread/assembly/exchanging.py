"""The exchange with participants, put together from a function's variables."""

from unspread import aws
from unspread.bulk import BulkListing
from unspread.exchange.feed import Feed
from unspread.exchange.feedback import Feedback
from unspread.exchange.service import Exchange
from unspread.settings import ExchangeSettings
from unspread.stores.feedback_table import FeedbackTable
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable
from unspread.stores.participant_table import ParticipantTable


def exchange(settings: ExchangeSettings) -> Exchange:
    """Put the exchange together."""
    client = aws.dynamodb()
    hashes, log = HashTable(client, settings.hash_table), HashLog(client, settings.hash_table)
    return Exchange(
        participants=ParticipantTable(client, settings.exchange_table),
        feed=Feed(log, hashes),
        feedback=Feedback(
            FeedbackTable(client, settings.exchange_table),
            hashes,
            log,
            aws.dynamodb_transactions,
            settings.dispute_limit,
        ),
        listing=BulkListing(hashes, log, aws.dynamodb_transactions),
        rate=settings.exchange_rate,
        burst=settings.exchange_burst,
    )
