"""200 uploads at once, a tenth of them listed; in long runs 2,000."""

import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from PIL.Image import Image

from tests.e2e import people
from tests.e2e.people import Person
from tests.local import watch
from tests.local.stack import Stack
from tests.support import pictures, polling

LISTED = 20
SECONDS_EACH = 1.5


def picture(number: int) -> Image:
    return pictures.picture(seed=5000 + number, size=(480, 360))


def submit(stack: Stack, folder: Path) -> str:
    """Submit a case of twenty pictures; return its code."""
    folder.mkdir()
    for number in range(LISTED):
        (folder / f"{number}.png").write_bytes(pictures.png(picture(number)))
    return people.submit(stack, folder)


def records(stack: Stack, prefix: str) -> list[dict[str, Any]]:
    pages = stack.dynamodb.get_paginator("scan").paginate(
        TableName=stack.outputs["UploadTableName"], ConsistentRead=True
    )
    items = [item for page in pages for item in page["Items"] if item["sk"]["S"] == "record"]
    return [item for item in items if item["key"]["S"].startswith(prefix)]


@pytest.mark.parametrize("count", [200, pytest.param(2000, marks=pytest.mark.soak)])
def test_every_upload_gets_one_verdict_and_no_listed_one_stays(
    count: int, stack: Stack, person: Person, tmp_path: Path
) -> None:
    code = submit(stack, tmp_path / "pictures")
    prefix = f"many/{uuid.uuid4().hex}/"
    keys = [f"{prefix}{number}.jpg" for number in range(count)]
    copies = [pictures.altered(picture(number)) for number in range(LISTED)]
    bodies = [*copies, *(pictures.jpeg(picture(number)) for number in range(LISTED, count))]
    with ThreadPoolExecutor(24) as pool:
        uploads = list(pool.map(lambda key, body: watch.upload(stack, key, body), keys, bodies))

    def all_done() -> bool:
        return sum(1 for item in records(stack, prefix) if item.get("done", {}).get("BOOL")) >= count

    polling.until(f"{count} verdicts", all_done, polling.PATIENCE + SECONDS_EACH * count, step=1)
    found = records(stack, prefix)
    assert Counter(item["key"]["S"] for item in found) == Counter(keys)
    versions = {upload.key: upload.version for upload in uploads}
    assert {item["key"]["S"]: item["version"]["S"] for item in found} == versions
    verdicts = {item["key"]["S"]: item["verdict"]["S"] for item in found}
    listed, others = uploads[:LISTED], uploads[LISTED:]
    assert {upload.key: verdicts[upload.key] for upload in listed} == {upload.key: "match" for upload in listed}
    assert {upload.key: verdicts[upload.key] for upload in others} == {upload.key: "clean" for upload in others}
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda upload: watch.quarantined(stack, upload), listed)) == [u.body for u in listed]
        assert list(pool.map(lambda upload: watch.in_place(stack, upload), listed)) == [None] * LISTED
        assert list(pool.map(lambda upload: watch.in_place(stack, upload), others)) == [u.body for u in others]
    polling.until("an empty queue", lambda: watch.waiting(stack, "ScanQueueUrl") == 0)
    status = person.status(code)
    assert [(item["found"], item["removed"]) for item in status["items"]] == [(1, 1)] * LISTED
