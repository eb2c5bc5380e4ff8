"""The doctor: each check finds what is wrong, says what to do, and passes over what it may not look at."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from unittest.mock import patch

import botocore.client
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from tests.support.faults import denied, failing, unanswered
from tests.support.template import raw
from tests.support.world import World
from unspread import __version__, aws
from unspread.changes import Change, Operation, pack
from unspread.cli import main
from unspread.cli.doctor import checks, examine
from unspread.doctor import setup, waiting
from unspread.doctor.canary import canary
from unspread.doctor.deployed import Deployed, Finding, Health, Resource
from unspread.doctor.permissions import permissions
from unspread.hash_key import HashKey, Kind
from unspread.scan_filter import CANARIES
from unspread.stores.run_table import RunTable

NOW = 1_795_400_000.0
CLIENTS = (aws.functions, aws.iam, aws.cloudwatch, aws.sns, aws.cloudformation)


@pytest.fixture
def stack(world: World) -> Iterator[Deployed]:
    """A stack in moto, of as much as moto plays."""
    for client in CLIENTS:
        client.cache_clear()
    queues = {name: aws.sqs().create_queue(QueueName=name)["QueueUrl"] for name in setup.OUTPUTS if "Queue" in name}
    secrets = {
        name: aws.secrets().create_secret(Name=name, SecretString="{}")["ARN"]
        for name in ("ProofSecretArn", "PullSecretArn")
    }

    def notification(arguments: dict[str, Any]) -> dict[str, Any]:  # of which moto forgets the part that is wanted
        return {"EventBridgeConfiguration": {}} if arguments["Bucket"] == world.uploads_bucket else {}

    tables = ("CaseTable", "ExchangeTable", "PullTable", "HashTable")
    with answering(GetBucketNotificationConfiguration=notification):
        yield Deployed(
            "unspread",
            {
                "ApiUrl": "https://api.example",
                "Version": __version__,
                "QuarantineBucketName": world.quarantine_bucket,
                "UploadBucketName": world.uploads_bucket,
                "ListBucketName": world.list_bucket,
                **{f"{name}Name": name for name in (*tables, "UploadTable")},
                **queues,
                **secrets,
            },
            {"AlarmTopicArn": "", "ExistingBuckets": "", "ClockAlarmHours": "36", "ImportAlarmHours": "24"},
            tuple(Resource(name, "AWS::DynamoDB::Table", name) for name in tables),
            0.5,
        )
    for client in CLIENTS:
        client.cache_clear()


def bad(findings: Iterator[Finding]) -> list[tuple[str, str]]:
    return [(each.said, each.do) for each in findings if each.health is Health.FAILED]


def states(findings: Iterator[Finding]) -> list[Health]:
    return [each.health for each in findings]


def answering(**answers: Any) -> Any:
    """Let the calls named like this answer so, or by a function of their arguments."""
    call = botocore.client.BaseClient._make_api_call  # type: ignore[attr-defined]

    def answer(self: Any, operation: str, arguments: dict[str, Any]) -> Any:
        if operation not in answers:
            return call(self, operation, arguments)
        told = answers[operation]
        return told(arguments) if callable(told) else told

    return patch("botocore.client.BaseClient._make_api_call", answer)


# --------------------------------------------------------------------------------------------------- the set-up


def test_the_template_says_its_version_and_has_the_outputs_and_tables_that_are_looked_for() -> None:
    template = raw()
    assert template["Outputs"]["Version"]["Value"] == __version__
    assert set(setup.OUTPUTS) <= template["Outputs"].keys()
    expiring = {
        name
        for name, each in template["Resources"].items()
        if each["Type"] == "AWS::DynamoDB::Table" and "TimeToLiveSpecification" in each["Properties"]
    }
    assert set(setup.EXPIRING) == expiring


def test_a_stack_of_another_version_is_told(stack: Deployed) -> None:
    assert bad(setup.version(stack)) == []
    old = replace(stack, outputs={**stack.outputs, "Version": "0.0.1"})
    assert "0.0.1 is deployed" in bad(setup.version(old))[0][0]
    del old.outputs["ForgetQueueUrl"]
    del old.outputs["Version"]
    assert [said for said, _ in bad(setup.version(old))] == [
        "missing: ForgetQueueUrl, Version",
        f"none is deployed, this is {__version__}",
    ]


@pytest.mark.parametrize(("ahead", "failures"), [(29.0, 0), (-29.0, 0), (31.0, 1), (-600.0, 1)])
def test_a_wrong_clock_is_told(stack: Deployed, ahead: float, failures: int) -> None:
    assert len(bad(setup.clock(replace(stack, ahead=ahead)))) == failures


def test_a_function_that_cannot_run_and_a_mapping_that_is_off_are_told(stack: Deployed) -> None:
    resources = (
        Resource("ScanFunction", "AWS::Lambda::Function", "scan-1"),
        Resource("ScanFunctionUploads", "AWS::Lambda::EventSourceMapping", "uuid-1"),
    )
    made = replace(stack, resources=resources)
    fine: dict[str, Any] = {"GetFunctionConfiguration": {"State": "Active", "LastUpdateStatus": "Successful"}}
    with answering(**fine, GetEventSourceMapping={"State": "Enabled"}):
        assert states(setup.functions(made)) == [Health.OK]
    with answering(**fine, GetEventSourceMapping={"State": "Disabled"}):
        ((said, do),) = bad(setup.functions(made))
    assert "ScanFunctionUploads is Disabled" in said
    assert "--uuid uuid-1" in do
    with answering(GetFunctionConfiguration={"State": "Failed"}, GetEventSourceMapping={"State": "Enabled"}):
        assert bad(setup.functions(made))[0][0] == "ScanFunction is Failed"


def test_items_that_do_not_expire_are_told(stack: Deployed) -> None:
    assert states(setup.tables(stack)) == [Health.OK] * 3
    off = {"Enabled": False, "AttributeName": "expires"}
    aws.dynamodb().update_time_to_live(TableName="CaseTable", TimeToLiveSpecification=off)  # type: ignore[arg-type]
    ((said, do),) = bad(setup.tables(stack))
    assert "CaseTable" in said
    assert do.startswith("aws dynamodb update-time-to-live --table-name CaseTable")


def test_a_bucket_whose_uploads_nobody_hears_of_is_told(stack: Deployed, world: World) -> None:
    assert bad(setup.buckets(stack)) == []
    world.s3.create_bucket(Bucket="theirs")
    more = replace(stack, parameters={**stack.parameters, "ExistingBuckets": "theirs"})
    _, finding = setup.buckets(more)
    assert (finding.health, finding.do) == (Health.ADVICE, "unspread watch theirs --stack unspread")
    RunTable(aws.dynamodb(), "UploadTable").watch("theirs", NOW, switched_on=True)
    ((said, do),) = bad(setup.buckets(more))
    assert said.startswith("EventBridge is off for theirs")
    assert do == "unspread watch theirs --stack unspread"
    with answering(GetBucketNotificationConfiguration=_no_bucket):
        assert [said.split()[4] for said, _ in bad(setup.buckets(more))] == [f"{world.uploads_bucket}:", "theirs,"]


def test_a_secret_that_is_being_deleted_is_told(stack: Deployed) -> None:
    assert states(setup.secrets(stack)) == [Health.OK] * 2
    aws.secrets().delete_secret(SecretId=stack.outputs["PullSecretArn"])
    ((said, do),) = bad(setup.secrets(stack))
    assert said == "PullSecretArn is being deleted"
    assert "restore-secret" in do


def test_alarms_that_nobody_hears_are_told(stack: Deployed) -> None:
    assert states(setup.topic(stack)) == [Health.ADVICE]
    arn = aws.sns().create_topic(Name="alarms")["TopicArn"]
    heard = replace(stack, parameters={**stack.parameters, "AlarmTopicArn": arn})
    assert "nobody hears the alarms: 0" in bad(setup.topic(heard))[0][0]
    with answering(ListSubscriptionsByTopic={"Subscriptions": [{"SubscriptionArn": "PendingConfirmation"}]}):
        assert "nobody hears the alarms: 1" in bad(setup.topic(heard))[0][0]
    aws.sns().subscribe(TopicArn=arn, Protocol="email", Endpoint="ops@example.org")
    assert states(setup.topic(heard)) == [Health.OK]


# --------------------------------------------------------------------------------------------------- permissions

POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": "events:PutEvents",
            "Resource": "arn:aws:events:us-east-1:123456789012:event-bus/default",
            "Condition": {"StringEqualsIfExists": {"events:source": "unspread"}},
        },
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]},
    ],
}


@pytest.fixture
def role(stack: Deployed) -> Deployed:
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    aws.iam().create_role(RoleName="scan-role", AssumeRolePolicyDocument=trust)
    aws.iam().put_role_policy(RoleName="scan-role", PolicyName="scan", PolicyDocument=json.dumps(POLICY))
    return replace(stack, resources=(Resource("ScanRole", "AWS::IAM::Role", "scan-role"),))


def simulated(decide: Callable[[str], str], asked: list[dict[str, Any]]) -> Any:
    def simulate(arguments: dict[str, Any]) -> dict[str, Any]:
        asked.append(arguments)
        names: Sequence[str] = arguments["ActionNames"]
        return {"EvaluationResults": [{"EvalActionName": name, "EvalDecision": decide(name)} for name in names]}

    return answering(SimulatePrincipalPolicy=simulate)


def test_what_a_role_is_granted_is_simulated_on_what_it_is_granted_for(role: Deployed) -> None:
    asked: list[dict[str, Any]] = []
    with simulated(lambda _: "allowed", asked):
        assert states(permissions(role)) == [Health.OK]
    assert [each["ResourceArns"] for each in asked] == [
        ["arn:aws:events:us-east-1:123456789012:event-bus/default"],
        ["arn:aws:s3:::a/*"],
        ["arn:aws:s3:::b/*"],
    ]
    (context,) = asked[0]["ContextEntries"]
    assert (context["ContextKeyName"], context["ContextKeyValues"]) == ("events:source", ["unspread"])


def test_a_right_that_something_takes_away_is_told(role: Deployed) -> None:
    with simulated(lambda name: "explicitDeny" if name == "events:PutEvents" else "allowed", []):
        ((said, do),) = bad(permissions(role))
    assert said == "ScanRole may not events:PutEvents (explicitDeny)"
    assert "boundary" in do


def test_a_role_without_its_policy_is_told(role: Deployed) -> None:
    aws.iam().delete_role_policy(RoleName="scan-role", PolicyName="scan")
    assert "ScanRole has no policy" in bad(permissions(role))[0][0]


def test_where_nothing_can_be_simulated_that_is_said_aloud(role: Deployed) -> None:
    with failing(lambda _at, operation: operation == "SimulatePrincipalPolicy", denied):
        (finding,) = permissions(role)
    assert (finding.health, finding.said) == (Health.SKIPPED, "iam:SimulatePrincipalPolicy: AccessDenied")
    with (
        failing(lambda _at, operation: operation == "SimulatePrincipalPolicy", _gone),
        pytest.raises(ClientError, match="NoSuchEntity"),
    ):
        list(permissions(role))


def _no_bucket(_: object) -> None:
    raise ClientError({"Error": {"Code": "NoSuchBucket", "Message": "gone"}}, "GetBucketNotificationConfiguration")


def _gone(operation: str) -> Exception:
    return ClientError({"Error": {"Code": "NoSuchEntity", "Message": "gone"}}, operation)


# ---------------------------------------------------------------------------------------------------- what waits


def test_dead_letters_are_told(stack: Deployed) -> None:
    assert states(waiting.dead_letters(stack)) == [Health.OK]
    aws.sqs().send_message(QueueUrl=stack.outputs["SweepFailureQueueUrl"], MessageBody="x")
    ((said, do),) = bad(waiting.dead_letters(stack))
    assert said == "1 in SweepFailureQueue"
    assert do.endswith("unspread redrive --stack unspread")


def test_messages_that_wait_too_long_are_told(stack: Deployed) -> None:
    assert states(waiting.queues(stack)) == [Health.SKIPPED] * 2
    with answering(GetMetricStatistics={"Datapoints": [{"Maximum": 60.0}, {"Maximum": 1200.0}]}):
        ((said, _),) = bad(waiting.queues(stack))
    assert said == "the oldest message of ScanQueue has waited 20 minutes"


def test_listings_reviews_snapshot_and_imports_that_wait_too_long_are_told(stack: Deployed) -> None:
    assert states(waiting.waits(stack)) == [Health.OK] * 4
    aws.dynamodb().put_item(
        TableName="UploadTable",
        Item={
            "pk": "reviews",
            "sk": f"2026-01-01T00:00:00.000Z#{'0' * 64}",
            "verdict": "match",
            "since": 1_700_000_000,
        },
    )
    changes = pack([Change(Operation.ADD, HashKey(Kind.PDQ, "ab" * 32), 1)])
    for pk in ("log", "unswept"):
        item = {"pk": pk, "sk": "01JD0000000000000000000000", "changes": changes}
        aws.dynamodb().put_item(TableName="HashTable", Item=item)
    found = {each.check: each for each in waiting.waits(stack)}
    assert {name: each.health.value for name, each in found.items()} == {
        "listings": "failed",
        "reviews": "failed",
        "snapshot": "failed",
        "imports": "ok",
    }
    assert "1 matches and 0 suspects" in found["reviews"].said
    assert "48 hours" in found["reviews"].do


def test_alarms_that_ring_are_told_by_their_names_in_the_runbook(stack: Deployed) -> None:
    made = replace(stack, resources=(Resource("ClockAlarm", "AWS::CloudWatch::Alarm", "unspread-ClockAlarm-1"),))
    with answering(DescribeAlarms={"MetricAlarms": []}):
        assert states(waiting.alarms(made)) == [Health.OK]
    with answering(DescribeAlarms={"MetricAlarms": [{"AlarmName": "unspread-ClockAlarm-1"}]}):
        assert bad(waiting.alarms(made)) == [("ClockAlarm rings", "See ClockAlarm in docs/runbook.md.")]


# ---------------------------------------------------------------------------------------------------- the canary


def left_behind(world: World) -> tuple[int, int]:
    listed = world.s3.list_object_versions(Bucket=world.uploads_bucket, Prefix=CANARIES)
    items = aws.dynamodb().scan(TableName="UploadTable")["Items"]
    return len(listed.get("Versions", [])) + len(listed.get("DeleteMarkers", [])), len(items)


def test_an_upload_is_seen_and_nothing_of_it_stays(stack: Deployed, world: World) -> None:
    def arrive(_: float) -> None:
        (version,) = world.s3.list_object_versions(Bucket=world.uploads_bucket, Prefix=CANARIES)["Versions"]
        assert world.deliver(world.message(version["Key"], version["VersionId"], version["ETag"].strip('"'))) == []

    (finding,) = canary(stack, 60, pause=arrive)
    assert finding.health is Health.OK
    assert left_behind(world) == (0, 0)


def test_an_upload_that_nobody_sees_is_told_and_nothing_of_it_stays(stack: Deployed, world: World) -> None:
    ((said, do),) = bad(canary(stack, 0.01, pause=lambda _: None))
    assert "no verdict" in said
    assert "NoScansAlarm" in do
    assert left_behind(world) == (0, 0)


def test_a_canary_that_cannot_be_looked_for_is_deleted_all_the_same(stack: Deployed, world: World) -> None:
    with failing(lambda at, operation: operation == "GetItem" and at < 3, denied), pytest.raises(ClientError):
        list(canary(stack, 60, pause=lambda _: None))
    assert left_behind(world) == (0, 0)


# --------------------------------------------------------------------------------------------------- the command


def test_a_check_that_cannot_look_does_not_stop_the_others(stack: Deployed) -> None:
    def fault(operation: str) -> Exception:
        faults = {"DescribeSecret": denied, "GetQueueAttributes": unanswered, "DescribeTimeToLive": _gone}
        return faults[operation](operation)

    chosen = {
        name: check for name, check in checks(0).items() if name in {"secrets", "dead letters", "expiry", "clock"}
    }
    broken = {"DescribeSecret", "GetQueueAttributes", "DescribeTimeToLive"}
    with failing(lambda _at, operation: operation in broken, fault):
        found = {each.check: (each.health.value, each.said) for each in examine(stack, chosen)}
    assert found["secrets"] == ("skipped", "your credentials may not DescribeSecret: AccessDenied")
    assert found["dead letters"][0] == "failed"
    assert found["expiry"] == ("failed", "DescribeTimeToLive: NoSuchEntity")
    assert found["clock"][0] == "ok"
    del stack.outputs["ProofSecretArn"]
    (finding,) = examine(stack, {"secrets": setup.secrets})
    assert (finding.health, finding.said) == (Health.SKIPPED, "the output 'ProofSecretArn' is missing")


@pytest.fixture
def described(stack: Deployed) -> Iterator[dict[str, Any]]:
    """What CloudFormation says of the stack; yours to change."""
    told: dict[str, Any] = {
        "StackName": "unspread",
        "CreationTime": datetime(2026, 11, 22, tzinfo=UTC),
        "StackStatus": "CREATE_COMPLETE",
        "Outputs": [{"OutputKey": name, "OutputValue": value} for name, value in stack.outputs.items()],
        "Parameters": [{"ParameterKey": name, "ParameterValue": value} for name, value in stack.parameters.items()],
    }
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=5), usegmt=True)
    resource = {
        "LogicalResourceId": "CaseTable",
        "ResourceType": "AWS::DynamoDB::Table",
        "PhysicalResourceId": "CaseTable",
        "ResourceStatus": "CREATE_COMPLETE",
        "LastUpdatedTimestamp": datetime(2026, 11, 22, tzinfo=UTC),
    }
    with Stubber(aws.cloudformation()) as stubber:
        answer: Any = {"Stacks": [told], "ResponseMetadata": {"HTTPHeaders": {"date": date}}}
        stubber.add_response("describe_stacks", answer, {"StackName": "unspread"})
        stubber.add_response("list_stack_resources", {"StackResourceSummaries": [resource]})
        yield told


def test_the_command_prints_a_line_for_each_finding(
    described: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--stack", "unspread", "--wait", "0"]) == 0
    told = capsys.readouterr().out
    assert "ok      version: " in told
    assert "ok      expiry: on for CaseTable" in told
    assert "advice  alarm topic: there is none: nobody hears the alarms\n        -> Deploy with AlarmTopicArn" in told
    assert "skipped queues: CloudWatch tells nothing of ScanQueue" in told
    assert "delivery" not in told


def test_a_failure_is_the_status_and_json_says_the_same(
    described: dict[str, Any], stack: Deployed, capsys: pytest.CaptureFixture[str]
) -> None:
    aws.sqs().send_message(QueueUrl=stack.outputs["ScanDeadLetterQueueUrl"], MessageBody="x")
    assert main(["doctor", "--stack", "unspread", "--wait", "0", "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["healthy"] is False
    (failure,) = (each for each in told["findings"] if each["health"] == "failed")
    assert (failure["check"], failure["said"]) == ("dead letters", "1 in ScanDeadLetterQueue")


def test_a_stack_that_is_not_there_is_told(stack: Deployed, capsys: pytest.CaptureFixture[str]) -> None:
    with Stubber(aws.cloudformation()) as stubber:
        stubber.add_client_error("describe_stacks", "ValidationError")
        assert main(["doctor", "--stack", "nowhere"]) == 1
    assert "The stack nowhere cannot be described: DescribeStacks: ValidationError." in capsys.readouterr().err
