"""The command line, against the real API functions behind a real HTTP server."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from altcha import create_challenge
from PIL import Image

from tests.support import pictures, proofs
from tests.support.functions import Context, sample
from tests.support.world import World
from unspread import case_code
from unspread.cli import main
from unspread.cli.challenge import ChallengeError, solved
from unspread.cli.files import hash_file
from unspread.hashing import MINIMUM_QUALITY, Digester
from unspread.proof import ALGORITHM

PICTURE = pictures.jpeg(pictures.picture(1, (400, 300)))
VIDEO = b"\0\0\0\x18ftypmp42" + b"video" * 100


@dataclass
class Server:
    """The API on loopback."""

    url: str
    bodies: list[str] = field(default_factory=list)
    failures: list[int] = field(default_factory=list)  # statuses that the next requests with a body get
    challenges: list[object] = field(default_factory=list)  # what the next requests for one get, instead of a real one


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    function = world.function("submit")
    state = Server("")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length).decode() if length else None
            path = self.path.removeprefix("/prod")
            if body:
                state.bodies.append(body)
                if state.failures:
                    self.answer(state.failures.pop(0), {}, "{}")
                    return
            if path == "/challenge" and state.challenges:
                self.answer(200, {}, json.dumps(state.challenges.pop(0)))
                return
            event: dict[str, Any] = sample("submit") | {"httpMethod": self.command, "path": path, "resource": path}
            with lock:
                answer = function.handler(event | {"headers": dict(self.headers), "body": body}, Context())
            headers = {name: values[0] for name, values in answer.get("multiValueHeaders", {}).items()}
            self.answer(answer["statusCode"], headers | answer.get("headers", {}), answer["body"])

        do_POST = do_DELETE = do_GET

        def answer(self, status: int, headers: dict[str, str], body: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        state.url = f"http://127.0.0.1:{http.server_port}/prod"
        yield state
        http.shutdown()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "a.jpg").write_bytes(PICTURE)
    (tmp_path / "deep" / "er" / "b.mp4").write_bytes(VIDEO)
    return tmp_path


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_hash_prints_a_line_for_each_file(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["hash", str(folder)]) == 0
    picture, video = lines(capsys.readouterr().out)
    assert list(picture) == ["path", "kind", "width", "height", "sha256", "md5", "phash", "pdq", "quality"]
    assert (picture["kind"], picture["width"], picture["height"]) == ("image", 400, 300)
    assert picture["sha256"] == Digester.of([PICTURE]).sha256.hex()
    assert (len(picture["pdq"]), len(picture["phash"])) == (64, 16)
    assert video["kind"] == "video"
    assert video["md5"] == Digester.of([VIDEO]).md5.hex()
    assert video["pdq"] is None


def test_hash_tells_of_a_picture_with_too_little_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "gradient.png"
    Image.linear_gradient("L").save(path)
    assert main(["hash", str(path)]) == 0
    (picture,) = lines(capsys.readouterr().out)
    assert (len(picture["pdq"]), len(picture["phash"])) == (64, 16)
    assert 0 <= picture["quality"] < MINIMUM_QUALITY
    assert hash_file(path).item()["hashes"] == []


def test_hash_goes_on_after_a_file_that_cannot_be_hashed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "notes.txt").write_text("no picture")
    (folder / "broken.jpg").write_bytes(PICTURE[:3000])
    missing = folder / "missing.jpg"
    assert main(["hash", str(missing), str(folder)]) == 1
    printed = lines(capsys.readouterr().out)
    assert len(printed) == 5
    failed = {Path(line["path"]).name for line in printed if set(line) == {"path", "error"}}
    assert failed == {"missing.jpg", "notes.txt", "broken.jpg"}


def test_a_case_is_submitted_asked_for_and_withdrawn(
    server: Server, folder: Path, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["submit", str(folder), "--api", server.url, "--category", "minor"]) == 0
    code = capsys.readouterr().out.strip()
    assert len(case_code.normalise(code)) == 20
    assert {listed.category for listed in world.hashes.read(world.hashes.read_listed()).values()} == {"minor"}

    assert main(["status", code.lower(), "--api", server.url]) == 0
    status = json.loads(capsys.readouterr().out)
    assert [item["kind"] for item in status["items"]] == ["image", "video"]

    assert main(["withdraw", code, "--api", server.url + "/"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "withdrawn"
    assert list(world.hashes.read_listed()) == []


def test_nothing_but_hashes_is_sent(server: Server, folder: Path) -> None:
    assert main(["submit", str(folder), "--api", server.url]) == 0
    body = json.loads(server.bodies[0])
    assert set(body) == {"case", "category", "items", "proof"}
    assert all(set(item) == {"kind", "sha256", "md5", "hashes"} for item in body["items"])
    assert "a.jpg" not in server.bodies[0]


def test_windows_of_still_pictures_are_submitted_unless_they_are_not_wanted(server: Server, folder: Path) -> None:
    assert main(["submit", str(folder), "--api", server.url]) == 0
    assert main(["submit", str(folder), "--api", server.url, "--no-windows"]) == 0
    with_windows, without = (json.loads(body)["items"][0]["hashes"][0] for body in server.bodies)
    assert len(with_windows["windows"]) == 31
    assert "windows" not in without


def test_a_lost_answer_is_asked_for_again(server: Server, folder: Path, world: World) -> None:
    server.failures += [503, 504]
    assert main(["submit", str(folder), "--api", server.url]) == 0
    assert len(server.bodies) == 3
    assert len(set(server.bodies)) == 1
    assert len(list(world.hashes.read_listed())) == 6 + 31


def a_challenge(**other: Any) -> dict[str, Any]:
    """Return a challenge that is quickly solved, its parameters changed after it was signed."""
    challenge = create_challenge(ALGORITHM, 1, counter=1, expires_at=proofs.DISTANT, hmac_secret=proofs.SECRET)
    document = challenge.to_dict()
    return document | {"parameters": document["parameters"] | other}


def test_a_proof_that_expired_on_the_way_is_made_once_more(server: Server, folder: Path, world: World) -> None:
    server.challenges += [a_challenge(expiresAt=1)]
    assert main(["submit", str(folder), "--api", server.url]) == 0
    first, second = (json.loads(body) for body in server.bodies)
    assert first.pop("proof") != second.pop("proof")
    assert first == second
    assert list(world.hashes.read_listed())


def test_a_proof_that_expires_for_ever_is_told(
    server: Server, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.challenges += [a_challenge(expiresAt=1)] * 2
    assert main(["submit", str(folder), "--api", server.url]) == 1
    assert "expired" in capsys.readouterr().err
    assert len(server.bodies) == 2


def test_a_proof_that_is_refused_for_another_reason_is_not_made_again(
    server: Server, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server.challenges += [a_challenge(expiresAt=proofs.DISTANT + 1)]
    assert main(["submit", str(folder), "--api", server.url]) == 1
    assert "proof of work is wrong" in capsys.readouterr().err
    assert len(server.bodies) == 1


@pytest.mark.parametrize(
    "challenge",
    [
        {},
        [],
        {"parameters": None},
        a_challenge(cost=10**12),
        a_challenge(cost="5000"),
        a_challenge(keyLength=10**9),
        a_challenge(algorithm="SCRYPT"),
        a_challenge(nonce="no hex"),
    ],
)
def test_an_address_that_is_no_apis_cannot_keep_us_busy(
    server: Server, folder: Path, capsys: pytest.CaptureFixture[str], challenge: object
) -> None:
    server.challenges += [challenge]
    assert main(["submit", str(folder), "--api", server.url]) == 1
    assert "is not an Unspread API" in capsys.readouterr().err
    assert server.bodies == []


def test_a_challenge_without_a_solution_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unspread.cli.challenge._MOST_SECONDS", 0.05)
    with pytest.raises(ChallengeError, match="cannot be solved"):
        solved(a_challenge(keyPrefix="00" * 16))


def test_a_file_that_cannot_be_hashed_does_not_stop_the_others(
    server: Server, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "notes.txt").write_text("no picture")
    assert main(["submit", str(folder), "--api", server.url]) == 1
    printed = capsys.readouterr()
    assert len(case_code.normalise(printed.out)) == 20
    assert "notes.txt" in printed.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["status", "7QJ4M-1V9ZK-0C3TB-HX8RD"], "no case with this code"),
        (["status", "short"], "20 letters and digits"),
        (["withdraw", "7QJ4M-1V9ZK-0C3TB-HX8RD"], "no case with this code"),
        (["submit", "/nowhere"], "nothing to submit"),
    ],
)
def test_a_refusal_is_told_in_words(
    server: Server, capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main([*arguments, "--api", server.url]) == 1
    assert words in capsys.readouterr().err


def test_more_files_than_a_case_holds_are_refused(
    server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for n in range(101):
        (tmp_path / f"{n}.mp4").write_bytes(b"%d" % n)
    assert main(["submit", str(tmp_path), "--api", server.url]) == 1
    assert "in portions" in capsys.readouterr().err
    assert server.bodies == []


@pytest.mark.parametrize(("api", "words"), [("example.org", "https://"), ("http://127.0.0.1:1", "does not answer")])
def test_a_wrong_address_is_told_in_words(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, api: str, words: str
) -> None:
    monkeypatch.setattr("unspread.cli.client._RETRY", 0)
    assert main(["submit", str(folder), "--api", api]) == 1
    assert words in capsys.readouterr().err


def test_an_unknown_command_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["spread"])
    assert stopped.value.code == 2
    assert "invalid choice" in capsys.readouterr().err
