"""The page in use: against the deployed stack from file to quarantine, and in the face of faults."""

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.browser import corpus, flow_service
from tests.browser.scenarios import BROWSERS, Browser, run
from tests.local import watch
from tests.local.stack import Stack
from tests.support import pictures
from unspread import case_code
from unspread.api.models import AdditionBody, SubmissionBody

NAME = "what-nobody-may-read"
SAMPLE = 24


@pytest.fixture
def url(page_site: Path) -> Iterator[str]:
    """Serve the page as it is shipped, without a stack."""
    with flow_service.serving(page_site) as address:
        yield address


def draw(folder: Path, seed: int) -> Path:
    """Draw a picture that nobody has listed."""
    file = folder / f"{NAME}-{seed}.jpg"
    file.write_bytes(pictures.jpeg(pictures.picture(seed)))
    return file


def posted(sent: list[dict[str, Any]], path: str) -> list[str]:
    """Return the bodies that were posted to a path."""
    return [request["body"] for request in sent if request["method"] == "POST" and request["path"].endswith(path)]


def assert_nothing_else_goes_out(sent: list[dict[str, Any]], *files: Path) -> None:
    """Read all that was sent: no bytes of a picture, in clear or in base64, no name, no cookie, no query."""
    everything = json.dumps(sent)
    assert NAME not in everything
    for file in files:
        content = file.read_bytes()
        for start in range(0, len(content) - SAMPLE, SAMPLE):
            part = content[start : start + SAMPLE]
            assert json.dumps(part.decode("latin1"))[1:-1] not in everything
            assert base64.b64encode(part).decode() not in everything
    for request in sent:
        assert not {"cookie", "referer"} & request["headers"].keys()
        assert "?" not in request["path"]
        if request["method"] != "POST":
            assert request["body"] == ""
    assert {request["method"] for request in sent} <= {"GET", "POST", "DELETE"}
    written = {request["path"] for request in sent if request["method"] != "GET"}
    assert {path.rpartition("/prod/")[2] for path in written} <= {"submissions", "case", "case/items"}


@pytest.mark.parametrize(("browser", "seed"), [("chromium", 8100), ("firefox", 8200)])
def test_a_picture_hashed_in_the_page_is_taken_out_of_the_bucket_counted_and_let_go_again(
    stack: Stack, tmp_path: Path, browser: Browser, seed: int
) -> None:
    mine, more = draw(tmp_path, seed), draw(tmp_path, seed + 1)
    submitted = run("flow_submit", browser, stack.page, files=[str(mine)], age="age.minor", lose=1)
    assert submitted["complaints"] == []
    first, repeated = posted(submitted["sent"], "/submissions")
    assert first == repeated, "a lost answer is asked for again with the same body"
    body = SubmissionBody.model_validate_json(first)
    assert (body.case, body.category) == (case_code.digest(submitted["code"]), "minor")
    assert [len(item.hashes) for item in body.items] == [1]
    assert_nothing_else_goes_out(submitted["sent"], mine)
    assert submitted["code"] not in json.dumps(submitted["sent"])
    assert case_code.normalise(submitted["code"]) not in json.dumps(submitted["sent"])
    assert not any(submitted["left"].values()), submitted["left"]

    copy = watch.upload(stack, f"page/{browser}.jpg", pictures.altered(pictures.picture(seed)))
    assert watch.verdict(stack, copy) == "match"
    assert watch.quarantined(stack, copy) == copy.body
    assert watch.in_place(stack, copy) is None

    typed = submitted["code"].lower().replace("-", " ").replace("0", "o").replace("1", "l")
    seen = run("flow_case", browser, stack.page, code=typed, more=[str(more)], lose=1)
    assert seen["complaints"] == []
    assert (seen["counts"], seen["items"], seen["added"]) == ([1, 1], 1, 2)
    first, repeated = posted(seen["sent"], "/case/items")
    assert first == repeated
    assert len(AdditionBody.model_validate_json(first).items) == 1
    assert_nothing_else_goes_out(seen["sent"], more)
    holders = {request["headers"].get("authorization") for request in seen["sent"] if "/case" in request["path"]}
    assert holders == {f"Case {case_code.normalise(submitted['code'])}"}
    later = watch.upload(stack, f"page/{browser}-later.jpg", pictures.altered(pictures.picture(seed + 1)))
    assert watch.verdict(stack, later) == "clean"


def test_once_the_page_is_open_pictures_are_hashed_without_a_network(url: str, tmp_path: Path) -> None:
    seen = run("flow_offline", "chromium", url, files=[str(draw(tmp_path, 8300))])
    assert "1 picture ready" in seen["review"]
    assert len(seen["code"]) == 23


def test_who_gives_up_without_an_answer_has_the_code_and_who_tries_again_succeeds(url: str, tmp_path: Path) -> None:
    steps = ["press review.send", "lost.title", "heal", "press lost.again", "code.title"]
    seen = run("flow_faults", "chromium", url, files=[str(draw(tmp_path, 8400))], steps=steps, lose=1000)
    assert seen["code"] in seen["screens"][1].replace("\n", "")
    bodies = posted(seen["sent"], "/submissions")
    assert len(bodies) >= 7, "six attempts, and one more when asked to"
    assert len(set(bodies)) == 1


@pytest.mark.parametrize(
    ("refuse", "steps"),
    [
        ([429, 503], ["code.title"]),
        ([403], ["code.title"]),
        ([403, 403, 403], ["refused.other"]),
        ([409], ["refused.closed", "press refused.restart", "start.title"]),
        ([422], ["refused.items", "press refused.back", "press review.send", "code.title"]),
    ],
)
def test_a_refusal_is_told_in_plain_words_or_overcome(
    url: str, tmp_path: Path, refuse: list[int], steps: list[str]
) -> None:
    file = str(draw(tmp_path, 8500))
    seen = run("flow_faults", "chromium", url, files=[file], steps=["press review.send", *steps], refuse=refuse)
    bodies = [json.loads(body) for body in posted(seen["sent"], "/submissions")]
    assert len({body["case"] for body in bodies}) == 1
    new_proofs = 1 + refuse.count(403) - (refuse.count(403) == 3) + refuse.count(422)
    assert len({body["proof"] for body in bodies}) == new_proofs


def test_what_cannot_be_sent_is_explained(url: str, tmp_path: Path) -> None:
    picture = draw(tmp_path, 8600)
    contents = {"empty.jpg": b"", "notes.txt": b"not a picture at all", "half.jpg": picture.read_bytes()[:2000]}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    again = tmp_path / "again.jpg"
    again.write_bytes(picture.read_bytes())
    files = [str(picture), str(again), *(str(tmp_path / name) for name in contents)]
    seen = run("flow_faults", "chromium", url, files=files, steps=[])
    for words in (
        "1 picture ready",
        "1 was there twice",
        "3 could not be used",
        "is empty",
        "damaged",
        "not a picture",
    ):
        assert words in seen["review"]
    assert not any(name in seen["review"] for name in (NAME, *contents))


def test_of_a_picture_that_is_too_large_the_digests_are_sent_and_the_person_is_told(url: str, tmp_path: Path) -> None:
    body = pictures.png(pictures.picture(8650))
    file = tmp_path / "huge.png"
    file.write_bytes(body[:16] + (12_000).to_bytes(4) + (9_000).to_bytes(4) + body[24:])
    seen = run("flow_faults", "chromium", url, files=[str(file)], steps=["press review.send", "code.title"])
    assert "too large to be opened here. Only exact copies" in seen["review"]
    assert_only_digests_were_sent(seen["sent"], file)


def test_where_the_browser_alters_pictures_the_digests_are_sent_and_the_person_is_told(
    url: str, tmp_path: Path
) -> None:
    file = tmp_path / "altered.png"
    file.write_bytes(pictures.png(pictures.picture(8660)))
    launch = {"preferences": {"privacy.resistFingerprinting": True}}
    steps = ["press review.send", "code.title"]
    seen = run("flow_faults", "firefox", url, files=[str(file)], steps=steps, launch=launch)
    assert "changes pictures to protect you" in seen["review"]
    assert "only exact copies can be found" in seen["review"]
    assert_only_digests_were_sent(seen["sent"], file)


def assert_only_digests_were_sent(sent: list[dict[str, Any]], file: Path) -> None:
    """Read what was submitted: one picture, by its digests."""
    (body,) = posted(sent, "/submissions")
    (item,) = SubmissionBody.model_validate_json(body).items
    assert (item.kind, item.hashes) == ("image", [])
    assert item.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_case_has_room_for_a_hundred(url: str, tmp_path: Path) -> None:
    files = []
    for seed in range(103):
        file = tmp_path / f"{seed}.png"
        file.write_bytes(pictures.png(pictures.picture(9000 + seed, (24, 18))))
        files.append(str(file))
    seen = run("flow_faults", "chromium", url, files=files, steps=[])
    assert "100 pictures ready" in seen["review"]
    assert "room for 100. 3 were left out" in seen["review"]


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_code_can_be_copied_downloaded_and_printed_and_nothing_else_is_given_away(
    url: str, tmp_path: Path, browser: Browser
) -> None:
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    launch = {"preferences": {"browser.download.dir": str(downloads), "browser.download.folderList": 2}}
    file = str(draw(tmp_path, 8700))
    seen = run("flow_keep", browser, url, files=[file], downloads=str(downloads), launch=launch)
    code = seen["code"]
    assert seen["copied"] == {
        "none": {"told": "Copying did not work. Please write it down.", "pasted": ""},
        "clipboard": {"told": "Copied", "pasted": code},
        "command": {"told": "Copied", "pasted": code},
    }
    assert seen["file"]["name"] == "my-code.txt"
    assert seen["file"]["text"] == (
        f"My code: {code}\nUse it here: {url}\nKeep it secret. Nobody can give it to you again.\n"
    )
    assert seen["printed"]["asked"] == 1
    assert "".join(seen["printed"].get("sheet", code).split()) == code
    assert seen["printed"]["bytes"] > 1000
    assert seen["complaints"] == []


@pytest.mark.parametrize("browser", BROWSERS)
def test_pictures_can_be_dropped_and_pasted_and_hashing_can_be_stopped(
    url: str, tmp_path: Path, browser: Browser
) -> None:
    small, large = tmp_path / "small.png", tmp_path / "large.png"
    small.write_bytes(pictures.png(pictures.picture(8800)))
    large.write_bytes(corpus.encoded(corpus.picture(8801, corpus.LARGE["48mp"]), "PNG", compress_level=1))
    seen = run("flow_bring", browser, url, small=str(small), large=str(large))
    assert {way: "1 picture ready" in review for way, review in seen["reviews"].items()} == {
        "drop": True,
        "paste": True,
    }
    assert seen["stopped"]["some"].count("Picture ") == 1
    assert "1 picture ready" in seen["stopped"]["some"]
    assert "Picture " not in seen["stopped"]["none"]
    assert "1 picture ready" in seen["stopped"]["after"]
    assert seen["address"] == url
    assert seen["complaints"] == []


def test_a_case_that_cannot_be_reached_is_told_and_reached_again(url: str, tmp_path: Path) -> None:
    seen = run("flow_trouble", "chromium", url, files=[str(draw(tmp_path, 8900))])
    for screen in ("unanswered", "unfinished"):
        assert "No answer came back" in seen["screens"][screen]
    assert "goes on as soon as you are connected" in seen["screens"]["offline"]
    assert "The search is on" in seen["screens"]["still"]
    withdrawals = [6, 1, 7]
    assert seen["sent"].count("DELETE") == sum(withdrawals)
