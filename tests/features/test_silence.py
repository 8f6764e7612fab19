import numpy as np
import pytest

from phonoscope.features.silence import FEATURE
from tests.helpers.asking import ask
from tests.helpers.sounds import sine


@pytest.mark.parametrize("size", [None, 1_000, 44_100])
def test_silence_at_both_ends_and_between(size):
    quiet, loud = np.zeros((2, 44_100), np.float32), sine(1.0)
    samples = np.concatenate([quiet, loud, quiet, quiet, loud, quiet[:, :22_050]], axis=1)
    answer = ask(FEATURE, samples, 44_100, size)
    assert answer.leading_silence_s == pytest.approx(1.0, abs=0.011)
    assert answer.longest_silence_s == pytest.approx(2.0, abs=0.021)
    assert answer.trailing_silence_s == pytest.approx(0.5, abs=0.011)
    assert answer.silence_share == pytest.approx(3.5 / 5.5, abs=0.005)


def test_a_silent_recording_is_silent_throughout_and_says_so():
    answer = ask(FEATURE, np.zeros((1, 8_000)), 8_000)
    assert answer.silence_share == 1.0
    assert answer.leading_silence_s == pytest.approx(1.0)
    assert "silent" in FEATURE.statements(answer)[0].says


def test_one_channel_with_sound_is_not_silence():
    samples = np.stack([np.zeros(44_100, np.float32), sine(1.0)[0]])
    assert ask(FEATURE, samples, 44_100).silence_share == 0.0


@pytest.mark.parametrize("level_dbfs", [-59, -61])
def test_the_limit_is_an_rms_of_60_db_below_full_scale(level_dbfs):
    samples = np.full((1, 44_100), 10 ** (level_dbfs / 20))
    assert ask(FEATURE, samples, 44_100).silence_share == (0.0 if level_dbfs > -60 else 1.0)
