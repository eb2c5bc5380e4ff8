"""`unspread serving-policy`: the statements to paste for a bucket that no stack manages."""

import json
from collections.abc import Iterator
from unittest.mock import patch

import boto3
import pytest
from moto import mock_aws
from mypy_boto3_s3 import S3Client

from tests.support.policy import Context, Request, denied_by, resolved
from tests.support.template import ACCOUNT
from tests.support.world import ENVIRONMENT
from unspread import aws
from unspread.cli import main


@pytest.fixture
def s3() -> Iterator[S3Client]:
    outputs = {"UploadBucketName": "uploadbucket"}
    with (
        patch.dict("os.environ", ENVIRONMENT),
        patch("unspread.cli.serving.outputs", lambda *_: outputs),
        mock_aws(),
    ):
        aws.s3.cache_clear()
        client_of_s3 = boto3.client("s3")
        client_of_s3.create_bucket(Bucket="uploadbucket")
        client_of_s3.create_bucket(Bucket="old")
        yield client_of_s3


def closed(s3: S3Client, mode: str) -> None:
    policy = resolved("UploadBucketPolicy", "PolicyDocument", ServeOnlyClean=mode)
    s3.put_bucket_policy(Bucket="uploadbucket", Policy=json.dumps(policy))


def versioned(s3: S3Client, status: str = "Enabled") -> None:
    s3.put_bucket_versioning(Bucket="old", VersioningConfiguration={"Status": status})  # type: ignore[typeddict-item]


def test_the_statements_close_the_other_bucket_alone(s3: S3Client, capsys: pytest.CaptureFixture[str]) -> None:
    versioned(s3)
    closed(s3, "true")

    assert main(["serving-policy", "old", "--stack", "s"]) == 0

    printed = {"Statement": json.loads(capsys.readouterr().out)}
    owner: Context = {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/owner", "aws:SecureTransport": "true"}
    reading = Request("s3:GetObject", "arn:aws:s3:::old/a/b.jpg", owner)
    assert denied_by(printed, reading) == {"UnspreadServeOnlyClean"}
    assert not denied_by(printed, Request("s3:GetObject", "arn:aws:s3:::uploadbucket/a/b.jpg", owner))
    served = Request(reading.action, reading.resource, {**owner, "s3:ExistingObjectTag/unspread-status": "clean"})
    assert not denied_by(printed, served)
    forged: Context = {"s3:RequestObjectTagKeys": ("unspread-status",), "s3:RequestObjectTag/unspread-status": "clean"}
    assert denied_by(printed, Request("s3:PutObject", reading.resource, {**owner, **forged}))
    assert all(statement["Sid"].startswith("Unspread") for statement in printed["Statement"])


@pytest.mark.parametrize("status", ["", "Suspended"])
def test_a_bucket_without_versions_is_refused(s3: S3Client, status: str, capsys: pytest.CaptureFixture[str]) -> None:
    if status:
        versioned(s3, status)
    closed(s3, "true")

    assert main(["serving-policy", "old", "--stack", "s"]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert "Enable versioning first" in said.err


@pytest.mark.parametrize("mode", ["false", "tag"])
def test_a_stack_that_closes_nothing_has_nothing_to_paste(
    s3: S3Client, mode: str, capsys: pytest.CaptureFixture[str]
) -> None:
    versioned(s3)
    closed(s3, mode)

    assert main(["serving-policy", "old", "--stack", "s"]) == 1
    assert "ServeOnlyClean=true" in capsys.readouterr().err


def test_what_aws_refuses_is_said(s3: S3Client, capsys: pytest.CaptureFixture[str]) -> None:
    closed(s3, "true")
    assert main(["serving-policy", "not-there", "--stack", "s"]) == 1
    assert "NoSuchBucket" in capsys.readouterr().err
