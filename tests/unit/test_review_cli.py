"""`unspread review`: signed calls, decisions in the terminal, and the page of this machine alone."""

import io
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image, ImageFilter

from tests.support import pictures
from unspread import aws
from unspread.cli import main
from unspread.cli.client import ApiError
from unspread.cli.review_client import ReviewClient
from unspread.cli.review_picture import NoPictureError, picture
from unspread.cli.review_web import HEADERS, Desk, Server

ID = "ab" * 32
API = "https://api.example/prod"
PICTURE = pictures.jpeg(pictures.picture(31, (900, 600)))


class _Pool:
    """Answers as the API does, and keeps what was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any, dict[str, str]]] = []
        self.status, self.answer = 200, json.dumps({"reviews": [{"id": ID}], "next": None, "entries": []})

    def request(self, method: str, url: str, body: str | None, headers: dict[str, str]) -> SimpleNamespace:
        self.asked.append((method, url, body and json.loads(body), headers))
        return SimpleNamespace(status=self.status, data=self.answer.encode())


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> _Pool:
    for name, value in (("ACCESS_KEY_ID", "AKEXAMPLE"), ("SECRET_ACCESS_KEY", "s"), ("DEFAULT_REGION", "us-east-1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    made = _Pool()
    monkeypatch.setattr("unspread.cli.review_client.urllib3.PoolManager", lambda **_: made)
    return made


def test_calls_are_signed_with_the_operators_credentials(pool: _Pool) -> None:
    ReviewClient(API).decide(ID, "confirm", "a note")
    ((method, url, body, headers),) = pool.asked
    assert (method, url, body) == ("POST", f"{API}/reviews/{ID}", {"decision": "confirm", "note": "a note"})
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKEXAMPLE/")
    assert "/us-east-1/execute-api/aws4_request" in headers["Authorization"]


@pytest.mark.parametrize(
    ("arguments", "asked"),
    [
        ([], ("GET", "/reviews", None)),
        (["list", "--verdict", "match"], ("GET", "/reviews?verdict=match", None)),
        (["show", ID], ("GET", f"/reviews/{ID}", None)),
        (["audit", "--month", "2026-10"], ("GET", "/reviews/audit?month=2026-10", None)),
        (["release", ID, "--note", "n"], ("POST", f"/reviews/{ID}", {"decision": "release", "note": "n"})),
    ],
)
def test_commands_call_the_api(pool: _Pool, arguments: list[str], asked: tuple[str, str, Any]) -> None:
    assert main(["review", *arguments, "--api", API]) == 0
    ((method, url, body, _),) = pool.asked
    assert (method, url.removeprefix(API), body) == asked


@pytest.mark.parametrize("arguments", [["confirm", "--api", API], ["--api", "http://api.example"]])
def test_commands_that_cannot_be_done_say_so(
    pool: _Pool, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["review", *arguments]) == 1
    assert "unspread: " in capsys.readouterr().err
    assert pool.asked == []


def test_a_refusal_is_told_in_the_apis_words(pool: _Pool, capsys: pytest.CaptureFixture[str]) -> None:
    pool.status, pool.answer = 409, json.dumps({"title": "Conflict", "detail": "There is a newer object."})
    assert main(["review", "release", ID, "--api", API]) == 1
    assert "There is a newer object." in capsys.readouterr().err
    pool.answer = "<html>"
    with pytest.raises(ApiError, match="not an Unspread API"):
        ReviewClient(API).read(ID)


def test_without_credentials_nothing_is_asked(pool: _Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aws, "identity", lambda: (None, None))
    with pytest.raises(ApiError, match="credentials"):
        ReviewClient(API)


# --------------------------------------------------------------------------------------------------- the page


class _Client:
    """The API's client, that keeps what is decided."""

    def __init__(self) -> None:
        self.decided: list[tuple[str, ...]] = []
        self.fails = False

    def all(self, _verdict: str = "") -> list[dict[str, Any]]:
        return [REVIEW]

    def read(self, _review: str) -> dict[str, Any]:
        return REVIEW

    def decide(self, *decided: str) -> dict[str, Any]:
        if self.fails:
            raise ApiError("refused (409): There is a newer object.")
        self.decided.append(decided)
        return REVIEW


REVIEW: dict[str, Any] = {
    "id": ID, "since": "2026-11-23T00:00:00+00:00", "left": 1000, "verdict": "match", "category": "adult",
    "kind": "pdq", "distance": 8, "bucket": "uploads", "key": "holiday/<b>beach</b>.jpg", "version": "v1", "size": 9,
    "action": "quarantined", "quarantine": {"bucket": "quarantine", "key": f"objects/{ID}"}, "decision": "",
    "done": False, "votes": [], "escalated": False, "hold": False, "due": "", "deleted": "",
}  # fmt: skip


class _Bucket:
    def __init__(self, body: bytes) -> None:
        self.body = body
        self.asked: list[dict[str, str]] = []

    def get_object(self, **place: str) -> dict[str, Any]:
        self.asked.append(place)
        return {"Body": io.BytesIO(self.body)}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> _Bucket:
    made = _Bucket(PICTURE)
    monkeypatch.setattr(aws, "s3", lambda: made)
    return made


@contextmanager
def served(client: _Client) -> Iterator[Server]:
    with Server(client) as server:  # type: ignore[arg-type]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
            server.desk.close()


def ask(
    server: Server, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = HTTPConnection("127.0.0.1", server.server_address[1], timeout=30)
    sent = {"X-Token": server.token} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, None if body is None else json.dumps(body), sent)
    answer = connection.getresponse()
    read = answer.status, dict(answer.headers.items()), answer.read()
    connection.close()
    return read


def test_the_page_is_for_this_machine_and_whoever_has_its_token(bucket: _Bucket) -> None:
    with served(_Client()) as server:
        assert server.server_address[0] == "127.0.0.1"
        for path in ("/", "/page.js", "/page.css"):
            status, headers, body = ask(server, "GET", path, X_Token="")
            assert (status, bool(body)) == (200, True)
            assert HEADERS.items() <= headers.items()
            assert server.token.encode() not in body
        assert ask(server, "GET", "/api/reviews")[0] == 200
        for headers in ({"X_Token": ""}, {"X_Token": "é"}, {"Host": "evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
            assert ask(server, "GET", "/api/reviews", **headers)[0] == 403
            assert ask(server, "POST", "/api/decide", {"id": ID, "decision": "release"}, **headers)[0] == 403
        assert ask(server, "GET", "/", Host="evil.example")[0] == 403
        assert ask(server, "GET", "/api/none")[0] == ask(server, "POST", "/api/none", {})[0] == 404
        assert ask(server, "POST", "/api/decide", [])[0] == ask(server, "POST", "/api/decide")[0] == 400
        assert ask(server, "POST", "/api/decide", {"note": "x" * 5000})[0] == 400
        assert server.url == f"http://127.0.0.1:{server.server_address[1]}/#{server.token}"
    assert bucket.asked == []


def test_decisions_go_to_the_api_and_its_refusals_come_back(bucket: _Bucket) -> None:
    client = _Client()
    with served(client) as server:
        assert ask(server, "POST", "/api/decide", {"id": ID, "decision": "release", "note": "n"})[0] == 200
        assert client.decided == [(ID, "release", "n")]
        client.fails = True
        status, _, body = ask(server, "POST", "/api/decide", {"id": ID, "decision": "release"})
        assert (status, "newer object" in body.decode()) == (502, True)


def test_a_picture_is_small_grey_and_blurred_and_its_time_is_written_down(bucket: _Bucket) -> None:
    client = _Client()
    with served(client) as server:
        status, headers, body = ask(server, "GET", f"/api/picture/{ID}")
        assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "image/jpeg", "no-store")
        assert bucket.asked == [{"Bucket": "quarantine", "Key": f"objects/{ID}"}]
        with Image.open(io.BytesIO(body)) as image:
            assert (image.mode, max(image.size)) == ("L", 480)
        assert ask(server, "POST", "/api/hide", {"id": ID})[0] == 200
        assert ask(server, "POST", "/api/hide", {"id": ID})[2] == b'{"seconds": 0.0}'
        assert client.decided == [(ID, "viewed", "blurred for 0 s")]
        assert ask(server, "GET", f"/api/picture/{ID}?clear=1")[0] == 200
    assert client.decided[1:] == [(ID, "viewed", "clear for 0 s")]  # what is shown still when the page ends


def detail(image: bytes) -> float:
    """Return how much there is to see: the strength of edges."""
    with Image.open(io.BytesIO(image)) as opened:
        edges = opened.filter(ImageFilter.FIND_EDGES).tobytes()
    return sum(edges) / len(edges)


def test_blurred_shows_far_less_than_clear(bucket: _Bucket) -> None:
    bucket.body = pictures.png(Image.effect_noise((800, 600), 90).convert("RGB"))
    assert detail(picture(REVIEW, clear=False)) < detail(picture(REVIEW, clear=True)) / 2


def test_exposure_is_counted_by_this_machine(bucket: _Bucket) -> None:
    client, times = _Client(), iter([10.0, 22.4])
    desk = Desk(client, lambda: next(times))  # type: ignore[arg-type]
    desk.show(ID, clear=False)
    assert desk.hide(ID) == pytest.approx(12.4)
    assert client.decided == [(ID, "viewed", "blurred for 12 s")]


@pytest.mark.parametrize(
    ("review", "wanted"),
    [
        ({"quarantine": None}, {"Bucket": "uploads", "Key": "holiday/<b>beach</b>.jpg", "VersionId": "v1"}),
        ({"quarantine": None, "version": "null"}, {"Bucket": "uploads", "Key": "holiday/<b>beach</b>.jpg"}),
    ],
)
def test_a_suspect_is_shown_from_where_it_is(bucket: _Bucket, review: Any, wanted: dict[str, str]) -> None:
    picture(REVIEW | review, clear=False)
    assert bucket.asked == [wanted]


@pytest.mark.parametrize("body", [b"", b"no picture", PICTURE[:300]])
def test_what_is_no_picture_is_not_shown(bucket: _Bucket, body: bytes) -> None:
    bucket.body = body
    with pytest.raises(NoPictureError):
        picture(REVIEW, clear=False)
    with served(_Client()) as server:
        assert ask(server, "GET", f"/api/picture/{ID}")[0] == 415


def test_a_huge_file_is_not_fetched(bucket: _Bucket) -> None:
    with pytest.raises(NoPictureError):
        picture(REVIEW | {"size": 10**12}, clear=False)
    assert bucket.asked == []
