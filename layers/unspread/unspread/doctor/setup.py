"""How a stack is set up: version, outputs, clock, functions and what feeds them, tables, buckets, secrets, alarms."""

from collections.abc import Iterator

from botocore.exceptions import ClientError

from unspread import __version__, aws
from unspread.doctor.deployed import Deployed, Finding, Health, ok, wrong
from unspread.stores.run_table import RunTable

OUTPUTS = (
    "ApiUrl",
    "CaseTableName",
    "ExchangeTableName",
    "ForgetDeadLetterQueueUrl",
    "ForgetQueueUrl",
    "HashTableName",
    "ListBucketName",
    "ProofSecretArn",
    "PullSecretArn",
    "PullTableName",
    "QuarantineBucketName",
    "RuleDeadLetterQueueUrl",
    "ScanDeadLetterQueueUrl",
    "ScanQueueUrl",
    "SweepFailureQueueUrl",
    "UploadBucketName",
    "UploadTableName",
    "Version",
)
"""Outputs that commands and checks look for."""

EXPIRING = ("CaseTable", "ExchangeTable", "PullTable")
"""Tables whose items expire."""

_REDEPLOY = "Deploy this version: sam build && sam deploy."
_MOST_SKEW = 30.0


def version(stack: Deployed) -> Iterator[Finding]:
    """Compare the deployed version with this one, and look for what commands need."""
    missing = [name for name in OUTPUTS if name not in stack.outputs]
    if missing:
        yield wrong("outputs", f"missing: {', '.join(missing)}", _REDEPLOY)
    else:
        yield ok("outputs", f"all {len(OUTPUTS)} are there")
    deployed = stack.outputs.get("Version", "none")
    if deployed == __version__:
        yield ok("version", deployed)
    else:
        do = "Deploy this version, or install that one's command line."
        yield wrong("version", f"{deployed} is deployed, this is {__version__}", do)


def clock(stack: Deployed) -> Iterator[Finding]:
    """Compare this machine's clock with that of AWS."""
    said = f"this machine's differs by {abs(stack.ahead):.0f} s from that of AWS"
    if abs(stack.ahead) <= _MOST_SKEW:
        yield ok("clock", said)
    else:
        yield wrong("clock", said, "Set it by NTP: AWS refuses requests from clocks that are minutes off.")


def functions(stack: Deployed) -> Iterator[Finding]:
    """Look whether functions can run, and whether what feeds them is on."""
    functions = stack.of("AWS::Lambda::Function")
    for function in functions:
        told = aws.functions().get_function_configuration(FunctionName=function.id)
        if told.get("State", "Active") != "Active" or told.get("LastUpdateStatus", "Successful") == "Failed":
            yield wrong("functions", f"{function.name} is {told.get('State')}", _REDEPLOY)
    mappings = stack.of("AWS::Lambda::EventSourceMapping")
    for mapping in mappings:
        state = aws.functions().get_event_source_mapping(UUID=mapping.id)["State"]
        if state not in {"Enabled", "Enabling", "Updating"}:
            do = f"aws lambda update-event-source-mapping --uuid {mapping.id} --enabled"
            yield wrong("functions", f"{mapping.name} is {state}: nothing is fed", do)
    yield ok("functions", f"looked at {len(functions)}, and {len(mappings)} mappings that feed them")


def tables(stack: Deployed) -> Iterator[Finding]:
    """Look whether items expire where they should."""
    for table in stack.of("AWS::DynamoDB::Table"):
        if table.name not in EXPIRING:
            continue
        told = aws.dynamodb().describe_time_to_live(TableName=table.id)["TimeToLiveDescription"]
        if told.get("TimeToLiveStatus") in {"ENABLED", "ENABLING"} and told.get("AttributeName") == "expires":
            yield ok("expiry", f"on for {table.name}")
        else:
            setting = "Enabled=true,AttributeName=expires"
            do = f"aws dynamodb update-time-to-live --table-name {table.id} --time-to-live-specification {setting}"
            yield wrong("expiry", f"off for {table.name}: its items stay for ever", do)


def buckets(stack: Deployed) -> Iterator[Finding]:
    """Look whether the watched buckets tell EventBridge of uploads."""
    own = stack.outputs["UploadBucketName"]
    if _is_on(own):
        yield ok("events", f"EventBridge is on for {own}")
    else:
        yield wrong("events", f"EventBridge is off for {own}: its uploads are not scanned", _REDEPLOY)
    runs = RunTable(aws.dynamodb(), stack.outputs["UploadTableName"])
    for bucket in filter(None, stack.parameters.get("ExistingBuckets", "").split(",")):
        if _is_on(bucket):
            yield ok("events", f"EventBridge is on for {bucket}")
            continue
        said = f"EventBridge is off for {bucket}, or it is not there: its uploads are not scanned"
        health = Health.FAILED if runs.watched(bucket) else Health.ADVICE
        yield Finding("events", health, said, f"unspread watch {bucket} --stack {stack.name}")


def _is_on(bucket: str) -> bool:
    try:
        return "EventBridgeConfiguration" in aws.s3().get_bucket_notification_configuration(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchBucket":
            return False
        raise


def secrets(stack: Deployed) -> Iterator[Finding]:
    """Look whether the secrets are there. They are not read."""
    for output in ("ProofSecretArn", "PullSecretArn"):
        told = aws.secrets().describe_secret(SecretId=stack.outputs[output])
        if told.get("DeletedDate"):
            do = f"aws secretsmanager restore-secret --secret-id {stack.outputs[output]}"
            yield wrong("secrets", f"{output} is being deleted", do)
        else:
            yield ok("secrets", f"{output} is there")


def topic(stack: Deployed) -> Iterator[Finding]:
    """Look whether anybody hears the alarms."""
    arn = stack.parameters.get("AlarmTopicArn", "")
    if not arn:
        do = "Deploy with AlarmTopicArn, the ARN of an SNS topic."
        yield Finding("alarm topic", Health.ADVICE, "there is none: nobody hears the alarms", do)
        return
    pages = aws.sns().get_paginator("list_subscriptions_by_topic").paginate(TopicArn=arn)
    told = [each["SubscriptionArn"] for page in pages for each in page["Subscriptions"]]
    confirmed = [each for each in told if each.startswith("arn:")]
    if confirmed:
        yield ok("alarm topic", f"{len(confirmed)} confirmed subscriptions")
    else:
        do = "Subscribe to the topic, and confirm it by the link that is sent."
        yield wrong("alarm topic", f"nobody hears the alarms: {len(told)} unconfirmed subscriptions", do)
