"""Events are defined once: what is published fits, the schemas are made of it, and the documents tell of it."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError
from samtranslator.yaml_helper import yaml_parse

from tests.support import event_schemas, eventbridge
from tests.unit.test_documentation import page
from unspread.stores.event_details import DETAILS, checked
from unspread.stores.events import DetailType, Events

UPLOAD: dict[str, Any] = {
    "id": "ab" * 32,
    "bucket": "uploads",
    "key": 'a "b"+c é.jpg',
    "version": "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
    "etag": "d41d8cd98f00b204e9800998ecf8427e",
    "size": 5432,
}
SAMPLES: dict[str, dict[str, Any]] = {
    "Match Found": UPLOAD | {"kind": "pdq", "distance": 12, "action": "quarantined"},
    "Object Quarantined": UPLOAD | {"quarantine": {"bucket": "quarantine", "key": f"objects/{UPLOAD['id']}"}},
    "Suspect Found": UPLOAD | {"kind": "phash", "distance": 6},
    "Scan Failed": UPLOAD | {"reason": "truncated"},
    "Review Escalated": UPLOAD | {"verdict": "suspect", "category": None},
    "Review Reopened": UPLOAD | {"verdict": "match", "category": "adult"},
    "Review Decided": UPLOAD | {"verdict": "match", "category": "minor", "decision": "confirm"},
    "Report Due": UPLOAD | {"verdict": "match", "category": "minor", "decision": "confirm"},
    "Object Released": UPLOAD | {"verdict": "match", "category": "adult", "decision": "release", "restored": True},
    "Verdict Not Tagged": UPLOAD | {"verdict": "clean", "reason": "no_room_for_tag"},
}


class Bus:
    """An event bus that remembers."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.entries += Entries
        return {"FailedEntryCount": 0, "Entries": [{} for _ in Entries]}


def test_every_event_is_defined_and_no_other() -> None:
    assert set(DETAILS) == {each.value for each in DetailType}, "unspread/stores/event_details.py defines each event"
    assert set(SAMPLES) == set(DETAILS), "give a sample of each event here"


@pytest.mark.parametrize("kind", list(DetailType))
def test_a_detail_is_published_as_it_is(kind: DetailType) -> None:
    bus: Any = Bus()
    Events(bus).publish([(kind, SAMPLES[kind])])
    (entry,) = bus.entries
    assert (entry["Source"], entry["DetailType"]) == ("unspread", kind.value)
    assert json.loads(entry["Detail"]) == SAMPLES[kind]


@pytest.mark.parametrize("kind", list(DetailType))
def test_nothing_undefined_is_published(kind: DetailType) -> None:
    bus: Any = Bus()
    with pytest.raises(ValidationError):
        Events(bus).publish([(kind, SAMPLES[kind] | {"address": "203.0.113.9"})])
    with pytest.raises(ValidationError):
        Events(bus).publish([(kind, {name: SAMPLES[kind][name] for name in SAMPLES[kind] if name != "id"})])
    assert bus.entries == []


@pytest.mark.parametrize("wrong", [{"kind": "ahash"}, {"distance": 61}, {"distance": "12"}, {"action": "deleted"}])
def test_a_match_is_what_its_definition_says(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        checked("Match Found", SAMPLES["Match Found"] | wrong)


@pytest.mark.parametrize("kind", ["Review Escalated", "Review Reopened"])
@pytest.mark.parametrize("decision", ["confirm", "release", "expired"])
def test_reviews_may_be_passed_on_when_they_are_decided_already(kind: str, decision: str) -> None:
    assert checked(kind, SAMPLES[kind]) == SAMPLES[kind]
    decided = SAMPLES[kind] | {"decision": decision}
    assert checked(kind, decided) == decided


def test_the_published_schemas_are_those_of_the_code() -> None:
    published = {file.name: file.read_text(encoding="utf-8") for file in event_schemas.FOLDER.iterdir()}
    assert published == event_schemas.written(), "run `make schemas`"


@pytest.mark.parametrize("kind", sorted(DETAILS))
def test_a_schema_takes_its_event_also_with_fields_of_a_later_version(kind: str) -> None:
    schema = event_schemas.schema(kind)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    assert validator.is_valid(SAMPLES[kind])
    assert validator.is_valid(SAMPLES[kind] | {"later": True})
    assert all(not validator.is_valid({n: v for n, v in SAMPLES[kind].items() if n != each}) for each in SAMPLES[kind])


@pytest.mark.parametrize("kind", sorted(DETAILS))
def test_the_page_of_events_tells_of_each_with_its_fields_and_schema(kind: str) -> None:
    text = page("events.md")
    row = next((line for line in text.splitlines() if line.startswith(f"| `{kind}` |")), "")
    assert row, f"docs/events.md lacks a row for `{kind}`"
    assert f"events/{event_schemas.file_name(kind)}" in row, f"the row of `{kind}` in docs/events.md lacks its schema"
    more = set(DETAILS[kind].model_fields) - set(UPLOAD)
    assert {name for name in more if f"`{name}`" not in row} == set(), (
        f"the row of `{kind}` in docs/events.md lacks these"
    )
    assert {name for name in UPLOAD if f"`{name}`" not in text} == set()


def test_the_example_rule_of_the_page_lets_matches_and_suspects_through_and_nothing_else() -> None:
    snippet = page("events.md").partition("```yaml\n")[2].partition("```")[0]
    resources = yaml_parse(snippet)["Resources"]
    pattern = next(each for each in resources.values() if each["Type"] == "AWS::Serverless::Function")
    pattern = pattern["Properties"]["Events"]["Matches"]["Properties"]["Pattern"]

    def event(kind: str, source: str = "unspread") -> dict[str, Any]:
        return {"source": source, "detail-type": kind, "detail": SAMPLES[kind]}

    through = {kind for kind in SAMPLES if eventbridge.matches(pattern, event(kind))}
    assert through == {"Object Quarantined", "Suspect Found"}
    assert not eventbridge.matches(pattern, event("Suspect Found", source="somebody.else"))
