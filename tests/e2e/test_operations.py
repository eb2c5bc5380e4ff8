"""What operators run: the doctor, the redrive of dead letters, and the gauge on its role."""

import json
import subprocess
from typing import Any

from tests.e2e.conftest import DEAD_LETTERS
from tests.local import watch
from tests.local.emulator import clean_environment
from tests.local.paths import developer_tool
from tests.local.stack import Stack
from tests.support import polling
from tests.support.functions import sample


def operate(stack: Stack, *arguments: str) -> tuple[int, str]:
    """Run a command of the operator's; return its status and what it prints."""
    done = subprocess.run(
        [str(developer_tool("unspread")), *arguments, "--stack", stack.stack],
        env=clean_environment() | {"AWS_ENDPOINT_URL": stack.endpoint},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=polling.PATIENCE,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_the_doctor_finds_a_healthy_stack_healthy_and_leaves_nothing_behind(stack: Stack) -> None:
    status, told = operate(stack, "doctor", "--json")
    findings: list[dict[str, Any]] = json.loads(told)["findings"]
    assert [each for each in findings if each["health"] == "failed"] == []
    assert status == 0
    healthy = {each["check"] for each in findings if each["health"] == "ok"}
    assert healthy >= {
        "outputs",
        "version",
        "clock",
        "functions",
        "permissions",
        "expiry",
        "events",
        "secrets",
        "alarms",
        "dead letters",
        "listings",
        "snapshot",
        "imports",
        "delivery",
    }
    versions = stack.s3.list_object_versions(Bucket=stack.uploads, Prefix="unspread-canary/")
    assert versions.get("Versions", []) + versions.get("DeleteMarkers", []) == []


def test_dead_letters_are_told_and_sent_back(stack: Stack) -> None:
    uploaded = watch.upload(stack, "operations/lost.txt", b"lost on the way")
    assert watch.verdict(stack, uploaded) == "unsupported"
    key = {"pk": {"S": f"object#{watch.upload_id(uploaded)}"}, "sk": {"S": "record"}}
    stack.dynamodb.delete_item(TableName=stack.outputs["UploadTableName"], Key=key)
    event = sample("upload")
    event["detail"]["bucket"]["name"] = uploaded.bucket
    event["detail"]["object"] |= {"key": uploaded.key, "version-id": uploaded.version, "size": len(uploaded.body)}
    stack.sqs.send_message(QueueUrl=stack.outputs["RuleDeadLetterQueueUrl"], MessageBody=json.dumps(event))
    stack.sqs.send_message(QueueUrl=stack.outputs["SweepFailureQueueUrl"], MessageBody="{}")

    status, told = operate(stack, "doctor", "--wait", "0")
    assert status == 1
    assert (
        f"1 in RuleDeadLetterQueue\n        -> See docs/runbook.md, then: unspread redrive --stack {stack.stack}"
        in told
    )

    assert operate(stack, "redrive", "--dry-run", "--queue", "rule") == (0, "rule: 1 to send back\n")

    def redriven() -> bool:
        operate(stack, "redrive")  # sweep's waits for the reconciler, should other tests have left a listing unswept
        return not any(watch.waiting(stack, queue) for queue in DEAD_LETTERS)

    polling.until("the dead letters to be sent back", redriven)
    assert watch.verdict(stack, uploaded) == "unsupported"


def test_the_gauge_may_look_at_all_it_measures(stack: Stack) -> None:
    answer = stack.functions.invoke(
        FunctionName=stack.resources["GaugeFunction"], Payload=json.dumps(sample("gauge")).encode()
    )
    assert "FunctionError" not in answer
    measured = json.loads(answer["Payload"].read())
    assert {"MatchesWaiting", "SuspectsWaiting", "OldestOpenHours", "SnapshotBehindHours"} <= measured.keys()
    assert all(value >= 0 for value in measured.values())
