"""The page's function: files of the built site, under strict headers, and nothing else."""

import base64
import importlib
import json
import logging
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.support import functions
from tests.support.template import ROOT

SCRIPT = "text/javascript; charset=utf-8"
FILES = {
    "": ("index.html", "text/html; charset=utf-8", "document", False),
    "assets/page-0123.js": ("assets/page-0123.js", SCRIPT, "asset", False),
    "assets/hashing-worker-0123.js": ("assets/hashing-worker-0123.js", SCRIPT, "worker", False),
    "assets/heif-wasm-0123.wasm": ("assets/heif-wasm-0123.wasm", "application/wasm", "asset", True),
}
WASM = b"\0asm\1\0\0\0\xff\xfe"


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the handler as Lambda does, beside a tiny site."""
    (tmp_path / "assets").mkdir()
    for file, *_ in FILES.values():
        (tmp_path / file).write_bytes(WASM if file.endswith(".wasm") else f"content of {file}: é".encode())
    entries = {
        path: {"file": file, "type": kind, "role": role, "binary": binary}
        for path, (file, kind, role, binary) in FILES.items()
    }
    (tmp_path / "manifest.json").write_text(json.dumps({"digest": "00", "files": entries}))
    (tmp_path / "secret.txt").write_text("not in the manifest")
    monkeypatch.syspath_prepend(str(ROOT / "functions" / "page"))
    module = functions.load("page")
    monkeypatch.setattr(module, "SITE", importlib.import_module("pages").Site(tmp_path))
    return module


def ask(page: ModuleType, path: str, method: str = "GET", full_path: str | None = None) -> dict[str, Any]:
    full_path = f"/prod{path}" if full_path is None else full_path
    event = {
        "httpMethod": method,
        "path": path,
        "headers": {"user-agent": "somebody's browser"},
        "requestContext": {"path": full_path, "identity": {"sourceIp": "192.0.2.1"}},
    }
    answer: dict[str, Any] = page.handler(event, functions.Context())
    return answer


def policy(answer: dict[str, Any]) -> dict[str, str]:
    directives = (part.strip().partition(" ") for part in answer["headers"]["Content-Security-Policy"].split(";"))
    return {name: value for name, _, value in directives}


def test_the_page_is_never_stored_and_trusts_only_its_own_origin(page: ModuleType) -> None:
    answer = ask(page, "/")
    assert (answer["statusCode"], answer["body"]) == (200, "content of index.html: é")
    assert answer["headers"]["Content-Type"] == "text/html; charset=utf-8"
    assert answer["headers"]["Cache-Control"] == "no-store"
    directives = policy(answer)
    sources = {name: value for name, value in directives.items() if name.endswith("-src")}
    assert sources.pop("default-src") == "'none'"
    assert set(sources.values()) == {"'self'"}
    assert "unsafe" not in answer["headers"]["Content-Security-Policy"]
    for closed in ("form-action", "base-uri", "frame-ancestors"):
        assert directives[closed] == "'none'"
    assert directives["require-trusted-types-for"] == "'script'"
    assert directives["trusted-types"] == "unspread"


def test_the_sandbox_allows_what_print_and_help_links_need_and_no_more(page: ModuleType) -> None:
    assert set(policy(ask(page, "/"))["sandbox"].split()) == {
        "allow-scripts",
        "allow-same-origin",
        "allow-downloads",
        "allow-modals",
        "allow-popups",
        "allow-popups-to-escape-sandbox",
    }


def test_a_worker_has_a_policy_of_its_own_that_denies_all_network(page: ModuleType) -> None:
    answer = ask(page, "/assets/hashing-worker-0123.js")
    assert policy(answer) == {"default-src": "'none'", "script-src": "'wasm-unsafe-eval'"}
    assert answer["headers"]["Cross-Origin-Embedder-Policy"] == "require-corp"


@pytest.mark.parametrize("path", [path for path in FILES if path])
def test_assets_are_kept_for_ever_by_their_name(page: ModuleType, path: str) -> None:
    assert ask(page, f"/{path}")["headers"]["Cache-Control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/", "/assets/page-0123.js", "/assets/heif-wasm-0123.wasm", "/nothing"])
def test_every_answer_is_bound_to_this_origin_and_https_and_sets_no_cookie(page: ModuleType, path: str) -> None:
    headers = ask(page, path)["headers"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Strict-Transport-Security"] == "max-age=63072000"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not any("cookie" in name.lower() for name in headers)


def test_the_page_uses_no_feature_of_the_device(page: ModuleType) -> None:
    headers = ask(page, "/")["headers"]
    features = headers["Permissions-Policy"].split(", ")
    assert {"camera=()", "microphone=()", "geolocation=()", "display-capture=()"} <= set(features)
    assert all(feature.endswith("=()") for feature in features)
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"


def test_webassembly_travels_as_base64_and_arrives_as_it_was(page: ModuleType) -> None:
    answer = ask(page, "/assets/heif-wasm-0123.wasm")
    assert answer["headers"]["Content-Type"] == "application/wasm"
    assert answer["isBase64Encoded"] is True
    assert base64.b64decode(answer["body"]) == WASM


def test_text_is_sent_as_text(page: ModuleType) -> None:
    assert ask(page, "/assets/page-0123.js")["isBase64Encoded"] is False


@pytest.mark.parametrize(
    ("full_path", "location"), [("/prod", "prod/"), ("/_aws/execute-api/a1/prod", "prod/"), ("/base", "base/")]
)
def test_without_its_slash_the_page_sends_the_browser_to_where_relative_addresses_work(
    page: ModuleType, full_path: str, location: str
) -> None:
    answer = ask(page, "/", full_path=full_path)
    assert (answer["statusCode"], answer["headers"]["Location"], answer["body"]) == (308, location, "")


@pytest.mark.parametrize("full_path", ["/", "/prod/", ""])
def test_with_its_slash_or_on_a_domain_of_its_own_the_page_is_there(page: ModuleType, full_path: str) -> None:
    assert ask(page, "/", full_path=full_path)["statusCode"] == 200


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/secret.txt", "/manifest.json", "/../app.py", "/assets/../manifest.json", "/index.html", "//"],
)
def test_what_the_manifest_does_not_name_is_not_there(page: ModuleType, path: str) -> None:
    answer = ask(page, path)
    assert answer["statusCode"] == 404
    assert answer["headers"]["Content-Type"] == "application/problem+json"
    assert answer["headers"]["Cache-Control"] == "no-store"
    problem = json.loads(answer["body"])
    assert (problem["status"], problem["title"]) == (404, "Not Found")
    assert "nowhere" not in answer["body"]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD"])
def test_the_page_is_read_and_nothing_else(page: ModuleType, method: str) -> None:
    answer = ask(page, "/", method)
    assert (answer["statusCode"], answer["headers"]["Allow"]) == (405, "GET")
    assert json.loads(answer["body"])["detail"] == "Use GET."


def test_a_request_leaves_no_trace(
    page: ModuleType, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(page, "/")
        ask(page, "/nothing")
    assert (capfd.readouterr(), caplog.records) == (("", ""), [])


def test_the_function_needs_nothing_but_the_standard_library() -> None:
    folder = ROOT / "functions" / "page"
    imports = {
        line.split()[1].partition(".")[0]
        for file in folder.glob("*.py")
        for line in file.read_text(encoding="utf-8").splitlines()
        if line.startswith(("import ", "from "))
    }
    assert imports <= {"base64", "collections", "functools", "headers", "http", "json", "pages", "pathlib", "typing"}
