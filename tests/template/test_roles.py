"""One role for each function, and in it exactly what the function's calls need.

What AWS asks for, beyond the call's own name:
- a mapping from a queue needs ReceiveMessage, DeleteMessage and GetQueueAttributes; one from a stream the four calls
  that read streams, and SendMessage at the queue that its failures go to;
- TransactWriteItems needs the right of each action in it: PutItem, UpdateItem, DeleteItem, ConditionCheckItem;
- CopyObject from a version needs GetObjectVersion and, for its tags, GetObjectVersionTagging at the source, PutObject
  and PutObjectTagging at the target; HeadObject and GetObject need GetObject, with a VersionId GetObjectVersion;
- PutObject with If-Match needs GetObject as well;
- without ListBucket a missing object is answered by 403 instead of 404, a missing version likewise.
"""

import re

import pytest

from tests.support.template import Json, properties, resources

type Rights = dict[str, set[str]]

LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
QUEUE_MAPPING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
TO_COPY_A_VERSION = ({"s3:GetObjectVersion", "s3:GetObjectVersionTagging"}, {"s3:PutObject", "s3:PutObjectTagging"})
# With a VersionId the rights of the version are needed, and S3's documentation names those of the object as well.
TO_TAG_A_VERSION = {
    "s3:GetObjectVersionTagging",
    "s3:GetObjectTagging",
    "s3:PutObjectTagging",
    "s3:PutObjectVersionTagging",
}
TO_TELL_MISSING_FROM_DENIED = {"s3:ListBucket"}
STREAM_MAPPING = {
    "dynamodb:DescribeStream",
    "dynamodb:GetRecords",
    "dynamodb:GetShardIterator",
    "dynamodb:ListStreams",
}
EVENT_BUS = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"

BACKFILLS = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${AWS::StackName}-backfill"
PULLED_FILES = "arn:${AWS::Partition}:s3:::${PulledFilesBucket}"

# What acting on a match takes, whoever found it: `conclude`, `match` and `guard`.
TO_ACT: Rights = {
    "UploadBucket.Arn/*": TO_COPY_A_VERSION[0] | TO_TAG_A_VERSION | {"s3:GetObject", "s3:DeleteObjectVersion"},
    "UploadBucket.Arn": TO_TELL_MISSING_FROM_DENIED | {"s3:ListBucketVersions"},
    "QuarantineBucket.Arn/*": TO_COPY_A_VERSION[1] | {"s3:GetObject", "s3:GetObjectTagging"},
    "QuarantineBucket.Arn": TO_TELL_MISSING_FROM_DENIED,
    "HashTable.Arn": {"dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
    "UploadTable.Arn": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"},
    EVENT_BUS: {"events:PutEvents"},
}
EXISTING = "arn:${AWS::Partition}:s3:::${Names}"
EXISTING_KEY = "ExistingBucketsKeyArn"
TO_ACT |= {
    f"{EXISTING}/*": TO_ACT["UploadBucket.Arn/*"],
    EXISTING: TO_ACT["UploadBucket.Arn"],
    EXISTING_KEY: {"kms:Decrypt"},
}
TO_SWEEP: Rights = {
    **TO_ACT,
    "HashTable.Arn": TO_ACT["HashTable.Arn"] | {"dynamodb:DeleteItem"},
    "UploadTable.Arn": TO_ACT["UploadTable.Arn"] | {"dynamodb:DescribeTable"},
}

# What a decision takes, by whoever sees it through.
TO_DECIDE: Rights = {
    **TO_ACT,
    "UploadBucket.Arn/*": TO_ACT["UploadBucket.Arn/*"] | {"s3:PutObject", "s3:PutObjectTagging", "s3:GetObjectTagging"},
    "QuarantineBucket.Arn/*": TO_ACT["QuarantineBucket.Arn/*"]
    | {"s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"},
    "QuarantineBucket.Arn": TO_TELL_MISSING_FROM_DENIED | {"s3:ListBucketVersions"},
    "UploadTable.Arn": TO_ACT["UploadTable.Arn"] | {"dynamodb:DeleteItem"},
}
TO_DECIDE |= {f"{EXISTING}/*": TO_DECIDE["UploadBucket.Arn/*"], EXISTING_KEY: {"kms:Decrypt", "kms:GenerateDataKey"}}

RIGHTS: dict[str, Rights] = {
    "ReviewRole": {**TO_DECIDE, "ReviewLog.Arn": LOG},
    "RetainRole": {**TO_DECIDE, "RetainLog.Arn": LOG},
    "ScanRole": {
        **TO_ACT,
        "ScanLog.Arn": LOG,
        "ScanQueue.Arn": QUEUE_MAPPING | {"sqs:ChangeMessageVisibility"},
        "BackfillQueue.Arn": QUEUE_MAPPING | {"sqs:ChangeMessageVisibility"},
        "ListBucket.Arn/*": {"s3:GetObject"},
        "ListBucket.Arn": TO_TELL_MISSING_FROM_DENIED,
        "HashTable.Arn": TO_ACT["HashTable.Arn"] | {"dynamodb:Query", "dynamodb:Scan"},
        "UploadTable.Arn": TO_ACT["UploadTable.Arn"] | {"dynamodb:BatchWriteItem"},
    },
    "ExchangeRole": {
        "ExchangeLog.Arn": LOG,
        "HashTable.Arn": {
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        },
        "ExchangeTable.Arn": {
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        },
    },
    "CheckRole": {
        "CheckLog.Arn": LOG,
        "ListBucket.Arn/*": {"s3:GetObject"},
        "ListBucket.Arn": TO_TELL_MISSING_FROM_DENIED,
        "HashTable.Arn": {"dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan"},
    },
    "PullRole": {
        "PullLog.Arn": LOG,
        "PullSecret.Id": {"secretsmanager:GetSecretValue"},
        "HashTable.Arn": {
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        },
        "PullTable.Arn": {
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
            "dynamodb:BatchWriteItem",
        },
        f"{PULLED_FILES}/*": {"s3:GetObject"},
        PULLED_FILES: TO_TELL_MISSING_FROM_DENIED,
    },
    "SweepRole": {
        **TO_SWEEP,
        "SweepLog.Arn": LOG,
        "HashTable.Arn/stream/*": STREAM_MAPPING,
        "SweepFailureQueue.Arn": {"sqs:SendMessage"},
    },
    "ReconcileRole": {
        **TO_SWEEP,
        "ReconcileLog.Arn": LOG,
        "HashTable.Arn": TO_SWEEP["HashTable.Arn"] | {"dynamodb:GetItem", "dynamodb:Query"},
        "UploadTable.Arn": TO_SWEEP["UploadTable.Arn"] | {"dynamodb:Scan"},
    },
    "PublishRole": {
        "PublishLog.Arn": LOG,
        "HashTable.Arn": {"dynamodb:Query"},
        "ListBucket.Arn/*": {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"},
        "ListBucket.Arn": TO_TELL_MISSING_FROM_DENIED,
    },
    "GaugeRole": {
        "GaugeLog.Arn": LOG,
        "HashTable.Arn": {"dynamodb:Query"},
        "UploadTable.Arn": {"dynamodb:Query"},
        "PullTable.Arn": {"dynamodb:Query"},
        "ListBucket.Arn/current.json": {"s3:GetObject"},
        "ListBucket.Arn": TO_TELL_MISSING_FROM_DENIED,
    },
    "ForgetRole": {
        "ForgetLog.Arn": LOG,
        "ForgetQueue.Arn": QUEUE_MAPPING,
        "UploadTable.Arn": {"dynamodb:GetItem", "dynamodb:Query", "dynamodb:UpdateItem", "dynamodb:BatchWriteItem"},
        EXISTING: {"s3:ListBucketVersions"},
    },
    "BackfillRole": {
        "BackfillLog.Arn": LOG,
        "BackfillQueue.Arn": {"sqs:SendMessage", "sqs:GetQueueAttributes"},
        "UploadBucket.Arn": {"s3:ListBucketVersions"},
        EXISTING: {"s3:ListBucketVersions"},
        "UploadTable.Arn": {
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        },
    },
    "BackfillStateMachineRole": {
        "BackfillFunction.Arn": {"lambda:InvokeFunction"},
        BACKFILLS: {"states:StartExecution"},
    },
    "LostEventsRole": {
        "LostEventsLog.Arn": LOG,
        "UploadTable.Arn": {"dynamodb:GetItem", "dynamodb:PutItem"},
        "BackfillStateMachine": {"states:StartExecution"},
    },
    "SubmitRole": {
        "SubmitLog.Arn": LOG,
        "ProofSecret.Id": {"secretsmanager:GetSecretValue"},
        "HashTable.Arn": {
            "dynamodb:BatchGetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        },
        "CaseTable.Arn": {
            "dynamodb:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:Query",
            "dynamodb:ConditionCheckItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        },
    },
    "RotateRole": {
        "RotateLog.Arn": LOG,
        "ProofSecret.Id": {"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"},
    },
    "PageRole": {"PageLog.Arn": LOG},
    "SettleRole": {
        "SettleLog.Arn": LOG,
        "HashTable.Arn": {
            "dynamodb:BatchGetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        },
        "CaseTable.Arn": {
            "dynamodb:Query",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:DeleteItem",
        },
    },
}
ROLES = sorted(resources("AWS::IAM::Role"))
MACHINES = sorted(resources("AWS::StepFunctions::StateMachine"))
OF_MACHINES = [properties(name)["RoleArn"]["Fn::GetAtt"][0] for name in MACHINES]
FUNCTIONS = sorted(resources("AWS::Lambda::Function"))


def listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def statements(role: str) -> list[Json]:
    """Return the statements, with those that a parameter switches on."""
    written = [each for policy in properties(role)["Policies"] for each in policy["PolicyDocument"]["Statement"]]
    return [each["Fn::If"][1] if "Fn::If" in each else each for each in written]


def resource_name(resource: Json) -> str:
    """Write `!GetAtt X.Arn` as `X.Arn`, `!Sub ${X.Arn}/*` as `X.Arn/*`, and the existing buckets by their pattern."""
    if "Fn::GetAtt" in resource:
        return ".".join(resource["Fn::GetAtt"])
    if "Ref" in resource:
        return str(resource["Ref"])
    if "Fn::Split" in resource:
        return str(resource["Fn::Split"][1]["Fn::Sub"][0])
    return re.sub(r"\$\{(\w+\.\w+)\}", r"\1", resource["Fn::Sub"])


def rights(role: str) -> Rights:
    found: Rights = {}
    for statement in statements(role):
        assert statement["Effect"] == "Allow"
        for resource in listed(statement["Resource"]):
            assert isinstance(resource, dict), f"{role}: {resource} is not a resource of this stack"
            actions = {str(action) for action in listed(statement["Action"])}
            found.setdefault(resource_name(resource), set()).update(actions)
    return found


def test_every_role_is_in_the_table() -> None:
    assert set(ROLES) == set(RIGHTS)


@pytest.mark.parametrize("role", ROLES)
def test_roles_hold_exactly_what_the_calls_need(role: str) -> None:
    assert rights(role) == RIGHTS[role]


@pytest.mark.parametrize("role", ROLES)
def test_no_right_has_a_wildcard(role: str) -> None:
    for resource, actions in rights(role).items():
        assert not any("*" in action for action in actions)
        assert resource.removesuffix("/*").count("*") == 0


@pytest.mark.parametrize("role", ROLES)
def test_roles_are_those_of_one_service_alone(role: str) -> None:
    (statement,) = properties(role)["AssumeRolePolicyDocument"]["Statement"]
    wanted = {
        "Effect": "Allow",
        "Principal": {"Service": "states.amazonaws.com" if role in OF_MACHINES else "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    if role in OF_MACHINES:
        wanted["Condition"] = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}
    assert statement == wanted
    assert "ManagedPolicyArns" not in properties(role)


def test_every_function_and_state_machine_has_a_role_of_its_own() -> None:
    roles = [properties(name)["Role"]["Fn::GetAtt"][0] for name in FUNCTIONS]
    assert sorted(roles + OF_MACHINES) == ROLES


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_may_write_into_the_log_group_they_have(name: str) -> None:
    function = properties(name)
    group = function["LoggingConfig"]["LogGroup"]["Ref"]
    assert rights(function["Role"]["Fn::GetAtt"][0])[f"{group}.Arn"] == LOG


@pytest.mark.parametrize("mapping", sorted(resources("AWS::Lambda::EventSourceMapping")))
def test_functions_may_read_what_feeds_them_and_report_what_failed(mapping: str) -> None:
    wanted = properties(mapping)
    role = properties(wanted["FunctionName"]["Ref"])["Role"]["Fn::GetAtt"][0]
    source, attribute = wanted["EventSourceArn"]["Fn::GetAtt"]
    if attribute == "StreamArn":
        assert rights(role)[f"{source}.Arn/stream/*"] == STREAM_MAPPING
        failures = wanted["DestinationConfig"]["OnFailure"]["Destination"]["Fn::GetAtt"][0]
        assert rights(role)[f"{failures}.Arn"] == {"sqs:SendMessage"}
    else:
        assert rights(role)[f"{source}.Arn"] >= QUEUE_MAPPING


@pytest.mark.parametrize("role", [role for role, wanted in RIGHTS.items() if EVENT_BUS in wanted])
def test_functions_may_publish_in_our_name_only(role: str) -> None:
    (statement,) = (wanted for wanted in statements(role) if wanted["Action"] == "events:PutEvents")
    assert statement["Condition"] == {"StringEqualsIfExists": {"events:source": "unspread"}}


def test_only_those_who_see_decisions_through_may_write_into_the_upload_bucket_or_delete_from_quarantine() -> None:
    writers = {role for role in ROLES if "s3:PutObject" in rights(role).get("UploadBucket.Arn/*", set())}
    removers = {role for role in ROLES if "s3:DeleteObjectVersion" in rights(role).get("QuarantineBucket.Arn/*", set())}
    assert writers == removers == {"ReviewRole", "RetainRole"}


def test_no_function_may_read_the_case_table_and_the_uploads() -> None:
    """Who submitted and who uploaded are never in one function's sight."""
    for role in ROLES:
        sights = rights(role).keys()
        assert not ("CaseTable.Arn" in sights and "UploadTable.Arn" in sights)
