"""The benchmark of bounds on releases, on tables whose truth is known."""

import csv

import numpy as np
import pytest
from scipy import stats

from bench.release_bounds import PROMISED, SIZES, interval, main, measure, read

SOURCES = 120


def table(common, seed=1):
    """Uniform p-values; two of one source have normal scores with this correlation."""
    rng = np.random.default_rng(seed)
    found = {}
    for i in range(SOURCES):
        own = rng.standard_normal()
        rest = rng.standard_normal(rng.integers(10, 60))
        found[f"s{i}"] = stats.norm.sf(np.sqrt(common) * own + np.sqrt(1 - common) * rest)
    return found


@pytest.mark.parametrize("common", [0.0, 0.4])
def test_bounds_hold_where_those_for_independent_recordings_do_not(common):
    rows = measure(table(common), threshold=0.01, splits=6)
    assert [(row.recordings, row.promised) for row in rows] == [
        (size, error) for size in SIZES for error in sorted(PROMISED)
    ]
    for row in rows:
        assert row.over / row.groups <= row.promised + 2 / row.groups
        assert row.sources <= SOURCES
    alone = sum(row.independent_over for row in rows) / sum(
        row.groups * row.promised for row in rows
    )
    assert (alone > 1.5) == (common > 0)


def test_a_table_is_read_and_printed(tmp_path, capsys):
    path = tmp_path / "left_out.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["label", "group", "p_value"])
        writer.writerow(["machine", "x", "0.00001"])
        writer.writerow(["human", "x", ""])
        for name, values in table(0.2).items():
            writer.writerows(["human", name, f"{p:.6f}"] for p in values)
    assert len(read(path)) == SOURCES
    main([str(path), "--splits", "1"])
    printed = capsys.readouterr().out.splitlines()
    assert f"{SOURCES} sources" in printed[0]
    assert len(printed) == 2 + 3 * len(SIZES) * len(PROMISED)


def test_the_interval_is_exact():
    assert interval(0, 20) == (0.0, pytest.approx(1 - 0.025 ** (1 / 20)))
    assert interval(20, 20)[1] == 1.0
