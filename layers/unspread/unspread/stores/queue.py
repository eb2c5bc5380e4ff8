"""The queues that a function is fed from."""

from collections.abc import Iterable
from itertools import batched
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FIRST_SENT = "FirstSent"
"""Attribute of a message that was sent again from a dead-letter queue: when it was first sent, in ms since 1970."""

_FIRST_WAIT = 30
_LONGEST_WAIT = 900
_MESSAGES_AT_ONCE = 10


class NotQueuedError(Exception):
    """The queue did not take every message."""


class Queue:
    """A queue whose failed messages are tried again soon, and then less and less often."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        """Use the queue with this URL."""
        self._client = client
        self._url = url

    def retry_later(self, receipt: str, received: int) -> None:
        """Let a failed message come back after a wait that doubles each time it was received.

        Without this it would come back when its visibility timeout ends, half an hour later.
        """
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (received - 1))
        self._client.change_message_visibility(QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=wait)

    def send(self, bodies: Iterable[str]) -> None:
        """Send messages, each at least once. Raises NotQueuedError if the queue does not take one."""
        for batch in batched(bodies, _MESSAGES_AT_ONCE, strict=False):
            entries = [{"Id": str(at), "MessageBody": body} for at, body in enumerate(batch)]
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)  # type: ignore[arg-type]
            if answer.get("Failed"):
                raise NotQueuedError("The queue did not take every message.")

    def length(self) -> int:
        """Return about how many messages wait or are being worked on."""
        answer = self._client.get_queue_attributes(
            QueueUrl=self._url,
            AttributeNames=[
                "ApproximateNumberOfMessages",
                "ApproximateNumberOfMessagesNotVisible",
                "ApproximateNumberOfMessagesDelayed",
            ],
        )
        return sum(int(count) for count in answer["Attributes"].values())


def queue_of(arn: str, urls: Iterable[str]) -> str | None:
    """Return that of these queue addresses which belongs to the queue with this ARN; None if none does."""
    return next((url for url in urls if url.rpartition("/")[2] == arn.rpartition(":")[2]), None)
