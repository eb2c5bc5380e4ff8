"""What an upload and a listing cost: counted from the calls that are really made."""

from collections import Counter

import numpy as np
import pytest
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from tests.support import pictures
from tests.support.faults import failing
from tests.support.items import item_of
from tests.support.world import World, with_band
from unspread import ulid
from unspread.bands import bands
from unspread.stores.upload_index import UploadIndex

LISTED = pictures.picture(1, (400, 300))


def test_the_requests_of_a_clean_upload(world: World) -> None:
    scan = world.function("scan")
    world.deliver(world.put("first.jpg", pictures.jpeg(pictures.picture(3, (400, 300)))), scan=scan)  # loads the list
    message = world.put("second.jpg", pictures.jpeg(pictures.picture(4, (400, 300))))
    with failing(lambda _at, _operation: False) as calls:
        world.deliver(message, scan=scan)
    made = Counter(calls.made)
    for own in ("SendMessage", "ReceiveMessage"):
        del made[own]
    assert made.pop("BatchWriteItem") <= 6  # 2 digest items, and 16 band items for each hash, 25 a request
    assert made == {"GetItem": 1, "GetObject": 1, "UpdateItem": 3, "Query": 1, "BatchGetItem": 1}


@pytest.mark.parametrize("uploads", [1_000, 20_000])
def test_the_reads_of_a_listing_do_not_grow_with_the_uploads(
    world: World, uploads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`python -m tests.benchmarks.costs` counts the requests and their units in an emulator, up to 100,000."""
    world.submit("c" * 64, item_of(pictures.png(LISTED), digests=False))
    (entry,) = world.log.read_from(ulid.START)[0]
    fill(uploads)
    looked_up: list[str] = []
    found: list[tuple[bytes, str]] = []

    def look_up(_: UploadIndex, band: str) -> list[tuple[bytes, str]]:
        looked_up.append(band)
        found.extend(pairs := with_band(band))
        return pairs

    monkeypatch.setattr(UploadIndex, "with_band", look_up)
    with failing(lambda _at, _operation: False) as calls:
        world.sweep.entry(entry)
    assert Counter(calls.made) == {"BatchGetItem": 1, "DeleteItem": 1}
    assert len(looked_up) == len(set(looked_up)) == 1632
    assert len(found) < 28 * len(looked_up)  # what a look-up finds is one read unit


def fill(uploads: int) -> None:
    """Put the band items of unrelated uploads into moto's own store: through its client they would take minutes."""
    items = dynamodb_backends["123456789012"]["us-east-1"].get_table("UploadTable").items
    noise = np.random.default_rng(uploads)
    for upload in range(uploads):
        pdq = noise.bytes(32)
        for band in bands(pdq):
            key = {"pk": {"S": f"band#{band}"}, "sk": {"S": f"{pdq.hex()}#{upload:064x}"}}
            pk, sk = DynamoType(key["pk"]), DynamoType(key["sk"])
            items[pk][sk] = Item(pk, sk, key)
