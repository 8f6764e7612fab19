"""Whether songs with a play or two were meant, or chance left them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phonoscope.plays.spread import FEW, TIMES, is_spread


def counted(plays):
    plays = plays[plays > 0]
    return int((plays <= FEW).sum()), int((plays > FEW).sum()), int(plays[plays > FEW].sum())


@pytest.mark.parametrize("mean", [2, 4, 7, 12])
@pytest.mark.parametrize("seed", range(5))
def test_plays_spread_by_chance_are_recognised_and_a_play_by_the_way_is_not(mean, seed):
    drawn = np.random.default_rng(seed).poisson(mean, 2000)
    few, rest, rest_plays = counted(drawn)
    assert is_spread(few, rest, rest_plays)
    # As many songs again that were played once, and more than chance could have left.
    assert not is_spread(int(few * (TIMES + 0.5)) + 500, rest, rest_plays)


def test_a_few_songs_tell_nothing():
    assert not is_spread(0, 10, 100)
    assert not is_spread(500, 40, 40 * 3)


@given(st.integers(0, 10**7), st.integers(0, 10**6), st.integers(0, 10**9))
def test_any_counts_are_answered(few, rest, more):
    said = is_spread(few, rest, rest * (FEW + 1) + more)
    assert said in (True, False)
    if said:
        assert is_spread(few // 2, rest, rest * (FEW + 1) + more)
