"""What each command does."""

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from unspread import case_code
from unspread.cli.client import ApiError, Client
from unspread.cli.files import FileError, HashedFile, hash_file, walk
from unspread.submission import MOST_ITEMS


def hash_files(paths: Sequence[Path]) -> int:
    """Print a JSON line for each file."""
    failed = False
    for path, outcome in _hash_all(paths):
        if isinstance(outcome, HashedFile):
            print(json.dumps(outcome.line()), flush=True)
        else:
            failed = True
            print(json.dumps({"path": str(path), "error": str(outcome)}), flush=True)
    return int(failed)


def submit(paths: Sequence[Path], api: str, category: str, *, windows: bool = True) -> int:
    """Submit files' hashes as a new case, and print its code."""
    client = Client(api)
    hashed: list[HashedFile] = []
    failed = False
    for path, outcome in _hash_all(paths, windows=windows):
        if isinstance(outcome, HashedFile):
            hashed.append(outcome)
        else:
            failed = True
            print(f"unspread: {path}: {outcome}", file=sys.stderr)
    if not hashed:
        raise ApiError("There is nothing to submit.")
    if len(hashed) > MOST_ITEMS:
        raise ApiError(f"{len(hashed)} files are more than the {MOST_ITEMS} of a case. Submit them in portions.")
    code = case_code.generate()
    body = {"case": case_code.digest(code), "category": category, "items": [file.item() for file in hashed]}
    answer = client.submit("/submissions", body)
    for rejected in answer["rejected"]:
        failed = True
        print(f"unspread: {hashed[rejected['item']].path}: not listed, {rejected['reason']}", file=sys.stderr)
    print(code)
    print(
        f"unspread: {answer['accepted']} listed. Keep the case code: nobody can recover it.",
        file=sys.stderr,
    )
    return int(failed)


def status(code: str, api: str) -> int:
    """Print the status of a case as JSON."""
    print(json.dumps(Client(api).call("GET", "/case", code=case_code.normalise(code)), indent=2))
    return 0


def withdraw(code: str, api: str) -> int:
    """Withdraw a case and print its status as JSON."""
    print(json.dumps(Client(api).call("DELETE", "/case", code=case_code.normalise(code)), indent=2))
    return 0


def _hash_all(paths: Sequence[Path], *, windows: bool = False) -> Iterator[tuple[Path, HashedFile | FileError]]:
    """Hash every file, and tell people at a terminal how far it is."""
    files = walk(paths)
    telling = sys.stderr.isatty() and len(files) > 1
    for done, path in enumerate(files, 1):
        try:
            outcome: HashedFile | FileError = hash_file(path, windows=windows)
        except FileError as error:
            outcome = error
        if telling:
            print(
                f"\r{done} of {len(files)} hashed", end="\n" if done == len(files) else "", file=sys.stderr, flush=True
            )
        yield path, outcome
