"""A bucket's notifications: EventBridge is switched on and off among them, and all others are left as they are.

S3 replaces them all at once and has no condition for it, so whoever changes them at the same moment may overwrite us,
or we them. Hence each change is read again, and what others had and lost is put back.
"""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_EVENT_BRIDGE = "EventBridgeConfiguration"
_ATTEMPTS = 5


class ContendedError(Exception):
    """Others change the bucket's notifications all the time."""


@dataclass(frozen=True, slots=True)
class Switched:
    """What switching did: whether anything was changed, and what of others' was lost meanwhile and put back."""

    changed: bool
    put_back: tuple[str, ...] = ()


class Notifications:
    """The notifications of buckets."""

    def __init__(self, client: "S3Client") -> None:
        """Use this client."""
        self._client = client

    def on(self, bucket: str) -> bool:
        """Tell whether a bucket's events go to EventBridge."""
        return _EVENT_BRIDGE in self._read(bucket)

    def switch(self, bucket: str, *, on: bool) -> Switched:
        """Switch a bucket's events to EventBridge on or off.

        Raises:
            ContendedError: others were faster, on every attempt.
        """
        now = self._read(bucket)
        if (_EVENT_BRIDGE in now) == on:
            return Switched(changed=False)
        put_back: list[str] = []
        for _ in range(_ATTEMPTS):
            wanted = {name: entries for name, entries in now.items() if name != _EVENT_BRIDGE}
            wanted |= {_EVENT_BRIDGE: {}} if on else {}
            self._write(bucket, wanted)
            now = self._read(bucket)
            lost = _lost(wanted, now)
            if not lost and (_EVENT_BRIDGE in now) == on:
                return Switched(changed=True, put_back=tuple(put_back))
            for kind, entry in lost:
                now.setdefault(kind, []).append(entry)
                put_back.append(str(entry.get("Id", kind)))
        raise ContendedError

    def _read(self, bucket: str) -> dict[str, Any]:
        answer: dict[str, Any] = dict(self._client.get_bucket_notification_configuration(Bucket=bucket))
        del answer["ResponseMetadata"]
        return answer

    def _write(self, bucket: str, configuration: dict[str, Any]) -> None:
        self._client.put_bucket_notification_configuration(
            Bucket=bucket,
            NotificationConfiguration=configuration,  # type: ignore[arg-type]
            SkipDestinationValidation=True,  # or S3 would send a test message to each of the others' queues and topics
        )


def _lost(wanted: dict[str, Any], now: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the entries of others that were written and are not there."""
    there = {_canonical(entry) for entries in now.values() if isinstance(entries, list) for entry in entries}
    return [
        (kind, entry)
        for kind, entries in wanted.items()
        if isinstance(entries, list)
        for entry in entries
        if _canonical(entry) not in there
    ]


def _canonical(entry: dict[str, Any]) -> str:
    """Write an entry so that two which mean the same are equal: S3 changes the order of what it gives back."""
    return json.dumps({**entry, "Events": sorted(entry.get("Events", []))}, sort_keys=True)
