"""What the stack may do in existing buckets, and hears of them: of none, one and three, and of no other."""

import json

import pytest

from tests.support.eventbridge import matches
from tests.support.functions import sample
from tests.support.intrinsics import resource
from tests.support.template import Json

ROLES = ["ScanRole", "SweepRole", "ReconcileRole"]
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1234"
CHOICES = [[], ["pictures"], ["pictures", "a.b-c", "third"]]
each_choice = pytest.mark.parametrize("buckets", CHOICES, ids=len)
REMOVE = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectVersionTagging", "s3:DeleteObjectVersion"]


def statements(role: str, **parameters: str) -> list[Json]:
    (policy,) = resource(role, parameters)["Policies"]
    found: list[Json] = policy["PolicyDocument"]["Statement"]
    return found


def about_existing(role: str, **parameters: str) -> list[Json]:
    """Return the statements that name a bucket which is not the stack's, or a key."""
    return [each for each in statements(role, **parameters) if '"arn:aws:s3:::' in json.dumps(each)]


@each_choice
@pytest.mark.parametrize("role", ROLES)
def test_roles_may_remove_in_exactly_the_existing_buckets(role: str, buckets: list[str]) -> None:
    found = {
        json.dumps(each["Action"]): each["Resource"] for each in about_existing(role, ExistingBuckets=",".join(buckets))
    }
    wanted = {
        json.dumps(REMOVE): [f"arn:aws:s3:::{name}/*" for name in buckets],
        json.dumps(["s3:ListBucket", "s3:ListBucketVersions"]): [f"arn:aws:s3:::{name}" for name in buckets],
    }
    assert found == (wanted if buckets else {})


@pytest.mark.parametrize("mode", ["tag", "true"])
@each_choice
@pytest.mark.parametrize("role", ROLES)
def test_roles_may_tag_in_them_where_verdicts_are_tagged(role: str, buckets: list[str], mode: str) -> None:
    found = [
        each["Resource"]
        for each in about_existing(role, ExistingBuckets=",".join(buckets), ServeOnlyClean=mode)
        if "s3:PutObjectVersionTagging" in each["Action"]
    ]
    assert found == ([[f"arn:aws:s3:::{name}/*" for name in buckets]] if buckets else [])


@each_choice
def test_the_backfill_may_list_exactly_the_existing_buckets(buckets: list[str]) -> None:
    found = [(e["Action"], e["Resource"]) for e in about_existing("BackfillRole", ExistingBuckets=",".join(buckets))]
    assert found == ([("s3:ListBucketVersions", [f"arn:aws:s3:::{name}" for name in buckets])] if buckets else [])


@pytest.mark.parametrize("role", ROLES)
def test_roles_may_decrypt_with_the_one_key_that_is_named(role: str) -> None:
    def keys(**parameters: str) -> list[tuple[str, str]]:
        return [(e["Action"], e["Resource"]) for e in statements(role, **parameters) if "kms" in str(e["Action"])]

    assert keys() == []
    assert keys(ExistingBucketsKeyArn=KEY) == [("kms:Decrypt", KEY)]


@each_choice
@pytest.mark.parametrize(("rule", "event"), [("UploadRule", "upload"), ("ForgetRule", "deletion")])
def test_rules_hear_the_upload_bucket_and_exactly_the_existing_ones(rule: str, event: str, buckets: list[str]) -> None:
    pattern = resource(rule, {"ExistingBuckets": ",".join(buckets)})["EventPattern"]
    assert pattern["detail"]["bucket"]["name"] == ["<UploadBucket>", *buckets]
    happened = sample(event)
    for name in ("<UploadBucket>", "pictures", "a.b-c", "third", "another"):
        happened["detail"]["bucket"]["name"] = name
        assert matches(pattern, happened) == (name in ("<UploadBucket>", *buckets))


@each_choice
def test_lost_events_are_looked_for_in_them_too(buckets: list[str]) -> None:
    names = ",".join(buckets)
    variables = resource("LostEventsFunction", {"ExistingBuckets": names})["Environment"]["Variables"]
    assert variables["EXISTING_BUCKETS"] == names


def test_one_filter_for_uploads_that_arrive_and_for_those_that_are_listed() -> None:
    parameters = {"ScanPrefixes": "a/,b/", "ScanSuffixes": ".jpg", "ScanMinBytes": "1", "ScanMaxBytes": "2"}
    found = [
        {name: value for name, value in resource(f, parameters)["Environment"]["Variables"].items() if name in wanted}
        for f in ("ScanFunction", "BackfillFunction")
        for wanted in [{"SCAN_PREFIXES", "SCAN_SUFFIXES", "SCAN_MIN_BYTES", "SCAN_MAX_BYTES"}]
    ]
    assert found[0] == found[1]
    assert set(found[0].values()) == {"a/,b/", ".jpg", "1", "2"}


def test_live_uploads_do_not_wait_for_a_backfill() -> None:
    live, backfill = (resource(f"ScanFunction{name}", {}) for name in ("Uploads", "Backfills"))
    assert (live["EventSourceArn"], backfill["EventSourceArn"]) == ("<ScanQueue.Arn>", "<BackfillQueue.Arn>")
    limits = [mapping["ScalingConfig"]["MaximumConcurrency"] for mapping in (live, backfill)]
    assert limits == ["100", "20"]


def test_the_state_machine_starts_nothing_but_its_function_and_itself() -> None:
    machine = resource("BackfillStateMachine", {})
    own = "arn:aws:states:us-east-1:123456789012:stateMachine:unspread-backfill"
    assert machine["StateMachineName"] == "unspread-backfill"
    states = machine["Definition"]["States"]
    assert states["Step"]["Parameters"]["FunctionName"] == "<BackfillFunction.Arn>"
    assert states["Renew"]["Parameters"]["StateMachineArn"] == own
    assert {(e["Action"], e["Resource"]) for e in statements("BackfillStateMachineRole")} == {
        ("lambda:InvokeFunction", "<BackfillFunction.Arn>"),
        ("states:StartExecution", own),
    }
