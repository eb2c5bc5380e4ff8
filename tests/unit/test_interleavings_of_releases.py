"""A release at any moment of a scan or sweep: what a person released is not taken again for that hash."""

import random
from collections.abc import Iterator

import pytest

from tests.support.reviews import ALEX, table
from tests.support.stage import merges
from tests.support.theatre import STEPS, Theatre, a_theatre, pair
from unspread.assembly import reviewing
from unspread.review import Decision, ReviewConflictError
from unspread.settings import RetainSettings
from unspread.upload import UploadMessage

RELEASE_STEPS = {
    "unspread.release.Release.__call__": "see the release through",
    "unspread.stores.restoring.Restoring.restore": "put back",
    "unspread.stores.restoring.Restoring.discard": "delete the copy",
}


@pytest.fixture(scope="module")
def theatre() -> Iterator[Theatre]:
    with pytest.MonkeyPatch.context() as patch:
        for target, name in RELEASE_STEPS.items():
            patch.setitem(STEPS, target, name)
        with a_theatre() as theatre:
            yield theatre


def test_a_release_during_a_sweep_and_a_second_delivery_is_neither_undone_nor_counted(theatre: Theatre) -> None:
    play(theatre, 8)


@pytest.mark.soak
def test_many_releases_during_a_sweep_and_a_second_delivery(theatre: Theatre) -> None:
    play(theatre, 400)


def play(theatre: Theatre, schedules: int) -> None:
    for schedule in random.Random(5).sample(merges(sweep=3, again=3, release=4), schedules):
        made = pair(theatre, "sha256")
        theatre.world.cases.submit(made.case, "adult", [made.item])
        made.scan()
        upload = UploadMessage.model_validate(made.message).upload()

        def release(name: str = upload.id) -> None:
            try:
                reviewing.reviewing(RetainSettings.load()).decide(name, Decision.RELEASE, ALEX)
            except ReviewConflictError as error:
                assert "acted on just now" in str(error)  # noqa: PT017 - raised in a thread of the stage

        history = theatre.stage.play(schedule, sweep=made.sweep, again=made.scan, release=release)
        release()
        current = theatre.world.s3.head_object(Bucket=theatre.world.uploads_bucket, Key=upload.key)
        restored = theatre.world.message(upload.key, current["VersionId"], current["ETag"].strip('"'))
        made.scanner(UploadMessage.model_validate(restored).upload())
        theatre.world.sweep.uploads_of([made.key])
        assert theatre.world.record(restored)["verdict"] == "clean", history
        assert theatre.world.is_there(restored), history
        assert theatre.world.quarantined() == [], history
        assert list(table().open()) == [], history
        listed = theatre.world.hashes.read([made.key])[made.key]
        assert (listed.found, listed.removed) == (0, 0), history
