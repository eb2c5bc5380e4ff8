"""`unspread review`: what waits for a person, and the person's decisions, with the operator's AWS credentials."""

import argparse
import json
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from unspread.cli.client import ApiError
from unspread.cli.review_client import ReviewClient
from unspread.cli.stack_outputs import outputs

DECISIONS = ("confirm", "release", "approve", "escalate", "hold", "unhold", "appeal")


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subcommands.add_parser("review", help="decide on matches and suspects (for reviewers)")
    parser.add_argument(
        "what", nargs="?", default="list", choices=["list", "show", "audit", *DECISIONS], help="default: list"
    )
    parser.add_argument("id", nargs="?", default="", help="the review, where one is meant")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--stack", metavar="NAME", help="the deployed stack")
    where.add_argument("--api", metavar="URL", help="address of the HTTPS API: the stack's output ApiUrl")
    parser.add_argument("--verdict", choices=["match", "suspect"], default="", help="list these only")
    parser.add_argument("--note", default="", help="for the audit; name nobody")
    parser.add_argument(
        "--month", default=f"{datetime.now(UTC):%Y-%m}", help="of the audit, such as %(default)s (default: this one)"
    )
    parser.add_argument("--web", action="store_true", help="serve a page on this machine, for reviewing by keyboard")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command. Raises ApiError."""
    try:
        client = ReviewClient(options.api or outputs(options.stack, "ApiUrl")["ApiUrl"])
        if options.web:
            from unspread.cli.review_web import serve  # noqa: PLC0415 - loads the imaging packages

            serve(client)
            return 0
        return _run(client, options)
    except ClientError as error:
        raise ApiError(f"AWS refused {error.operation_name}: {error.response['Error']['Code']}.") from None
    except BotoCoreError as error:
        raise ApiError(str(error)) from None


def _run(client: ReviewClient, options: argparse.Namespace) -> int:
    match options.what:
        case "list":
            for review in client.all(options.verdict):
                print(json.dumps(review))
        case "audit":
            for entry in client.audit(options.month):
                print(json.dumps(entry))
        case _ if not options.id:
            raise ApiError("Name the review, as `unspread review list` shows it.")
        case "show":
            print(json.dumps(client.read(options.id), indent=2))
        case decision:
            print(json.dumps(client.decide(options.id, decision, options.note), indent=2))
    return 0
