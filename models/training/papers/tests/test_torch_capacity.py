"""The capacity experiment, cut short."""

from models.training.papers.capacity.__main__ import ROWS, run


def test_a_dpfp_memory_learns_names_in_a_hundred_steps():
    row = next(row for row in ROWS if row.name == "dpfp 3")
    errors = run(row, seed=1, steps=100, tested=32)["error %"]
    assert errors["4"] < 50  # a guess errs in 98 of 100
    assert errors["4"] < errors["128"]


def test_every_row_runs_and_counts_its_numbers():
    for row in ROWS:
        result = run(row, seed=1, steps=1, tested=2)
        assert result["numbers"] == row.features.width(32) * 33
        assert all(0 <= error <= 100 for error in result["error %"].values())
