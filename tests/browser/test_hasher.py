"""The page's Hasher: what it says of files that it cannot hash, how it is cancelled, that it works without network."""

import hashlib
import struct
from pathlib import Path
from typing import Any

import pytest

from tests.browser import corpus, scenarios
from tests.support import pictures
from tests.support.page_server import serving

pytestmark = pytest.mark.parametrize("browser", scenarios.BROWSERS)


def digests(body: bytes, kind: str = "image") -> dict[str, str]:
    return {"kind": kind, "sha256": hashlib.sha256(body).hexdigest(), "md5": hashlib.md5(body).hexdigest()}


def half(body: bytes) -> bytes:
    return body[: len(body) // 2]


def test_what_cannot_be_hashed_is_refused_with_its_reason_and_its_digests(
    browser: scenarios.Browser, hasher_site: Path, tmp_path: Path
) -> None:
    jpeg = pictures.jpeg(pictures.picture(1))
    bodies = {
        "empty.jpg": (b"", "empty"),
        "letter.jpg": (b"Dear all, this is no picture, whatever its name says.", "unsupported"),
        "page.tiff": (corpus.encoded(pictures.picture(2), "TIFF"), "decoder_missing"),
        "headless.jpg": (jpeg[:400], "damaged"),
        "noise.png": (b"\x89PNG\r\n\x1a\n" + jpeg, "damaged"),
        "cut.heic": (pictures.heic(pictures.picture(3))[:300], "damaged"),
        "without-end.jpg": (jpeg[:-2], "damaged"),
        "progressive.jpg": (half(corpus.encoded(pictures.picture(1), "JPEG", progressive=True)), "damaged"),
        "half.png": (half(pictures.png(pictures.picture(1))), "damaged"),
        "without-end.png": (pictures.png(pictures.picture(1))[:-12], "damaged"),
        "half.webp": (half(corpus.encoded(pictures.picture(1), "WEBP")), "damaged"),
    }
    for name, (body, _) in bodies.items():
        (tmp_path / name).write_bytes(body)
    with serving(hasher_site) as url:
        seen = scenarios.run("hash_files", browser, url, files=[str(tmp_path / name) for name in bodies])
    failed = [answer["failed"] for answer in seen["answers"]]
    assert [each["reason"] for each in failed] == [reason for _, reason in bodies.values()]
    assert [each.get("digests") for each in failed] == [None, None, *[digests(body) for body, _ in bodies.values()][2:]]


SIDES = (12_000, 9_000)  # 108 megapixels


def claiming(body: bytes, at: int, layout: str, *values: int) -> bytes:
    """Return a file whose header says something else."""
    return body[:at] + struct.pack(layout, *values) + body[at + struct.calcsize(layout) :]


def oversized() -> dict[str, bytes]:
    """Return files whose headers claim more pixels than are opened, of all formats; the last claims just as many."""
    image = pictures.picture(4, (64, 48))
    width, height = SIDES
    encoded = {kind: corpus.encoded(image, kind) for kind in ("JPEG", "PNG", "GIF", "BMP", "WEBP", "AVIF")}
    lossless = corpus.encoded(image, "WEBP", lossless=True)
    extended = corpus.encoded(image, "WEBP", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0")
    frame = encoded["JPEG"].index(b"\xff\xc0") + 5
    size = encoded["AVIF"].index(b"ispe") + 8
    heic = pictures.heic(image)
    return {
        "a.jpg": claiming(encoded["JPEG"], frame, ">HH", height, width),
        "b.png": claiming(encoded["PNG"], 16, ">II", width, height),
        "c.gif": claiming(encoded["GIF"], 6, "<HH", width, height),
        "d.bmp": claiming(encoded["BMP"], 18, "<ii", width, -height),
        "e.webp": claiming(encoded["WEBP"], 26, "<HH", width, height),
        "f.webp": claiming(lossless, 21, "<I", (width - 1) | (height - 1) << 14),
        "g.webp": claiming(extended, 24, "<HBHB", width - 1, 0, height - 1, 0),
        "h.avif": claiming(encoded["AVIF"], size, ">II", width, height),
        "i.heic": claiming(heic, heic.index(b"ispe") + 8, ">II", width, height),
        "j.jpg": claiming(encoded["JPEG"], frame, ">HH", 10_000, 10_000)[: frame + 12],
    }


def test_what_claims_more_pixels_than_can_be_opened_is_refused_before_it_is_with_its_digests(
    browser: scenarios.Browser, hasher_site: Path, tmp_path: Path
) -> None:
    bodies = oversized()
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)
    with serving(hasher_site) as url:
        seen = scenarios.run("hash_files", browser, url, files=[str(tmp_path / name) for name in bodies])
    failed = [answer["failed"] for answer in seen["answers"]]
    assert [each["reason"] for each in failed] == ["too_large"] * (len(bodies) - 1) + ["damaged"]
    assert [each["digests"] for each in failed] == [digests(body) for body in bodies.values()]


def test_videos_are_told_by_their_first_bytes_and_sent_as_digests(
    browser: scenarios.Browser, hasher_site: Path, tmp_path: Path
) -> None:
    bodies = {
        "clip": b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom" + bytes(range(256)) * 40_000,
        "film": b"\x1aE\xdf\xa3" + b"matroska" * 1000,
        "old.avi": b"RIFF\0\0\0\0AVI LIST",
    }
    for name, body in bodies.items():
        (tmp_path / name).write_bytes(body)
    with serving(hasher_site) as url:
        seen = scenarios.run("hash_files", browser, url, files=[str(tmp_path / name) for name in bodies])
    expected = [digests(body, "video") | {"hashes": [], "lowQuality": False} for body in bodies.values()]
    assert [answer["hashed"] for answer in seen["answers"]] == expected


def test_a_cancelled_file_stops_at_once_and_the_next_is_hashed_all_without_network(
    browser: scenarios.Browser, hasher_site: Path, tmp_path: Path
) -> None:
    large, small = tmp_path / "large.jpg", tmp_path / "small.jpg"
    large.write_bytes(corpus.encoded(corpus.picture(1, corpus.LARGE["48mp"]), "JPEG"))
    small.write_bytes(pictures.jpeg(pictures.picture(2)))
    offline = False

    def network(event: dict[str, Any]) -> dict[str, Any] | None:
        nonlocal offline
        offline = offline or event["path"] == "/pull-the-plug"
        return {"statusCode": 503, "headers": {}, "body": ""} if offline else None

    with serving(hasher_site, network) as url:
        files, plug = [str(large), str(small), str(large)], "pull-the-plug"
        seen = scenarios.run("hash_files", browser, url, files=files, abortAfter={"0": 100}, plug=plug)
    stopped, small_answer, large_answer = seen["answers"]
    assert "TimeoutError" in stopped["failed"]
    # From the signal to the end, beside the time that hashing takes in the same browser: at once, however busy it is.
    assert stopped["lag"] < large_answer["milliseconds"] / 10
    assert stopped["steps"] == [] or stopped["steps"][-1] < 1
    assert small_answer["hashed"]["sha256"] == hashlib.sha256(small.read_bytes()).hexdigest()
    assert len(large_answer["hashed"]["hashes"][0]["windows"]) == 31
    assert large_answer["steps"] == sorted(large_answer["steps"])
    assert large_answer["steps"][-1] == 1
    assert len(large_answer["steps"]) > 10
