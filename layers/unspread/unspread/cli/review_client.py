"""The reviewers' part of the HTTPS API, signed with the operator's own AWS credentials."""

import json
from typing import Any
from urllib.parse import urlencode

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

from unspread import aws
from unspread.cli.client import ApiError

_RETRY = urllib3.Retry(
    total=3, backoff_factor=0.5, status_forcelist=(429, 503, 504), allowed_methods=None, raise_on_status=False
)


class ReviewClient:
    """The reviews of an Unspread API. Every call may be repeated, so passing faults are."""

    def __init__(self, api: str) -> None:
        """Use the API at this address. Raises ApiError if there are no credentials."""
        if not api.startswith(("https://", "http://127.0.0.1:")):
            raise ApiError("Give the API's address as it is in the stack's output ApiUrl: https://...")
        self._api = api.rstrip("/")
        credentials, region = aws.identity()
        if credentials is None or not region:
            raise ApiError("There are no AWS credentials, or no region. Set AWS_PROFILE, or AWS_DEFAULT_REGION.")
        self._signer = SigV4Auth(credentials, "execute-api", region)
        self._pool = urllib3.PoolManager(retries=_RETRY, timeout=urllib3.Timeout(connect=10, read=35))

    def page(self, after: str = "", verdict: str = "") -> dict[str, Any]:
        """Return a page of open reviews."""
        query = {name: value for name, value in (("after", after), ("verdict", verdict)) if value}
        return self._call("GET", "/reviews" + (f"?{urlencode(query)}" if query else ""))

    def all(self, verdict: str = "") -> list[dict[str, Any]]:
        """Return all open reviews, oldest first."""
        found: list[dict[str, Any]] = []
        after = ""
        while True:
            page = self.page(after, verdict)
            found += page["reviews"]
            after = page["next"] or ""
            if not after:
                return found

    def read(self, review: str) -> dict[str, Any]:
        """Return a review."""
        return self._call("GET", f"/reviews/{review}")

    def decide(self, review: str, decision: str, note: str = "") -> dict[str, Any]:
        """Decide; return the review as it is then."""
        return self._call("POST", f"/reviews/{review}", {"decision": decision, "note": note})

    def audit(self, month: str) -> list[dict[str, Any]]:
        """Return the audit of a month, such as 2026-11."""
        entries: list[dict[str, Any]] = self._call("GET", f"/reviews/audit?{urlencode({'month': month})}")["entries"]
        return entries

    def _call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body)
        request = AWSRequest(method, self._api + path, {"Content-Type": "application/json"}, data)
        self._signer.add_auth(request)
        try:
            answer = self._pool.request(method, self._api + path, body=data, headers=dict(request.headers.items()))
            document: dict[str, Any] = json.loads(answer.data)
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(f"{self._api} does not answer ({type(error).__name__}). Is the address right?") from None
        except ValueError:
            raise ApiError(f"{self._api} is not an Unspread API: it answered {answer.status} without JSON.") from None
        if answer.status >= 400:
            raise ApiError(f"refused ({answer.status}): {document.get('detail') or document.get('title')}")
        return document
