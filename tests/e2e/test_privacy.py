"""Nothing of the submitter is logged, and nothing of the uploader is queued."""

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path

from tests.e2e.conftest import Listed
from tests.e2e.people import ADDRESS, BROWSER, Person
from tests.local import watch
from tests.local.emulator import Emulator
from tests.local.stack import Stack
from tests.support import pictures
from unspread import case_code
from unspread.cli.files import hash_file

IPV4 = re.compile(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b")


def spellings(secret: str) -> set[str]:
    """Return how a secret may be written; one in hex also as its bytes in base64."""
    found = {secret.lower()}
    if re.fullmatch(r"[0-9a-f]{16,}", secret.lower()):
        found.add(base64.b64encode(bytes.fromhex(secret)).decode().rstrip("=").lower())
    return found


def test_no_log_holds_the_submitters_address_browser_code_or_hashes(
    stack: Stack, emulated: Emulator | None, person: Person, tmp_path: Path
) -> None:
    image = pictures.picture(seed=9001)
    file = tmp_path / "picture.jpg"
    file.write_bytes(pictures.jpeg(image))
    item = hash_file(file).item()
    code = case_code.generate()
    case = case_code.digest(code)
    body = {"case": case, "category": "adult", "items": [item]}
    assert person.call("POST", "/submissions", body).status == 201
    assert person.call("POST", "/submissions", body).status == 201
    assert person.call("POST", "/submissions", {**body, "category": "minor"}).status == 409
    assert person.call("POST", "/submissions", {**body, "extra": item["sha256"]}).status in {400, 422}
    assert person.call("POST", "/submissions", json.dumps(body).encode()[:-9]).status in {400, 422}
    copy = watch.upload(stack, "privacy/copy.jpg", pictures.altered(image))
    exact = watch.upload(stack, "privacy/exact.jpg", file.read_bytes())
    assert [watch.verdict(stack, upload) for upload in (copy, exact)] == ["match", "match"]
    assert person.status(code)["items"][0]["removed"] == 2
    assert person.call("POST", "/case/items", {"items": [item]}, code=code).status == 200
    assert person.call("DELETE", "/case", code=code).status == 200
    assert person.call("GET", "/case", code=code[:-1] + ("0" if code[-1] != "0" else "1")).status == 404

    lines = list(watch.log_lines(stack))
    assert any(watch.upload_id(copy) in line for line in lines), "these are not the logs of this run"
    everything = "\n".join(lines)
    if emulated is not None:
        everything += emulated.log.read_text(encoding="utf-8", errors="replace")
    everything = everything.lower()
    (hashed,) = item["hashes"]
    secrets = {
        "address": ADDRESS,
        "browser": BROWSER,
        "case code": code,
        "case code without hyphens": code.replace("-", ""),
        "case": case,
        "SHA-256": item["sha256"],
        "MD5": item["md5"],
        "PDQ": hashed["pdq"],
        "pHash": hashed["phash"],
    }
    assert [name for name, secret in secrets.items() if any(s in everything for s in spellings(secret))] == []


def test_queued_messages_hold_no_address_of_the_uploader(stack: Stack, innocent: bytes) -> None:
    rule = stack.resources["UploadRule"]
    pattern = json.loads(stack.events.describe_rule(Name=rule)["EventPattern"])
    (target,) = stack.events.list_targets_by_rule(Rule=rule)["Targets"]
    with (
        watch.listening(stack, pattern) as whole,
        watch.listening(stack, pattern, dict(target["InputTransformer"])) as queued,
    ):
        upload = watch.upload(stack, 'privacy/"queued" & é.jpg', innocent)
        watch.verdict(stack, upload)
        (event,) = whole.receive()
        (message,) = queued.receive()
    assert IPV4.search(event), "S3's event holds the uploader's address"
    assert not IPV4.search(message)
    wanted = json.loads(message)
    assert wanted.keys() == {"bucket", "object"}
    assert wanted["bucket"] == {"name": stack.uploads}
    assert wanted["object"]["key"] == upload.key
    assert wanted["object"]["version-id"] == upload.version
    assert wanted["object"].keys() <= {"key", "version-id", "etag", "size", "sequencer"}


def test_the_tables_hold_nothing_of_the_submitter(stack: Stack, person: Person, listing: Callable[[], Listed]) -> None:
    listed = listing()
    person.status(listed.code)
    for table in ("HashTableName", "CaseTableName", "UploadTableName"):
        pages = stack.dynamodb.get_paginator("scan").paginate(TableName=stack.outputs[table])
        held = "\n".join(str(item) for page in pages for item in page["Items"])
        for secret in (ADDRESS, BROWSER, listed.code, listed.code.replace("-", ""), "picture.jpg"):
            assert secret not in held
