"""Whatever is sent to the HTTPS API, it answers as its OpenAPI documents say, and never with a 5xx.

Requests are made by schemathesis from the documents: those that a document allows and those that it does not, at the
boundaries of each value, and at random from a fixed seed. Each has what its call asks for (keys, a case code, a proof,
a signature), and some are sent once more without. Soak tests send all of them, and more at random.
"""

import hashlib
import json
import re
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import hypothesis
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import APIOperation, BaseSchema, Case, GenerationMode
from schemathesis.checks import CHECKS, CheckFunction, load_all_checks
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.generation.meta import CoverageScenario, coverage_scenario

from tests.e2e import operators
from tests.e2e.operators import Participant
from tests.e2e.people import Person
from tests.e2e.signing import Signed
from tests.local.stack import Stack
from tests.support import polling
from tests.support.openapi import DOCUMENTS
from unspread import case_code

BOTH = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
CONFIGURATION = schemathesis.Config.from_dict(
    {"checks": {"negative_data_rejection": {"expected-statuses": [400, 401, 403, 404, 409, 413, 415, 422, 429]}}}
)
type AnyCase = Case[Any]
type AnyOperation = APIOperation[Any, Any, Any, Any]

load_all_checks()
CONFORMING = cast(
    "list[CheckFunction]",
    CHECKS.get_by_names(
        ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"]
    ),
)
REJECTING = cast("CheckFunction", CHECKS.get_one("negative_data_rejection"))
VOTE = b'<feedbackSubmission xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><affirmative/></feedbackSubmission>'


def described(path: Path) -> BaseSchema:
    """Read a document, save who may ask: we know that, and schemathesis need not make it up."""
    document = json.loads(path.read_text(encoding="utf-8"))
    del document["components"]["securitySchemes"]
    document.pop("security", None)
    for operation in (each for methods in document["paths"].values() for each in methods.values()):
        operation.pop("security", None)
    return schemathesis.openapi.from_dict(document, config=CONFIGURATION)


def operations(schema: BaseSchema) -> list[AnyOperation]:
    found = list(schema.get_all_operations())
    assert all(isinstance(each, Ok) for each in found)
    return [each.ok() for each in found if isinstance(each, Ok)]


SCHEMAS = {name: described(path) for name, path in sorted(DOCUMENTS.items())}
OPERATIONS = [(name, found.label) for name, schema in SCHEMAS.items() for found in operations(schema)]
PASSED_OVER = {
    CoverageScenario.UNSPECIFIED_HTTP_METHOD,  # the gateway's to answer
    CoverageScenario.OBJECT_UNEXPECTED_PROPERTIES,  # other clients may send more than we read
}
SIGNED = ("/check", "/reviews")
UNHEARD_OF = {"GET /reviews/{review_id}", "POST /reviews/{review_id}"}
"""What takes a name that nobody makes up."""

OPEN = {"GET /challenge"}
"""What needs nothing of whoever asks."""
HASH = re.compile(r"[0-9a-f]{32}|[0-9a-f]{64}")


@dataclass
class Participants:
    """Those who may ask the exchange, one after the other: each may ask 50 times at once, and no answer may be 429."""

    stack: Stack
    now: Participant

    def next(self) -> dict[str, str]:
        """Return the keys of one who has not asked yet."""
        self.now = operators.participant(self.stack, "--contributes", "adult")
        return self.now.keys


@dataclass
class Caller:
    """Sends requests, with what the call asks of those who ask, and some once more without."""

    stack: Stack
    session: requests.Session
    participants: Participants
    proofs: int = 0
    salt: str = field(default_factory=lambda: uuid.uuid4().hex)
    seen: Counter[int] = field(default_factory=Counter)
    refused: int = 0

    def send(self, case: AnyCase) -> None:
        """Send a request, and each fourth once more with nothing that tells who asks; check the answers."""
        number = self.seen.total()
        if case.meta and case.meta.generation.mode is GenerationMode.POSITIVE:
            self._make_plausible(case, number)
        known = self._credentials(case.operation.label)
        answer = case.call(self.stack.api, self.session, timeout=polling.PATIENCE, **known)
        if answer.status_code == requests.codes.too_many_requests:
            case.validate_response(answer, checks=CONFORMING)
            known = {"headers": self.participants.next()}
            answer = case.call(self.stack.api, self.session, timeout=polling.PATIENCE, **known)
        self.seen[answer.status_code] += 1
        case.validate_response(answer, checks=CONFORMING if _harmless(case, answer) else [*CONFORMING, REJECTING])
        if number % 4 == 0 and case.operation.label not in OPEN:
            self._refused(case)

    @cached_property
    def code(self) -> str:
        """The code of a case."""
        made = case_code.generate()
        item = {"kind": "image", "sha256": hashlib.sha256(made.encode()).hexdigest()}
        body = {"case": case_code.digest(made), "category": "adult", "items": [item]}
        assert Person(self.stack).call("POST", "/submissions", body).status == 201
        return made

    def _refused(self, case: AnyCase) -> None:
        if isinstance(case.body, dict):
            case.body.pop("proof", None)
        answer = case.call(self.stack.api, self.session, timeout=polling.PATIENCE)
        assert 400 <= answer.status_code < 500
        if not case.operation.path.startswith(SIGNED):  # the gateway answers these, the emulator's in words of its own
            case.validate_response(answer, checks=CONFORMING)
        self.refused += 1

    def _credentials(self, label: str) -> dict[str, Any]:
        path = label.partition(" ")[2]
        if path.startswith(("/v1/", "/v2/")):
            return {"headers": self.participants.now.keys}
        if path.startswith("/case"):
            return {"headers": {"Authorization": f"Case {self.code}"}}
        return {"auth": Signed()} if path.startswith(SIGNED) else {}

    def _make_plausible(self, case: AnyCase, number: int) -> None:
        """Put hashes that pictures may have in place of those at boundaries, proofs, and votes in NCMEC's XML."""
        if "/{fingerprint}" in case.operation.path and number % 2:
            names = {"member": "1", "entry": hashlib.sha256(str(number).encode()).hexdigest(), "fingerprint": "PDQ"}
            case.path_parameters = {name: names[name] for name in case.path_parameters}
        if case.operation.method == "put":
            case.body = VOTE
        elif isinstance(case.body, dict):
            body: dict[str, Any] = _plausible(case.body, f"{self.salt} {number}")
            if "proof" in body and self.proofs:
                self.proofs -= 1
                body["proof"] = Person(self.stack).proof()
            case.body = body


def _harmless(case: AnyCase, answer: Response) -> bool:
    """Tell whether a fault may not have arrived: votes are ours, and a list of nothing is left out of a query."""
    sent = parse_qs(urlsplit(str(answer.request.url)).query, keep_blank_values=True)
    return case.operation.method == "put" or not sent.keys() >= (case.query or {}).keys()


def _plausible(value: Any, salt: str) -> Any:
    if isinstance(value, dict):
        return {name: _plausible(each, f"{salt} {name}") for name, each in value.items()}
    if isinstance(value, list):
        return [_plausible(each, f"{salt} {at}") for at, each in enumerate(value)]
    if isinstance(value, str) and HASH.fullmatch(value):
        return hashlib.sha256(salt.encode()).hexdigest()[: len(value)]
    return value


@pytest.fixture(scope="module")
def participants(stack: Stack) -> Participants:
    return Participants(stack, operators.participant(stack, "--contributes", "adult"))


@pytest.fixture
def caller(stack: Stack, participants: Participants) -> Iterator[Caller]:
    with requests.Session() as session:
        yield Caller(stack, session, participants)


def at_boundaries(schema: BaseSchema, operation: AnyOperation, most: int) -> list[AnyCase]:
    """Return requests at the boundaries of what an operation takes, evenly chosen of all that there are."""
    made = schema.iter_coverage_cases(
        operation, generation_modes=BOTH, generation_config=schema.config.generation_for(operation=operation)
    )
    cases = [case for case in made if coverage_scenario(case) not in PASSED_OVER]
    step = max(1, len(cases) // most)
    return cases[::step]


def send_random(caller: Caller, operation: AnyOperation, mode: GenerationMode, count: int) -> None:
    """Send random requests, from a fixed seed."""

    @hypothesis.settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(operation.as_strategy(mode))
    def send(case: AnyCase) -> None:
        caller.send(case)

    send()


@dataclass(frozen=True)
class Effort:
    """How many requests are made at boundaries, at random for each mode, and with a proof of work."""

    boundaries: int
    random: int
    proofs: int


@pytest.mark.parametrize(
    "effort",
    [
        pytest.param(Effort(boundaries=16, random=3, proofs=3), id="some"),
        pytest.param(Effort(boundaries=100_000, random=100, proofs=30), id="all", marks=pytest.mark.soak),
    ],
)
@pytest.mark.parametrize(("document", "label"), OPERATIONS)
def test_answers_are_as_the_document_says(caller: Caller, document: str, label: str, effort: Effort) -> None:
    schema = SCHEMAS[document]
    operation = schema.find_operation_by_label(label)
    assert operation
    caller.proofs = effort.proofs
    for case in at_boundaries(schema, operation, effort.boundaries):
        caller.send(case)
    taken = [*operation.path_parameters, *operation.query, *operation.body]
    for mode in BOTH if taken else []:
        send_random(caller, operation, mode, effort.random)
    assert any(status < 300 for status in caller.seen) or label in UNHEARD_OF, caller.seen
    assert caller.refused or label in OPEN
