"""What an upload and a listing cost: counted from the calls that are really made."""

from collections import Counter

import numpy as np
import pytest

from tests.support import pictures
from tests.support.faults import failing
from tests.support.items import item_of
from tests.support.world import World
from unspread import ulid
from unspread.bands import probes
from unspread.hashing import PerceptualHash, Variant, bit_forms

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


@pytest.mark.parametrize("uploads", [2, 20, pytest.param(1_000, marks=pytest.mark.soak)])
def test_the_reads_of_a_listing_do_not_grow_with_the_uploads(world: World, uploads: int) -> None:
    noise = np.random.default_rng(uploads)
    for n in range(uploads):
        unrelated = PerceptualHash(noise.bytes(32), 90, Variant.WHOLE, 0, None)
        world.index.add(f"{n:064x}", None, [unrelated])
    world.submit("c" * 64, item_of(pictures.png(LISTED), digests=False))
    (entry,) = world.log.read_from(ulid.START)[0]
    with failing(lambda _at, _operation: False) as calls:
        world.sweep.entry(entry)
    forms = bit_forms(np.frombuffer(entry.changes[0].key.bytes, dtype=np.uint8).reshape(1, 32))[:, 0]
    probed = {probe for form in forms for probe in probes(form.tobytes())}
    assert Counter(calls.made) == {"BatchGetItem": 1, "Query": len(probed), "DeleteItem": 1}
    assert len(probed) <= 2176
