"""Starts ministack, with seven things as AWS does them that ministack 1.5.33 does otherwise.

Runs in ministack's own environment (see emulator.py), as a script: arguments are those of hypercorn. On a
versioned bucket S3 tells EventBridge the object's `version-id`; ministack tells only its other listeners. And a
function that is fed by a stream runs beside those that are fed by queues; ministack lets the queues wait for it.
And a REST API reads `application~1wasm` among its binary media types as application/wasm. And CloudFormation makes
alarms on expressions of several metrics; ministack refuses the template. It evaluates them no more than the others.
And `aws:PrincipalArn` of somebody who has assumed a role is the role's ARN; ministack takes the session's.
And a batch of messages takes the right to send one; ministack asks for one that AWS has not.
And a layer is unpacked before a function starts; ministack unpacks it, a fifth of a gigabyte, in each start.
"""

import contextvars
import functools
import hashlib
import json
import os
import re
import signal
import sys
import tempfile
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hypercorn.__main__ import main
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import apigateway_v1, eventbridge, lambda_svc, s3
from ministack.services.cloudformation import provisioners

_version: contextvars.ContextVar[str | None] = contextvars.ContextVar("version", default=None)
_fire = s3._fire_s3_event
_dispatch = eventbridge._dispatch_event
_poll_streams = lambda_svc._poll_dynamodb_streams
_matches = apigateway_v1._media_type_matches
_alarm_record = provisioners._cw_metric_alarm_record
_condition_key = iam_evaluator._resolve_condition_key
_SESSION = re.compile(r"arn:(aws[a-z-]*):sts::([0-9]+):assumed-role/([^/]+)/.*")
_action = iam_actions.extract_iam_action
_STREAM_PAUSE_SECONDS = 0.2
_LAYER = re.compile(r"layer_[0-9]+\.zip")
_unpacking = threading.Lock()


def _fire_with_version(*arguments: object, version_id: str | None = None, **more: object) -> None:
    token = _version.set(version_id)
    try:
        _fire(*arguments, version_id=version_id, **more)
    finally:
        _version.reset(token)


def _dispatch_with_version(event: dict[str, Any], *arguments: object, **more: object) -> object:
    version = _version.get()
    if version and event.get("Source") == "aws.s3":
        detail = json.loads(event["Detail"])
        detail["object"]["version-id"] = version
        event = {**event, "Detail": json.dumps(detail)}
    return _dispatch(event, *arguments, **more)


@functools.cache
def _streams_are_followed_elsewhere() -> bool:
    """Stand in for the poller's look at the streams: start, once, a thread that looks, and tell of no work."""
    threading.Thread(target=_follow_streams, daemon=True).start()
    return False


def _follow_streams() -> None:
    pause = threading.Event()
    while True:
        try:
            worked = _poll_streams()
        except Exception:  # noqa: BLE001 - as the poller it was taken from
            lambda_svc.logger.exception("a stream could not be followed")
            worked = False
        if not worked:
            pause.wait(_STREAM_PAUSE_SECONDS)


def _matches_unescaped(media_type: str | None, binary_types: list[str] | None) -> bool:
    return bool(_matches(media_type, [each.replace("~1", "/") for each in binary_types or []]))


def _alarm_on_expressions_too(name: str, properties: dict[str, Any]) -> object:
    """Keep an alarm on an expression as one on the first metric in it."""
    properties = dict(properties)
    for each in properties.pop("Metrics", []):
        if "MetricStat" in each:
            properties |= {"Period": each["MetricStat"]["Period"], **each["MetricStat"]["Metric"]}
            break
    return _alarm_record(name, properties)


def _condition_key_of_the_role(key: str, context: Any) -> Any:
    value = _condition_key(key, context)
    if key.lower() == "aws:principalarn" and (session := _SESSION.fullmatch(str(value))):
        partition, account, role = session.groups()
        return f"arn:{partition}:iam::{account}:role/{role}"
    return value


def _action_on_one_message(*arguments: object, **more: object) -> str | None:
    action: str | None = _action(*arguments, **more)
    return action.removesuffix("Batch") if action and action.startswith("sqs:") else action


class _Layer(zipfile.ZipFile):
    """A layer's archive, unpacked once for all function instances, which also compile its modules only once."""

    def namelist(self) -> list[str]:
        """Name no file for ministack to resolve, two thousand of them in each start: zipfile stays in its folder."""
        return []

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        """Unpack the archive where nobody has; make the empty folder `path` a link to what was unpacked."""
        files = "".join(f"{each.filename} {each.CRC} {each.file_size}\n" for each in self.infolist())
        folder = Path(tempfile.gettempdir(), "layers", hashlib.sha256(files.encode()).hexdigest())
        with _unpacking:
            if not folder.exists():
                partial = folder.with_suffix(".partial")
                super().extractall(partial, members or self.infolist(), pwd)
                partial.rename(folder)
        Path(path).rmdir()
        Path(path).symlink_to(folder)


def _archive(path: Any, *arguments: Any, **more: Any) -> zipfile.ZipFile:
    kind = _Layer if _LAYER.fullmatch(Path(path).name) else zipfile.ZipFile
    return kind(path, *arguments, **more)


def _end_with_parent() -> None:
    """Wait until standard input ends, which it does when the process that started us is gone."""
    sys.stdin.buffer.read()
    os.killpg(os.getpgrp(), signal.SIGKILL)


s3._fire_s3_event = _fire_with_version
eventbridge._dispatch_event = _dispatch_with_version
lambda_svc._poll_dynamodb_streams = _streams_are_followed_elsewhere
apigateway_v1._media_type_matches = _matches_unescaped
provisioners._cw_metric_alarm_record = _alarm_on_expressions_too
iam_evaluator._resolve_condition_key = _condition_key_of_the_role
iam_actions.extract_iam_action = _action_on_one_message
lambda_runtime.zipfile = SimpleNamespace(**vars(zipfile) | {"ZipFile": _archive})

if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.exit(main(sys.argv[1:]))
