"""Whether an upload is seen: a small object is put, its record waited for, and everything about it deleted again."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError

from unspread import aws, ulid
from unspread.doctor.deployed import Deployed, Finding, ok, wrong
from unspread.scan_filter import CANARIES
from unspread.stores.upload_index import UploadIndex
from unspread.stores.upload_table import UploadTable
from unspread.upload import UNVERSIONED, Upload


def canary(stack: Deployed, seconds: float, pause: Callable[[float], object] = time.sleep) -> Iterator[Finding]:
    """Put an object, and wait so many seconds for its verdict. Nothing of it stays, however that ends."""
    table = stack.outputs["UploadTableName"]
    uploads = UploadTable(aws.dynamodb(), table)
    upload = _put(stack.outputs["UploadBucketName"])
    began = time.monotonic()
    try:
        while time.monotonic() - began < seconds:
            record = uploads.read(upload)
            if record and record.done:
                yield ok("delivery", f"an upload had its verdict after {time.monotonic() - began:.1f} s")
                return
            pause(1.0)
        do = "Look at NoScansAlarm and ScanDeadLetterAlarm in docs/runbook.md; minutes after a deployment, try again."
        yield wrong("delivery", f"an upload had no verdict after {seconds:.0f} s", do)
    finally:
        _delete(upload, uploads, UploadIndex(aws.dynamodb(), table))


def _put(bucket: str) -> Upload:
    key = f"{CANARIES}{ulid.at(int(time.time() * 1000))}.txt"
    body = f"{key} shows that uploads are scanned. It is deleted at once.\n".encode()
    told = aws.s3().put_object(Bucket=bucket, Key=key, Body=body, ContentType="text/plain")
    return Upload(bucket, key, told.get("VersionId", UNVERSIONED), told["ETag"].strip('"'), len(body))


def _delete(upload: Upload, uploads: UploadTable, index: UploadIndex) -> None:
    """Delete the object for good, and what was recorded of it."""
    aws.s3().delete_object(Bucket=upload.bucket, Key=upload.key, VersionId=upload.version)
    record = uploads.read(upload)
    if record:
        with suppress(ClientError, BotoCoreError):  # forget does it too, for the object is gone
            index.remove(upload, record.digests, record.hashes)
        uploads.delete(upload)
