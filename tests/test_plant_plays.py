"""Attacks planted into histories: the honest plays stay, and the truth is what was planted."""

import argparse

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.plant_plays import attack
from bench.planted.attacks import ATTACKS, NEW, planted
from bench.planted.histories import BEGIN_S, DAY_S, read

PEOPLE, WEEKS, A_WEEK = 6, 4, 30


@pytest.fixture(scope="module")
def histories(tmp_path_factory):
    rng = np.random.default_rng(4)
    count = PEOPLE * WEEKS * A_WEEK
    track = rng.integers(0, 40, count)
    week = np.tile(np.repeat(np.arange(WEEKS), A_WEEK), PEOPLE)
    monday_s = 345_600 + 2_500 * 7 * DAY_S
    at_s = monday_s + week * 7 * DAY_S + rng.integers(0, 7 * DAY_S, count)
    path = tmp_path_factory.mktemp("histories") / "h.parquet"
    table = {
        "account": np.repeat(np.arange(PEOPLE), WEEKS * A_WEEK).astype(str),
        "track_id": track.astype(str),
        "artist": (track // 10).astype(str),
        "played_at": (at_s * 1_000_000).astype("datetime64[us]"),
        "ms_played": rng.integers(2_000, 240_000, count).astype(np.int32),
    }
    pq.write_table(pa.table(table), path)
    return read(path)


def test_windows_take_as_many_people_as_possible(histories):
    log = histories.windows(7, 8)
    assert log.accounts == 8
    assert np.bincount(log.account).tolist() == [A_WEEK] * 8
    assert (log.at_s // DAY_S >= BEGIN_S // DAY_S).all()
    assert (log.at_s < BEGIN_S + 7 * DAY_S).all()
    rest = histories.windows(7, 16, skip=8)
    assert rest.accounts == 16
    both = np.concatenate([log.ms, rest.ms])
    assert sorted(both.tolist()) == sorted(histories.plays.ms.tolist())


@pytest.mark.parametrize("kind", sorted(set(ATTACKS) - {"boost"}))
def test_a_planted_attack_leaves_the_people_alone(histories, kind):
    log = histories.windows(7, 8)
    made = planted(histories, log, kind, 5, seed=1)
    people = made.of(made.account < 8)
    assert people.at_s.tolist() == log.at_s.tolist()
    assert people.track.tolist() == log.track.tolist()
    assert not people.bought.any()
    bots = made.of(made.account >= 8)
    assert set(bots.account.tolist()) == set(range(8, 13))
    assert 0 < made.bought.mean() < 1
    if kind == "evendrip":
        assert np.bincount(bots.account)[8:].tolist() == [21] * 5
    if kind != "hits":
        assert ((bots.track >= NEW) == bots.bought).all()


@pytest.mark.parametrize("text", ["loop", "loop:0", "loop:x", "unknown:3", "loop:3:4", "none:3"])
def test_an_unknown_attack_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError):
        attack(text)


def test_an_attack_says_its_size_and_whether_lengths_are_known():
    assert attack("exchange:100:n") == ("exchange", 100, False)
    assert attack("none") == ("none", 0, True)
