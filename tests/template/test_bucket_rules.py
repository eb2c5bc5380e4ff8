"""What the rules on the upload bucket let through, and what they leave of an event that holds an address."""

import json
from dataclasses import dataclass

import pytest

from tests.support.eventbridge import matches, transformed
from tests.support.functions import sample
from tests.support.intrinsics import resource
from tests.support.template import Json, properties, resources
from unspread.upload import UploadMessage

KEYS = [
    "plain.jpg",
    "a b+c%20é.jpg",
    'she said "hello".jpg',
    "back\\slash and 'quotes'.png",
    "<bucket>.jpg",
    "line\nbreak\ttab.jpg",
    "日本語/🙂.webp",
    "{curly}: [brackets].gif",
]
KINDS = ["Object Created", "Object Deleted", "Object Tags Added", "Object Tags Deleted", "Object ACL Updated"]


@dataclass(frozen=True)
class Rule:
    """A rule, the event it is for, and the queue that hears of it."""

    name: str
    event: str
    kind: str
    queue: str

    def sample(self, key: str = "holiday/beach.jpg") -> Json:
        """Return the event, of an object with this key."""
        event = sample(self.event)
        event["detail"]["object"]["key"] = key
        return event

    def message(self, event: Json) -> str:
        """Return what the queue gets of an event."""
        (target,) = properties(self.name)["Targets"]
        assert target["Arn"] == {"Fn::GetAtt": [self.queue, "Arn"]}
        return transformed(target["InputTransformer"], event)

    def pattern(self) -> Json:
        """Return the pattern, with the sample's bucket for the stack's."""
        wanted: Json = resource(self.name, {})["EventPattern"]
        assert wanted["detail"]["bucket"]["name"] == ["<UploadBucket>"]
        return {**wanted, "detail": {**wanted["detail"], "bucket": {"name": ["upload-bucket"]}}}


RULES = [
    Rule("UploadRule", "upload", "Object Created", "ScanQueue"),
    Rule("ForgetRule", "deletion", "Object Deleted", "ForgetQueue"),
]
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def test_every_rule_on_a_bucket_is_looked_at() -> None:
    rules = resources("AWS::Events::Rule")
    assert sorted(rule.name for rule in RULES) == sorted(
        name for name, rule in rules.items() if "EventPattern" in rule["Properties"]
    )


@each_rule
def test_a_rule_lets_its_events_of_the_upload_bucket_through(rule: Rule) -> None:
    assert matches(rule.pattern(), rule.sample())


@each_rule
@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_lets_no_other_kind_through(rule: Rule, kind: str) -> None:
    assert matches(rule.pattern(), {**rule.sample(), "detail-type": kind}) == (kind == rule.kind)


@each_rule
@pytest.mark.parametrize("bucket", ["quarantine-bucket", "list-bucket"])
def test_no_rule_hears_another_bucket(rule: Rule, bucket: str) -> None:
    event = rule.sample()
    event["detail"]["bucket"]["name"] = bucket
    assert not matches(rule.pattern(), event)


def test_a_delete_marker_is_not_forgotten_for_the_version_below_it_is_still_there() -> None:
    (rule,) = (rule for rule in RULES if rule.name == "ForgetRule")
    event = rule.sample()
    assert event["detail"]["deletion-type"] == "Permanently Deleted"
    event["detail"]["deletion-type"] = "Delete Marker Created"
    assert not matches(rule.pattern(), event)


def test_a_version_that_a_lifecycle_rule_deleted_is_forgotten_too() -> None:
    (rule,) = (rule for rule in RULES if rule.name == "ForgetRule")
    event = rule.sample()
    event["detail"] |= {"reason": "Lifecycle Expiration", "requester": "s3.amazonaws.com"}
    del event["detail"]["source-ip-address"]
    assert matches(rule.pattern(), event)


@each_rule
def test_the_message_holds_bucket_and_object_and_nothing_else(rule: Rule) -> None:
    event = rule.sample()
    assert json.loads(rule.message(event)) == {
        "bucket": event["detail"]["bucket"],
        "object": event["detail"]["object"],
    }


@each_rule
def test_the_message_holds_no_address_and_no_identity(rule: Rule) -> None:
    event = rule.sample()
    assert event["detail"]["source-ip-address"] == "203.0.113.77"
    text = rule.message(event)
    for secret in ("203.0.113.77", event["detail"]["requester"], event["detail"]["request-id"], event["id"]):
        assert secret not in text


@each_rule
@pytest.mark.parametrize("key", KEYS)
def test_keys_survive_as_they_are(rule: Rule, key: str) -> None:
    event = rule.sample(key)
    upload = UploadMessage.model_validate_json(rule.message(event)).upload()
    assert upload.key == key
    assert upload.bucket == "upload-bucket"
    assert upload.version == event["detail"]["object"]["version-id"]


def test_a_deletion_names_the_upload_that_its_creation_named() -> None:
    created, deleted = (
        UploadMessage.model_validate_json(rule.message(rule.sample("a b+c é.jpg"))).upload() for rule in RULES
    )
    assert deleted.id == created.id


@each_rule
def test_the_sample_message_of_the_function_is_what_the_rule_makes(rule: Rule) -> None:
    function = {"UploadRule": "scan", "ForgetRule": "forget"}[rule.name]
    (record,) = sample(function)["Records"]
    assert json.loads(record["body"]) == json.loads(rule.message(rule.sample()))
