"""`unspread participants`: who may pull the list. It works on the table itself, with the operator's AWS credentials."""

import argparse
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import get_args

from botocore.exceptions import BotoCoreError, ClientError

from unspread import aws
from unspread.cli.errors import CommandError
from unspread.cli.stack_outputs import outputs
from unspread.exchange.participant import Participant, ParticipantNameError, create
from unspread.stores.participant_table import Audited, ParticipantExistsError, ParticipantTable
from unspread.submission import Category

_OUTPUT = "ExchangeTableName"


class ParticipantsError(CommandError):
    """A command that cannot be done. The message says what to change."""


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands."""
    parser = subcommands.add_parser("participants", help="say which platforms may pull the list (for operators)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    adding = commands.add_parser("add", help="add a participant; prints its two keys, once")
    adding.add_argument("name", help="small letters, digits and hyphens; it is part of the keys")
    adding.add_argument(
        "--categories",
        type=_categories,
        required=True,
        metavar="LIST",
        help="the hashes it may see: minor, adult, or minor,adult",
    )
    adding.add_argument(
        "--contributes",
        choices=get_args(Category.__value__),
        help="let it list hashes of its own, under this category (default: it may not)",
    )
    _table(adding, lambda options, table: _add(table, options.name, options.categories, options.contributes))

    listing = commands.add_parser("list", help="print a JSON line for each participant")
    _table(listing, lambda _, table: _list(table))

    revoking = commands.add_parser("revoke", help="revoke a participant's keys for good")
    revoking.add_argument("name")
    _table(revoking, lambda options, table: _revoke(table, options.name))


def _table(parser: argparse.ArgumentParser, run: Callable[[argparse.Namespace, ParticipantTable], int]) -> None:
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--stack", metavar="NAME", help="the deployed stack")
    where.add_argument("--table", metavar="NAME", help=f"the exchange table: the stack's output {_OUTPUT}")
    parser.set_defaults(run=lambda options: _run(options, run))


def _run(options: argparse.Namespace, run: Callable[[argparse.Namespace, ParticipantTable], int]) -> int:
    try:
        name = options.table or outputs(options.stack, _OUTPUT)[_OUTPUT]
        return run(options, ParticipantTable(aws.dynamodb(), name))
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise ParticipantsError(f"AWS refused {error.operation_name}: {code}.") from None
    except BotoCoreError as error:
        raise ParticipantsError(str(error)) from None


def _add(table: ParticipantTable, name: str, categories: frozenset[Category], contributes: Category | None) -> int:
    try:
        participant, keys = create(name, categories, contributes, _today())
        table.add(participant)
    except ParticipantNameError as error:
        raise ParticipantsError(str(error)) from None
    except ParticipantExistsError:
        message = f"There is a participant {name} already, or was one. Take another name: names are never given again."
        raise ParticipantsError(message) from None
    said = _line(participant, None)
    said |= {"x-functions-key": keys.function, "Ocp-Apim-Subscription-Key": keys.subscription}
    print(json.dumps(said, indent=2))
    return 0


def _list(table: ParticipantTable) -> int:
    for participant in table.all():
        print(json.dumps(_line(participant, table.last(participant.name))))
    return 0


def _revoke(table: ParticipantTable, name: str) -> int:
    if not table.revoke(name, _today()):
        raise ParticipantsError(f"There is no participant {name}.")
    return 0


def _line(participant: Participant, last: Audited | None) -> dict[str, object]:
    return {
        "name": participant.name,
        "categories": sorted(participant.categories),
        "contributes": participant.contributes,
        "created": participant.created,
        "revoked": participant.revoked,
        "last": {"at": datetime.fromtimestamp(last.at, UTC).isoformat(), "call": last.call, "records": last.records}
        if last
        else None,
    }


def _categories(text: str) -> frozenset[Category]:
    named = {part.strip() for part in text.split(",")}
    known: tuple[Category, ...] = get_args(Category.__value__)
    chosen = frozenset(category for category in known if category in named)
    if named != chosen:
        raise argparse.ArgumentTypeError("name minor, adult, or both with a comma between")
    return chosen


def _today() -> str:
    return datetime.now(UTC).date().isoformat()
