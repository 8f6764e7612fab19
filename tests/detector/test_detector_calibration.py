"""p-values that hold, and probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.detector.calibration import (
    GROUPS,
    KINDS_OF_NULL,
    LargestNull,
    Null,
    group_of,
    probability,
)
from phonoscope.detector.detector import detector
from phonoscope.detector.model import model


@pytest.mark.parametrize("draw", ["logistic", "normal", "gumbel"])
def test_false_alarms_come_no_more_often_than_set(draw):
    rng = np.random.default_rng(5)
    null = Null.of(getattr(rng, draw)(size=3000), 3000)
    fresh = np.sort(getattr(rng, draw)(size=200_000))
    p = np.array([null.p_value(float(s)) for s in fresh[-20_000:]])
    for target in (0.05, 0.01, 0.001):
        realised = (p <= target).sum() / fresh.size
        assert realised <= 1.3 * target
        assert realised >= 0.2 * target


@given(st.lists(st.floats(-50, 50), min_size=2, max_size=2, unique=True))
def test_a_higher_score_has_no_higher_p_value(two):
    null = Null.of(np.random.default_rng(1).normal(size=500), 500)
    low, high = sorted(two)
    assert 0 < null.p_value(high) <= null.p_value(low) <= 1


def test_a_tail_continues_the_scores_and_isnt_widened():
    scores = np.random.default_rng(2).exponential(2.0, size=4000)
    few, many = Null.of(scores, 100), Null.of(scores, 4000)
    # An exponential keeps falling by the same factor: here e for each 2.
    assert many.p_value(12.0) / many.p_value(14.0) == pytest.approx(np.e, rel=0.1)
    assert few.p_value(12.0) == many.p_value(12.0)
    assert (few.least_counted, many.least_counted) == (1 / 101, 1 / 4001)


def test_groups_follow_the_highest_frequency_with_sound():
    assert [GROUPS[group_of(hz)] for hz in (3_700, 7_700, 10_700, 15_700, 21_000)] == [
        "narrow", "narrow", "middle", "wide", "wide",
    ]  # fmt: skip
    assert GROUPS[group_of(10_700, altered=True)] == "middle-altered"


@given(st.floats(-1e6, 1e6), st.floats(0.01, 5), st.floats(-5, 5))
def test_a_probability_is_one(score, slope, intercept):
    assert 0 < probability(score, slope, intercept) < 1 or abs(score) > 7


def test_the_largest_null_holds_whichever_kinds_there_are():
    rng = np.random.default_rng(2)
    low, high = (Null.of(rng.normal(mean, size=500), 500) for mean in (0.0, 2.0))
    both = LargestNull({"": low, "-speed": high})
    assert both.p_value(1.0) == high.p_value(1.0) > low.p_value(1.0)
    assert both.least_counted == low.least_counted


def test_the_shipped_nulls_are_under_their_own_names():
    shipped = model()
    for group, largest in zip(GROUPS, detector().nulls, strict=True):
        names = {kind for kind in KINDS_OF_NULL if f"{group}{kind}" in shipped.facts["tails"]}
        assert {*largest.by_kind} == names
        for kind, null in largest.by_kind.items():
            assert null.tail_start == shipped.facts["tails"][f"{group}{kind}"][0]
