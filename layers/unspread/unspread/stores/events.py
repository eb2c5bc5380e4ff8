"""What the stack publishes to the default event bus, for the platform's own rules."""

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from unspread.stores.event_details import checked

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient

SOURCE = "unspread"


class DetailType(StrEnum):
    """The events. `event_details` defines each, docs/events.md describes it."""

    MATCH_FOUND = "Match Found"
    OBJECT_QUARANTINED = "Object Quarantined"
    SUSPECT_FOUND = "Suspect Found"
    SCAN_FAILED = "Scan Failed"
    VERDICT_NOT_TAGGED = "Verdict Not Tagged"
    REVIEW_ESCALATED = "Review Escalated"
    REVIEW_DECIDED = "Review Decided"
    REVIEW_REOPENED = "Review Reopened"
    OBJECT_RELEASED = "Object Released"
    REPORT_DUE = "Report Due"


class PublishError(Exception):
    """The event bus did not take every event."""


class Events:
    """The default event bus."""

    def __init__(self, client: "EventBridgeClient") -> None:
        """Use this client."""
        self._client = client

    def publish(self, events: Sequence[tuple[DetailType, dict[str, Any]]]) -> None:
        """Publish events, each at least once.

        Raises:
            PublishError: the bus did not take one.
            pydantic.ValidationError: a detail is not as `event_details` defines it.
        """
        entries = [
            {"Source": SOURCE, "DetailType": kind.value, "Detail": json.dumps(checked(kind.value, detail))}
            for kind, detail in events
        ]
        answer = self._client.put_events(Entries=entries)  # type: ignore[arg-type]
        if answer["FailedEntryCount"]:
            codes = {entry.get("ErrorCode", "") for entry in answer["Entries"]} - {""}
            raise PublishError(f"Events were not published: {', '.join(sorted(codes))}")
