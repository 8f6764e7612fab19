import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phonoscope.features.clipping import CEILING, FEATURE, FLAT, RUN
from tests.helpers.asking import ask
from tests.helpers.sounds import sine


def count_by_hand(channel):
    runs = samples = 0
    at = 0
    while at < channel.size:
        end = at + 1
        if abs(channel[at]) >= CEILING:
            while end < channel.size and abs(channel[end] - channel[end - 1]) < FLAT:
                end += 1
            if end - at >= RUN:
                runs += 1
                samples += end - at
        at = end
    return runs, samples


@pytest.mark.parametrize("gain", [1.0, 1.2, 2.0, 8.0])
def test_a_sine_driven_into_the_ceiling(gain):
    samples = np.clip(gain * sine(1.0, amplitude=0.999, frequency_hz=440.0), -1, 1)
    answer = ask(FEATURE, samples, 44_100)
    by_hand = [count_by_hand(channel) for channel in samples]
    assert answer.clipped_runs == sum(runs for runs, _ in by_hand)
    assert answer.clipped_share == pytest.approx(sum(n for _, n in by_hand) / samples.size)
    assert (answer.clipped_runs > 0) == (gain > 1.1)


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(st.sampled_from([0.0, 0.5, 0.99, 1.0, -1.0]), min_size=1, max_size=40),
    repeats=st.integers(1, 6),
    size=st.integers(1, 50),
)
def test_runs_across_block_borders_count_once(values, repeats, size):
    samples = np.repeat(np.array(values, np.float32), repeats)[None]
    answer = ask(FEATURE, samples, 44_100, size)
    assert answer.clipped_runs == count_by_hand(samples[0])[0]


def test_a_hot_peak_alone_is_not_clipping():
    samples = np.zeros((1, 44_100), np.float32)
    samples[0, 100:102] = 1.0
    assert ask(FEATURE, samples, 44_100).clipped_runs == 0
