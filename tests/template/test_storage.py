"""Buckets, tables and logs: encrypted, private, kept."""

import pytest

from tests.support import template
from tests.support.template import Json, properties, resources

BUCKETS = sorted(resources("AWS::S3::Bucket"))
TABLES = sorted(resources("AWS::DynamoDB::Table"))
QUEUES = sorted(resources("AWS::SQS::Queue"))
LOGS = sorted(resources("AWS::Logs::LogGroup"))
DERIVED = {"ListBucket"}
"""What is made anew from the rest if it is lost."""
KEPT_BUCKETS = [name for name in BUCKETS if name not in DERIVED]


def statements(bucket: str) -> list[Json]:
    policies = resources("AWS::S3::BucketPolicy").values()
    return [
        statement
        for policy in policies
        if policy["Properties"]["Bucket"] == {"Ref": bucket}
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def test_there_is_what_the_tests_look_at() -> None:
    assert {"UploadBucket", "QuarantineBucket", "ListBucket"} <= set(BUCKETS)
    assert {"HashTable", "UploadTable", "CaseTable"} <= set(TABLES)
    assert len(QUEUES) >= 3
    assert len(LOGS) >= 3


@pytest.mark.parametrize("name", BUCKETS)
def test_buckets_are_encrypted_and_private(name: str) -> None:
    bucket = properties(name)
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in {"AES256", "aws:kms"}
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


@pytest.mark.parametrize("name", KEPT_BUCKETS)
def test_buckets_keep_every_version(name: str) -> None:
    assert properties(name)["VersioningConfiguration"] == {"Status": "Enabled"}


@pytest.mark.parametrize("name", BUCKETS)
def test_no_bucket_loses_an_object_to_its_age(name: str) -> None:
    """The current snapshot may be old, and what is in quarantine is for people to decide on."""
    (rule,) = properties(name)["LifecycleConfiguration"]["Rules"]
    assert rule.keys() == {"Id", "Status", "AbortIncompleteMultipartUpload"}


def test_object_lock_governs_the_quarantine_if_it_is_switched_on() -> None:
    """Governance and not compliance: a release has to be able to take a copy out."""
    bucket = properties("QuarantineBucket")
    assert bucket["ObjectLockEnabled"]["Fn::If"][:2] == ["HasObjectLock", True]
    condition, lock, _ = bucket["ObjectLockConfiguration"]["Fn::If"]
    assert condition == "HasObjectLock"
    assert lock == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": {"Ref": "AdultRetentionDays"}}},
    }


def test_snapshots_are_not_kept_once_they_are_deleted() -> None:
    """They hold withdrawn hashes too, and are made anew from the hash table."""
    assert "VersioningConfiguration" not in properties("ListBucket")
    resource = template.expanded()["Resources"]["ListBucket"]
    assert not {"DeletionPolicy", "UpdateReplacePolicy"} & resource.keys()


@pytest.mark.parametrize("name", BUCKETS)
def test_buckets_refuse_requests_without_tls(name: str) -> None:
    (deny,) = (statement for statement in statements(name) if statement.get("Sid") == "OnlyOverTLS")
    assert deny["Effect"] == "Deny"
    assert deny["Principal"] == "*"
    assert deny["Action"] == "s3:*"
    assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert deny["Resource"] == [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]


def test_only_uploads_are_announced_so_that_our_own_writes_never_loop() -> None:
    announced = [name for name in BUCKETS if "NotificationConfiguration" in properties(name)]
    assert announced == ["UploadBucket"]
    notification = properties("UploadBucket")["NotificationConfiguration"]
    assert notification == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}


@pytest.mark.parametrize("name", TABLES)
def test_tables_are_encrypted_on_demand_and_recoverable(name: str) -> None:
    table = properties(name)
    assert table["SSESpecification"]["SSEEnabled"] is True
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    assert "GlobalSecondaryIndexes" not in table, "an index is eventually consistent"


@pytest.mark.parametrize("name", KEPT_BUCKETS + TABLES)
def test_what_holds_data_outlives_the_stack(name: str) -> None:
    resource = template.expanded()["Resources"][name]
    assert resource["DeletionPolicy"] == "Retain"
    assert resource["UpdateReplacePolicy"] == "Retain"


def test_tables_are_protected_unless_told_otherwise() -> None:
    parameter = template.raw()["Parameters"]["DeletionProtection"]
    assert parameter["Default"] == "true"


def test_the_hash_table_alone_streams_and_only_what_is_new() -> None:
    streams = {name: properties(name).get("StreamSpecification") for name in TABLES}
    assert {name: stream for name, stream in streams.items() if stream} == {
        "HashTable": {"StreamViewType": "NEW_IMAGE"}
    }


def test_cases_expire() -> None:
    assert properties("CaseTable")["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}


@pytest.mark.parametrize("name", QUEUES)
def test_queues_are_encrypted_and_keep_messages_as_long_as_can_be(name: str) -> None:
    queue = properties(name)
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize("name", LOGS)
def test_logs_are_deleted_after_the_days_chosen(name: str) -> None:
    assert properties(name)["RetentionInDays"] == {"Ref": "LogRetentionDays"}
