"""Reviews in moto's world: what is decided, through the review function's handler, and what there is to look at."""

import json
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from tests.support import pictures
from tests.support.functions import Context, sample
from tests.support.items import item_of
from tests.support.world import World
from unspread import aws
from unspread.hash_key import HashKey
from unspread.stores.local_counts import LocalCounts
from unspread.stores.review_audit import Entry, ReviewAudit
from unspread.stores.review_table import Review, ReviewTable
from unspread.verdict import Status

CASE = "c" * 64
SECRET = pictures.picture(21, (400, 300))
COPY = pictures.altered(SECRET)
ITEM = item_of(pictures.png(SECRET))
PDQ = next(key for key in ITEM.listable() if str(key).startswith("pdq#"))
ALEX, KIM = (f"arn:aws:sts::123456789012:assumed-role/reviewer/{name}" for name in ("alex", "kim"))
OF_THE_OWNER: dict[str, Any] = {
    "ContentType": "image/jpeg",
    "CacheControl": "max-age=60",
    "ContentDisposition": 'inline; filename="a b.jpg"',
    "Metadata": {"album": "summer"},
    "Tagging": "team=photos&plan=a%20b",
    "StorageClass": "STANDARD_IA",
}


@dataclass
class Answered:
    """What the API answered."""

    status: int
    body: Any


@dataclass
class Desk:
    """The review function, as reviewers call it."""

    world: World
    function: ModuleType = field(init=False)

    def __post_init__(self) -> None:
        self.function = self.world.function("review")

    def get(self, path: str = "/reviews", **query: str) -> Answered:
        return self._call("GET", path, query=query)

    def decide(self, review: str, decision: str, who: str = ALEX, note: str = "") -> Answered:
        return self._call("POST", f"/reviews/{review}", {"decision": decision, "note": note}, who)

    def post(self, path: str, body: object, who: str | None = ALEX) -> Answered:
        return self._call("POST", path, body, who)

    def _call(
        self,
        method: str,
        path: str,
        body: object = None,
        who: str | None = ALEX,
        query: dict[str, str] | None = None,
    ) -> Answered:
        event = sample("review") | {"httpMethod": method, "path": path, "resource": path}
        event["requestContext"] = event["requestContext"] | {"identity": {"userArn": who}}
        event["queryStringParameters"] = query or None
        event["multiValueQueryStringParameters"] = {name: [value] for name, value in (query or {}).items()} or None
        event["body"] = None if body is None else json.dumps(body)
        answer = self.function.handler(event, Context())
        return Answered(answer["statusCode"], json.loads(answer["body"]))


def table() -> ReviewTable:
    return ReviewTable(aws.dynamodb(), "UploadTable")


def review(review_id: str) -> Review:
    found = table().read(review_id)
    assert found is not None
    return found


def audit(month: str) -> list[Entry]:
    return list(ReviewAudit(aws.dynamodb(), "UploadTable").read(month))


def caught(world: World, key: str = "a b+c.jpg", category: Any = "adult", **more: Any) -> tuple[str, dict[str, Any]]:
    """List a picture and upload a copy, which is quarantined; return the review's id, and the message."""
    world.submit(CASE, ITEM, category=category)
    message = world.put(key, COPY, **more)
    assert world.deliver(message) == []
    (opened,) = table().open()
    return opened.upload_id, message


def suspected(world: World) -> tuple[str, dict[str, Any]]:
    """Hold the hash of a picture, and upload a copy; return the review's id, and the message."""
    world.submit(CASE, ITEM)
    for listed in world.hashes.read(ITEM.listable()).values():
        set_held(world, listed.key)
    message = world.put("suspect.jpg", COPY)
    assert world.deliver(message) == []
    (opened,) = table().open()
    return opened.upload_id, message


def set_held(world: World, key: HashKey) -> None:
    actions, changes = world.hashes.set_status(world.hashes.read([key])[key], Status.HELD)
    aws.dynamodb_transactions().transact_write_items(TransactItems=actions + world.log.append(changes))  # type: ignore[arg-type]


def current(world: World, key: str) -> dict[str, Any]:
    """Return what a reader gets of an object: its body, headers, metadata and tags."""
    answer = world.s3.get_object(Bucket=world.uploads_bucket, Key=key)
    tags = world.s3.get_object_tagging(Bucket=world.uploads_bucket, Key=key)["TagSet"]
    told = ("ContentType", "CacheControl", "ContentDisposition", "Metadata", "StorageClass")
    return {
        "Body": answer["Body"].read(),
        "Tags": sorted((tag["Key"], tag["Value"]) for tag in tags),
        **{name: answer.get(name) for name in told},
    }


def counted(world: World) -> tuple[int, int]:
    """Return copies found and removed, as the case, the hash table and the counts of this platform agree."""
    (item,) = world.cases.report(CASE).items
    listed = world.hashes.read([PDQ])[PDQ]
    here = LocalCounts(aws.dynamodb(), "HashTable").read([PDQ]).get(PDQ, (0, 0))
    assert (item.found, item.removed) == (listed.found, listed.removed) == here
    return here
