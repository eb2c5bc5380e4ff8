"""A short run of the fuzz test; `make soak` has the long one."""

import pytest

from tests.fuzz.hashing_mutations import Outcome, Report, files, run


def test_mutated_files_end_well() -> None:
    report = run(count=400, seed=20)
    assert report.problems() == []
    assert sum(report.ends().values()) == 400


def test_the_run_is_the_same_for_the_same_seed() -> None:
    assert list(files(30, 3)) == list(files(30, 3))
    assert [data for _, data in files(30, 3)] != [data for _, data in files(30, 4)]


@pytest.mark.parametrize(
    ("report", "problem"),
    [
        (Report(outcomes=[Outcome("png", "clean", 0.1)]), "called clean"),
        (Report(outcomes=[Outcome("png", "error: damaged", 5.5)]), "took 5.5 s"),
        (Report(megabytes=600), "600 MB"),
        (Report(crashes=["file 7 of seed 1: Segmentation fault"]), "file 7"),
    ],
)
def test_every_broken_bound_is_told(report: Report, problem: str) -> None:
    assert problem in " ".join(report.problems())
