"""Matches and suspects wait for a person: their reviews are opened once, and listed oldest first."""

from tests.support import pictures
from tests.support.items import item_of
from tests.support.world import World
from unspread import aws
from unspread.assembly import judging
from unspread.hash_key import HashKey, Kind
from unspread.settings import ActSettings
from unspread.stores.review_table import OpenReview, ReviewTable
from unspread.upload import Upload
from unspread.verdict import Hit, Verdict

UPLOAD = Upload("bucket", "a.jpg", "1", "etag", 3)
HIT = Hit(0, HashKey.of(Kind.SHA256, b"\1" * 32))
PICTURE = pictures.picture(11, (400, 300))


def reviews() -> ReviewTable:
    return ReviewTable(aws.dynamodb(), "UploadTable")


def test_a_match_is_listed_with_the_strictest_category_of_its_hashes(world: World) -> None:
    world.submit("c" * 64, item_of(pictures.png(PICTURE)), category="minor")
    message = world.put("a.jpg", pictures.altered(PICTURE))
    assert world.deliver(message) == []
    (review,) = reviews().open()
    assert (review.verdict, review.category) == (Verdict.MATCH, "minor")
    assert world.record(message)["pk"] == f"object#{review.upload_id}"


def test_a_clean_upload_is_not_listed(world: World) -> None:
    assert world.deliver(world.put("a.jpg", pictures.altered(PICTURE))) == []
    assert list(reviews().open()) == []


def test_a_review_is_opened_once_and_a_stronger_verdict_goes_on_with_its_clock(world: World) -> None:
    opening = judging.conclude(ActSettings.load()).open_review
    opening(UPLOAD, Verdict.SUSPECT, [HIT])
    (first,) = reviews().open()
    opening(UPLOAD, Verdict.SUSPECT, [HIT])
    opening(UPLOAD, Verdict.MATCH, [HIT])
    opening(UPLOAD, Verdict.SUSPECT, [HIT])
    assert list(reviews().open()) == [OpenReview(UPLOAD.id, first.since, Verdict.MATCH, None)]


def test_open_reviews_are_read_page_by_page(world: World) -> None:
    opening = judging.conclude(ActSettings.load()).open_review
    for number in range(3):
        opening(Upload("bucket", f"{number}.jpg", "1", "etag", 3), Verdict.SUSPECT, [HIT])
    first, after = reviews().page(most=2)
    second, end = reviews().page(after)
    assert [*first, *second] == list(reviews().open())
    assert (len(first), end) == (2, "")
