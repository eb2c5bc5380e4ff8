"""The calculator agrees with what is counted, and with the estimate of a backfill."""

import re

import pytest

from tests.support.template import ROOT
from unspread import cost, prices
from unspread.cli import main


def counted(what: str) -> list[tuple[float, float]]:
    """Return the read and write units in docs/costs.md of one upload or listing, at each size of the table."""
    page = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8")
    rows = re.findall(rf"^\| [\d,]+ \| {what} \| .* \| ([\d,]+) \| ([\d,]+) \| [\d.]+ \|$", page, re.MULTILINE)
    return [(float(reads.replace(",", "")), float(writes.replace(",", ""))) for reads, writes in rows]


@pytest.mark.parametrize(
    ("what", "reads", "writes"),
    [
        ("upload", cost.READ_UNITS, cost.WRITE_UNITS),
        ("submission with windows", cost.SUBMISSION_READS, cost.SUBMISSION_WRITES),
        ("sweep with windows", cost.SWEEP_READS, cost.SWEEP_WRITES),
    ],
)
def test_units_are_those_that_are_counted(what: str, reads: float, writes: float) -> None:
    found = counted(what)
    assert len(found) >= 4
    assert set(found) == {(reads, writes)}


def part(name: str, uploads: int = 0, megabytes: float = 1, listings: int = 0, stored: int = 0) -> cost.Line:
    return next(line for line in cost.month(uploads, megabytes, listings, stored) if line.part == name)


def test_a_million_uploads_cost_what_the_readme_says() -> None:
    assert part("S3, reading uploads", 1_000_000).dollars == pytest.approx(0.40)
    assert part("EventBridge, events", 1_000_000).dollars == pytest.approx(1.00)
    assert part("SQS, requests", 1_000_000).dollars == pytest.approx(1.20)
    assert part("Lambda, GB-seconds of scan", 1_000_000).dollars == pytest.approx(4.61, abs=0.01)
    assert part("DynamoDB, writes for uploads", 1_000_000).dollars == pytest.approx(28.12, abs=0.01)


def test_uploads_cost_no_less_than_a_backfill_of_them_is_estimated_to() -> None:
    each = sum(line.dollars for line in cost.month(1_000_000, 1, 0, 0) if line.part.startswith(("S3", "SQS", "Lamb")))
    tables = sum(part(f"DynamoDB, {kind} for uploads", 1_000_000).dollars for kind in ("reads", "writes"))
    listing = 2 * (prices.S3_LISTS / 1000 + prices.DYNAMODB_READS)
    estimated = prices.backfill(1_000_000, 10**12) - listing
    assert each + tables == pytest.approx(estimated, abs=prices.LAMBDA_REQUESTS)


def test_a_listing_costs_more_once_much_is_stored() -> None:
    little, more, much = (
        part("DynamoDB, reads for listings", listings=1000, stored=n).dollars for n in (0, 700_000, 400_000_000)
    )
    assert little == more == pytest.approx(0.218)
    assert much == pytest.approx(107.6, abs=0.5)  # 109.55 of docs/costs.md, of as many stored hashes


def test_the_command_prints_a_table_and_its_sum(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["cost", "--uploads", "1,000,000", "--megabytes", "2.5", "--listings", "1000", "--stored", "5000000"]
    assert main(arguments) == 0
    told = capsys.readouterr().out
    lines = list(cost.month(1_000_000, 2.5, 1000, 5_000_000))
    for line in lines:
        assert re.search(rf"^{re.escape(line.part)} .* {line.dollars:,.2f}$", told, re.MULTILINE)
    total = sum(line.dollars for line in lines)
    assert re.search(rf"^a month +{total:,.2f}$", told, re.MULTILINE)
    assert re.search(rf"^for a million uploads +{total:,.2f}$", told, re.MULTILINE)
    assert "November 2026" in told


@pytest.mark.parametrize(
    "arguments", [["--uploads", "-1"], ["--uploads", "x"], ["--uploads", "1", "--megabytes", "9e9"], []]
)
def test_what_is_no_number_is_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["cost", *arguments])
    assert stopped.value.code == 2


def test_nothing_uploaded_costs_what_always_runs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "--uploads", "0"]) == 0
    assert "for a million" not in capsys.readouterr().out
