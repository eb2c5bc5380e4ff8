"""How far the listings of buckets are, and which buckets are watched: items of the upload table.

pk              sk              attributes
backfill        <bucket>        a run (see `Run`), and stop: whether it was told to stop
check           <bucket>        the same, of a look for lost events
queued#<bucket> <number>        uploads: the identifiers of those that one page of a backfill queued
watched         <bucket>        since (seconds since 1970), switched_on: whether `watch` switched its events on

Where a run is to go on is kept here and not in the state machine: there the keys of objects would be in its history.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self, cast

from botocore.exceptions import ClientError

from unspread.stores.versions import Cursor

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_WATCHED = "watched"


class Kind(StrEnum):
    """What a bucket is listed for."""

    BACKFILL = "backfill"  # to scan what is there already
    CHECK = "check"  # to find uploads whose events were lost


class State(StrEnum):
    """Where a run is."""

    LISTING = "listing"  # versions are listed and queued
    SCANNING = "scanning"  # all are queued, and some not judged yet
    COUNTING = "counting"  # the verdicts are counted
    CLEARING = "clearing"  # what was kept for counting is deleted
    STOPPED = "stopped"
    DONE = "done"

    @property
    def over(self) -> bool:
        """Whether nothing happens any longer."""
        return self in (State.STOPPED, State.DONE)


class SupersededError(Exception):
    """Another execution has taken the run over, or it was begun anew."""


@dataclass(frozen=True, slots=True)
class Run:
    """A listing of a bucket. Times are in seconds since 1970.

    Attributes:
        turn: raised whenever the run begins or goes on: an execution of an earlier turn ends by itself.
        prefix: of the keys that are listed.
        since: versions that were stored before this are left out.
        before: versions that were stored at this time or later are left out.
        pace: how many uploads are queued a second at most; 0 where it is for the queue alone to say.
        cursor: where the listing goes on; None for its beginning.
        pages: how many pages queued something.
        page: which of these is the next to be counted or cleared.
        counted: numbers of versions by what became of them, `bytes` among them.
        waiting: messages in the queue, when it was last looked at.
        halted: of a stopped run, the state that it goes on in.
        recounts: how often the verdicts were counted and some still missed.
        touched: when it last went on.
    """

    kind: Kind
    bucket: str
    turn: int
    prefix: str = ""
    since: float = 0
    before: float = 0
    pace: int = 0
    state: State = State.LISTING
    cursor: Cursor | None = None
    pages: int = 0
    page: int = 0
    waiting: int = 0
    halted: State | None = None
    counted: dict[str, int] = field(default_factory=dict)
    recounts: int = 0
    started: float = 0
    touched: float = 0

    def counting(self, **more: int) -> Self:
        """Return this run with these numbers added."""
        return replace(self, counted=self.counted | {name: self.counted.get(name, 0) + n for name, n in more.items()})


class RunTable:
    """Runs and watched buckets."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        """Use the items of this upload table."""
        self._client = client
        self._name = name

    def read(self, kind: Kind, bucket: str) -> Run | None:
        """Read the latest run of a bucket, strongly consistent."""
        item = self._get({"pk": kind, "sk": bucket})
        return _run(item) if item else None

    def begin(self, run: Run) -> None:
        """Write the beginning of a run over the one before. Raises SupersededError if its turn is not the next."""
        condition = "turn = :before" if run.turn > 1 else "attribute_not_exists(turn)"
        request: dict[str, Any] = {"TableName": self._name, "Item": _item(run), "ConditionExpression": condition}
        if run.turn > 1:
            request["ExpressionAttributeValues"] = {":before": run.turn - 1}
        with _superseding():
            self._client.put_item(**request)

    def save(self, run: Run) -> bool:
        """Write how far a run is; tell whether it was told to stop.

        Raises:
            SupersededError: its turn is over.
        """
        item = {name: value for name, value in _item(run).items() if name not in ("pk", "sk")}
        with _superseding():
            answer = self._client.update_item(
                TableName=self._name,
                Key={"pk": run.kind, "sk": run.bucket},
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in item),
                ConditionExpression="#turn = :turn",
                ExpressionAttributeNames={f"#{name}": name for name in item},
                ExpressionAttributeValues={f":{name}": value for name, value in item.items()},
                ReturnValues="ALL_NEW",
            )
        return bool(answer["Attributes"].get("stop"))

    def stop(self, run: Run) -> None:
        """Tell a run to stop. Raises SupersededError if its turn is over."""
        with _superseding():
            self._client.update_item(
                TableName=self._name,
                Key={"pk": run.kind, "sk": run.bucket},
                UpdateExpression="SET stop = :true",
                ConditionExpression="turn = :turn",
                ExpressionAttributeValues={":true": True, ":turn": run.turn},
            )

    def keep_queued(self, run: Run, upload_ids: Sequence[str]) -> None:
        """Keep the identifiers of what the next page of a run queues, to count the verdicts by."""
        uploads = [bytes.fromhex(upload_id) for upload_id in upload_ids]
        item: dict[str, Any] = {**_page(run, run.pages), "uploads": uploads}
        self._client.put_item(TableName=self._name, Item=item)

    def queued(self, run: Run) -> list[str]:
        """Return the identifiers of what the page that is next to be counted has queued."""
        item = self._get(_page(run, run.page))
        return [bytes(upload_id).hex() for upload_id in item["uploads"]] if item else []

    def clear_queued(self, run: Run) -> None:
        """Delete these identifiers."""
        self._client.delete_item(TableName=self._name, Key=_page(run, run.page))

    def watch(self, bucket: str, since: float, *, switched_on: bool) -> None:
        """Remember that a bucket is watched."""
        item: dict[str, Any] = {"pk": _WATCHED, "sk": bucket, "since": int(since), "switched_on": switched_on}
        self._client.put_item(TableName=self._name, Item=item)

    def unwatch(self, bucket: str) -> None:
        """Forget that a bucket is watched."""
        self._client.delete_item(TableName=self._name, Key={"pk": _WATCHED, "sk": bucket})

    def watched(self, bucket: str) -> tuple[float, bool] | None:
        """Return since when a bucket is watched, and whether `watch` switched its events on; None if it is not."""
        item = self._get({"pk": _WATCHED, "sk": bucket})
        return (float(item["since"]), bool(item["switched_on"])) if item else None

    def _get(self, key: dict[str, str]) -> dict[str, Any] | None:
        answer = self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True)
        return cast("dict[str, Any] | None", answer.get("Item"))


@contextmanager
def _superseding() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            raise SupersededError from error
        raise


def _page(run: Run, number: int) -> dict[str, str]:
    return {"pk": f"queued#{run.bucket}", "sk": f"{number:09}"}


def _item(run: Run) -> dict[str, Any]:
    values = asdict(run) | {name: int(getattr(run, name)) for name in ("since", "before", "started", "touched")}
    del values["kind"], values["bucket"]
    return {"pk": run.kind, "sk": run.bucket, **values}


def _run(item: dict[str, Any]) -> Run:
    cursor = item["cursor"]
    return Run(
        kind=Kind(item["pk"]),
        bucket=item["sk"],
        turn=int(item["turn"]),
        prefix=item["prefix"],
        since=float(item["since"]),
        before=float(item["before"]),
        pace=int(item.get("pace", 0)),
        state=State(item["state"]),
        cursor=Cursor(cursor["key"], cursor["version"]) if cursor else None,
        pages=int(item["pages"]),
        page=int(item["page"]),
        waiting=int(item["waiting"]),
        halted=State(item["halted"]) if item["halted"] else None,
        counted={name: int(number) for name, number in item["counted"].items()},
        recounts=int(item["recounts"]),
        started=float(item["started"]),
        touched=float(item["touched"]),
    )
