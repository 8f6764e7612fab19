"""Who never rests, beside how long people of the log go on."""

import numpy as np
import pytest

from phonoscope.plays.uptime import BUSY, LEAST_H, TIMES, awake


def told(runs_h, plays=None):
    runs_h = np.array(runs_h, float)
    return awake(runs_h * 3600, np.full(len(runs_h), BUSY) if plays is None else np.array(plays))


def test_a_day_and_a_half_where_people_sleep():
    found = told([8, 9, 10, 11, 12, 35, 36, 400])
    assert found.hours == LEAST_H
    assert found.who.tolist() == [False] * 6 + [True] * 2


def test_longer_where_people_seem_not_to():
    found = told([30, 40, 50, 119, 120, 300])
    assert found.hours == pytest.approx(TIMES * (50 + 119) / 2)
    assert found.who.tolist() == [False] * 5 + [True]


def test_only_busy_accounts_tell_what_is_usual():
    assert told([1, 40, 40], [BUSY - 1, BUSY, BUSY]).hours == TIMES * 40
    assert told([40, 40], [1, 1]).hours == LEAST_H
    assert told([]).who.tolist() == []
