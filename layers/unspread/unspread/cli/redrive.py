"""`unspread redrive`: what lies in dead-letter queues goes back. It works with the operator's AWS credentials."""

import argparse

from botocore.exceptions import BotoCoreError, ClientError

from unspread import aws
from unspread.cli.errors import CommandError
from unspread.cli.stack_outputs import outputs
from unspread.redrive import Redrive, UnsweptError
from unspread.stores.hash_log import HashLog

_QUEUES = {"scan": "ScanQueueUrl", "forget": "ForgetQueueUrl", "backfill": "BackfillQueueUrl"}
_DEAD_LETTERS = {
    "scan": "ScanDeadLetterQueueUrl",
    "rule": "RuleDeadLetterQueueUrl",
    "forget": "ForgetDeadLetterQueueUrl",
    "backfill": "BackfillDeadLetterQueueUrl",
    "sweep": "SweepFailureQueueUrl",
}
_OPTIONAL = {"BackfillQueueUrl", "BackfillDeadLetterQueueUrl"}


class RedriveError(CommandError):
    """A command that cannot be done. The message says what to change."""


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subcommands.add_parser("redrive", help="send dead letters back to their queues (for operators)")
    parser.add_argument("--stack", required=True, metavar="NAME", help="the deployed stack")
    parser.add_argument("--queue", choices=list(_DEAD_LETTERS), help="one of them only (default: all)")
    parser.add_argument("--dry-run", action="store_true", help="tell how many there are, and move nothing")
    parser.set_defaults(run=lambda options: _run(options.stack, options.queue, dry=options.dry_run))


def redrive(found: dict[str, str]) -> Redrive:
    """Put the redrive together from a stack's outputs."""
    log = HashLog(aws.dynamodb(), found["HashTableName"])
    return Redrive(
        aws.sqs(),
        {name: found[output] for name, output in _QUEUES.items() if output in found},
        {name: found[output] for name, output in _DEAD_LETTERS.items() if output in found},
        lambda: next(log.unswept(), None) is not None,
    )


def _run(stack: str, queue: str | None, *, dry: bool) -> int:
    needed = {"HashTableName", *_QUEUES.values(), *_DEAD_LETTERS.values()} - _OPTIONAL
    try:
        made = redrive(outputs(stack, *sorted(needed)))
        if queue and queue not in made.dead_letters:
            raise RedriveError(f"The stack {stack} has no such queue. Deploy this version of Unspread first.")
        names = [queue] if queue else list(made.dead_letters)
        if dry:
            for name in names:
                print(f"{name}: {made.waiting(name)} to send back")
            return 0
        left = [name for name in names if _move(made, name)]
        return int(bool(left))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise RedriveError(f"AWS refused {error.operation_name}: {code}. Run it again, nothing is lost.") from None
    except BotoCoreError as error:
        raise RedriveError(f"{error} Run it again, nothing is lost.") from None


def _move(made: Redrive, name: str) -> bool:
    """Empty a queue and tell; return whether something had to be left."""
    try:
        moved = made(name)
    except UnsweptError:
        waiting = made.waiting(name)
        if waiting:
            print(f"{name}: {waiting} left: listings are not swept yet. The reconciler does it every 15 minutes.")
        return bool(waiting)
    parts = [f"{count} sent back to {target}" for target, count in moved.sent.items()]
    parts += [f"{moved.dropped} dropped, everything is swept"] if moved.dropped else []
    parts += [f"{moved.left} left, for they are no events of a bucket"] if moved.left else []
    print(f"{name}: {', '.join(parts) or 'empty'}")
    return bool(moved.left)
