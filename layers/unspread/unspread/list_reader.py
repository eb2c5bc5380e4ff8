"""The list in a function's memory: a snapshot, and what the log says since."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from unspread import ulid
from unspread.changes import LogEntry, Operation
from unspread.hash_list import HashList
from unspread.snapshot import DamagedSnapshotError, SnapshotView
from unspread.stores.hash_log import HashLog
from unspread.stores.hash_table import HashTable
from unspread.stores.snapshots import Snapshots
from unspread.telemetry import logger


@dataclass(slots=True)
class ListReader:
    """Loads the newest snapshot once, then reads the log's tail whenever it is asked for the list.

    What the list proposes is checked against the table, so a hash that was removed may stay here until the next cold
    start: only what is missing would do harm.
    """

    snapshots: Snapshots
    log: HashLog
    hashes: HashTable
    _list: HashList | None = None
    _cursor: str = ulid.START
    _seen: set[str] = field(default_factory=set)

    def __call__(self) -> HashList:
        """Return the list with everything that was committed before this call."""
        if self._list is None:
            self._list = self._load()
        entries, self._cursor = self.log.read_from(self._cursor)
        self._add(self._list, entries)
        return self._list

    def _add(self, hashes: HashList, entries: Iterable[LogEntry]) -> None:
        """Add what is new; entries that the overlap shows again are known by their ULIDs."""
        read = {entry.ulid: entry for entry in entries}
        new = [entry for name, entry in read.items() if name not in self._seen]
        self._seen = {name for name in read if name >= self._cursor}
        keys = [change.key for entry in new for change in entry.changes if change.operation is not Operation.REMOVE]
        if keys:
            hashes.add(keys)

    def _load(self) -> HashList:
        """Load the newest snapshot that is whole; without any, the table."""
        for name in self.snapshots.current().names:
            data = self.snapshots.read(name)
            try:
                if data is not None:
                    view = SnapshotView.from_bytes(data)
                    self._cursor = view.cursor
                    return HashList.of_rows(view.rows)
            except DamagedSnapshotError:
                pass
            logger.error("a snapshot is missing or damaged", extra={"snapshot": name})
        self._cursor = self.log.cursor()
        return HashList(self.hashes.read_listed())
