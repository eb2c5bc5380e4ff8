"""The use cases that list hashes, put together from a function's variables."""

from unspread import aws
from unspread.cases import Cases
from unspread.settings import CaseSettings
from unspread.stores.case_table import CaseTable
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable


def cases(settings: CaseSettings) -> Cases:
    """Put the cases together."""
    client = aws.dynamodb()
    return Cases(
        CaseTable(client, settings.case_table),
        HashTable(client, settings.hash_table),
        HashLog(client, settings.hash_table),
        aws.dynamodb_transactions,
    )
