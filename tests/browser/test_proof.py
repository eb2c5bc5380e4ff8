"""The page's own solver, as it is shipped, against the library that checks its solutions."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from altcha import Challenge, Payload, Solution, create_challenge

from tests.browser.scenarios import BROWSERS, HERE, WEB, Browser, install, run, tool
from tests.support import page_server, proofs
from tests.support.functions import Context, sample
from tests.support.world import World, a_world
from unspread.assembly import listing
from unspread.proof import MOST_TRIES, ProofError, Refusal
from unspread.settings import SubmitSettings

SECONDS = 120


def solve(*challenges: dict[str, Any]) -> list[dict[str, Any] | None]:
    """Have the page's worker solve challenges, in Node; None for one that it gives up."""
    install(WEB)
    done = subprocess.run(
        [tool("node"), str(HERE / "solve.mjs")],
        input=json.dumps(challenges),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [outcome["solution"] for outcome in json.loads(done.stdout)]


def test_what_the_pages_worker_solves_is_taken() -> None:
    with a_world():
        taken = listing.proofs(SubmitSettings.load())
        challenges = [taken.challenge().to_dict() for _ in range(3)]
        for number, (challenge, solution) in enumerate(zip(challenges, solve(*challenges), strict=True)):
            assert solution is not None
            text = Payload(Challenge.from_dict(challenge), Solution.from_dict(solution)).to_base64()
            taken.redeem(Payload.from_base64(text), f"{number:064x}")


@pytest.mark.parametrize("counter", [0, 1, 7, 8, 255, 256, MOST_TRIES])
def test_the_counter_that_was_drawn_is_the_one_that_is_found(counter: int) -> None:
    challenge = create_challenge("PBKDF2/SHA-256", 2, counter=counter, hmac_secret=proofs.SECRET)
    (solution,) = solve(challenge.to_dict())
    assert solution is not None
    assert solution["counter"] == counter
    assert solution["derivedKey"].startswith(challenge.parameters.key_prefix)


def test_a_challenge_that_is_not_ours_is_given_up() -> None:
    ours = create_challenge("PBKDF2/SHA-256", 1, counter=1, hmac_secret=proofs.SECRET).to_dict()
    others = [
        ours | {"parameters": ours["parameters"] | change}
        for change in ({"algorithm": "SCRYPT"}, {"keyPrefix": "no hex"}, {"cost": -1})
    ]
    assert solve(*others) == [None] * 3


# --------------------------------------------------------------------------------- the page's Prover, in browsers


@dataclass
class Server:
    """Challenges as the API gives them, from a function of ours, to a page of ours."""

    url: str
    world: World
    given: int = 0
    faults: list[int] = field(default_factory=list)  # statuses that the next who ask for a challenge get
    answers: list[dict[str, Any]] = field(default_factory=list)  # what the next get after those

    def answer(self, function: ModuleType, event: dict[str, Any]) -> dict[str, Any] | None:
        """Answer a proxy event, or leave it to the page."""
        if event["path"] != "/challenge":
            return None
        if self.faults:
            return {"statusCode": self.faults.pop(0), "headers": {}, "body": ""}
        self.given += 1
        if self.answers:
            return self.answers.pop(0)
        answer = function.handler(sample("challenge"), Context())
        return {"statusCode": 200, "headers": {"Date": formatdate(usegmt=True)}, "body": answer["body"]}

    def redeem(self, made: dict[str, Any], request: str) -> None:
        """Take a proof that the page made, for a request."""
        payload = Payload.from_base64(made["proof"])
        listing.proofs(SubmitSettings.load()).redeem(payload, request)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    install(WEB)
    out = tmp_path_factory.mktemp("site")
    command = [tool("node"), str(HERE / "build_test_page.mjs"), str(HERE / "prover_page"), str(out)]
    subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)
    return out


@pytest.fixture
def server(site: Path) -> Iterator[Server]:
    with a_world() as world:
        function = world.function("submit")
        state = Server("", world)
        with page_server.serving(site, lambda event: state.answer(function, event)) as url:
            state.url = url
            yield state


@pytest.mark.parametrize("browser", BROWSERS)
def test_the_page_makes_proofs_that_are_taken_each_for_its_own_request(server: Server, browser: Browser) -> None:
    seen = run("prove", browser, server.url, steps=["start", "prove", "prove", "prove twice at once"])
    assert seen["complaints"] == []
    assert server.given == 4
    for number, made in enumerate(seen["made"]):
        server.redeem(made, f"{number:064x}")


@pytest.mark.parametrize("browser", BROWSERS)
def test_a_proof_that_grew_old_is_not_handed_out(server: Server, browser: Browser) -> None:
    seen = run("prove", browser, server.url, steps=["start", "prove", "start", "wait an hour", "prove"])
    assert seen["complaints"] == []
    assert server.given == 3
    assert len({made["proof"] for made in seen["made"]}) == 2


def test_without_a_network_the_page_asks_again_when_it_is_asked_again(server: Server) -> None:
    server.faults += [503, 503]
    seen = run("prove", "chromium", server.url, steps=["start", "prove", "prove", "prove"])
    failed = [made for made in seen["made"] if "failed" in made]
    assert failed, "a failure is told"
    assert all("503" in made["failed"] for made in failed)
    server.redeem(seen["made"][-1], "1" * 64)


def test_a_device_whose_clock_is_wrong_goes_by_the_servers(server: Server) -> None:
    past = 1_000_000_000
    challenge = create_challenge("PBKDF2/SHA-256", 1, counter=1, expires_at=past + 600, hmac_secret=proofs.SECRET)
    headers = {"Date": formatdate(past, usegmt=True)}
    server.answers += [{"statusCode": 200, "headers": headers, "body": json.dumps(challenge.to_dict())}]
    seen = run("prove", "chromium", server.url, steps=["prove"])
    assert (server.given, len(seen["made"])) == (1, 1)
    assert Payload.from_base64(seen["made"][0]["proof"]).challenge.signature == challenge.signature


def test_where_no_clock_can_be_trusted_the_server_has_the_last_word(server: Server) -> None:
    challenge = create_challenge("PBKDF2/SHA-256", 1, counter=1, expires_at=1, hmac_secret=proofs.SECRET)
    server.answers += [{"statusCode": 200, "headers": {}, "body": json.dumps(challenge.to_dict())}]
    seen = run("prove", "chromium", server.url, steps=["prove", "prove"])
    with pytest.raises(ProofError) as refused:
        server.redeem(seen["made"][0], "1" * 64)
    assert refused.value.refusal is Refusal.EXPIRED
    server.redeem(seen["made"][1], "1" * 64)


def test_an_answer_that_is_no_challenge_is_told_and_asked_for_again(server: Server) -> None:
    other = create_challenge("SHA-256", 1, counter=1, expires_at=proofs.DISTANT, hmac_secret="x").to_dict()
    bodies = ["[]", "no JSON", json.dumps(other)]
    server.answers += [{"statusCode": 200, "headers": {}, "body": body} for body in bodies]
    seen = run("prove", "chromium", server.url, steps=["prove"] * 4)
    assert ["failed" in made for made in seen["made"]] == [True, True, True, False]
    server.redeem(seen["made"][-1], "1" * 64)
