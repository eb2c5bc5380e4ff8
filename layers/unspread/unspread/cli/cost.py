"""`unspread cost`: what a month will cost, at the list prices of `unspread.prices`. It asks nobody."""

import argparse

from unspread.cost import month


def register(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = subcommands.add_parser("cost", help="estimate what a month costs on AWS (for operators)")
    parser.add_argument("--uploads", type=_count, required=True, metavar="N", help="pictures uploaded in a month")
    parser.add_argument("--megabytes", type=_size, default=1.0, metavar="M", help="size of one (default: %(default)s)")
    parser.add_argument("--listings", type=_count, default=0, metavar="K", help="pictures listed in a month")
    parser.add_argument("--stored", type=_count, default=0, metavar="S", help="uploads that are recorded already")
    parser.set_defaults(run=lambda told: _run(told.uploads, told.megabytes, told.listings, told.stored))


def _run(uploads: int, megabytes: float, listings: int, stored: int) -> int:
    lines = list(month(uploads, megabytes, listings, stored))
    print(f"{'part':40}{'count':>20}{'dollars':>14}")
    for line in lines:
        print(f"{line.part:40}{line.count:>20,.0f}{line.dollars:>14,.2f}")
    total = sum(line.dollars for line in lines)
    print(f"{'a month':60}{total:>14,.2f}")
    if uploads:
        print(f"{'for a million uploads':60}{total / uploads * 1e6:>14,.2f}")
    print(
        "\nList prices of us-east-1, November 2026, arm64. Without the pictures' storage, data transfer, logs and tax."
    )
    return 0


def _count(text: str) -> int:
    number = int(text.replace(",", "").replace("_", ""))
    if number < 0:
        raise argparse.ArgumentTypeError("a count is not negative")
    return number


def _size(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 5 * 1024:
        raise argparse.ArgumentTypeError("a size is between 0 and 5120 megabytes")
    return number
