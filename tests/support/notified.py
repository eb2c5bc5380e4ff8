"""A bucket's notifications, some of them other people's."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from unspread.stores.notifications import Notifications

type Configuration = dict[str, Any]

THEIRS: Configuration = {
    "QueueConfigurations": [
        {"Id": "theirs", "QueueArn": "arn:q", "Events": ["s3:ObjectCreated:Put", "s3:ObjectCreated:Copy"]}
    ],
    "TopicConfigurations": [{"Id": "topic", "TopicArn": "arn:t", "Events": ["s3:ObjectRemoved:*"]}],
}
ON: Configuration = {"EventBridgeConfiguration": {}}


@dataclass
class Notified:
    """A bucket's notifications as S3 keeps them: all replaced at once, and given back in another order."""

    now: Configuration
    writes: list[Configuration] = field(default_factory=list)
    after_write: list[Callable[[Configuration], Configuration]] = field(default_factory=list)

    def get_bucket_notification_configuration(self, **_: str) -> Configuration:
        found = copy.deepcopy(self.now)
        for entries in found.values():
            for entry in entries:
                entry["Events"] = entry["Events"][::-1]
        return found | {"ResponseMetadata": {}}

    def put_bucket_notification_configuration(
        self,
        NotificationConfiguration: Configuration,  # noqa: N803
        SkipDestinationValidation: bool,  # noqa: N803
        **_: str,
    ) -> None:
        assert SkipDestinationValidation, "S3 would send a test message to each of the others' destinations"
        self.now = copy.deepcopy(NotificationConfiguration)
        self.writes.append(self.now)
        if self.after_write:
            self.now = self.after_write.pop(0)(self.now)


def notifications(client: Notified) -> Notifications:
    return Notifications(client)  # type: ignore[arg-type]


def entries(configuration: Configuration) -> set[str]:
    return {entry["Id"] for listed in configuration.values() if listed for entry in listed}
