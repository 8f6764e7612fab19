"""The null of one collection: p-values that hold there, also for its own recordings."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from phonoscope.detector.calibration import probability
from phonoscope.detector.empirical_null import ENOUGH, FEWEST, EmpiricalNull, log_odds

SHAPES = {
    "normal": stats.norm(-3, 1.3),
    "logistic": stats.logistic(1, 0.7),
    "gumbel": stats.gumbel_r(-2, 1),
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(("size", "apart"), [(200, 0.4), (2_000, 0.2)])
def test_false_alarms_are_as_promised_in_the_mean_of_many_catalogues(shape, size, apart):
    drawn = SHAPES[shape]
    rng = np.random.default_rng(4)
    nulls = [EmpiricalNull.of(drawn.rvs(size, random_state=rng)) for _ in range(150)]
    for level in (0.01, 0.05):
        # The exact share of the distribution beyond the threshold, by scipy.
        alarms = np.mean([drawn.sf(null.threshold(level)) for null in nulls])
        assert abs(alarms / level - 1) <= apart


@pytest.mark.parametrize("shape", SHAPES)
def test_few_recordings_give_upper_limits(shape):
    drawn = SHAPES[shape]
    rng = np.random.default_rng(5)
    nulls = [EmpiricalNull.of(drawn.rvs(80, random_state=rng)) for _ in range(150)]
    assert all(null.widened for null in nulls)
    for level in (0.01, 0.05):
        alarms = np.array([drawn.sf(null.threshold(level)) for null in nulls])
        assert (alarms <= level).mean() >= 0.85


@given(
    st.integers(FEWEST, 400),
    st.integers(0, 1000),
    st.sampled_from([0, 1, 8]),
    st.tuples(st.floats(-60, 60), st.floats(-60, 60)),
)
def test_a_higher_score_has_no_higher_p_value(size, seed, decimals, two):
    scores = np.random.default_rng(seed).normal(size=size).round(decimals)
    low, high = EmpiricalNull.of(scores).p_values(sorted(two))
    assert 0 < high <= low <= 1


@given(st.integers(ENOUGH + 1, 500), st.integers(0, 1000), st.sampled_from([0, 1, 8]))
def test_a_recording_of_the_null_is_judged_by_all_others(size, seed, decimals):
    scores = np.random.default_rng(seed).normal(size=size).round(decimals)
    null = EmpiricalNull.of(scores)
    found = null.leave_one_out()
    for at in np.random.default_rng(seed).integers(0, size, 12):
        others = EmpiricalNull.of(np.delete(null.scores, at))
        assert found[at] == pytest.approx(float(others.p_values(null.scores[at])), rel=1e-9)


def test_p_values_of_its_own_recordings_are_uniform():
    scores = np.random.default_rng(6).normal(size=4_000)
    found = EmpiricalNull.of(scores).leave_one_out()
    assert stats.kstest(found, "uniform").statistic < 0.02


def test_counts_hold_where_there_are_many():
    scores = np.random.default_rng(7).normal(size=1_000)
    null = EmpiricalNull.of(scores)
    for score in (-2.0, 0.0, 1.0):
        assert null.p_values(score) == pytest.approx((1 + (scores >= score).sum()) / 1_001)
    assert null.least_counted == pytest.approx(1 / 1_001)


def test_the_stated_uncertainty_holds_the_truth():
    rng = np.random.default_rng(8)
    inside = 0
    for _ in range(40):
        null = EmpiricalNull.of(rng.logistic(size=300))
        low, high = null.uncertainty(0.01)
        assert 0 < low < high < 0.05
        inside += low <= stats.logistic.sf(null.threshold(0.01)) <= high
    # 90 % nominal; a bootstrap of 300 is somewhat narrow.
    assert inside >= 31


@pytest.mark.parametrize("scores", [[1.0] * (FEWEST - 1), [1.0] * 99 + [float("nan")], []])
def test_too_few_or_broken_scores_are_refused(scores):
    with pytest.raises(ValueError, match="finite scores"):
        EmpiricalNull.of(scores)


def test_equal_scores_give_no_zero():
    null = EmpiricalNull.of([40.0] * 300)
    assert (null.p_values([-40.0, 39.0, 40.0]) > 0.03).all()
    assert (null.leave_one_out() > 0.03).all()


def test_only_levels_of_the_tail_have_a_threshold():
    null = EmpiricalNull.of(np.random.default_rng(9).normal(size=500))
    assert float(null.p_values(null.threshold(0.001))) == pytest.approx(0.001)
    for level in (0.0, 0.5, -1.0):
        with pytest.raises(ValueError, match="tail"):
            null.threshold(level)


@given(st.floats(-30, 30))
def test_log_odds_are_the_scores_behind_probabilities(score):
    assert float(log_odds(probability(score, 1.0, 0.0))) == pytest.approx(score, abs=0.01)
