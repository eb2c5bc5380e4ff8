"""`unspread watch` and `unwatch`: an existing bucket's uploads are scanned from now on, or no longer."""

import argparse
import time

from unspread import aws
from unspread.canary import Canary, SilentError
from unspread.cli import backfill
from unspread.cli.operating import BucketsError, Operated, on_stack
from unspread.stores.notifications import ContendedError, Notifications, Switched

_PATIENCE = 900


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    watching = subcommands.add_parser(
        "watch", help="scan an existing bucket's uploads from now on, and what it holds already (for operators)"
    )
    watching.add_argument(
        "--no-backfill", dest="backfill", action="store_false", help="leave out what it holds already"
    )
    watching.add_argument(
        "--patience",
        type=float,
        default=_PATIENCE,
        metavar="SECONDS",
        help="how long to wait for the first event (default: %(default)s)",
    )
    on_stack(watching, _watch)
    on_stack(
        subcommands.add_parser("unwatch", help="scan an existing bucket's uploads no longer (for operators)"), _unwatch
    )


def _watch(stack: Operated, options: argparse.Namespace) -> int:
    bucket = options.bucket
    if bucket == stack.upload_bucket:
        raise BucketsError(f"{bucket} is the stack's own bucket. It is watched already.")
    since = time.time()
    before = stack.runs.table.watched(bucket)
    switched = _switch(bucket, on=True)
    # Written at once: were we to end here, `unwatch` has to know. What we switched on earlier is still ours.
    ours = switched.changed or bool(before and before[1])
    stack.runs.table.watch(bucket, before[0] if before else since, switched_on=ours)
    print(f"{bucket}: events {'are on now' if switched.changed else 'were on already'}; waiting for the first ...")
    try:
        seen = Canary(aws.s3(), stack.uploads)(bucket, options.patience)
    except SilentError:
        raise BucketsError(
            f"No event of {bucket} arrived within {options.patience:.0f} seconds. They may take minutes to begin: call "
            "this again. If that does not help, is the bucket in this account and region, and may the stack read it?"
        ) from None
    print(f"{bucket}: its uploads are scanned from now on")
    if not options.backfill:
        return 0
    return backfill.run(stack, bucket, before=seen)


def _unwatch(stack: Operated, options: argparse.Namespace) -> int:
    bucket = options.bucket
    watched = stack.runs.table.watched(bucket)
    if watched is None:
        raise BucketsError(f"The bucket {bucket} is not watched.")
    if watched[1]:
        _switch(bucket, on=False)
        print(f"{bucket}: its events are off again")
    else:
        print(
            f"{bucket}: its events were on before it was watched, and stay on for whoever needs them. Its uploads are "
            "scanned until you take it out of ExistingBuckets and deploy."
        )
    stack.runs.table.unwatch(bucket)
    return 0


def _switch(bucket: str, *, on: bool) -> Switched:
    try:
        switched = Notifications(aws.s3()).switch(bucket, on=on)
    except ContendedError:
        raise BucketsError(f"Others change the notifications of {bucket} all the time. Try again later.") from None
    for name in switched.put_back:
        print(f"{bucket}: the notification {name} was lost to a change at the same moment, and is there again")
    return switched
