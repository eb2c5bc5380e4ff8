"""The queue that a function is fed from."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

FIRST_SENT = "FirstSent"
"""Attribute of a message that was sent again from a dead-letter queue: when it was first sent, in ms since 1970."""

_FIRST_WAIT = 30
_LONGEST_WAIT = 900


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
