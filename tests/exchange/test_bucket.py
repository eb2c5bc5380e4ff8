"""A participant's bucket under requests at once, in the emulator: moto's conditional updates are not atomic."""

from concurrent.futures import ThreadPoolExecutor

from tests.exchange.world import TABLE, ExchangeWorld
from unspread import aws
from unspread.stores.participant_table import ParticipantTable, TooManyRequestsError


def test_requests_at_once_take_exactly_what_is_there(exchange: ExchangeWorld) -> None:
    table = ParticipantTable(aws.dynamodb(), TABLE, clock=lambda: 1000.0)

    def takes(_: int) -> bool:
        try:
            table.take("acme", 1, 12)
        except TooManyRequestsError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(takes, range(60))) == 12
