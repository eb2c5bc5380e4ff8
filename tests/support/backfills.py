"""Backfills in moto's world: a bucket, and the state machine played by hand."""

import itertools
import json
from dataclasses import dataclass, field
from typing import Any

from tests.support.world import World
from unspread import aws
from unspread.backfill import Backfill
from unspread.runs import Runs
from unspread.scan_filter import ScanFilter
from unspread.stores.executions import Executions
from unspread.stores.queue import Queue
from unspread.stores.run_table import Kind, Run, RunTable
from unspread.stores.upload_table import UploadTable
from unspread.stores.versions import Versions
from unspread.upload import Upload, UploadMessage
from unspread.verdict import Judgement, Verdict

FUTURE = 4e9


@dataclass
class StartedBy:
    """Step Functions, as far as it is asked to start something."""

    started: list[dict[str, Any]] = field(default_factory=list)

    def start_execution(self, **request: str) -> None:
        self.started.append(json.loads(request["input"]) | {"name": request["name"]})


@dataclass
class Operator:
    """A world with a bucket, and the state machine played by hand."""

    world: World
    bucket: str
    machine: StartedBy = field(default_factory=StartedBy)
    now: float = 1e9
    ahead: int = 3

    @property
    def table(self) -> RunTable:
        return RunTable(aws.dynamodb(), "UploadTable")

    @property
    def runs(self) -> Runs:
        return Runs(self.table, Executions(self.machine, "arn"), lambda: self.now)

    @property
    def queue(self) -> Queue:
        return Queue(aws.sqs(), self.world.backfill_queue)

    def backfill(self, wanted: ScanFilter | None = None) -> Backfill:
        uploads = UploadTable(aws.dynamodb(), "UploadTable")
        return Backfill(
            Versions(aws.s3()),
            uploads,
            self.queue,
            self.table,
            wanted or ScanFilter(),
            self.ahead,
            clock=lambda: self.now,
        )

    def begin(self, kind: Kind = Kind.BACKFILL, **more: Any) -> Run:
        return self.runs.begin(kind, self.bucket, **{"before": FUTURE, **more})

    def step(self, wanted: ScanFilter | None = None, *, pages: int = 1000, **changed: Any) -> Any:
        """Take the newest execution a step further, with time for so many pages."""
        state = self.machine.started[-1] | changed
        time = itertools.chain([True] * pages, itertools.repeat(False))
        return self.backfill(wanted)(Kind(state["kind"]), state["bucket"], state["turn"], lambda: next(time))

    def latest(self, kind: Kind = Kind.BACKFILL) -> Run:
        run = self.table.read(kind, self.bucket)
        assert run
        return run

    def scanned(self, verdict: Verdict = Verdict.CLEAN) -> list[Upload]:
        """Take what is queued, as the scan function would; return it."""
        found = []
        while messages := self.world.sqs.receive_message(
            QueueUrl=self.world.backfill_queue, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in messages:
                upload = UploadMessage.model_validate_json(message["Body"]).upload()
                self.judge(upload, verdict)
                found.append(upload)
                self.world.sqs.delete_message(
                    QueueUrl=self.world.backfill_queue, ReceiptHandle=message["ReceiptHandle"]
                )
        return found

    def judge(self, upload: Upload, verdict: Verdict = Verdict.CLEAN) -> None:
        uploads = self.world.uploads
        uploads.write(upload, None, {}, ())
        uploads.judge(upload, Judgement(verdict))
        uploads.finish(upload)

    def put(self, *keys: str) -> list[tuple[str, str]]:
        return [(key, self.world.put(key, key.encode())["object"]["version-id"]) for key in keys]

    def to_the_end(self) -> list[Upload]:
        found = []
        while self.step().again:
            found += self.scanned()
        return found
