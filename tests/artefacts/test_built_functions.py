"""What `sam build` made starts and works with what Lambda gives it: no package missing, every event understood."""

import json
import re
import time
import uuid
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL.Image import Image

from tests.artefacts.runtime import Function, FunctionError, started
from tests.local import hashes, watch
from tests.local.emulator import REGION
from tests.local.stack import Stack
from tests.support import pictures, proofs, template
from tests.support.functions import sample
from unspread import ulid
from unspread.hash_key import HashKey, Kind

SAMPLES = {
    "ScanFunction": "scan",
    "SweepFunction": "sweep",
    "ReconcileFunction": "reconcile",
    "PublishFunction": "publish",
    "GaugeFunction": "gauge",
    "ForgetFunction": "forget",
    "BackfillFunction": "backfill",
    "LostEventsFunction": "lost-events",
    "SubmitFunction": "submit",
    "SettleFunction": "settle",
    "RotateFunction": "rotate",
    "PageFunction": "page",
    "ExchangeFunction": "exchange",
    "CheckFunction": "check",
    "PullFunction": "pull",
    "ReviewFunction": "review",
    "RetainFunction": "retain",
}


def environment(stack: Stack, function: str) -> dict[str, str]:
    """Return the variables that the deployed function has, and what leads to the emulator."""
    deployed = stack.functions.get_function_configuration(FunctionName=stack.resources[function])
    return deployed["Environment"]["Variables"] | {
        "AWS_ENDPOINT_URL": stack.endpoint,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }


def layers_of(function: str) -> list[str]:
    return [layer["Ref"] for layer in template.raw()["Resources"][function]["Properties"].get("Layers", [])]


@contextmanager
def running(stack: Stack, name: str, folder: Path, **variables: str) -> Iterator[Function]:
    """Start a built function as the template describes it, some of its variables aside."""
    handler = template.properties(name)["Handler"]
    with started(name, layers_of(name), environment(stack, name) | variables, folder, handler) as function:
        yield function


@pytest.fixture
def function(request: pytest.FixtureRequest, built: None, stack: Stack, tmp_path: Path) -> Iterator[Function]:
    """The built function that the test is parametrized with."""
    with running(stack, request.param, tmp_path) as started_function:
        yield started_function


@pytest.fixture
def unwatched_bucket(stack: Stack) -> str:
    """A bucket with versions that the deployed scan function does not hear of."""
    name = f"artefacts-{uuid.uuid4().hex[:12]}"
    stack.s3.create_bucket(Bucket=name)
    stack.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


def scan_event(stack: Stack, bucket: str, key: str, body: bytes) -> tuple[dict[str, Any], watch.Uploaded]:
    """Upload an object; return the sample event with that object in it, and the object."""
    version = stack.s3.put_object(Bucket=bucket, Key=key, Body=body)["VersionId"]
    event = sample("scan")
    message = json.loads(event["Records"][0]["body"])
    message["bucket"]["name"] = bucket
    message["object"] |= {"key": key, "version-id": version, "size": len(body)}
    event["Records"][0]["body"] = json.dumps(message)
    return event, watch.Uploaded(key, version, body, bucket)


@pytest.mark.parametrize("function", ["ScanFunction"], indirect=True)
@pytest.mark.parametrize(
    ("name", "encode"), [("photo.jpg", pictures.jpeg), ("photo.png", pictures.png), ("photo.heic", pictures.heic)]
)
def test_scan_hashes_pictures(
    function: Function, stack: Stack, unwatched_bucket: str, name: str, encode: Callable[[Image], bytes]
) -> None:
    event, uploaded = scan_event(stack, unwatched_bucket, name, encode(pictures.picture(seed=11, size=(640, 480))))
    assert function(event) == {"batchItemFailures": []}
    record = watch.record(stack, uploaded)
    assert record is not None
    assert record["verdict"] == "clean"
    assert len(record["hashes"]) >= 1
    assert all("pdq" in hashed["M"] and "phash" in hashed["M"] for hashed in record["hashes"][:1])


@pytest.mark.parametrize("function", ["ScanFunction"], indirect=True)
def test_scan_gives_back_what_it_could_not_read(function: Function) -> None:
    event = sample("scan")  # of a bucket that is not there
    assert function(event) == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}


def submission(submit: Function) -> dict[str, Any]:
    """Return the sample submission, with a proof of work that the function takes."""
    event = sample("submit")
    body = json.loads(event["body"]) | {"proof": proofs.earned(submit, sample("challenge"))}
    return event | {"body": json.dumps(body)}


@pytest.mark.parametrize("function", ["SubmitFunction"], indirect=True)
def test_submit_lists_nothing_for_a_proof_that_was_not_earned(function: Function) -> None:
    event = sample("submit")
    body = json.loads(event["body"]) | {"proof": proofs.easy("a secret of one's own")}
    answer = function(event | {"body": json.dumps(body)})
    assert answer["statusCode"] == 403
    assert json.loads(answer["body"])["type"] == "urn:unspread:proof-invalid"


@pytest.mark.parametrize("function", ["PageFunction"], indirect=True)
def test_page_serves_the_document_and_what_it_names(function: Function) -> None:
    event = sample("page")
    document = function(event)
    assert document["statusCode"] == 200
    named = re.findall(r"assets/[a-z0-9.-]+", document["body"])
    assert any(name.endswith(".js") for name in named)
    for name in named:
        asset = function(event | {"path": f"/{name}"})
        assert (asset["statusCode"], asset["isBase64Encoded"]) == (200, False), name
    assert function(event | {"path": "/assets/none.js"})["statusCode"] == 404


@pytest.mark.parametrize("function", ["SubmitFunction"], indirect=True)
def test_submit_accepts_the_sample_submission_and_logs_nothing_of_it(function: Function) -> None:
    event = submission(function)
    answer = function(event)
    assert answer["statusCode"] == 201
    assert json.loads(answer["body"]) == {"accepted": 1, "rejected": []}
    log = function.log.read_text(encoding="utf-8").lower()
    sent = json.loads(event["body"])
    item = sent["items"][0]
    for secret in (
        sent["case"],
        sent["proof"],
        item["sha256"],
        item["md5"],
        item["hashes"][0]["pdq"],
        item["hashes"][0]["phash"],
        event["headers"]["User-Agent"],
        event["requestContext"]["identity"]["sourceIp"],
    ):
        assert secret.lower() not in log


@pytest.mark.parametrize("function", ["SettleFunction"], indirect=True)
def test_settle_runs_on_its_schedule(function: Function) -> None:
    assert set(function(sample("settle"))) == {"settled"}


@pytest.mark.parametrize("function", ["GaugeFunction"], indirect=True)
def test_gauge_measures_what_waits(function: Function) -> None:
    measured = function(sample("gauge"))
    assert {"SuspectsWaiting", "OldestOpenHours", "SnapshotBehindHours", "OldestImportHours"} <= measured.keys()


@pytest.mark.parametrize("function", ["RotateFunction"], indirect=True)
def test_rotate_replaces_no_secret_that_is_new(function: Function) -> None:
    assert function(sample("rotate")) == {"replaced": False}


def scanned(stack: Stack, bucket: str, folder: Path, seed: int) -> watch.Uploaded:
    """Upload a picture that nobody has listed, and let the built scan function record it as clean."""
    event, uploaded = scan_event(stack, bucket, f"{seed}.png", pictures.png(pictures.picture(seed, size=(640, 480))))
    with running(stack, "ScanFunction", folder) as scan:
        assert scan(event) == {"batchItemFailures": []}
    assert watch.verdict(stack, uploaded) == "clean"
    assert watch.findable(stack, uploaded) == {"sha256", "md5", "band"}
    return uploaded


def sweep_event(changes: bytes) -> dict[str, Any]:
    """Return the sample record of the stream, of an entry with these changes that was made just now."""
    event = sample("sweep")
    change = event["Records"][0]["dynamodb"]
    now = time.time()
    change["ApproximateCreationDateTime"] = now
    change["Keys"]["sk"] = change["NewImage"]["sk"] = {"S": ulid.at(int(now * 1000))}
    change["NewImage"]["changes"] = {"B": b64encode(changes).decode()}
    return event


def test_sweep_finds_a_past_upload(built: None, stack: Stack, unwatched_bucket: str, tmp_path: Path) -> None:
    uploaded = scanned(stack, unwatched_bucket, tmp_path, seed=12)
    key = hashes.pdq_of(stack, uploaded)
    hashes.list_silently(stack, key)
    with running(stack, "SweepFunction", tmp_path) as sweep:
        assert sweep(sweep_event(hashes.entry(key))) == {"batchItemFailures": []}
    assert watch.verdict(stack, uploaded) == "match"
    assert watch.quarantined(stack, uploaded) == uploaded.body
    assert watch.in_place(stack, uploaded) is None


@pytest.mark.parametrize("function", ["SweepFunction"], indirect=True)
def test_sweep_gives_back_what_the_table_does_not_show_yet(function: Function) -> None:
    unknown = HashKey.of(Kind.PDQ, uuid.uuid4().bytes * 2)
    event = sweep_event(hashes.entry(unknown))
    number = event["Records"][0]["dynamodb"]["SequenceNumber"]
    assert function(event) == {"batchItemFailures": [{"itemIdentifier": number}]}


def test_reconcile_finds_what_the_stream_lost(built: None, stack: Stack, unwatched_bucket: str, tmp_path: Path) -> None:
    uploaded = scanned(stack, unwatched_bucket, tmp_path, seed=13)
    key = hashes.pdq_of(stack, uploaded)
    hashes.list_silently(stack, key)
    name = hashes.note_unswept(stack, hashes.entry(key))
    with running(stack, "ReconcileFunction", tmp_path) as reconcile:
        answer = reconcile(sample("reconcile"))
        assert answer["left"] == 0
        assert answer["swept"] >= 1
        assert reconcile(sample("reconcile")) == {"swept": 0, "left": 0}
    assert watch.verdict(stack, uploaded) == "match"
    assert watch.quarantined(stack, uploaded) == uploaded.body
    assert name not in hashes.unswept(stack)


def test_publish_makes_a_snapshot_once(built: None, stack: Stack, unwatched_bucket: str, tmp_path: Path) -> None:
    with running(stack, "SubmitFunction", tmp_path) as submit:
        assert submit(submission(submit))["statusCode"] == 201
    with running(stack, "PublishFunction", tmp_path, LIST_BUCKET=unwatched_bucket) as publish:
        first, second = publish(sample("publish")), publish(sample("publish"))
    assert first["published"] == 1
    assert first["hashes"] >= 2  # the PDQ hash and the pHash; digests are looked up, not searched
    assert second == {"hashes": first["hashes"], "published": 0}
    current = json.loads(stack.s3.get_object(Bucket=unwatched_bucket, Key="current.json")["Body"].read())
    objects = {found["Key"] for found in stack.s3.list_objects_v2(Bucket=unwatched_bucket)["Contents"]}
    assert objects == {"current.json", *(f"snapshots/{name}" for name in current["snapshots"])}
    assert len(objects) == 2


def forget_event(uploaded: watch.Uploaded) -> dict[str, Any]:
    event = sample("forget")
    message = json.loads(event["Records"][0]["body"])
    message["bucket"]["name"] = uploaded.bucket
    message["object"] |= {"key": uploaded.key, "version-id": uploaded.version}
    event["Records"][0]["body"] = json.dumps(message)
    return event


def test_forget_deletes_what_a_listing_would_find(
    built: None, stack: Stack, unwatched_bucket: str, tmp_path: Path
) -> None:
    uploaded = scanned(stack, unwatched_bucket, tmp_path, seed=14)
    with running(stack, "ForgetFunction", tmp_path) as forget:
        assert forget(sample("forget")) == {"batchItemFailures": []}  # of an upload that is not known
        assert watch.findable(stack, uploaded) == {"sha256", "md5", "band"}
        assert forget(forget_event(uploaded)) == {"batchItemFailures": []}
        assert watch.findable(stack, uploaded) == set()
        assert forget(forget_event(uploaded)) == {"batchItemFailures": []}
    assert watch.verdict(stack, uploaded) == "clean"


def test_forget_gives_back_what_it_could_not_do(built: None, stack: Stack, tmp_path: Path) -> None:
    event = sample("forget")
    with running(stack, "ForgetFunction", tmp_path, UPLOAD_TABLE="a-table-that-is-not-there") as forget:
        answer = forget(event)
    assert answer == {"batchItemFailures": [{"itemIdentifier": event["Records"][0]["messageId"]}]}


def test_every_function_is_tried() -> None:
    assert sorted(SAMPLES) == sorted(template.resources("AWS::Lambda::Function"))


@pytest.mark.parametrize(
    ("name", "layers"),
    [
        (name, layers_of(name)[:position] + layers_of(name)[position + 1 :])
        for name in SAMPLES
        for position in range(len(layers_of(name)))
    ],
)
def test_a_missing_package_is_noticed(name: str, layers: list[str], built: None, stack: Stack, tmp_path: Path) -> None:
    handler = template.properties(name)["Handler"]
    with (
        started(name, layers, environment(stack, name), tmp_path, handler) as function,
        pytest.raises(FunctionError, match="ImportModuleError"),
    ):
        function(sample(SAMPLES[name]))
