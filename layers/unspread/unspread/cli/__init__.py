"""The command line: hash files here, submit their hashes, follow and withdraw a case.

Pictures never leave the machine.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from unspread import __version__
from unspread.case_code import CaseCodeError
from unspread.cli import backfill, commands, cost, doctor, lists, participants, redrive, review, serving, watch
from unspread.cli.errors import CommandError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command. Returns 0, 1 if a file or the API refused, 2 if the command was not understood."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (CommandError, CaseCodeError) as error:
        print(f"unspread: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("unspread: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of a pipe has seen enough
        sys.stderr.close()
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="unspread", description=__doc__)
    parser.add_argument("--version", action="version", version=f"unspread {__version__}")
    subcommands = parser.add_subparsers(required=True, metavar="COMMAND")

    hashing = subcommands.add_parser("hash", help="print the hashes of files, a JSON line each")
    _paths(hashing)
    hashing.set_defaults(run=lambda options: commands.hash_files(options.paths))

    submit = subcommands.add_parser("submit", help="submit the hashes of files as a new case; prints the case code")
    _paths(submit)
    _api(submit)
    submit.add_argument(
        "--category",
        choices=["adult", "minor"],
        default="adult",
        help="whether the person shown was under 18 (default: %(default)s)",
    )
    submit.add_argument(
        "--no-windows",
        dest="windows",
        action="store_false",
        help="leave out the hashes of parts of each picture, by which crops of it are suspected",
    )
    submit.set_defaults(
        run=lambda options: commands.submit(options.paths, options.api, options.category, windows=options.windows)
    )

    for name, run, words in (
        ("status", commands.status, "show what was found of a case"),
        ("withdraw", commands.withdraw, "take a case's hashes off the list"),
    ):
        command = subcommands.add_parser(name, help=words)
        command.add_argument("code", help="the case code")
        _api(command)
        command.set_defaults(run=lambda options, run=run: run(options.code, options.api))

    participants.register(subcommands)
    lists.register(subcommands)
    redrive.register(subcommands)
    doctor.register(subcommands)
    cost.register(subcommands)
    serving.register(subcommands)
    watch.register(subcommands)
    backfill.register(subcommands)
    review.register(subcommands)
    return parser


def _paths(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder to walk")


def _api(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--api", required=True, metavar="URL", help="address of the HTTPS API: the stack's output ApiUrl"
    )
