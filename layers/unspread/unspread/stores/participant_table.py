"""The exchange table, as far as it is about participants: who they are, what they may ask, what they asked.

    pk                    sk              attributes
    participants          <name>          digest, secret, categories, contributes, created, revoked
    bucket#<name>         bucket          full_at (ms since 1970 at which the bucket is full again)
    audit#<name>          <ulid>          call, cursor, records, expires
    (feedback: see `feedback_table`)

It is a table of its own, so that no function but exchange can read a participant's digest or secret.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from unspread import ulid
from unspread.exchange.participant import Participant
from unspread.stores.items import partition
from unspread.stores.transaction import BusyError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_PARTICIPANTS = "participants"
_AUDIT_KEPT = 365 * 86400
_ATTEMPTS = 8


class ParticipantExistsError(Exception):
    """There is a participant of this name, or there was."""


class TooManyRequestsError(Exception):
    """The participant's bucket is empty. `seconds` says how long it takes until a request fits again."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


@dataclass(frozen=True, slots=True)
class Audited:
    """A call of a participant. `at` is in seconds since 1970."""

    at: int
    call: str
    cursor: str
    records: int


class ParticipantTable:
    """The participants."""

    def __init__(self, client: "DynamoDBClient", name: str, clock: Callable[[], float] = time.time) -> None:
        """Use this table."""
        self._client = client
        self._name = name
        self._clock = clock

    def read(self, name: str) -> Participant | None:
        """Read a participant, strongly consistent: whoever was revoked stays out at once."""
        item = self._client.get_item(
            TableName=self._name, Key={"pk": _PARTICIPANTS, "sk": name}, ConsistentRead=True
        ).get("Item")
        return _participant(cast("dict[str, Any]", item)) if item else None

    def all(self) -> list[Participant]:
        """Read all participants, by name."""
        return [_participant(item) for item in partition(self._client, self._name, _PARTICIPANTS)]

    def add(self, participant: Participant) -> None:
        """Add a participant. Raises ParticipantExistsError."""
        item = {
            "pk": _PARTICIPANTS,
            "sk": participant.name,
            "digest": participant.digest,
            "secret": participant.secret,
            "categories": sorted(participant.categories),
            "contributes": participant.contributes,
            "created": participant.created,
        }
        try:
            self._client.put_item(TableName=self._name, Item=item, ConditionExpression="attribute_not_exists(pk)")
        except self._client.exceptions.ConditionalCheckFailedException:
            raise ParticipantExistsError from None

    def revoke(self, name: str, day: str) -> bool:
        """Revoke a participant's keys for good; tell whether there is such a participant. Repeating it is safe."""
        try:
            self._client.update_item(
                TableName=self._name,
                Key={"pk": _PARTICIPANTS, "sk": name},
                UpdateExpression="SET revoked = if_not_exists(revoked, :day), digest = :none REMOVE secret",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues={":day": day, ":none": ""},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def take(self, name: str, rate: float, burst: int) -> None:
        """Take a token out of a participant's bucket, exactly one however many requests there are at once.

        The bucket is kept as the time at which it will be full again (the generic cell rate algorithm, ITU-T I.371):
        a request moves that time on by 1 / rate, and fits while it is less than burst / rate away.

        Args:
            name: the participant.
            rate: tokens that come back in a second.
            burst: tokens in a full bucket.

        Raises:
            TooManyRequestsError: the bucket is empty.
            BusyError: others took tokens on every attempt.
        """
        step = max(1, round(1000 / rate))
        for _ in range(_ATTEMPTS):
            now = int(self._clock() * 1000)
            latest = now + step * (burst - 1)
            fits = "full_at BETWEEN :now AND :latest"
            if self._set(name, "full_at + :step", fits, now=now, latest=latest, step=step):
                return
            if self._set(name, ":next", "attribute_not_exists(full_at) OR full_at < :now", now=now, next=now + step):
                return
            full_at = self._full_at(name)
            if full_at > latest:
                raise TooManyRequestsError(max(1, math.ceil((full_at - latest) / 1000)))
        raise BusyError("Others took tokens on every attempt.")

    def note(self, name: str, call: str, cursor: str, records: int) -> None:
        """Note a call for a year: what was asked for, from where, and how many records it was about."""
        now = self._clock()
        item = {"pk": f"audit#{name}", "sk": ulid.at(int(now * 1000)), "call": call, "cursor": cursor}
        self._client.put_item(
            TableName=self._name, Item={**item, "records": records, "expires": int(now) + _AUDIT_KEPT}
        )

    def last(self, name: str) -> Audited | None:
        """Read the newest call of a participant."""
        items = self._client.query(
            TableName=self._name,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": f"audit#{name}"},
            ScanIndexForward=False,
            Limit=1,
        )["Items"]
        if not items:
            return None
        item = cast("dict[str, Any]", items[0])
        return Audited(ulid.time_of(item["sk"]) // 1000, item["call"], item["cursor"], int(item["records"]))

    def _set(self, name: str, value: str, condition: str, **values: int) -> bool:
        try:
            self._client.update_item(
                TableName=self._name,
                Key=_bucket(name),
                UpdateExpression=f"SET full_at = {value}",
                ConditionExpression=condition,
                ExpressionAttributeValues={f":{each}": number for each, number in values.items()},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def _full_at(self, name: str) -> int:
        item = self._client.get_item(TableName=self._name, Key=_bucket(name), ConsistentRead=True).get("Item", {})
        return int(cast("Any", item.get("full_at", 0)))


def _bucket(name: str) -> dict[str, str]:
    return {"pk": f"bucket#{name}", "sk": "bucket"}


def _participant(item: dict[str, Any]) -> Participant:
    return Participant(
        name=item["sk"],
        digest=item["digest"],
        secret=bytes(item.get("secret", b"")),
        categories=frozenset(item["categories"]),
        contributes=item["contributes"],
        created=item["created"],
        revoked=item.get("revoked"),
    )
