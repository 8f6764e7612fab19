import math

import numpy as np
import pytest

from phonoscope.findings.plots.distribution import distribution
from phonoscope.findings.questions.duration import MEASURE as DURATION
from phonoscope.findings.questions.loudness import MEASURE as LOUDNESS
from tests.helpers.catalogues import MemoryCatalogue


def recordings(column, values):
    rows = [{"recording_id": f"{i:032x}", column: v} for i, v in enumerate(values)]
    return MemoryCatalogue(recordings=rows).table("recordings")


@pytest.mark.parametrize("count", [1, 2, 3, 50, 1_001])
def test_quantiles_are_numpys_to_half_a_bin(count):
    values = np.random.default_rng(count).normal(-12, 5, count)
    counted = distribution(recordings("loudness_lufs", values), "loudness_lufs", 10, -70, 10)
    assert counted.total == count
    assert counted.median == pytest.approx(np.median(values), abs=0.0501)
    for q in (0.1, 0.25, 0.9):
        expected = np.quantile(values, q, method="inverted_cdf")
        assert counted.quantile(q) == pytest.approx(expected, abs=0.0501)
    assert counted.from_value(-14.0) == int((values >= -14).sum())


def test_what_is_no_number_is_missing_and_what_is_beyond_is_kept_at_the_edge():
    values = [None, math.nan, -math.inf, math.inf, -1e300, 1e300, 5.0, -5.0]
    counted = distribution(recordings("loudness_lufs", values), "loudness_lufs", 10, -70, 10)
    assert counted.missing == 2
    assert counted.total == 6
    assert dict(counted.counts) == {-700: 2, -50: 1, 50: 1, 99: 2}


def test_bars_hold_every_value_once():
    values = np.random.default_rng(3).gamma(4, 50, 2_000)
    counted = DURATION.count(recordings("duration_s", values))
    bars, names, gathered = DURATION.bars(counted)
    assert sum(bar.height for bar in bars) == 2_000
    assert len(bars) == len(names) <= 49
    inner = [bar for bar, name in zip(bars, names, strict=True) if name not in gathered]
    assert len(inner) >= len(bars) - 2
    for bar in inner:
        assert bar.height == int(((values >= bar.start) & (values < bar.stop)).sum())


def test_a_few_albums_do_not_squeeze_the_songs():
    values = [200.0 + i for i in range(100)] + [20_000.0, 30_000.0]
    bars, names, gathered = DURATION.bars(DURATION.count(recordings("duration_s", values)))
    assert bars[-1].stop < 1_000
    assert gathered == [names[-1]]
    assert bars[-1].height == 2


def test_one_value_makes_one_bar():
    bars, names, gathered = LOUDNESS.bars(LOUDNESS.count(recordings("loudness_lufs", [-14.0] * 5)))
    assert [bar.height for bar in bars] == [5]
    assert (bars[0].start, bars[0].stop) == pytest.approx((-14.0, -13.9))
    assert "\u221214.0 LUFS" in names[0]
    assert gathered == []
