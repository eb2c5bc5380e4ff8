"""`unspread doctor`: checks a deployed stack with the operator's AWS credentials, and says what to do."""

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from unspread.cli.stack_outputs import StackError
from unspread.doctor import setup, waiting
from unspread.doctor.canary import canary
from unspread.doctor.deployed import Deployed, Finding, Health, describe, wrong
from unspread.doctor.permissions import permissions

type Check = Callable[[Deployed], Iterator[Finding]]

_DENIED = {"AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation", "NotImplemented"}


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subcommands.add_parser("doctor", help="check a deployed stack and say what to do (for operators)")
    parser.add_argument("--stack", required=True, metavar="NAME", help="the deployed stack")
    parser.add_argument("--json", action="store_true", help="print the findings as one JSON document")
    parser.add_argument(
        "--wait",
        type=float,
        default=120.0,
        metavar="SECONDS",
        help="how long to wait for the verdict on a test object; 0 for none (default: %(default)s)",
    )
    parser.set_defaults(run=lambda options: _run(options.stack, options.wait, as_json=options.json))


def _run(name: str, wait: float, *, as_json: bool) -> int:
    try:
        stack = describe(name)
    except (ClientError, BotoCoreError) as error:
        raise StackError(f"The stack {name} cannot be described: {_words(error)}.") from None
    findings = []
    for finding in examine(stack, checks(wait)):
        findings.append(finding)
        if not as_json:
            print(_line(finding), flush=True)
    healthy = all(finding.health is not Health.FAILED for finding in findings)
    if as_json:
        print(json.dumps({"healthy": healthy, "findings": [asdict(finding) for finding in findings]}, indent=2))
    return 0 if healthy else 1


def checks(wait: float) -> dict[str, Check]:
    """Return the checks by name, in their order; the canary waits so many seconds."""
    delivery = {"delivery": partial(canary, seconds=wait)} if wait else {}
    return {
        "version": setup.version,
        "clock": setup.clock,
        "functions": setup.functions,
        "permissions": permissions,
        "expiry": setup.tables,
        "events": setup.buckets,
        "secrets": setup.secrets,
        "alarm topic": setup.topic,
        "alarms": waiting.alarms,
        "dead letters": waiting.dead_letters,
        "queues": waiting.queues,
        "waiting": waiting.waits,
        **delivery,
    }


def examine(stack: Deployed, checks: dict[str, Check]) -> Iterator[Finding]:
    """Run checks; one that cannot look tells so, and lets the others go on."""
    for name, check in checks.items():
        try:
            yield from check(stack)
        except KeyError as error:
            yield Finding(name, Health.SKIPPED, f"the output {error} is missing")
        except ClientError as error:
            if error.response["Error"]["Code"] in _DENIED:
                yield Finding(name, Health.SKIPPED, f"your credentials may not {_words(error)}")
            else:
                yield wrong(name, _words(error), "Is it deleted or changed by hand? Deploy again.")
        except BotoCoreError as error:
            yield wrong(name, _words(error), "Is AWS reachable from here?")


def _words(error: ClientError | BotoCoreError) -> str:
    if isinstance(error, ClientError):
        return f"{error.operation_name}: {error.response['Error']['Code']}"
    return str(error)


def _line(finding: Finding) -> str:
    what = f"{finding.health.value:8}{finding.check}: {finding.said}"
    return f"{what}\n        -> {finding.do}" if finding.do else what
