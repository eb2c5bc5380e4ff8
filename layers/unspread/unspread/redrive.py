"""What lies in dead-letter queues goes back to the queues that it came from.

A message is sent, and only then deleted: a run that is killed in between leaves it in both, which does no harm, for
acting on an upload is idempotent. It keeps its body, and the time of its first sending, so that the clock goes on.

The rule's queue holds S3's events as EventBridge could not deliver them, perhaps as our queues would have got them.
What goes on is what the rule would have let through: bucket and object, and no address. Sweep's queue holds places in a
stream and no message: it is emptied when every listing was swept.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from unspread.stores.queue import FIRST_SENT
from unspread.upload import UploadMessage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

_AT_ONCE = 10
_HIDDEN = 300
"""Seconds for which a message that is being moved is hidden from another run."""

_KINDS = {"Object Created": "scan", "Object Deleted": "forget"}


class UnsweptError(Exception):
    """Listings wait for the reconciler: the notice of what failed stays until they were swept."""


@dataclass
class Moved:
    """What a run did: messages sent back, by queue, messages dropped, and those that nobody understands, left there."""

    sent: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Redrive:
    """Moves messages out of dead-letter queues.

    `queues` and `dead_letters` are URLs by name: scan, forget, backfill; dead letters of rule and sweep too.
    """

    client: "SQSClient"
    queues: dict[str, str]
    dead_letters: dict[str, str]
    unswept: Callable[[], bool]

    def waiting(self, name: str) -> int:
        """Return about how many messages a dead-letter queue holds, those included that a run is moving just now."""
        told = self.client.get_queue_attributes(
            QueueUrl=self.dead_letters[name],
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        return int(told["ApproximateNumberOfMessages"]) + int(told["ApproximateNumberOfMessagesNotVisible"])

    def __call__(self, name: str) -> Moved:
        """Empty a dead-letter queue. Raises UnsweptError for sweep's while a listing is not swept."""
        moved = Moved()
        if name == "sweep" and self.unswept():
            raise UnsweptError
        for message in self._messages(self.dead_letters[name]):
            if name == "sweep":
                moved.dropped += 1
            elif (found := self._target(name, message)) is None:
                moved.left += 1
                continue
            else:
                target, body = found
                self._send(target, body, message)
                moved.sent[target] = moved.sent.get(target, 0) + 1
            self.client.delete_message(QueueUrl=self.dead_letters[name], ReceiptHandle=message["ReceiptHandle"])
        return moved

    def _messages(self, url: str) -> Iterator["MessageTypeDef"]:
        """Yield what lies in a queue, each message once, until nothing comes that is new."""
        seen: set[str] = set()
        while True:
            messages = self.client.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=_AT_ONCE,
                VisibilityTimeout=_HIDDEN,
                WaitTimeSeconds=1,
                MessageSystemAttributeNames=["SentTimestamp"],
                MessageAttributeNames=["All"],
            ).get("Messages", [])
            new = [message for message in messages if message["MessageId"] not in seen]
            if not new:
                return
            for message in new:
                seen.add(message["MessageId"])
                yield message

    def _target(self, name: str, message: "MessageTypeDef") -> tuple[str, str] | None:
        """Return the queue that a message goes to, and its body there; None if it cannot be told."""
        if name in self.queues:
            return name, message["Body"]
        try:
            event: Any = json.loads(message["Body"])
            detail = event.get("detail", event)
            target = _KINDS.get(event.get("detail-type", ""), _named(message, self.queues))
            body = {"bucket": detail["bucket"], "object": detail["object"]}
            UploadMessage.model_validate(body)
        except (ValueError, ValidationError, KeyError, TypeError, AttributeError):
            return None
        return (target, json.dumps(body)) if target in self.queues else None

    def _send(self, target: str, body: str, message: "MessageTypeDef") -> None:
        sent = _attribute(message, FIRST_SENT) or message["Attributes"]["SentTimestamp"]
        self.client.send_message(
            QueueUrl=self.queues[target],
            MessageBody=body,
            MessageAttributes={FIRST_SENT: {"StringValue": sent, "DataType": "Number"}},
        )


def _named(message: "MessageTypeDef", queues: dict[str, str]) -> str:
    """Return the queue that EventBridge names as its target, for messages that are shaped for it already."""
    target = _attribute(message, "TARGET_ARN").rpartition(":")[2]
    return next((name for name, url in queues.items() if url.rpartition("/")[2] == target), "")


def _attribute(message: "MessageTypeDef", name: str) -> str:
    found = message.get("MessageAttributes", {}).get(name)
    return found.get("StringValue", "") if found else ""
