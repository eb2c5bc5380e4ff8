"""The HTTPS API, as the command line calls it."""

import json
from typing import Any

import urllib3

from unspread.cli.challenge import ChallengeError, solved
from unspread.cli.errors import CommandError

# A submission may be repeated safely, so lost answers and passing faults are.
_RETRY = urllib3.Retry(
    total=5, backoff_factor=0.5, status_forcelist=(429, 503, 504), allowed_methods=None, raise_on_status=False
)

EXPIRED = "urn:unspread:proof-expired"


class ApiError(CommandError):
    """The API refused, or did not answer. The message says what to change, `kind` is the type of the problem."""

    def __init__(self, message: str, kind: str | None = None) -> None:
        super().__init__(message)
        self.kind = kind


class Client:
    """An Unspread API."""

    def __init__(self, api: str) -> None:
        """Use the API at this address."""
        if not api.startswith(("https://", "http://")):
            raise ApiError("Give the API's address as it is in the stack's output ApiUrl: https://...")
        self._api = api.rstrip("/")
        self._pool = urllib3.PoolManager(retries=_RETRY, timeout=urllib3.Timeout(connect=10, read=35))

    def submit(self, path: str, body: dict[str, Any], code: str | None = None) -> dict[str, Any]:
        """Return the JSON answer of a call that takes a proof of work; if it expired on the way, make another.

        Raises:
            ApiError: the API refused, or did not answer.
        """
        try:
            return self.call("POST", path, body=body | {"proof": self._proof()}, code=code)
        except ApiError as error:
            if error.kind != EXPIRED:
                raise
        return self.call("POST", path, body=body | {"proof": self._proof()}, code=code)

    def call(self, method: str, path: str, *, body: object = None, code: str | None = None) -> dict[str, Any]:
        """Return the JSON answer of a call. Raises ApiError."""
        headers = {"Authorization": f"Case {code}"} if code else {}
        try:
            answer = self._pool.request(method, self._api + path, json=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise ApiError(f"{self._api} does not answer ({type(error).__name__}). Is the address right?") from None
        try:
            document: dict[str, Any] = json.loads(answer.data)
        except ValueError:
            raise ApiError(f"{self._api} is not an Unspread API: it answered {answer.status} without JSON.") from None
        if answer.status >= 400:
            raise ApiError(_words(document, answer.status), document.get("type"))
        return document

    def _proof(self) -> str:
        """Get a challenge and solve it: a second or two."""
        try:
            return solved(self.call("GET", "/challenge"))
        except ChallengeError as error:
            raise ApiError(f"{self._api} is not an Unspread API: {error}") from None


def _words(problem: dict[str, Any], status: int) -> str:
    lines = [str(problem.get("detail") or problem.get("title") or f"refused with status {status}")]
    lines += [f"  {fault['at']}: {fault['detail']}" for fault in problem.get("faults", [])]
    return "\n".join(lines)
