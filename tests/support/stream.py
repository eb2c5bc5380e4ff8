"""The hash table's stream, as the sweep function is given it."""

import base64
from typing import Any

from tests.support.functions import Context
from tests.support.world import World
from unspread import ulid
from unspread.changes import pack


def stream(world: World, appeared: float = 0, **entries: bytes) -> dict[str, Any]:
    """Return the stream's event about every entry of the log."""
    records = []
    for entry in world.log.read_from(ulid.START)[0]:
        image = {
            "pk": {"S": "log"},
            "sk": {"S": entry.ulid},
            "changes": {"B": base64.b64encode(pack(entry.changes)).decode()},
        }
        records.append(
            {
                "eventID": entry.ulid,
                "eventName": "INSERT",
                "eventSource": "aws:dynamodb",
                "awsRegion": "us-east-1",
                "dynamodb": {
                    "ApproximateCreationDateTime": appeared or ulid.time_of(entry.ulid) / 1000,
                    "Keys": {"pk": image["pk"], "sk": image["sk"]},
                    "NewImage": image,
                    "SequenceNumber": entry.ulid,
                    "StreamViewType": "NEW_IMAGE",
                },
            }
        )
    return {"Records": records}


def swept(world: World) -> list[dict[str, str]]:
    """Run the sweep function on the stream; return what it reports as failed."""
    answer: list[dict[str, str]] = world.function("sweep").handler(stream(world), Context())["batchItemFailures"]
    return answer
