"""Deployed with ServeOnlyClean, as the emulator's IAM judges it: it knows the tags of what is read, not of requests."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from mypy_boto3_s3 import S3Client

from tests.e2e import operators
from tests.e2e.conftest import Secret
from tests.local import watch
from tests.local.emulator import REGION
from tests.local.stack import Stack
from tests.local.watch import Uploaded
from tests.support import polling

STATUS = "unspread-status"


@pytest.fixture(scope="module")
def owner(strict: Stack) -> S3Client:
    """A client of somebody whose own policies allow everything that S3 has."""
    client: S3Client = boto3.client(  # type: ignore[call-overload]
        "s3",
        region_name=REGION,
        endpoint_url=strict.endpoint,
        config=Config(s3={"addressing_style": "path"}, proxies={}),
        **operators.user(strict, "owner", "s3:*"),
    )
    return client


def contents(answer: dict[str, Any]) -> bytes:
    body: bytes = answer["Body"].read()
    return body


def refused(call: Callable[[], object]) -> bool:
    try:
        call()
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 403:
            raise
        return True
    return False


def readable(owner: Any, uploaded: Uploaded) -> set[str]:
    """Return the ways in which the owner can get at an upload."""
    place = {"Bucket": uploaded.bucket, "Key": uploaded.key}
    source = {**place, "VersionId": uploaded.version}
    ways: dict[str, Callable[[], object]] = {
        "key": lambda: contents(owner.get_object(**place)),
        "version": lambda: contents(owner.get_object(**source)),
        "head": lambda: owner.head_object(**source),
        "attributes": lambda: owner.get_object_attributes(**source, ObjectAttributes=["Checksum"]),
        "copy": lambda: owner.copy_object(
            Bucket=uploaded.bucket, Key="copied.jpg", CopySource=source, TaggingDirective="REPLACE"
        ),
    }
    return {way for way, call in ways.items() if not refused(call)}


PLAIN_WAYS = {"key", "version", "head"}
"""For attributes, and for the source of a copy, the emulator tells a policy no tags: it denies them all the same."""


def tag_of(stack: Stack, uploaded: Uploaded) -> str | None:
    tags = stack.s3.get_object_tagging(Bucket=uploaded.bucket, Key=uploaded.key, VersionId=uploaded.version)["TagSet"]
    return next((tag["Value"] for tag in tags if tag["Key"] == STATUS), None)


def test_a_clean_upload_can_be_read_once_it_was_scanned(strict: Stack, owner: S3Client, innocent: bytes) -> None:
    uploaded = watch.upload(strict, "clean.jpg", innocent)
    assert watch.verdict(strict, uploaded) == "clean"
    assert tag_of(strict, uploaded) == "clean"
    assert readable(owner, uploaded) >= PLAIN_WAYS


def test_nobody_reads_what_was_not_scanned(strict: Stack, owner: S3Client, innocent: bytes) -> None:
    rule = strict.resources["UploadRule"]
    strict.events.disable_rule(Name=rule)
    try:
        uploaded = watch.upload(strict, "unscanned.jpg", innocent)
        assert readable(owner, uploaded) == set()
    finally:
        strict.events.enable_rule(Name=rule)
    assert watch.record(strict, uploaded) is None


def test_no_forged_tag_opens_what_is_not_clean(strict: Stack, owner: S3Client) -> None:
    uploaded = watch.upload(strict, "document.pdf", b"%PDF-1.7")
    assert watch.verdict(strict, uploaded) == "unsupported"
    place = {"Bucket": uploaded.bucket, "Key": uploaded.key}
    clean = {"TagSet": [{"Key": STATUS, "Value": "clean"}]}
    assert refused(lambda: owner.put_object_tagging(**place, Tagging=clean))  # type: ignore[arg-type]
    assert refused(lambda: owner.put_object_tagging(**place, VersionId=uploaded.version, Tagging=clean))  # type: ignore[arg-type]
    assert tag_of(strict, uploaded) == "unsupported"
    assert readable(owner, uploaded) == set()


def test_a_suspect_is_not_served_any_longer(strict: Stack, owner: S3Client, draw: Callable[[], Secret]) -> None:
    """It was clean, until its hash was listed; and is a suspect where the hash is held."""
    secret = draw()
    uploaded = watch.upload(strict, "suspect.jpg", secret.original)
    assert watch.verdict(strict, uploaded) == "clean"
    assert "version" in readable(owner, uploaded)
    secret.submit(strict)
    polling.until("the upload to be moved", lambda: watch.in_place(strict, uploaded) is None)
    for pages in strict.dynamodb.get_paginator("scan").paginate(TableName=strict.outputs["HashTableName"]):
        for item in pages["Items"]:
            if item["sk"]["S"] == "hash":
                strict.dynamodb.update_item(
                    TableName=strict.outputs["HashTableName"],
                    Key={"pk": item["pk"], "sk": item["sk"]},
                    UpdateExpression="SET #status = :held",
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues={":held": {"S": "held"}},
                )
    again = watch.upload(strict, "suspect.jpg", secret.original)
    assert watch.verdict(strict, again) == "suspect"
    assert tag_of(strict, again) == "suspect"
    assert readable(owner, again) == set()
