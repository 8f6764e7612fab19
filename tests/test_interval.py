import numpy as np
import pytest
from scipy import stats

from phonoscope.interval import median_ranks, wilson


@pytest.mark.parametrize(
    ("hits", "total"), [(0, 1), (1, 1), (0, 10), (3, 10), (997, 1_000), (5, 10**8)]
)
def test_wilson_is_scipys(hits, total):
    expected = stats.binomtest(hits, total).proportion_ci(0.95, method="wilson")
    # Absolute: scipy leaves rounding where the end is exactly 0 or 1.
    assert wilson(hits, total) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_median_ranks_enclose_the_median_often_enough():
    for total in (6, 7, 12, 30, 101, 1_000, 10_000):
        low, high = median_ranks(total)
        assert 1 <= low <= high <= total
        # The interval misses when fewer than `low` values lie below the median, or above it.
        covered = 1 - 2 * stats.binom.cdf(low - 1, total, 0.5)
        assert covered >= 0.94, total


def test_few_values_give_no_interval_of_the_median():
    assert median_ranks(5) is None
    assert median_ranks(0) is None


def test_the_share_of_a_tail_covers_the_truth_in_19_of_20_samples():
    rng = np.random.default_rng(1)
    hits = rng.binomial(200, 0.04, 4_000)
    inside = [low <= 0.04 <= high for low, high in (wilson(int(h), 200) for h in hits)]
    assert np.mean(inside) > 0.93
