"""Functions and what feeds them. Much of this an emulator lets pass, and AWS does not."""

import json
from base64 import b64decode

import pytest

from tests.support.eventbridge import matches
from tests.support.functions import sample
from tests.support.template import Json, properties, raw, resources
from unspread.changes import Operation, unpack
from unspread.stores.hash_log import LOG

FUNCTIONS = sorted(resources("AWS::Lambda::Function"))
MAPPINGS = sorted(resources("AWS::Lambda::EventSourceMapping"))
FROM_QUEUES = [name for name in MAPPINGS if properties(name)["EventSourceArn"]["Fn::GetAtt"][1] == "Arn"]
FROM_STREAMS = [name for name in MAPPINGS if properties(name)["EventSourceArn"]["Fn::GetAtt"][1] == "StreamArn"]
RULES = sorted(resources("AWS::Events::Rule"))
INVOKERS = {"apigateway.amazonaws.com", "events.amazonaws.com"}


def queue_statements(queue: str) -> list[Json]:
    return [
        statement
        for policy in resources("AWS::SQS::QueuePolicy").values()
        if {"Ref": queue} in policy["Properties"]["Queues"]
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def arn_of(name: str) -> Json:
    return {"Fn::GetAtt": [name, "Arn"]}


def permissions(principal: str) -> list[tuple[str, Json]]:
    return [
        (permission["Properties"]["FunctionName"]["Ref"], permission["Properties"]["SourceArn"])
        for permission in resources("AWS::Lambda::Permission").values()
        if permission["Properties"]["Principal"] == principal
    ]


def test_there_is_what_the_tests_look_at() -> None:
    assert {"ScanFunction", "SubmitFunction", "SettleFunction"} <= set(FUNCTIONS)
    assert {"SweepFunction", "ReconcileFunction", "PublishFunction", "ForgetFunction", "PageFunction"} <= set(FUNCTIONS)
    assert {"UploadRule", "ForgetRule"} <= set(RULES)
    fed = {name: properties(name)["FunctionName"]["Ref"] for name in MAPPINGS}
    assert sorted(fed[name] for name in FROM_QUEUES) == ["ForgetFunction", "ScanFunction", "ScanFunction"]
    assert [fed[name] for name in FROM_STREAMS] == ["SweepFunction"]
    assert len(MAPPINGS) == len(FROM_QUEUES) + len(FROM_STREAMS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_run_where_their_layers_were_built_for(name: str) -> None:
    function = properties(name)
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == [{"Ref": "Architecture"}]
    layers = resources("AWS::Lambda::LayerVersion")
    for layer in function.get("Layers", []):
        assert layers[layer["Ref"]]["Properties"]["CompatibleRuntimes"] == ["python3.13"]
        assert layers[layer["Ref"]]["Properties"]["CompatibleArchitectures"] == [{"Ref": "Architecture"}]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_no_function_starts_a_trace(name: str) -> None:
    assert properties(name)["TracingConfig"]["Mode"] == "PassThrough"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_log_into_a_group_of_their_own_that_is_in_the_template(name: str) -> None:
    group = properties(name)["LoggingConfig"]["LogGroup"]["Ref"]
    assert group in resources("AWS::Logs::LogGroup")
    others = [properties(other)["LoggingConfig"]["LogGroup"]["Ref"] for other in FUNCTIONS if other != name]
    assert group not in others


@pytest.mark.parametrize("name", FROM_QUEUES)
def test_queues_give_a_function_six_times_its_time(name: str) -> None:
    mapping = properties(name)
    queue = properties(mapping["EventSourceArn"]["Fn::GetAtt"][0])
    function = properties(mapping["FunctionName"]["Ref"])
    assert queue["VisibilityTimeout"] >= 6 * function["Timeout"]


@pytest.mark.parametrize("name", MAPPINGS)
def test_one_bad_message_does_not_repeat_its_batch(name: str) -> None:
    assert properties(name)["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


@pytest.mark.parametrize("name", FROM_QUEUES)
def test_queues_that_feed_functions_have_a_dead_letter_queue(name: str) -> None:
    queue = properties(name)["EventSourceArn"]["Fn::GetAtt"][0]
    redrive = properties(queue)["RedrivePolicy"]
    dead_letters = redrive["deadLetterTargetArn"]["Fn::GetAtt"][0]
    assert dead_letters in resources("AWS::SQS::Queue")
    assert dead_letters != queue
    assert redrive["maxReceiveCount"] >= 5, "Lambda's own throttling uses up receives"


@pytest.mark.parametrize("name", FROM_STREAMS)
def test_streams_start_a_function_for_new_entries_of_the_log_alone(name: str) -> None:
    """Counting copies changes the hash table too: were its records let through, sweep would feed itself."""
    mapping = properties(name)
    assert mapping["EventSourceArn"] == {"Fn::GetAtt": ["HashTable", "StreamArn"]}
    assert mapping["StartingPosition"] == "TRIM_HORIZON", "LATEST may pass over records while the mapping is made"
    (wanted,) = mapping["FilterCriteria"]["Filters"]
    assert json.loads(wanted["Pattern"]) == {"eventName": ["INSERT"], "dynamodb": {"Keys": {"pk": {"S": [LOG]}}}}


def test_nothing_that_sweeping_writes_passes_the_filter() -> None:
    (wanted,) = properties(FROM_STREAMS[0])["FilterCriteria"]["Filters"]
    pattern = json.loads(wanted["Pattern"])
    (entry,) = sample("sweep")["Records"]
    assert matches(pattern, entry)
    for kind in ("MODIFY", "REMOVE"):
        assert not matches(pattern, {**entry, "eventName": kind})
    for pk in ("unswept", "reading", "pdq#" + "00" * 32):
        keys = {"pk": {"S": pk}, "sk": entry["dynamodb"]["Keys"]["sk"]}
        assert not matches(pattern, {**entry, "dynamodb": {**entry["dynamodb"], "Keys": keys}})


def test_the_sample_entry_lists_what_the_sample_submission_submits() -> None:
    (record,) = sample("sweep")["Records"]
    (item,) = json.loads(sample("submit")["body"])["items"]
    (hashed,) = item["hashes"]
    submitted = {"sha256": item["sha256"], "md5": item["md5"], "pdq": hashed["pdq"], "phash": hashed["phash"]}
    changes = unpack(b64decode(record["dynamodb"]["NewImage"]["changes"]["B"]))
    assert {str(change.key) for change in changes} == {f"{kind}#{value}" for kind, value in submitted.items()}
    assert {change.operation for change in changes} == {Operation.ADD}


@pytest.mark.parametrize("name", FROM_STREAMS)
def test_a_poisoned_record_does_not_block_its_stream_and_is_told(name: str) -> None:
    mapping = properties(name)
    assert mapping["BisectBatchOnFunctionError"] is True
    assert 1 <= mapping["MaximumRetryAttempts"] <= 10
    assert 60 <= mapping["MaximumRecordAgeInSeconds"] <= 24 * 3600, "a stream keeps records for a day"
    failures = mapping["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
    assert failures in resources("AWS::SQS::Queue")
    assert failures in alarmed()


def test_what_the_stream_lost_is_reconciled_by_the_same_code_with_the_same_settings() -> None:
    sweep, reconcile = raw()["Resources"]["SweepFunction"], raw()["Resources"]["ReconcileFunction"]
    for name in ("CodeUri", "Layers", "Environment"):
        assert reconcile["Properties"][name] == sweep["Properties"][name]
    assert properties("SweepFunction")["Handler"] == "app.handler"
    assert properties("ReconcileFunction")["Handler"] == "app.reconcile"


@pytest.mark.parametrize(
    ("function", "schedule"),
    [
        ("SettleFunction", "rate(15 minutes)"),
        ("ReconcileFunction", "rate(15 minutes)"),
        ("PublishFunction", "rate(5 minutes)"),
        ("LostEventsFunction", {"Ref": "LostEventsSchedule"}),
        ("GaugeFunction", "rate(5 minutes)"),
        ("PullFunction", "rate(15 minutes)"),
    ],
)
def test_functions_run_on_their_schedule(function: str, schedule: object) -> None:
    rule = properties(f"{function}Schedule")
    assert rule["ScheduleExpression"] == schedule
    assert [target["Arn"] for target in rule["Targets"]] == [arn_of(function)]
    assert rule.get("State", "ENABLED") == "ENABLED"


@pytest.mark.parametrize("function", [name for name in FUNCTIONS if f"{name}Schedule" in RULES])
def test_a_run_on_a_schedule_that_fails_is_repeated_as_its_rule_says(function: str) -> None:
    """The rule repeats what it could not hand over. Lambda repeats what failed: twice, if nobody says else."""
    (target,) = properties(f"{function}Schedule")["Targets"]
    configs = [config["Properties"] for config in resources("AWS::Lambda::EventInvokeConfig").values()]
    attempts = [config["MaximumRetryAttempts"] for config in configs if config["FunctionName"] == {"Ref": function}]
    assert (attempts or [2]) == [target["RetryPolicy"]["MaximumRetryAttempts"]]


@pytest.mark.parametrize("name", RULES)
def test_rules_may_reach_their_targets(name: str) -> None:
    for target in properties(name)["Targets"]:
        goal, attribute = target["Arn"]["Fn::GetAtt"]
        assert attribute == "Arn"
        if goal in FUNCTIONS:
            assert (goal, arn_of(name)) in permissions("events.amazonaws.com")
        else:
            assert_rule_may_send(name, goal)


@pytest.mark.parametrize("name", RULES)
def test_events_that_cannot_be_delivered_to_a_queue_are_kept(name: str) -> None:
    for target in properties(name)["Targets"]:
        goal = target["Arn"]["Fn::GetAtt"][0]
        if goal not in FUNCTIONS:
            dead_letters = target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0]
            assert dead_letters != goal
            assert_rule_may_send(name, dead_letters)


def assert_rule_may_send(rule: str, queue: str) -> None:
    """EventBridge is let in for the rules that need it, this one among them, and for no other."""
    (statement,) = queue_statements(queue)
    assert statement["Effect"] == "Allow"
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Action"] == "sqs:SendMessage"
    assert statement["Resource"] == arn_of(queue)
    assert statement["Condition"].keys() == {"ArnEquals"}
    assert statement["Condition"]["ArnEquals"].keys() == {"aws:SourceArn"}
    named = statement["Condition"]["ArnEquals"]["aws:SourceArn"]
    rules = named if isinstance(named, list) else [named]
    assert arn_of(rule) in rules
    assert sorted(found["Fn::GetAtt"][0] for found in rules) == senders(queue)


def senders(queue: str) -> list[str]:
    """Return the rules whose events, delivered or undeliverable, go to a queue."""
    return [
        rule
        for rule in RULES
        for target in properties(rule)["Targets"]
        if arn_of(queue) in (target["Arn"], target.get("DeadLetterConfig", {}).get("Arn"))
    ]


def test_every_queue_policy_is_for_a_queue_that_rules_send_to() -> None:
    queues = [
        queue["Ref"]
        for policy in resources("AWS::SQS::QueuePolicy").values()
        for queue in policy["Properties"]["Queues"]
    ]
    assert sorted(queues) == ["ForgetQueue", "RuleDeadLetterQueue", "ScanQueue"]
    assert senders("RuleDeadLetterQueue") == ["ForgetRule", "UploadRule"]


def alarmed() -> set[str]:
    """Return the queues of which an alarm tells that they hold a message."""
    return {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("MetricName") == "ApproximateNumberOfMessagesVisible"
        for dimension in alarm["Properties"]["Dimensions"]
    }


def test_every_dead_letter_queue_has_an_alarm() -> None:
    dead_letters = {name for name in resources("AWS::SQS::Queue") if "DeadLetter" in name or "Failure" in name}
    assert len(dead_letters) >= 4
    assert dead_letters <= alarmed()


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if f"{name}Schedule" in RULES])
def test_every_function_on_a_schedule_has_an_alarm_for_its_errors(name: str) -> None:
    alarms = [alarm["Properties"] for alarm in resources("AWS::CloudWatch::Alarm").values()]
    errors = [alarm["Dimensions"] for alarm in alarms if alarm.get("MetricName") == "Errors"]
    assert [{"Name": "FunctionName", "Value": {"Ref": name}}] in errors


def test_alarms_on_our_own_metrics_watch_services_that_there_are() -> None:
    services = {properties(name)["Environment"]["Variables"].get("POWERTOOLS_SERVICE_NAME") for name in FUNCTIONS}
    watched = {
        dimension["Value"]
        for alarm in resources("AWS::CloudWatch::Alarm").values()
        if alarm["Properties"].get("Namespace") == "Unspread" and alarm["Properties"]["MetricName"] == "Held"
        for dimension in alarm["Properties"]["Dimensions"]
    }
    assert watched == {"scan", "sweep", "exchange"}
    assert watched <= services


def test_functions_are_invoked_by_those_sources_alone() -> None:
    principals = {permission["Properties"]["Principal"] for permission in resources("AWS::Lambda::Permission").values()}
    assert principals <= INVOKERS
    assert all(
        permission["Properties"]["Action"] == "lambda:InvokeFunction" and permission["Properties"]["SourceArn"]
        for permission in resources("AWS::Lambda::Permission").values()
    )
