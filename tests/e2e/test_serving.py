"""Deployed with ServeOnlyClean, as the emulator's IAM judges it: it knows the tags of what is read, not of requests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from mypy_boto3_s3 import S3Client

from tests.e2e.conftest import Secret
from tests.local import deploy, emulator, watch
from tests.local.emulator import REGION, Emulator
from tests.local.stack import Stack
from tests.local.watch import Uploaded
from tests.support import polling

ALL_OF_S3 = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
STATUS = "unspread-status"


@pytest.fixture(scope="module")
def closed(built: None, emulated: Emulator | None) -> Iterator[Stack]:
    """A stack of its own, beside the other, that serves only what is clean."""
    with ExitStack() as undo:
        place = emulated or undo.enter_context(emulator.running())
        found = deploy.deploy(place, lambda _: None, "unspread-closed", ServeOnlyClean="true")
        undo.callback(found.close)
        yield found


@pytest.fixture(scope="module")
def owner(closed: Stack) -> S3Client:
    """A client of somebody whose own policies allow everything that S3 has."""
    config = Config(s3={"addressing_style": "path"}, proxies={})
    place = {"region_name": REGION, "endpoint_url": closed.endpoint, "config": config}
    iam = boto3.client("iam", aws_access_key_id="test", aws_secret_access_key="test", **place)  # type: ignore[call-overload]
    iam.create_user(UserName="owner")
    iam.put_user_policy(UserName="owner", PolicyName="all", PolicyDocument=ALL_OF_S3)
    key = iam.create_access_key(UserName="owner")["AccessKey"]
    client: S3Client = boto3.client(  # type: ignore[call-overload]
        "s3", aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"], **place
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


def test_a_clean_upload_can_be_read_once_it_was_scanned(closed: Stack, owner: S3Client, innocent: bytes) -> None:
    uploaded = watch.upload(closed, "clean.jpg", innocent)
    assert watch.verdict(closed, uploaded) == "clean"
    assert tag_of(closed, uploaded) == "clean"
    assert readable(owner, uploaded) >= PLAIN_WAYS


def test_nobody_reads_what_was_not_scanned(closed: Stack, owner: S3Client, innocent: bytes) -> None:
    rule = closed.resources["UploadRule"]
    closed.events.disable_rule(Name=rule)
    try:
        uploaded = watch.upload(closed, "unscanned.jpg", innocent)
        assert readable(owner, uploaded) == set()
    finally:
        closed.events.enable_rule(Name=rule)
    assert watch.record(closed, uploaded) is None


def test_no_forged_tag_opens_what_is_not_clean(closed: Stack, owner: S3Client) -> None:
    uploaded = watch.upload(closed, "document.pdf", b"%PDF-1.7")
    assert watch.verdict(closed, uploaded) == "unsupported"
    place = {"Bucket": uploaded.bucket, "Key": uploaded.key}
    clean = {"TagSet": [{"Key": STATUS, "Value": "clean"}]}
    assert refused(lambda: owner.put_object_tagging(**place, Tagging=clean))  # type: ignore[arg-type]
    assert refused(lambda: owner.put_object_tagging(**place, VersionId=uploaded.version, Tagging=clean))  # type: ignore[arg-type]
    assert tag_of(closed, uploaded) == "unsupported"
    assert readable(owner, uploaded) == set()


def test_a_suspect_is_not_served_any_longer(closed: Stack, owner: S3Client, draw: Callable[[], Secret]) -> None:
    """It was clean, until its hash was listed; and is a suspect where the hash is held."""
    secret = draw()
    uploaded = watch.upload(closed, "suspect.jpg", secret.original)
    assert watch.verdict(closed, uploaded) == "clean"
    assert "version" in readable(owner, uploaded)
    secret.submit(closed)
    polling.until("the upload to be moved", lambda: watch.in_place(closed, uploaded) is None)
    for pages in closed.dynamodb.get_paginator("scan").paginate(TableName=closed.outputs["HashTableName"]):
        for item in pages["Items"]:
            if item["sk"]["S"] == "hash":
                closed.dynamodb.update_item(
                    TableName=closed.outputs["HashTableName"],
                    Key={"pk": item["pk"], "sk": item["sk"]},
                    UpdateExpression="SET #status = :held",
                    ExpressionAttributeNames={"#status": "status"},
                    ExpressionAttributeValues={":held": {"S": "held"}},
                )
    again = watch.upload(closed, "suspect.jpg", secret.original)
    assert watch.verdict(closed, again) == "suspect"
    assert tag_of(closed, again) == "suspect"
    assert readable(owner, again) == set()
