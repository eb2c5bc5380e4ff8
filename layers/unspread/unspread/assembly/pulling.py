"""The pulling of lists, put together from a function's variables."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import urllib3

from unspread import aws
from unspread.bulk import BulkListing
from unspread.pull.hash_file import HashFile
from unspread.pull.intake import Intake
from unspread.pull.ncmec import Ncmec
from unspread.pull.pulled_list import CREDENTIALS, ListKind, PulledList
from unspread.pull.reporting import Reporting
from unspread.pull.service import Pull, Sources
from unspread.pull.source import Fault, Source, SourceError
from unspread.pull.stopncii import USUAL_RECORDS, StopNcii
from unspread.pull.web import Web
from unspread.settings import PullSettings
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable
from unspread.stores.list_secret import ListSecret
from unspread.stores.local_counts import LocalCounts
from unspread.stores.pull_entries import PullEntries
from unspread.stores.pull_table import PullTable

_SMALLEST = 4
"""How often the pages of a list that fails are halved at most."""


def pull(settings: PullSettings) -> Pull:
    """Put the pulling together."""
    client = aws.dynamodb()
    hashes, log = HashTable(client, settings.hash_table), HashLog(client, settings.hash_table)
    table = PullTable(client, settings.pull_table)
    return Pull(
        table,
        Intake(PullEntries(client, settings.pull_table), BulkListing(hashes, log, aws.dynamodb_transactions)),
        Reporting(table, hashes, LocalCounts(client, settings.hash_table)),
        sources(ListSecret(aws.secrets(), settings.pull_secret)),
    )


def sources(secret: ListSecret, wait: Callable[[float], object] = time.sleep) -> Sources:
    """Return what makes the source of a list, with what the list knows us by; `wait` waits before it asks again."""

    @contextmanager
    def source(pulled: PulledList, failures: int) -> Iterator[Source]:
        if pulled.kind is ListKind.FILE:
            yield HashFile(aws.s3(), pulled.address)
            return
        known = secret.read().get(pulled.name, {})
        if set(known) != set(CREDENTIALS[pulled.kind]):
            raise SourceError(Fault.CREDENTIALS)
        if pulled.kind is ListKind.NCMEC:
            basic = urllib3.make_headers(basic_auth=f"{known['user']}:{known['password']}")
            with Web(pulled.address, basic, wait) as web:
                yield Ncmec(web)
            return
        with Web(pulled.address, known, wait) as web:
            yield StopNcii(web, USUAL_RECORDS >> min(failures, _SMALLEST))

    return source
