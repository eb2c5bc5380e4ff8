"""The upload table: one record for each scanned object version.

pk              sk              attributes
object#<id>     record          bucket, key, version, etag, size, sha256, md5, hashes, verdict, hits, action ...
object#<id>     stored          sequencer: the one that the upload of this event is recorded under (see `unversioned`)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from unspread.hash_key import HashKey
from unspread.hashing import Digests, PerceptualHash, Variant
from unspread.stores.items import read_items
from unspread.stores.transaction import Action
from unspread.upload import Upload
from unspread.verdict import Hit, Judgement, Verdict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_RECORD, _STORED = "record", "stored"
_OUTCOME = {"ProjectionExpression": "pk, verdict, done, tagged"}

RELEASED = "released"
"""What was done about an upload whose copy was put back: nothing is ever done about this version again."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is recorded of an upload so far."""

    verdict: Verdict | None
    hits: tuple[Hit, ...]
    reason: str
    crashes: int  # how often a scan began to decode it and did not come back
    done: bool  # judged, acted on and published
    tagged: str  # the verdict that its tag says, or why it has none; empty while tags were not wanted
    digests: Digests | None
    hashes: tuple[PerceptualHash, ...]
    action: str = ""  # what was done about a match
    also: tuple[HashKey, ...] = ()  # see Judgement
    leaving: bool = False  # without versions: it may be forgotten, see `forget`

    @property
    def sha256(self) -> bytes:
        """Return the SHA-256 of the content, empty if it was never read."""
        return self.digests.sha256 if self.digests else b""


class UploadTable:
    """The upload table."""

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        """Use this table."""
        self._client = client
        self._name = name

    def read(self, upload: Upload) -> Record | None:
        """Read an upload's record, strongly consistent."""
        found = self.find(upload.id)
        return found[1] if found else None

    def find(self, upload_id: str) -> tuple[Upload, Record] | None:
        """Read an upload and its record by its identifier, strongly consistent."""
        key = {"pk": f"object#{upload_id}", "sk": _RECORD}
        answer = self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True)
        item = cast("dict[str, Any]", answer.get("Item"))
        return (_upload(item), _record(item)) if item else None

    def outcomes(self, upload_ids: Sequence[str], *, tags: bool = False) -> dict[str, Verdict | None]:
        """Read the verdicts of those uploads that have a record; None while something is left to do. Consistent.

        Args:
            upload_ids: which.
            tags: whether tags are wanted, so that one which was never tagged is left to do.
        """
        found: dict[str, Verdict | None] = {}
        keys = [{"pk": f"object#{upload_id}", "sk": _RECORD} for upload_id in dict.fromkeys(upload_ids)]
        for item in read_items(self._client, self._name, keys, **_OUTCOME):
            done = item.get("done") and (item.get("tagged") or not tags)
            found[item["pk"].removeprefix("object#")] = Verdict(item["verdict"]) if done else None
        return found

    def stored_sequencer(self, upload: Upload) -> str | None:
        """Return the sequencer that the upload of this event is recorded under, if that was noted."""
        key = {"pk": f"object#{upload.id}", "sk": _STORED}
        item = self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True).get("Item")
        return cast("str", item["sequencer"]) if item else None

    def note_stored_sequencer(self, upload: Upload, sequencer: str) -> None:
        """Note the sequencer that the upload of this event is recorded under."""
        item = {"pk": f"object#{upload.id}", "sk": _STORED, "sequencer": sequencer}
        self._client.put_item(TableName=self._name, Item=item)

    def read_segment(
        self, segment: int, segments: int, start: dict[str, Any] | None
    ) -> tuple[list[tuple[str, Record]], dict[str, Any] | None]:
        """Read a page of one of several segments of all records, strongly consistent.

        Returns:
            Identifiers and records, and where the next page starts, None after the last.
        """
        request: dict[str, Any] = {
            "TableName": self._name,
            "Segment": segment,
            "TotalSegments": segments,
            "FilterExpression": "sk = :record",
            "ExpressionAttributeValues": {":record": _RECORD},
            "ConsistentRead": True,
        }
        page = self._client.scan(**request | ({"ExclusiveStartKey": start} if start else {}))
        items = cast("list[dict[str, Any]]", page["Items"])
        records = [(item["pk"].removeprefix("object#"), _record(item)) for item in items]
        return records, cast("dict[str, Any] | None", page.get("LastEvaluatedKey"))

    def size(self) -> int:
        """Return the table's size in bytes, as DynamoDB told it in the last six hours."""
        return self._client.describe_table(TableName=self._name)["Table"]["TableSizeBytes"]

    def begin_decoding(self, upload: Upload) -> None:
        """Count that decoding begins, so that a picture that kills the function is known by a later attempt."""
        self._client.update_item(
            TableName=self._name,
            Key=_key(upload),
            UpdateExpression=f"SET {', '.join(f'#{name} = :{name}' for name in _place(upload))} ADD decoding :one",
            ExpressionAttributeNames={f"#{name}": name for name in _place(upload)},
            ExpressionAttributeValues={f":{name}": value for name, value in _place(upload).items()} | {":one": 1},
        )

    def write(
        self,
        upload: Upload,
        digests: Digests | None,
        picture: dict[str, Any],
        hashes: Sequence[PerceptualHash],
    ) -> None:
        """Write what the upload is: before the list is read, so that a listing made meanwhile finds it."""
        values: dict[str, Any] = {
            **_place(upload),
            "hashes": [_hash_item(hashed) for hashed in hashes],
            "decoding": 0,
            **picture,
        }
        if digests:
            values |= {"sha256": digests.sha256, "md5": digests.md5, "size": digests.size}
        self._update(upload, values)

    def judge(self, upload: Upload, judgement: Judgement, *, instead_of: Verdict | None = None) -> bool:
        """Record the verdict, unless a stronger one is there; tell whether it now stands.

        Args:
            upload: the upload.
            judgement: its verdict, hits and reason.
            instead_of: the verdict of an earlier scan that died before it acted; it may be replaced by a weaker one,
                for the hash may have been withdrawn since.
        """
        values = {
            **_verdict(judgement.verdict, judgement.hits),
            "reason": judgement.reason,
            "also": list(map(str, judgement.also)),
            "done": False,
            "judged": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        condition = "attribute_not_exists(#rank) OR #rank <= :rank"
        more: dict[str, Any] = {":released": RELEASED}
        if instead_of:
            condition += " OR (#verdict = :instead AND attribute_not_exists(#action))"
            more[":instead"] = instead_of
        condition = f"({condition}) AND (attribute_not_exists(#action) OR #action <> :released)"
        try:
            self._update(upload, values, condition, more)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def reopen(self, upload: Upload) -> None:
        """Take back a verdict that was not acted on: the upload's own scan will judge it."""
        try:
            self._client.update_item(
                TableName=self._name,
                Key=_key(upload),
                UpdateExpression="REMOVE #verdict, #rank, hits, judged",
                ConditionExpression="#verdict = :match AND attribute_not_exists(#action)",
                ExpressionAttributeNames={"#verdict": "verdict", "#rank": "rank", "#action": "action"},
                ExpressionAttributeValues={":match": Verdict.MATCH},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def note_action(self, upload: Upload, action: str, hits: Sequence[Hit], details: dict[str, Any]) -> None:
        """Record what was done, and that it was a match, whatever a scan that began later has made of it."""
        values = {"action": action, **_verdict(Verdict.MATCH, hits), **details}
        self._update(upload, values, "attribute_not_exists(#action) OR #action <> :released", {":released": RELEASED})

    def finish(self, upload: Upload, tagged: str = "") -> None:
        """Record that nothing is left to do, and what became of the tag: a repeated event will be passed over."""
        self._update(upload, {"done": True} | ({"tagged": tagged} if tagged else {}))

    def note_leaving(self, upload: Upload) -> None:
        """Note that an upload without a version may be forgotten: what is stored from now on is another."""
        self._update(upload, {"leaving": True})

    def delete(self, upload: Upload) -> None:
        """Delete the record of an upload that was none of anybody's: a canary."""
        self._client.delete_item(TableName=self._name, Key=_key(upload))

    def release(self, upload: Upload, *, moved: bool) -> Action:
        """Return the action by which an upload that is seen to is no match and no suspect any longer.

        Whoever acts on it just now is not interrupted: the action is refused. One that was `moved` away is left alone
        for good; one that is in its place may be judged again, by other hashes.
        """
        update: dict[str, Any] = {
            "TableName": self._name,
            "Key": _key(upload),
            "ConditionExpression": "done = :true",
            "ExpressionAttributeNames": {"#action": "action"},
        }
        if moved:
            update["UpdateExpression"] = "SET #action = :released"
            update["ExpressionAttributeValues"] = {":true": True, ":released": RELEASED}
        else:
            update["UpdateExpression"] = "SET #verdict = :clean, #rank = :none, hits = :hits REMOVE #action"
            update["ExpressionAttributeNames"] |= {"#verdict": "verdict", "#rank": "rank"}
            update["ExpressionAttributeValues"] = {":true": True, ":clean": Verdict.CLEAN, ":none": 0, ":hits": []}
        return {"Update": update}

    def _update(
        self, upload: Upload, values: dict[str, Any], condition: str = "", more: dict[str, Any] | None = None
    ) -> None:
        request: dict[str, Any] = {
            "TableName": self._name,
            "Key": _key(upload),
            "UpdateExpression": "SET " + ", ".join(f"#{name} = :{name}" for name in values),
            "ExpressionAttributeNames": {f"#{name}": name for name in values},
            "ExpressionAttributeValues": {f":{name}": value for name, value in values.items()} | (more or {}),
        }
        if condition:
            request["ConditionExpression"] = condition
            if "#action" in condition:
                request["ExpressionAttributeNames"]["#action"] = "action"
        self._client.update_item(**request)


def _key(upload: Upload) -> dict[str, str]:
    return {"pk": f"object#{upload.id}", "sk": _RECORD}


def _place(upload: Upload) -> dict[str, Any]:
    return {
        "bucket": upload.bucket,
        "key": upload.key,
        "version": upload.version,
        "etag": upload.etag,
        "sequencer": upload.sequencer,
        "size": upload.size,
    }


def _upload(item: dict[str, Any]) -> Upload:
    return Upload(item["bucket"], item["key"], item["version"], item["etag"], int(item["size"]), item["sequencer"])


def _record(item: dict[str, Any]) -> Record:
    digests = None
    if "sha256" in item:
        digests = Digests(bytes(item["sha256"]), bytes(item["md5"]), int(item["size"]))
    return Record(
        verdict=Verdict(item["verdict"]) if "verdict" in item else None,
        hits=tuple(Hit(int(hit["distance"]), HashKey.parse(hit["hash"])) for hit in item.get("hits", ())),
        reason=item.get("reason", ""),
        crashes=int(item.get("decoding", 0)),
        done=bool(item.get("done", False)),
        tagged=item.get("tagged", ""),
        digests=digests,
        hashes=tuple(map(_perceptual, item.get("hashes", ()))),
        action=item.get("action", ""),
        also=tuple(map(HashKey.parse, item.get("also", ()))),
        leaving=bool(item.get("leaving", False)),
    )


def _perceptual(item: dict[str, Any]) -> PerceptualHash:
    phash = bytes(item["phash"]) if "phash" in item else None
    return PerceptualHash(bytes(item["pdq"]), int(item["quality"]), Variant(item["variant"]), int(item["frame"]), phash)


def _verdict(verdict: Verdict, hits: Sequence[Hit]) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "rank": verdict.rank,
        "hits": [{"hash": str(hit.key), "distance": hit.distance} for hit in hits],
    }


def _hash_item(hashed: PerceptualHash) -> dict[str, Any]:
    item: dict[str, Any] = {
        "pdq": hashed.pdq,
        "quality": hashed.quality,
        "variant": hashed.variant,
        "frame": hashed.frame,
    }
    return item | ({"phash": hashed.phash} if hashed.phash else {})
