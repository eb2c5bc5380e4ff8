"""A picture was uploaded first and listed later: it is found all the same."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.conftest import Secret
from tests.e2e.people import Person
from tests.local import hashes, watch
from tests.local.stack import Stack
from tests.support import pictures, polling
from unspread import case_code
from unspread.cli.files import hash_file

"""Within which a past upload is found: a look-up takes 2,176 reads, which the emulator answers one by one."""

COPIES = 50


def test_a_past_upload_of_a_newly_listed_picture_is_moved_into_quarantine(
    stack: Stack, person: Person, draw: Callable[[], Secret], innocent: bytes
) -> None:
    secret = draw()
    copy = watch.upload(stack, "past/copy.jpg", secret.copy)
    exact = watch.upload(stack, "past/exact.jpg", secret.original)
    other = watch.upload(stack, "past/other.jpg", innocent)
    assert [watch.verdict(stack, upload) for upload in (copy, exact, other)] == ["clean"] * 3
    with watch.listening(stack, {"source": ["unspread"]}) as listener:
        code = secret.submit(stack)
        watch.becomes(stack, copy, "match")
        events = watch.events_of(listener, copy, {"Match Found", "Object Quarantined"})
    assert watch.quarantined(stack, copy) == copy.body
    assert watch.in_place(stack, copy) is None
    assert events["Match Found"]["key"] == copy.key
    place = {"bucket": stack.quarantine, "key": watch.quarantine_key(copy)}
    assert events["Object Quarantined"]["quarantine"] == place
    watch.becomes(stack, exact, "match")
    assert watch.quarantined(stack, exact) == exact.body
    assert [(item["found"], item["removed"]) for item in person.status(code)["items"]] == [(2, 2)]
    polling.until("every listing to be swept", lambda: not hashes.unswept(stack))
    assert watch.verdict(stack, other) == "clean"
    assert watch.in_place(stack, other) == innocent


def test_what_passed_while_a_listing_was_withdrawn_is_found_when_somebody_lists_it_again(
    stack: Stack, person: Person, draw: Callable[[], Secret]
) -> None:
    secret = draw()
    first = secret.submit(stack)
    caught = watch.upload(stack, "past/caught.jpg", secret.copy)
    assert watch.verdict(stack, caught) == "match"
    assert person.call("DELETE", "/case", code=first).document["status"] == "withdrawn"
    passed = watch.upload(stack, "past/passed.jpg", secret.copy)
    assert watch.verdict(stack, passed) == "clean"
    assert watch.in_place(stack, passed) == passed.body
    second = secret.submit(stack)
    watch.becomes(stack, passed, "match")
    assert watch.quarantined(stack, passed) == passed.body
    assert watch.in_place(stack, passed) is None
    assert [(item["found"], item["removed"]) for item in person.status(second)["items"]] == [(1, 1)]


def test_a_picture_listed_while_its_copies_are_being_uploaded_is_caught_every_time(
    stack: Stack, person: Person, draw: Callable[[], Secret]
) -> None:
    secret = draw()
    item = hash_file(secret.file).item()
    codes = [case_code.generate() for _ in range(2)]  # one source of so many copies would be held, for a person to look
    image = pictures.decoded(secret.original).resize((480, 360))
    bodies = [pictures.jpeg(image, quality=45 + number) for number in range(COPIES)]
    assert len(set(bodies)) == COPIES
    assert person.call("GET", "/openapi.json").status == 200

    def upload(number: int) -> watch.Uploaded:
        return watch.upload(stack, f"flight/{number}.jpg", bodies[number])

    with ThreadPoolExecutor(4) as pool:
        early = list(pool.map(upload, range(COPIES // 2)))
        polling.until("a first verdict", lambda: any(watch.record(stack, each) for each in early))
        late = [pool.submit(upload, number) for number in range(COPIES // 2, COPIES)]
        for code in codes:
            body = {"case": case_code.digest(code), "category": "adult", "items": [item]}
            assert person.call("POST", "/submissions", body).status == 201
        uploads = early + [each.result() for each in late]
    for each in uploads:
        watch.becomes(stack, each, "match")
    assert [watch.quarantined(stack, each) for each in uploads] == bodies
    assert [watch.in_place(stack, each) for each in uploads] == [None] * COPIES
    assert [(item["found"], item["removed"]) for item in person.status(codes[0])["items"]] == [(COPIES, COPIES)]


def test_an_upload_that_is_deleted_for_good_is_forgotten_and_one_below_a_delete_marker_is_not(
    stack: Stack, draw: Callable[[], Secret]
) -> None:
    gone, hidden = draw(), draw()
    deleted = watch.upload(stack, "past/deleted.jpg", gone.copy)
    covered = watch.upload(stack, "past/covered.jpg", hidden.copy)
    assert [watch.verdict(stack, upload) for upload in (deleted, covered)] == ["clean", "clean"]
    everything = {"sha256", "md5", "band"}
    assert [watch.findable(stack, upload) for upload in (deleted, covered)] == [everything, everything]
    marker = stack.s3.delete_object(Bucket=stack.uploads, Key=covered.key)
    assert marker["DeleteMarker"] is True
    stack.s3.delete_object(Bucket=stack.uploads, Key=deleted.key, VersionId=deleted.version)
    polling.until("the upload to be forgotten", lambda: not watch.findable(stack, deleted))
    assert watch.verdict(stack, deleted) == "clean"
    assert watch.findable(stack, covered) == everything
    hidden.submit(stack)
    watch.becomes(stack, covered, "match")
    assert watch.quarantined(stack, covered) == covered.body
    assert watch.in_place(stack, covered) is None
    polling.until("what was moved to be forgotten", lambda: not watch.findable(stack, covered))


@pytest.mark.parametrize("others", [pytest.param(0, id="looked up"), pytest.param(7, id="reading all records")])
def test_what_the_stream_lost_is_found_by_the_reconciler(stack: Stack, draw: Callable[[], Secret], others: int) -> None:
    copy = watch.upload(stack, f"past/lost-{others}.jpg", draw().copy)
    assert watch.verdict(stack, copy) == "clean"
    key = hashes.pdq_of(stack, copy)
    hashes.list_silently(stack, key)
    name = hashes.note_unswept(stack, hashes.entry(key, others))
    answer = watch.invoke(stack, "ReconcileFunction")
    assert answer["left"] == 0
    assert answer["swept"] >= 1
    assert name not in hashes.unswept(stack)
    assert watch.verdict(stack, copy) == "match"
    assert watch.quarantined(stack, copy) == copy.body
