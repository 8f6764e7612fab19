"""Votes on narrow lines."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonoscope.features import traces
from phonoscope.features.traces import FEATURE, REACHES, votes
from tests.helpers.asking import ask
from tests.helpers.sounds import noise

RATE = 44_100


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(9, 60), st.integers(2, 9))
def test_a_vote_is_for_a_bin_higher_than_all_its_neighbours(seed, frames, bins, values):
    # Few different values, so that ties occur: of equal bins the lower one is the higher.
    power = np.random.default_rng(seed).integers(0, values, (frames, bins)).astype(np.float32)
    counted = votes(power)
    for row, reach in zip(counted, REACHES, strict=True):
        for at in range(bins):
            near = np.arange(at - reach, at + reach + 1)
            inside = at >= reach and at < bins - reach
            won = [inside and at == near[int(np.argmax(frame[near]))] for frame in power]
            assert row[at] == sum(won)


def test_noise_votes_for_every_bin_alike():
    answer = ask(FEATURE, noise(30.0, RATE), RATE)
    total = sum(s.votes.astype(int) for s in answer.stretches)[:, 100:-100]
    for row, reach in zip(total, REACHES, strict=True):
        # Neighbouring bins of a Hann spectrum are alike, so that chance is a little under this.
        assert row.mean() / answer.trace_frames == pytest.approx(1 / (2 * reach + 1), rel=0.25)


def test_a_weak_line_that_never_stops_gets_most_votes_and_a_loud_short_one_few():
    hiss = noise(40.0, RATE)[0]
    seconds = np.arange(hiss.size) / RATE
    weak = 0.01 * np.sqrt(np.mean(hiss**2)) * np.sin(2 * np.pi * 5512.5 * seconds)
    short = np.where(seconds < 2, 0.5, 0.0) * np.sin(2 * np.pi * 3000.0 * seconds)
    answer = ask(FEATURE, (hiss + 8 * weak + short)[None].astype(np.float32), RATE)
    bin_hz = answer.stretches[0].bin_hz
    total = (
        sum(s.votes.astype(int) for s in answer.stretches)[REACHES.index(2)] / answer.trace_frames
    )
    steady, brief = (total[round(hz / bin_hz) - 1 : round(hz / bin_hz) + 2].max()
                     for hz in (5512.5, 3000.0))  # fmt: skip
    assert steady > 0.7
    assert brief < 0.45


@pytest.mark.parametrize("size", [3_001, 44_100, 1 << 20])
def test_votes_do_not_depend_on_where_blocks_are_cut(size):
    sound = noise(25.0, RATE)
    whole, cut = ask(FEATURE, sound, RATE), ask(FEATURE, sound, RATE, size)
    assert whole.trace_frames == cut.trace_frames
    assert len(whole.stretches) == len(cut.stretches)
    for one, other in zip(whole.stretches, cut.stretches, strict=True):
        assert (one.start_s, one.end_s, one.frames) == (other.start_s, other.end_s, other.frames)
        np.testing.assert_array_equal(one.votes, other.votes)


def test_gain_changes_no_vote():
    sound = noise(15.0, RATE)
    one, other = ask(FEATURE, sound, RATE), ask(FEATURE, sound * np.float32(0.25), RATE)
    for a, b in zip(one.stretches, other.stretches, strict=True):
        np.testing.assert_array_equal(a.votes, b.votes)


def test_stretches_lie_end_to_end_over_the_whole_recording():
    answer = ask(FEATURE, noise(31.3, RATE), RATE)
    edges = [(s.start_s, s.end_s) for s in answer.stretches]
    assert edges[0][0] == 0.0
    assert edges[-1][1] == pytest.approx(31.3, abs=0.01)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(edges))
    assert all(4.5 < end - start < 6 for start, end in edges[:-1])


def test_a_very_long_recording_gets_longer_stretches_and_loses_no_vote(monkeypatch):
    sound = noise(60.0, 8_000)
    plain = ask(FEATURE, sound, 8_000, 8_000)
    monkeypatch.setattr(traces, "MOST_STRETCHES", 4)
    merged = ask(FEATURE, sound, 8_000, 8_000)
    assert len(plain.stretches) > 8
    assert len(merged.stretches) <= 4
    assert merged.trace_frames == plain.trace_frames
    np.testing.assert_array_equal(
        sum(s.votes.astype(int) for s in merged.stretches),
        sum(s.votes.astype(int) for s in plain.stretches),
    )


@pytest.mark.parametrize("sound", [np.zeros((2, 20 * RATE)), noise(1.0, RATE), np.zeros((1, 1))])
def test_silence_and_a_second_of_sound_say_nothing(sound):
    answer = ask(FEATURE, np.asarray(sound, np.float32), RATE)
    assert answer.stretches == ()
    assert answer.trace_limit_hz is None
