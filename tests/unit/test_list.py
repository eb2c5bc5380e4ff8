"""The list's log, its snapshots, and what a scan reads of them."""

import itertools
from collections.abc import Callable

import boto3
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.world import World
from unspread import aws, ulid
from unspread.changes import Change, LogEntry, Operation, pack, unpack
from unspread.hash_key import HashKey, Kind
from unspread.hashing import PerceptualHash, Variant
from unspread.list_reader import ListReader
from unspread.publish import Publish
from unspread.snapshot import DamagedSnapshotError, Snapshot, SnapshotView
from unspread.stores.hash_log import OVERLAP, HashLog
from unspread.stores.snapshots import LostRaceError
from unspread.submission import SubmittedHash, SubmittedItem
from unspread.verdict import Distances

CASE = "c" * 64
DAY = 86_400_000


def pdq(n: int) -> HashKey:
    return HashKey(Kind.PDQ, f"{n:04x}" + "0f" * 30)


def item(n: int) -> SubmittedItem:
    return SubmittedItem("image", hashes=(SubmittedHash(pdq(n).value, 90),))


def holds(reader: ListReader, key: HashKey) -> bool:
    hashed = PerceptualHash(key.bytes, 90, Variant.WHOLE, 0, None)
    return any(hit.key == key for hit in reader().search([hashed], Distances(0, 0, 0)))


@pytest.fixture
def reader(world: World) -> ListReader:
    return ListReader(world.snapshots, world.log, world.hashes)


# -------------------------------------------------------------------------------------------------------- ULIDs


@given(st.integers(0, 2**48 - 1), st.integers(0, 2**48 - 1))
def test_ulids_sort_by_time(one: int, other: int) -> None:
    assert ulid.time_of(ulid.at(one)) == one
    if one < other:
        assert ulid.at(one) < ulid.first_at(other) <= ulid.at(other)


@pytest.mark.parametrize("text", ["", "short", "U" * 26])
def test_what_is_no_ulid_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever is wrong with it
        ulid.time_of(text)


# ------------------------------------------------------------------------------------------------------ changes

keys = st.one_of(
    *(
        st.binary(min_size=width, max_size=width).map(lambda value, kind=kind: HashKey.of(kind, value))  # type: ignore[misc]
        for kind, width in ((Kind.PDQ, 32), (Kind.PHASH, 8), (Kind.SHA256, 32), (Kind.MD5, 16))
    )
)
changes = st.builds(Change, st.sampled_from(Operation), keys, st.integers(1, 2**32 - 1))


@given(st.lists(changes))
def test_changes_come_back_as_they_were_packed(made: list[Change]) -> None:
    assert unpack(pack(made)) == tuple(made)


@given(changes, st.integers(1, 12))
def test_packed_changes_that_are_cut_off_are_refused(change: Change, cut: int) -> None:
    with pytest.raises(ValueError, match=r"cut off|damaged"):
        unpack(pack([change])[:-cut])


# ---------------------------------------------------------------------------------------------------------- log


def test_every_change_of_status_is_in_the_log_with_its_version(world: World) -> None:
    world.submit(CASE, item(1))
    world.submit("d" * 64, item(1))  # another source: no change of status
    world.cases.withdraw(CASE)
    world.cases.withdraw("d" * 64)
    world.submit("e" * 64, item(1))
    entries, _ = world.log.read_from(ulid.START)
    made = [(change.operation.name, change.version) for entry in entries for change in entry.changes]
    assert sorted(made, key=lambda each: each[1]) == [("ADD", 1), ("REMOVE", 2), ("ADD", 3)]


def test_the_cursor_stays_an_overlap_behind_the_newest_entry_and_the_clock(world: World) -> None:
    now = 10**12
    log = HashLog(aws.dynamodb(), "HashTable", lambda: now / 1000)
    aws.dynamodb_transactions().transact_write_items(TransactItems=log.append([Change(Operation.ADD, pdq(1), 1)]))  # type: ignore[arg-type]
    ahead = HashLog(aws.dynamodb(), "HashTable", lambda: (now + DAY) / 1000)
    behind = HashLog(aws.dynamodb(), "HashTable", lambda: (now - DAY) / 1000)
    assert ulid.time_of(ahead.read_from(ulid.START)[1]) == now - OVERLAP
    assert ulid.time_of(behind.read_from(ulid.START)[1]) == now - DAY - OVERLAP
    assert ulid.time_of(ahead.cursor()) == now - OVERLAP


def test_the_cursor_never_goes_back(world: World) -> None:
    later = ulid.first_at(10**12)
    assert world.log.read_from(later) == ([], later)


def test_the_cursor_of_an_empty_log_is_its_start(world: World) -> None:
    assert world.log.cursor() == ulid.START
    assert world.log.read_from(ulid.START) == ([], ulid.START)


# ---------------------------------------------------------------------------------------------------- snapshots


def entry(at: int, *made: Change) -> LogEntry:
    return LogEntry(ulid.at(at), made)


def test_the_highest_version_wins_in_whatever_order_changes_arrive() -> None:
    story = [
        entry(50, Change(Operation.ADD, pdq(1), 1)),
        entry(40, Change(Operation.REMOVE, pdq(1), 2)),  # a writer whose clock is behind
        entry(60, Change(Operation.ADD, pdq(1), 3), Change(Operation.ADD, pdq(2), 1)),
        entry(55, Change(Operation.HOLD, pdq(1), 4)),
        entry(70, Change(Operation.REMOVE, pdq(2), 2)),
    ]
    for order in itertools.permutations(story):
        snapshot = Snapshot()
        for each in order:
            snapshot.apply([each], ulid.START)
        assert snapshot.rows[Kind.PDQ].as_dict() == {pdq(1).bytes: 4}
        again = Snapshot.from_bytes(snapshot.to_bytes())
        assert not again.apply(order, ulid.START)


@given(st.lists(changes, max_size=30))
def test_a_snapshot_comes_back_as_it_was_written(made: list[Change]) -> None:
    snapshot = Snapshot()
    snapshot.apply([LogEntry(ulid.at(n), (change,)) for n, change in enumerate(made)], ulid.first_at(5))
    again = Snapshot.from_bytes(snapshot.to_bytes())
    assert (again.cursor, again.tombstones) == (snapshot.cursor, snapshot.tombstones)
    view = SnapshotView.from_bytes(snapshot.to_bytes())
    for kind, rows in snapshot.rows.items():
        assert again.rows[kind].as_dict() == rows.as_dict()
        assert {row.tobytes() for row in view.rows[kind]} == set(rows.as_dict())
    assert view.rows[Kind.PHASH].dtype == np.uint8


def test_tombstones_are_dropped_when_nobody_reads_so_far_back() -> None:
    snapshot = Snapshot()
    snapshot.apply([entry(1000, Change(Operation.REMOVE, pdq(1), 2))], ulid.first_at(2000))
    assert snapshot.tombstones
    snapshot.apply([], ulid.first_at(2000 + DAY))
    assert not snapshot.tombstones


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: data[:-1] + bytes([data[-1] ^ 1]),
        lambda data: b"{}\n" + data,
        lambda data: data.replace(b'"format": 1', b'"format": 2'),
        lambda _: b"\xff" * 100,
        lambda _: b'{"counts": 5}\n',
    ],
)
def test_a_damaged_snapshot_is_refused(damage: Callable[[bytes], bytes]) -> None:
    snapshot = Snapshot()
    snapshot.apply([entry(1, Change(Operation.ADD, pdq(1), 1))], ulid.START)
    with pytest.raises(DamagedSnapshotError):
        SnapshotView.from_bytes(damage(snapshot.to_bytes()))


# --------------------------------------------------------------------------------------------------- publishing


def test_the_first_change_is_published_and_nothing_twice(world: World) -> None:
    assert not world.publish().published
    world.submit(CASE, item(1))
    assert world.publish().published
    assert not world.publish().published
    assert len(world.snapshots.current().names) == 1


def test_of_two_runs_at_once_one_publishes_and_neither_harms(world: World, reader: ListReader) -> None:
    world.submit(CASE, item(1))
    before = world.snapshots.current()
    snapshot = Snapshot()
    entries, cursor = world.log.read_from(ulid.START)
    snapshot.apply(entries, cursor)
    winner, loser = ulid.at(1), ulid.at(2)
    world.snapshots.publish(snapshot.to_bytes(), before, winner)
    with pytest.raises(LostRaceError):
        world.snapshots.publish(Snapshot().to_bytes(), before, loser)
    assert world.snapshots.current().names == (winner,)
    assert world.snapshots.read(loser) is None
    assert holds(reader, pdq(1))


def test_old_snapshots_expire_and_the_named_ones_never_do(world: World) -> None:
    names = []
    for n in range(6):
        current = world.snapshots.current()
        names.append(ulid.at(1000 + n))
        world.snapshots.publish(Snapshot().to_bytes(), current, names[-1])
    later = Publish(world.log, world.snapshots, clock=lambda: 10**10)
    assert later().expired == 3
    assert [world.snapshots.read(name) is not None for name in names] == [False] * 3 + [True] * 3
    assert later().expired == 0


def test_a_withdrawn_hash_is_not_in_the_next_snapshot(world: World) -> None:
    world.submit(CASE, item(1), item(2))
    world.publish()
    world.cases.withdraw(CASE)
    later = Publish(world.log, world.snapshots, clock=lambda: 10**10)
    assert (later().hashes, later().hashes) == (0, 0)


def test_a_damaged_newest_snapshot_is_made_anew_from_the_one_before(world: World, reader: ListReader) -> None:
    world.submit(CASE, item(1))
    world.publish()
    world.submit("d" * 64, item(2))
    later = Publish(world.log, world.snapshots, clock=lambda: 10**10)
    later()
    newest, *_ = world.snapshots.current().names
    boto3.client("s3").put_object(Bucket=world.list_bucket, Key=f"snapshots/{newest}", Body=b"damaged")
    assert holds(reader, pdq(1))
    assert holds(reader, pdq(2))
    repaired = Publish(world.log, world.snapshots, clock=lambda: 10**10 + 1)()
    assert (repaired.published, repaired.hashes) == (True, 2)


# ------------------------------------------------------------------------------------------------------ reading


def test_a_hash_is_seen_as_soon_as_it_is_listed(world: World, reader: ListReader) -> None:
    assert not holds(reader, pdq(1))
    world.submit(CASE, item(1))
    assert holds(reader, pdq(1))


def test_what_came_after_the_snapshot_is_seen(world: World, reader: ListReader) -> None:
    world.submit(CASE, item(1))
    world.publish()
    world.submit("d" * 64, item(2))
    assert holds(reader, pdq(1))
    assert holds(reader, pdq(2))


def test_without_any_snapshot_the_table_is_read(world: World, reader: ListReader) -> None:
    world.submit(CASE, item(1))
    world.publish()
    for name in world.snapshots.current().names:
        world.s3.delete_object(Bucket=world.list_bucket, Key=f"snapshots/{name}")
    world.submit("d" * 64, item(2))
    assert holds(reader, pdq(1))
    assert holds(reader, pdq(2))


@pytest.mark.parametrize("late", [1_000, OVERLAP // 2, OVERLAP - 1_000])
def test_a_writer_that_is_late_is_seen(world: World, reader: ListReader, late: int) -> None:
    world.submit(CASE, item(1))
    assert holds(reader, pdq(1))
    assert holds(reader, pdq(1))
    newest = ulid.time_of(world.log.read_from(ulid.START)[0][-1].ulid)
    writer = HashLog(aws.dynamodb(), "HashTable", lambda: (newest - late) / 1000)
    aws.dynamodb_transactions().transact_write_items(TransactItems=writer.append([Change(Operation.ADD, pdq(9), 1)]))  # type: ignore[arg-type]
    assert holds(reader, pdq(9))


def test_a_held_hash_stays_in_the_list(world: World, reader: ListReader) -> None:
    world.submit(CASE, item(1))
    world.publish()
    hold = world.log.append([Change(Operation.HOLD, pdq(1), 2)])
    aws.dynamodb_transactions().transact_write_items(TransactItems=hold)  # type: ignore[arg-type]
    assert holds(reader, pdq(1))
    later = Publish(world.log, world.snapshots, clock=lambda: 10**10)
    assert later().hashes == 1


def test_the_tail_is_read_from_the_cursor_and_not_from_the_beginning(world: World) -> None:
    old = HashLog(aws.dynamodb(), "HashTable", lambda: 1000.0)
    for n in range(5):
        actions = old.append([Change(Operation.ADD, pdq(n), 1)])
        aws.dynamodb_transactions().transact_write_items(TransactItems=actions)  # type: ignore[arg-type]
    world.submit(CASE, item(77))
    _, cursor = world.log.read_from(ulid.START)
    entries, _ = world.log.read_from(cursor)
    assert [change.key for each in entries for change in each.changes] == [pdq(77)]
