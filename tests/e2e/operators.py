"""Those who run a deployed stack: the commands that work on its tables, and what other platforms get of them."""

import json
import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import boto3
import urllib3

from tests.local.emulator import REGION, clean_environment
from tests.local.paths import developer_tool
from tests.local.stack import Stack
from tests.support import polling
from unspread.cli.review_client import ReviewClient

JSON = "application/json"
XML = "application/xml"
ROOT_KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@dataclass(frozen=True)
class Reply:
    """What an API answered."""

    status: int
    kind: str
    text: str

    @property
    def document(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class Participant:
    """A platform with keys of a stack's exchange."""

    stack: Stack
    name: str
    keys: dict[str, str]

    def ask(self, method: str, path: str, body: object = None, kind: str = JSON, **query: object) -> Reply:
        """Call the exchange; a body of text goes as it is, any other as JSON."""
        content = body if isinstance(body, str) or body is None else json.dumps(body)
        return call(self.stack, method, f"{path}?{urlencode(query)}", content, self.keys | {"Content-Type": kind})

    def records(self) -> dict[str, str]:
        """Pull everything; return the status of each hash."""
        page = self.ask("GET", "/v1/FetchHashes", startTimestamp=10).document
        found = {record["hashValue"]: record["hashStatus"] for record in page["hashRecords"]}
        while page["hasMoreRecords"]:
            token = page["nextPageToken"]
            page = self.ask("GET", "/v1/FetchHashes", startTimestamp=10, nextPageToken=token).document
            found |= {record["hashValue"]: record["hashStatus"] for record in page["hashRecords"]}
        return found

    def revoke(self) -> None:
        """Revoke the keys."""
        command(self.stack, "participants", "revoke", self.name)


def participant(stack: Stack, *options: str, categories: str = "minor,adult") -> Participant:
    """Add a participant, with a name that nobody had, by the command line."""
    name = f"p-{uuid.uuid4().hex[:12]}"
    said = json.loads(command(stack, "participants", "add", name, "--categories", categories, *options))
    return Participant(stack, name, {key: said[key] for key in ("x-functions-key", "Ocp-Apim-Subscription-Key")})


def user(stack: Stack, name: str, allowed: str) -> dict[str, str]:
    """Make an IAM user who may do this everywhere, such as s3:*; return what a client signs with."""
    iam: Any = boto3.client("iam", endpoint_url=stack.endpoint, region_name=REGION, **ROOT_KEYS)  # type: ignore[call-overload]
    statement = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
    iam.create_user(UserName=name)
    iam.put_user_policy(
        UserName=name, PolicyName="all", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def reviewer(stack: Stack, keys: Mapping[str, str] = ROOT_KEYS) -> ReviewClient:
    """Return a client of the reviews that signs with these keys."""
    with patch.dict("os.environ", {"AWS_DEFAULT_REGION": REGION} | {name.upper(): keys[name] for name in keys}):
        return ReviewClient(stack.api)


def command(stack: Stack, *arguments: str, asked: str = "") -> str:
    """Run an operator's `unspread` command on a stack; return what it prints. `asked` is its standard input."""
    done = subprocess.run(
        [str(developer_tool("unspread")), *arguments, "--stack", stack.stack],
        env=clean_environment() | {"AWS_ENDPOINT_URL": stack.endpoint},
        input=asked,
        capture_output=True,
        text=True,
        timeout=polling.PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def call(stack: Stack, method: str, path: str, body: str | None, headers: dict[str, str]) -> Reply:
    """Make a request as it is."""
    content = None if body is None else body.encode()
    with urllib3.PoolManager(retries=False, timeout=polling.PATIENCE) as http:
        answer = http.request(method, stack.api + path, body=content, headers=headers)
        return Reply(answer.status, answer.headers.get("Content-Type", ""), answer.data.decode())
