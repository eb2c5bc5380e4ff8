"""`unspread backfill`: what a bucket holds already is scanned. It can be followed, stopped, and gone on with."""

import argparse
import json
import sys
import time
from dataclasses import dataclass

from unspread import aws, prices
from unspread.cli.operating import BucketsError, Operated, on_stack
from unspread.runs import NotRunningError, RunningError
from unspread.stores.run_table import Kind, Run, State
from unspread.stores.versions import Cursor, Versions

_LOOK_EVERY = 2.0
_WIDTH = 30


@dataclass(slots=True)
class Count:
    """What a bucket holds: versions that would be scanned and their bytes, and versions that would not."""

    versions: int = 0
    size: int = 0
    known: int = 0
    archived: int = 0
    left_out: int = 0

    @property
    def wanted(self) -> int:
        """All that a run goes through."""
        return self.versions + self.known + self.archived


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subcommands.add_parser(
        "backfill", help="scan what a bucket holds already, noncurrent versions too (for operators)"
    )
    parser.add_argument("--prefix", help="only keys that begin with this", default="")
    parser.add_argument(
        "--pace",
        type=_pace,
        metavar="N",
        help="queue no more than so many uploads a second; 0: no limit",
    )
    parser.add_argument("--yes", action="store_true", help="do not count first, and do not ask")
    parser.add_argument("--detach", action="store_true", help="do not wait for its end")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--dry-run", action="store_true", help="count, and estimate what it would cost")
    what.add_argument("--status", action="store_true", help="print how far it is, as JSON")
    what.add_argument("--stop", action="store_true", help="stop it after the page that it is at")
    what.add_argument("--resume", action="store_true", help="go on with it where it was stopped, or broke off")
    on_stack(parser, _command)


def _command(stack: Operated, options: argparse.Namespace) -> int:
    bucket = options.bucket
    if options.status:
        print(json.dumps(_told(_latest(stack, bucket))))
        return 0
    try:
        if options.stop:
            stack.runs.stop(bucket)
            print(f"{bucket}: the backfill stops; what is queued is still scanned. --resume goes on with it.")
            return 0
        if options.resume:
            turn = stack.runs.resume(Kind.BACKFILL, bucket, options.pace).turn
            return 0 if options.detach else _follow(stack, bucket, turn, 0)
        expected = 0
        if not options.yes:
            count = count_versions(stack, bucket, options.prefix)
            _print_estimate(bucket, count)
            if options.dry_run or not _confirmed():
                return 0
            expected = count.wanted
        return run(
            stack,
            bucket,
            prefix=options.prefix,
            pace=options.pace or 0,
            expected=expected,
            detach=options.detach,
        )
    except NotRunningError:
        raise BucketsError(f"No backfill of {bucket} is running or stopped. --status tells of the last one.") from None


def run(
    stack: Operated,
    bucket: str,
    *,
    prefix: str = "",
    before: float = 0,
    pace: int = 0,
    expected: int = 0,
    detach: bool = False,
) -> int:
    """Begin a backfill of what was stored before a moment, in seconds since 1970, and follow it to its end."""
    try:
        begun = stack.runs.begin(Kind.BACKFILL, bucket, prefix=prefix, before=before, pace=pace)
    except RunningError:
        raise BucketsError(
            f"A backfill of {bucket} is running. --status tells how far it is, --stop stops it."
        ) from None
    return 0 if detach else _follow(stack, bucket, begun.turn, expected)


def count_versions(stack: Operated, bucket: str, prefix: str) -> Count:
    """List a bucket, with the operator's own rights, and count what a backfill would scan."""
    versions, uploads, count = Versions(aws.s3()), stack.uploads, Count()
    cursor: Cursor | None = None
    while True:
        page, cursor = versions.page(bucket, prefix, cursor)
        wanted = [each for each in page if stack.wanted.wants(each.upload.key, each.upload.size)]
        readable = [each.upload for each in wanted if not each.archived]
        known = uploads.outcomes([upload.id for upload in readable])
        left = [upload for upload in readable if known.get(upload.id) is None]
        count.versions += len(left)
        count.size += sum(upload.size for upload in left)
        count.known += len(readable) - len(left)
        count.archived += len(wanted) - len(readable)
        count.left_out += len(page) - len(wanted)
        _show(f"{count.wanted + count.left_out:,} versions counted", last=cursor is None)
        if cursor is None:
            return count


def _print_estimate(bucket: str, count: Count) -> None:
    dollars = prices.backfill(count.versions, count.size, count.known)
    print(f"{bucket}: {count.versions:,} versions to scan, {count.size / 2**30:,.2f} GiB, about ${dollars:,.2f}")
    print(f"  beside them {count.known:,} scanned before, {count.archived:,} archived, {count.left_out:,} left out")


def _pace(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of uploads, such as 50")
    return int(text)


def _confirmed() -> bool:
    if not sys.stdin.isatty():
        raise BucketsError("Say --yes to begin, or --dry-run to count only: there is nobody here to ask.")
    return input("Begin? [y/N] ").strip().lower() in ("y", "yes")


def _follow(stack: Operated, bucket: str, turn: int, expected: int) -> int:
    """Show how far a backfill is until it is over; 1 if it ended otherwise than done."""
    while True:
        run = _latest(stack, bucket)
        if run.turn != turn:
            raise BucketsError(f"Another backfill of {bucket} has begun meanwhile.")
        _show(_line(run, expected), last=run.state.over)
        if run.state.over:
            print(json.dumps(_told(run)))
            return 0 if run.state is State.DONE else 1
        if stack.runs.stale(run):
            raise BucketsError(f"The backfill of {bucket} does not go on. --resume takes it up where it was.")
        time.sleep(_LOOK_EVERY)


def _latest(stack: Operated, bucket: str) -> Run:
    run = stack.runs.table.read(Kind.BACKFILL, bucket)
    if run is None:
        raise BucketsError(f"There was no backfill of {bucket}.")
    return run


def _line(run: Run, expected: int) -> str:
    listed, queued = run.counted.get("wanted", 0), run.counted.get("queued", 0)
    said = f"{run.state}: {listed:,} listed, {queued:,} queued, {run.waiting:,} waiting"
    if not expected:
        return said
    done = max(0, listed - run.waiting) / expected if run.state in (State.LISTING, State.SCANNING) else 1.0
    filled = round(_WIDTH * min(1.0, done))
    return f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {min(1.0, done):4.0%}  {said}"


def _show(line: str, *, last: bool) -> None:
    """Show progress in one line of a terminal; nowhere else."""
    if sys.stderr.isatty():
        print(f"\r\033[K{line}", end="\n" if last else "", file=sys.stderr, flush=True)


def _told(run: Run) -> dict[str, object]:
    about: dict[str, object] = {"bucket": run.bucket, "prefix": run.prefix, "state": run.state.value}
    return about | {"waiting": run.waiting} | dict(sorted(run.counted.items()))
