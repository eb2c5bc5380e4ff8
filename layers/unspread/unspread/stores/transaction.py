"""Read, decide, write conditionally; when somebody else was faster, do it again."""

import random
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, HTTPClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

type Action = dict[str, Any]
"""One action of TransactWriteItems: Put, Update, Delete or ConditionCheck."""

_REASONS_TO_REPEAT = {
    "None",
    "ConditionalCheckFailed",
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
}
_ERRORS_TO_REPEAT = {
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
}


class BusyError(Exception):
    """A transaction was beaten by others, or not answered, on every attempt. Nothing of it was written, or all."""


def commit(
    client: "DynamoDBClient",
    build: Callable[[], Sequence[Action]],
    *,
    attempts: int = 8,
    wait: Callable[[float], object] = time.sleep,
) -> None:
    """Write the actions that `build` makes, in one transaction.

    `build` is called anew for every attempt and has to read, strongly consistent, what it decides by: so an
    attempt whose answer was lost is seen to be done. It returns no actions when there is nothing left to do.

    Args:
        client: a client without retries of its own.
        build: returns the actions, at most 100.
        attempts: how often to try.
        wait: called with seconds between two attempts.

    Raises:
        BusyError: no attempt succeeded.
        botocore.exceptions.ClientError: DynamoDB refused for a reason that trying again does not mend.
    """
    for attempt in range(attempts):
        actions = build()
        if not actions:
            return
        try:
            client.transact_write_items(TransactItems=list(actions))  # type: ignore[arg-type]
        except ClientError as error:
            if not _to_repeat(error):
                raise
        except HTTPClientError:  # no answer: the next reading tells whether it was written
            pass
        else:
            return
        wait(random.uniform(0, min(2.0, 0.05 * 2**attempt)))  # noqa: S311 - spreads rivals, keeps no secret
    raise BusyError("Others changed the same items on every attempt.")


def _to_repeat(error: ClientError) -> bool:
    if error.response["Error"]["Code"] == "TransactionCanceledException":
        reasons = error.response.get("CancellationReasons", [])
        return all(reason.get("Code", "None") in _REASONS_TO_REPEAT for reason in reasons)
    return error.response["Error"]["Code"] in _ERRORS_TO_REPEAT
