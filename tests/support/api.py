"""The HTTPS API as its callers see it: the submit function's handler, asked and answered in proxy events."""

import json
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from tests.support import proofs
from tests.support.functions import Context, sample
from unspread import case_code

CODE = "7QJ4M-1V9ZK-0C3TB-HX8RD"
CASE = case_code.digest(CODE)
HASH = {"pdq": "0f" * 32, "quality": 90, "phash": "0f" * 8}
ITEM = {"kind": "image", "sha256": "ab" * 32, "md5": "cd" * 16, "hashes": [HASH]}
SUBMISSION = {"case": CASE, "category": "adult", "items": [ITEM]}
HOLDER = {"Authorization": f"Case {CODE}"}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def body(self) -> Any:
        return json.loads(self.text)


@dataclass
class Api:
    function: ModuleType

    def __call__(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        """Call the API; a JSON object that is posted gets a proof, unless it has one."""
        if method == "POST" and isinstance(body, dict):
            body = {"proof": proofs.easy()} | body
        event = sample("submit") | {"httpMethod": method, "path": path, "resource": path}
        event["body"] = body if body is None or isinstance(body, str) else json.dumps(body)
        event["headers"] = {"Content-Type": "application/json"} | (headers or {})
        event["multiValueHeaders"] = {name: [value] for name, value in event["headers"].items()}
        answer = self.function.handler(event | more, Context())
        many = answer.get("multiValueHeaders", {})
        sent = {name: values[0] for name, values in many.items()} | answer.get("headers", {})
        return Answer(answer["statusCode"], sent, answer["body"])


def refused(answer: Answer, status: int) -> dict[str, Any]:
    """Assert that an answer is a problem document of this status that repeats nothing sent; return it."""
    assert answer.status == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert not any(sent in answer.text for sent in ("0f" * 8, "ab" * 16, "cd" * 16, CASE, CODE))
    problem: dict[str, Any] = answer.body
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    return problem
