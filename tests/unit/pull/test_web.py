"""HTTP with lists of others: what is asked, repeated, refused."""

import gzip
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from tests.exchange.pull_world import Asked, Reply, Site, site
from tests.local import certificate, ports
from unspread.pull import web
from unspread.pull.source import Fault, SourceError
from unspread.pull.web import BadRequestError, Web, check_address

WAITS: list[float] = []


@pytest.fixture(autouse=True)
def _no_waits() -> None:
    WAITS.clear()


def get(address: str, clock: Callable[[], float] = time.monotonic) -> bytes:
    with Web(address, {"x-key": "secret"}, WAITS.append, clock) as asking:
        return asking.get("/page", {"n": "1"})


def fault(address: str, clock: Callable[[], float] = time.monotonic) -> Fault:
    with pytest.raises(SourceError) as raised:
        get(address, clock)
    return raised.value.fault


def in_turn(*replies: Reply) -> Callable[[Asked], Reply]:
    left = iter(replies)
    return lambda _: next(left)


def test_headers_and_fields_are_sent_and_the_body_comes_back() -> None:
    with site(lambda _: Reply(body=b"whole")) as other:
        assert get(other.url + "/v1/") == b"whole"
    (asked,) = other.asked
    assert (asked.path, asked.query, asked.headers["x-key"]) == ("/v1/page", {"n": "1"}, "secret")


def test_one_connection_serves_many_requests() -> None:
    with site(lambda _: Reply(body=b"x" * 100_000)) as other, Web(other.url, {}) as asking:
        for _ in range(3):
            assert len(asking.get("/")) == 100_000
        assert asking._pool.connection_from_url(other.url).num_connections == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_may_pass_is_tried_again(status: int) -> None:
    with site(in_turn(Reply(status), Reply(status), Reply(body=b"late"))) as other:
        assert get(other.url) == b"late"
    assert WAITS == [1, 2]


def test_posts_are_repeated_too() -> None:
    with site(in_turn(Reply(503), Reply(body=b"{}"))) as other, Web(other.url, {}, WAITS.append) as asking:
        asking.post("/said", {"count": 1})
    assert [asked.document for asked in other.asked] == [{"count": 1}] * 2


def test_it_gives_up_after_four_attempts() -> None:
    with site(lambda _: Reply(503)) as other:
        assert fault(other.url) is Fault.UNREACHABLE
    assert (len(other.asked), WAITS) == (4, [1, 2, 4])


def test_retry_after_is_honoured_in_seconds() -> None:
    with site(in_turn(Reply(429, headers={"Retry-After": "7"}), Reply(body=b"now"))) as other:
        assert get(other.url) == b"now"
    assert WAITS == [7]


def test_retry_after_is_honoured_as_a_date() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=15), usegmt=True)
    with site(in_turn(Reply(503, headers={"Retry-After": moment}), Reply(body=b"now"))) as other:
        assert get(other.url) == b"now"
    assert 10 < WAITS[0] <= 15


def test_a_retry_after_that_says_nothing_is_passed_over() -> None:
    with site(in_turn(Reply(503, headers={"Retry-After": "soon"}), Reply(body=b"now"))) as other:
        assert get(other.url) == b"now"
    assert WAITS == [1]


@pytest.mark.parametrize("asked", ["21", "999999999999999999999"])
def test_who_asks_us_to_wait_for_long_is_left_to_the_next_run(asked: str) -> None:
    with site(lambda _: Reply(429, headers={"Retry-After": asked})) as other:
        assert fault(other.url) is Fault.BUSY
    assert (len(other.asked), WAITS) == (1, [])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (401, Fault.CREDENTIALS),
        (403, Fault.CREDENTIALS),
        (404, Fault.MISSING),
        (410, Fault.REFUSED),
        (499, Fault.REFUSED),
    ],
)
def test_refusals_are_told_apart_and_not_repeated(status: int, expected: Fault) -> None:
    with site(lambda _: Reply(status)) as other:
        assert fault(other.url) is expected
    assert len(other.asked) == 1


def test_a_bad_request_is_told_apart() -> None:
    with site(lambda _: Reply(400)) as other, pytest.raises(BadRequestError):
        get(other.url)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(status: int) -> None:
    with site(lambda _: Reply(body=b"elsewhere")) as elsewhere:
        with site(lambda _: Reply(status, headers={"Location": elsewhere.url})) as other:
            assert fault(other.url) is Fault.REDIRECTED
        assert elsewhere.asked == []


def test_a_body_that_is_too_long_is_not_read_to_its_end() -> None:
    with site(lambda _: Reply(body=bytes(web.MOST_BYTES + 1))) as other:
        assert fault(other.url) is Fault.TOO_LARGE
    with site(lambda _: Reply(body=bytes(web.MOST_BYTES))) as other:
        assert len(get(other.url)) == web.MOST_BYTES


def test_a_body_that_drips_is_given_up() -> None:
    ticks = iter(range(0, 10**6, web.LONGEST_ANSWER))
    with site(lambda _: Reply(body=bytes(300_000))) as other:
        assert fault(other.url, clock=lambda: next(ticks)) is Fault.UNREACHABLE


def test_a_body_that_was_cut_off_is_asked_for_again() -> None:
    with site(in_turn(Reply(body=b"ha", cut=True), Reply(body=b"half"))) as other:
        assert get(other.url) == b"half"


def test_compressed_bodies_are_refused_for_none_was_asked_for() -> None:
    bomb = gzip.compress(bytes(10**6))
    with site(lambda _: Reply(body=bomb, headers={"Content-Encoding": "gzip"})) as other:
        assert fault(other.url) is Fault.MALFORMED


def test_nobody_there() -> None:
    assert fault(f"http://127.0.0.1:{ports.free()}") is Fault.UNREACHABLE
    assert len(WAITS) == 3


@pytest.fixture
def unverified(tmp_path: Path) -> Iterator[Site]:
    made = certificate.make(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*made)
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield Site(f"https://127.0.0.1:{server.server_port}", [])
        server.shutdown()


def test_certificates_are_verified(unverified: Site) -> None:
    assert fault(unverified.url) is Fault.UNREACHABLE


@pytest.mark.parametrize(
    "address",
    [
        "https://api.example.org/v1",
        "https://api.example.org:8443",
        "http://127.0.0.1:1234/v1",
        "http://localhost",
        "http://[::1]:80",
    ],
)
def test_addresses_that_may_be_asked(address: str) -> None:
    assert check_address(address + "/") == address


@pytest.mark.parametrize(
    "address",
    [
        "http://api.example.org/v1",
        "http://127.0.0.1.example.org/",
        "http://169.254.169.254/latest",
        "ftp://api.example.org/",
        "file:///etc/passwd",
        "https://user:password@api.example.org/",
        "https://api.example.org/?key=1",
        "https://api.example.org/#part",
        "https://api.example.org\\@elsewhere.example",
        "https://",
        "https://api.example.org:0/",
        "https://api.example.org:99999/",
        "https://[::1",
        "api.example.org",
        "",
    ],
)
def test_addresses_that_are_refused(address: str) -> None:
    with pytest.raises(SourceError) as raised:
        check_address(address)
    assert raised.value.fault is Fault.ADDRESS
