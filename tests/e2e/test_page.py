"""The page, as the deployed API serves it, and the proof of work that it asks for."""

import json
import re

import pytest
import urllib3

from tests.e2e.people import Person
from tests.local.stack import Stack
from tests.support import polling
from unspread import case_code

ITEM = {"kind": "video", "sha256": "5e" * 32, "hashes": []}


@pytest.fixture
def http() -> urllib3.PoolManager:
    return urllib3.PoolManager(retries=False, timeout=polling.PATIENCE)


def named_assets(stack: Stack, http: urllib3.PoolManager) -> list[str]:
    """Return the addresses of the assets that the page's document and its script name."""
    document = http.request("GET", stack.page).data.decode()
    (script,) = re.findall(r"assets/page-[0-9a-f]+\.js", document)
    text = document + http.request("GET", stack.page + script).data.decode()
    return sorted(set(re.findall(r"assets/[a-z0-9-]+\.[a-z]+", text)))


def test_the_document_is_served_under_its_policy(stack: Stack, http: urllib3.PoolManager) -> None:
    answer = http.request("GET", stack.page)
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


def test_every_asset_arrives_as_it_was_built(stack: Stack, http: urllib3.PoolManager) -> None:
    named = named_assets(stack, http)
    assert {name.rpartition(".")[2] for name in named} >= {"js", "css", "wasm", "json"}
    for name in named:
        accepted = "application/wasm" if name.endswith(".wasm") else "*/*"
        answer = http.request("GET", stack.page + name, headers={"Accept": accepted})
        assert answer.status == 200, name
        assert "immutable" in answer.headers["Cache-Control"], name
        if name.endswith(".wasm"):
            assert answer.headers["Content-Type"] == "application/wasm"
            assert answer.data[:8] == b"\0asm\1\0\0\0"


def test_a_proof_is_good_for_one_request_and_for_repeating_it(person: Person) -> None:
    body = {
        "case": case_code.digest(case_code.generate()),
        "category": "adult",
        "items": [ITEM],
        "proof": person.proof(),
    }
    assert person.call("POST", "/submissions", body).status == 201
    assert person.call("POST", "/submissions", body).status == 201
    another = person.call("POST", "/submissions", body | {"case": case_code.digest(case_code.generate())})
    assert (another.status, another.kind) == (403, "application/problem+json")
    assert another.document["type"] == "urn:unspread:proof-used"


def test_without_a_proof_nothing_is_listed(person: Person) -> None:
    case = case_code.generate()
    body = {"case": case_code.digest(case), "category": "adult", "items": [ITEM]}
    refused = person.call("POST", "/submissions", json.dumps(body).encode())
    assert refused.status == 422
    assert [fault["at"] for fault in refused.document["faults"]] == ["proof"]
    assert person.call("GET", "/case", code=case).status == 404
