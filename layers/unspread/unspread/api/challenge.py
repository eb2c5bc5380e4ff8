"""The route for those who are about to submit: a challenge, whose solution is the proof of work."""

from collections.abc import Callable
from http import HTTPStatus

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from unspread.api.answers import answer, answers
from unspread.api.proof import ChallengeBody
from unspread.proof import Proofs


def challenge_routes(proofs: Callable[[], Proofs]) -> APIGatewayRouter:
    """Return the route, which uses the proofs that `proofs` gives when a request needs them."""
    router = APIGatewayRouter()  # type: ignore[no-untyped-call]

    @router.get(
        "/challenge",
        summary="Get a challenge",
        description="A proof-of-work challenge of ALTCHA's protocol, version 2. It is kept nowhere and tells nothing "
        "about who asked for it.",
        operation_id="challenge",
        responses=answers(HTTPStatus.OK, ChallengeBody),
    )
    def challenge() -> Response[ChallengeBody]:
        return answer(HTTPStatus.OK, ChallengeBody.model_validate(proofs().challenge().to_dict()))

    return router
