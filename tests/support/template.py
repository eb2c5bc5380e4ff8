"""template.yaml as tests see it: as written, as SAM expands it, and as tables and buckets for moto."""

import copy
import functools
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import boto3
from mypy_boto3_dynamodb import DynamoDBClient
from mypy_boto3_s3 import S3Client
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

# It reports feature switches that only AWS's own service has.
logging.getLogger("samtranslator").addHandler(logging.NullHandler())

type Json = dict[str, Any]

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
REGION = "us-east-1"
ACCOUNT = "123456789012"


@functools.cache
def _raw() -> Json:
    return cast("Json", yaml_parse(TEMPLATE.read_text(encoding="utf-8")))


@functools.cache
def _expanded() -> Json:
    template = raw()
    for name, resource in template["Resources"].items():
        for folder in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][folder] = f"s3://packaged/{name}"  # what `sam package` would write
    parameters = {name: definition.get("Default", "") for name, definition in template["Parameters"].items()}
    pseudo = {
        "AWS::Region": REGION,
        "AWS::AccountId": ACCOUNT,
        "AWS::Partition": "aws",
        "AWS::URLSuffix": "amazonaws.com",
        "AWS::StackName": "unspread",
    }
    translator = Translator(None, Parser(), boto_session=boto3.Session(region_name=REGION))
    managed_policies: Callable[[], dict[str, str]] = dict  # the template attaches none of AWS's own policies
    return cast(
        "Json",
        translator.translate(template, parameter_values=parameters | pseudo, get_managed_policy_map=managed_policies),
    )


def raw() -> Json:
    """Return template.yaml as written, with `!Ref X` as `{"Ref": "X"}` and so on; yours to change."""
    return cast("Json", json.loads(json.dumps(_raw())))


def expanded() -> Json:
    """Return the plain CloudFormation template that SAM makes of template.yaml; yours to change."""
    return copy.deepcopy(_expanded())


def part(*path: str) -> Json:
    """Return a part of it, which is copied much sooner than all of it; yours to change."""
    found = _expanded()
    for name in path:
        found = found[name]
    return copy.deepcopy(found)


def resources(kind: str) -> dict[str, Json]:
    """Return the resources of one CloudFormation type, such as `AWS::SQS::Queue`, after the expansion."""
    found = _expanded()["Resources"].items()
    return {name: copy.deepcopy(resource) for name, resource in found if resource["Type"] == kind}


def properties(name: str) -> Json:
    """Return the properties of one resource after the expansion."""
    return part("Resources", name, "Properties")


def create_tables(client: DynamoDBClient) -> dict[str, str]:
    """Create the tables of the template; return table names (equal to the logical ids) by logical id."""
    names = {}
    for name, table in resources("AWS::DynamoDB::Table").items():
        wanted = table["Properties"]
        arguments = {
            key: wanted[key]
            for key in ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
            if key in wanted
        }
        if "StreamSpecification" in wanted:
            arguments["StreamSpecification"] = {"StreamEnabled": True, **wanted["StreamSpecification"]}
        client.create_table(TableName=name, **arguments)
        if "TimeToLiveSpecification" in wanted:
            client.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted["TimeToLiveSpecification"])
        names[name] = name
    return names


def create_buckets(client: S3Client) -> dict[str, str]:
    """Create the buckets of the template; return bucket names, such as `upload-bucket`, by logical id."""
    names = {}
    for name, bucket in resources("AWS::S3::Bucket").items():
        bucket_name = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).strip("-")
        client.create_bucket(Bucket=bucket_name)
        if "VersioningConfiguration" in bucket["Properties"]:
            client.put_bucket_versioning(
                Bucket=bucket_name,
                VersioningConfiguration=bucket["Properties"]["VersioningConfiguration"],
            )
        names[name] = bucket_name
    return names
