"""`unspread lists`: lists of others that are pulled. It works on the table itself, with the operator's credentials."""

import argparse
import getpass
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

from botocore.exceptions import BotoCoreError, ClientError

from unspread import aws
from unspread.cli.errors import CommandError
from unspread.cli.stack_outputs import outputs
from unspread.pull.pulled_list import CREDENTIALS, ListError, ListKind, PulledList, State, check
from unspread.stores.list_secret import ListSecret
from unspread.stores.pull_table import ListExistsError, PullTable
from unspread.submission import Category

_TABLE, _SECRET = "PullTableName", "PullSecretArn"


class ListsError(CommandError):
    """A command that cannot be done. The message says what to change."""


@dataclass(frozen=True, slots=True)
class _Stores:
    """What the commands work on."""

    table: PullTable
    secret: ListSecret


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    parser = subcommands.add_parser("lists", help="pull lists of others into yours (for operators)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    adding = commands.add_parser(
        "add", help="pull another list; what it knows you by is asked for, or read from standard input, a line each"
    )
    adding.add_argument("name", help="small letters, digits and hyphens; its hashes get the source list#NAME")
    adding.add_argument("--kind", required=True, choices=[kind.value for kind in ListKind])
    adding.add_argument("--address", required=True, metavar="URL", help="https://..., or s3://BUCKET/KEY for a file")
    adding.add_argument("--category", required=True, choices=get_args(Category.__value__), help="of all its hashes")
    adding.add_argument("--feedback", action="store_true", help="tell the list how many copies were found and removed")
    _stores(adding, _add)

    _stores(commands.add_parser("list", help="print a JSON line for each list"), lambda stores, _: _list(stores))

    for name, words, run in (
        ("remove", "withdraw a list's hashes, and forget it", _remove),
        ("resync", "read a list anew; what it no longer has is withdrawn", _switching("resync", on=True)),
        ("disable", "stop pulling a list; its hashes stay", _switching("enabled", on=False)),
        ("enable", "go on pulling a list", _switching("enabled", on=True)),
    ):
        command = commands.add_parser(name, help=words)
        command.add_argument("name")
        _stores(command, run)


def _stores(parser: argparse.ArgumentParser, run: Callable[[_Stores, argparse.Namespace], int]) -> None:
    parser.add_argument("--stack", metavar="NAME", help="the deployed stack")
    parser.add_argument("--table", metavar="NAME", help=f"without a stack, the pull table: its output {_TABLE}")
    parser.add_argument("--secret", metavar="ARN", help=f"without a stack, the secret: its output {_SECRET}")
    parser.set_defaults(run=lambda options: _run(options, run))


def _run(options: argparse.Namespace, run: Callable[[_Stores, argparse.Namespace], int]) -> int:
    if not options.stack and not (options.table and options.secret):
        raise ListsError("Name the stack with --stack, or the table and the secret with --table and --secret.")
    try:
        named = {_TABLE: options.table, _SECRET: options.secret}
        found = outputs(options.stack, _TABLE, _SECRET) if options.stack else named
        stores = _Stores(PullTable(aws.dynamodb(), found[_TABLE]), ListSecret(aws.secrets(), found[_SECRET]))
        return run(stores, options)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise ListsError(f"AWS refused {error.operation_name}: {code}.") from None
    except BotoCoreError as error:
        raise ListsError(str(error)) from None


def _add(stores: _Stores, options: argparse.Namespace) -> int:
    kind = ListKind(options.kind)
    added = int(datetime.now(UTC).timestamp())
    pulled = PulledList(options.name, kind, options.address, options.category, options.feedback, added=added)
    credentials = {name: _asked(name) for name in CREDENTIALS[kind]}
    try:
        check(pulled, credentials)
        if pulled.name in {each.name for each in stores.table.all()}:
            raise ListExistsError
        stores.secret.put(pulled.name, credentials)  # first: a list that is pulled has them
        stores.table.add(pulled)
    except ListError as error:
        raise ListsError(str(error)) from None
    except ListExistsError:
        message = f"There is a list {pulled.name}, perhaps still being removed. Remove it first, or take another name."
        raise ListsError(message) from None
    print(json.dumps(_line(pulled, State())))
    return 0


def _asked(name: str) -> str:
    """Ask for a credential; never as an argument, which other users of the machine can see."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{name}: ")
    return sys.stdin.readline().rstrip("\r\n")


def _list(stores: _Stores) -> int:
    states = stores.table.states()
    for pulled in stores.table.all():
        print(json.dumps(_line(pulled, states.get(pulled.name, State()))))
    return 0


def _remove(stores: _Stores, options: argparse.Namespace) -> int:
    _switch(stores, options.name, "removing", on=True)
    stores.secret.put(options.name, {})
    return 0


def _switching(switch: str, *, on: bool) -> Callable[[_Stores, argparse.Namespace], int]:
    def run(stores: _Stores, options: argparse.Namespace) -> int:
        _switch(stores, options.name, switch, on=on)
        return 0

    return run


def _switch(stores: _Stores, name: str, switch: str, *, on: bool) -> None:
    if not stores.table.switch(name, switch, on=on):
        raise ListsError(f"There is no list {name}.")


def _line(pulled: PulledList, state: State) -> dict[str, object]:
    return {
        "name": pulled.name,
        "kind": pulled.kind.value,
        "address": pulled.address,
        "category": pulled.category,
        "feedback": pulled.feedback,
        "state": _word(pulled, state),
        "reason": state.reason,
        "attempted": _moment(state.attempted),
        "succeeded": _moment(state.succeeded),
    }


def _word(pulled: PulledList, state: State) -> str:
    if pulled.removing:
        return "removing"
    if not pulled.enabled:
        return "disabled"
    if state.reason:
        return "failing"
    if state.full or pulled.resync or not state.attempted or state.dropping is not None:
        return "being read"
    return "following"


def _moment(seconds: int) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None
