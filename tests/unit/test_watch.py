"""An existing bucket is watched: its own notifications stay, and nothing is believed before an event arrived."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.notified import ON, THEIRS, Configuration, Notified, entries, notifications
from tests.support.world import World
from unspread.canary import Canary, SilentError
from unspread.scan_filter import CANARIES
from unspread.stores.notifications import ContendedError, Switched
from unspread.upload import Upload


@pytest.mark.parametrize("theirs", [{}, THEIRS], ids=["none", "some"])
def test_events_are_switched_on_and_off_and_the_others_stay(theirs: Configuration) -> None:
    bucket = Notified(copy.deepcopy(theirs))
    assert notifications(bucket).switch("b", on=True) == Switched(changed=True)
    assert notifications(bucket).on("b")
    assert entries(bucket.now) == entries(theirs)
    assert notifications(bucket).switch("b", on=False) == Switched(changed=True)
    assert not notifications(bucket).on("b")
    assert entries(bucket.now) == entries(theirs)


@pytest.mark.parametrize("on", [True, False])
def test_nothing_is_written_when_they_are_as_wanted_already(on: bool) -> None:
    bucket = Notified({**THEIRS, **(ON if on else {})})
    assert notifications(bucket).switch("b", on=on) == Switched(changed=False)
    assert bucket.writes == []


def test_a_change_that_overwrote_ours_is_noticed_and_kept() -> None:
    added = {"Id": "new", "LambdaFunctionArn": "arn:l", "Events": ["s3:ObjectCreated:*"]}
    bucket = Notified(copy.deepcopy(THEIRS))
    bucket.after_write = [lambda _: {**copy.deepcopy(THEIRS), "LambdaFunctionConfigurations": [added]}]
    assert notifications(bucket).switch("b", on=True).changed
    assert notifications(bucket).on("b")
    assert entries(bucket.now) == {"theirs", "topic", "new"}


def test_what_others_lost_meanwhile_is_put_back_and_told() -> None:
    bucket = Notified(copy.deepcopy(THEIRS))
    bucket.after_write = [lambda now: {**now, "TopicConfigurations": []}]
    assert notifications(bucket).switch("b", on=True) == Switched(changed=True, put_back=("topic",))
    assert entries(bucket.now) == {"theirs", "topic"}


def test_it_gives_up_where_others_never_rest() -> None:
    bucket = Notified(copy.deepcopy(THEIRS))
    bucket.after_write = [lambda _: copy.deepcopy(THEIRS)] * 99
    with pytest.raises(ContendedError):
        notifications(bucket).switch("b", on=True)


# ------------------------------------------------------------------------------------------------- canaries


@dataclass
class Time:
    """A clock that goes on when somebody waits."""

    now: float = 100.0
    at: dict[float, Callable[[], None]] = field(default_factory=dict)

    def wait(self, seconds: float) -> None:
        self.now += seconds
        for moment in sorted(moment for moment in self.at if moment <= self.now):
            self.at.pop(moment)()


def canaries(world: World) -> list[dict[str, Any]]:
    listed = world.s3.list_object_versions(Bucket=world.uploads_bucket, Prefix=CANARIES)
    return [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]  # type: ignore[list-item]


def scan_canary(world: World, number: int) -> None:
    item = sorted(canaries(world), key=lambda item: item["Key"])[number]
    world.uploads.write(Upload(world.uploads_bucket, item["Key"], item["VersionId"], "", 1), None, {}, ())


def test_a_canary_whose_event_arrives_tells_since_when(world: World) -> None:
    time = Time()
    time.at[105] = lambda: scan_canary(world, 0)
    begun = datetime.now(UTC).timestamp()
    moment = Canary(world.s3, world.uploads, lambda: time.now, time.wait)(world.uploads_bucket, 60)
    assert begun + 3 <= moment <= datetime.now(UTC).timestamp() + 6
    assert canaries(world) == []


def test_more_canaries_follow_for_the_first_events_never_come(world: World) -> None:
    time = Time()
    time.at[170] = lambda: scan_canary(world, -1)
    Canary(world.s3, world.uploads, lambda: time.now, time.wait)(world.uploads_bucket, 200)
    assert time.now == 170
    assert canaries(world) == []


def test_silence_is_told_and_no_canary_left(world: World) -> None:
    time = Time()
    with pytest.raises(SilentError):
        Canary(world.s3, world.uploads, lambda: time.now, time.wait)(world.uploads_bucket, 60)
    assert canaries(world) == []
