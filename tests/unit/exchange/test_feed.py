"""The feed: what each participant is told of the list."""

import pytest

from tests.unit.exchange.pulled import Pulled, pdq, picture, who
from unspread import aws, ulid
from unspread.bulk import BulkListing
from unspread.changes import Change, Operation
from unspread.hash_key import HashKey, Kind
from unspread.snapshot import SnapshotView
from unspread.submission import SubmittedHash, SubmittedItem
from unspread.verdict import Status


def test_an_empty_list_has_an_empty_feed(pulled: Pulled) -> None:
    assert pulled.pull() == {}
    assert pulled.start == 10


def test_pictures_are_told_by_pdq_and_videos_by_md5(pulled: Pulled) -> None:
    video = SubmittedItem("video", "ab" * 32, "cd" * 16)
    pulled.case(1, picture(1), video)
    assert pulled.pull() == {pdq(1): True, HashKey(Kind.MD5, "cd" * 16): True}


def test_windows_and_phashes_are_not_told(pulled: Pulled) -> None:
    hashed = SubmittedHash(pdq(1).value, 90, "0f" * 8, (pdq(2).value,))
    pulled.case(1, SubmittedItem("image", hashes=(hashed,)))
    assert set(pulled.pull()) == {pdq(1)}


def test_a_withdrawn_hash_is_told_as_withdrawn(pulled: Pulled) -> None:
    case = pulled.case(1, picture(1), picture(2))
    pulled.pull()
    pulled.cases.withdraw(case)
    assert pulled.pull() == {pdq(1): False, pdq(2): False}
    pulled.case(2, picture(1))
    assert pulled.pull() == {pdq(1): True, pdq(2): False}


def test_a_held_hash_is_not_active_until_it_is_approved(pulled: Pulled) -> None:
    pulled.case(1, picture(1))
    pulled.pull()
    (listed,) = pulled.exchange.world.hashes.read([pdq(1)]).values()
    actions, changes = pulled.exchange.world.hashes.set_status(listed, Status.HELD)
    pulled.write(actions + pulled.log.append(changes))
    assert pulled.pull() == {pdq(1): False}
    pulled.exchange.world.guard.approve(pdq(1))
    pulled.now = 2e9
    assert pulled.pull() == {pdq(1): True}


def test_what_only_others_list_is_not_passed_on(pulled: Pulled) -> None:
    pulled.elsewhere(pdq(1), pdq(2))
    pulled.case(1, picture(2))
    assert pulled.pull() == {pdq(2): True}


def test_what_a_participant_lists_is_not_passed_on(pulled: Pulled) -> None:
    listing = BulkListing(pulled.exchange.world.hashes, pulled.log, aws.dynamodb_transactions)
    listing([pdq(1)], "participant#other", "adult", "2026-11-22")
    assert pulled.pull() == {}


def test_what_others_listed_first_is_told_when_a_case_lists_it_and_no_longer_than_that(pulled: Pulled) -> None:
    pulled.elsewhere(pdq(1))
    pulled.pull()
    one, other = pulled.case(1, picture(1)), pulled.case(2, picture(1))
    assert pulled.pull() == {pdq(1): True}
    pulled.cases.withdraw(one)
    assert pulled.pull() == {pdq(1): True}
    pulled.cases.withdraw(other)
    assert pulled.pull() == {pdq(1): False}
    assert pulled.exchange.world.hashes.read([pdq(1)])[pdq(1)].status is Status.ACTIVE


def test_a_hash_stays_told_when_others_withdraw_theirs(pulled: Pulled) -> None:
    pulled.case(1, picture(1))
    pulled.elsewhere(pdq(1))
    pulled.drop_elsewhere(pdq(1))
    assert pulled.pull() == {pdq(1): True}


def test_a_video_is_told_when_its_md5_was_listed_as_a_pictures_first(pulled: Pulled) -> None:
    pulled.case(1, SubmittedItem("image", md5="cd" * 16))
    assert pulled.pull() == {}
    pulled.case(2, SubmittedItem("video", md5="cd" * 16))
    assert pulled.pull() == {HashKey(Kind.MD5, "cd" * 16): True}


def test_only_the_categories_granted_are_told(pulled: Pulled) -> None:
    pulled.case(1, picture(1), category="adult")
    pulled.case(2, picture(2), category="minor")
    assert set(Pulled(pulled.exchange).pull(who("adult"))) == {pdq(1)}
    assert set(Pulled(pulled.exchange).pull(who("minor"))) == {pdq(2)}
    assert set(Pulled(pulled.exchange).pull(who("adult", "minor"))) == {pdq(1), pdq(2)}


@pytest.mark.parametrize("stricter", ["case", "elsewhere"])
def test_a_hash_that_becomes_a_minors_is_withdrawn_from_those_who_may_not_see_it(pulled: Pulled, stricter: str) -> None:
    adult, minor = Pulled(pulled.exchange), Pulled(pulled.exchange)
    pulled.case(1, picture(1), category="adult")
    adult.pull(who("adult"))
    minor.pull(who("minor"))
    if stricter == "case":
        pulled.case(2, picture(1), category="minor")
    else:
        pulled.elsewhere(pdq(1), category="minor")
    assert adult.pull(who("adult")) == {pdq(1): False}
    assert minor.pull(who("minor")) == {pdq(1): True}


def test_a_minors_hash_is_never_told_to_those_who_never_saw_it_as_an_adults(pulled: Pulled) -> None:
    pulled.elsewhere(pdq(1), category="adult")
    case = pulled.case(1, picture(1), category="minor")
    pulled.cases.withdraw(case)
    assert pulled.pull(who("adult")) == {}


def test_a_note_does_not_disturb_those_who_keep_the_list(pulled: Pulled) -> None:
    world = pulled.exchange.world
    pulled.elsewhere(pdq(1))
    case = pulled.case(1, picture(1))
    changes = {change for entry in pulled.log.read_from(ulid.START)[0] for change in entry.changes}
    assert Change(Operation.NOTE, pdq(1), 2) in changes
    world.publish()
    (name, *_) = world.snapshots.current().names
    assert pdq(1).bytes in SnapshotView.from_bytes(world.snapshots.read(name) or b"").rows[Kind.PDQ].tobytes()
    pulled.cases.withdraw(case)
    assert pdq(1) in set(world.hashes.read_listed())
