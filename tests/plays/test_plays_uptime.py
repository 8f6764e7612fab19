"""Which accounts never rest, given how long people of the log play on."""

import numpy as np
import pytest

from phonoscope.plays.uptime import BUSY, LEAST_H, TIMES, uptime


def found_in(runs_h, plays=None):
    runs_h = np.array(runs_h, float)
    return uptime(runs_h * 3600, np.full(len(runs_h), BUSY) if plays is None else np.array(plays))


def test_a_day_and_a_half_where_people_sleep():
    found = found_in([8, 9, 10, 11, 12, 35, 36, 400])
    assert found.hours == LEAST_H
    assert found.nonstop.tolist() == [False] * 6 + [True] * 2


def test_longer_where_people_seem_not_to():
    found = found_in([30, 40, 50, 119, 120, 300])
    assert found.hours == pytest.approx(TIMES * (50 + 119) / 2)
    assert found.nonstop.tolist() == [False] * 5 + [True]


def test_only_busy_accounts_tell_what_is_usual():
    assert found_in([1, 40, 40], [BUSY - 1, BUSY, BUSY]).hours == TIMES * 40
    assert found_in([40, 40], [1, 1]).hours == LEAST_H
    assert found_in([]).nonstop.tolist() == []
