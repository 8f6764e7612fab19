import math
import re
import shutil
import subprocess

import numpy as np
import pytest
import scipy.signal

from phonoscope.analysis import analyse
from phonoscope.audio.loudness import channel_weights, true_peak
from phonoscope.features.loudness import FEATURE
from tests.helpers.asking import ask
from tests.helpers.sounds import noise, sine, write


def tone(level_dbfs, seconds, rate_hz=48_000):
    return 10 ** (level_dbfs / 20) * np.sin(
        2 * np.pi * 1000 * np.arange(round(seconds * rate_hz)) / rate_hz
    )


def stereo(*parts):
    mono = np.concatenate(parts)
    return np.stack([mono, mono])


# EBU Tech 3341, minimum requirements test signals 1 to 5: tone levels and durations and the
# integrated loudness a compliant meter shows, within 0.1 LU.
EBU_TECH_3341 = {
    1: ([(-23, 20)], -23.0),
    2: ([(-33, 20)], -33.0),
    3: ([(-36, 10), (-23, 60), (-36, 10)], -23.0),
    4: ([(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)], -23.0),
    5: ([(-26, 20), (-20, 20.1), (-26, 20)], -23.0),
}


@pytest.mark.parametrize("case", EBU_TECH_3341)
def test_integrated_loudness_of_the_ebu_test_signals(case):
    parts, expected_lufs = EBU_TECH_3341[case]
    samples = stereo(*(tone(level, seconds) for level, seconds in parts))
    assert ask(FEATURE, samples, 48_000).loudness_lufs == pytest.approx(expected_lufs, abs=0.1)


# EBU Tech 3342, test signals 1 to 4: loudness range within 1 LU.
EBU_TECH_3342 = {
    1: ([(-20, 20), (-30, 20)], 10),
    2: ([(-20, 20), (-15, 20)], 5),
    3: ([(-40, 20), (-20, 20)], 20),
    4: ([(-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)], 15),
}


@pytest.mark.parametrize("case", EBU_TECH_3342)
def test_loudness_range_of_the_ebu_test_signals(case):
    parts, expected_lu = EBU_TECH_3342[case]
    samples = stereo(*(tone(level, seconds) for level, seconds in parts))
    assert ask(FEATURE, samples, 48_000).loudness_range_lu == pytest.approx(expected_lu, abs=1)


# EBU Tech 3341, test signals 15 to 19: a sine at a quarter (or 0.25, 0.17, 0.13) of the rate
# at phases where samples miss the crest; true peak within +0.2/-0.4 dB.
@pytest.mark.parametrize(
    ("divisor", "phase_degrees", "amplitude", "expected_dbtp"),
    [(4, 0, 0.5, -6.0), (4, 45, 0.5, -6.0), (6, 60, 0.5, -6.0), (8, 67.5, 0.5, -6.0),
     (4, 45, 1.41, 3.0)],
)  # fmt: skip
def test_true_peak_of_the_ebu_test_signals(divisor, phase_degrees, amplitude, expected_dbtp):
    angle = 2 * np.pi * np.arange(48_000) / divisor + math.radians(phase_degrees)
    # The signals fade in and out: a hard start has real overshoots of its own.
    samples = amplitude * np.sin(angle) * np.minimum(1, np.minimum(angle, angle[::-1]) / 2000)
    answer = ask(FEATURE, np.stack([samples, samples]), 48_000)
    assert -0.4 <= answer.true_peak_dbtp - expected_dbtp <= 0.2


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_it_agrees_with_ffmpegs_ebur128_filter(tmp_path, rate_hz, channels):
    rng = np.random.default_rng(rate_hz + channels)
    swell = 0.02 + 0.3 * np.abs(np.sin(np.arange(8 * rate_hz) / rate_hz))
    # As in real recordings nothing lies right under half the rate, where interpolators differ.
    low_pass = scipy.signal.butter(8, 0.8, output="sos")
    hiss = scipy.signal.sosfilt(low_pass, rng.standard_normal((channels, swell.size)), axis=-1)
    samples = (swell * hiss * 0.5).astype(np.float32)
    samples += 0.2 * sine(8, rate_hz, channels, 41.0)
    path = write(tmp_path / "swell.wav", samples, rate_hz, "wav-float")
    exam = analyse(str(path))
    reference = ffmpeg_loudness(path)
    assert exam.descriptors["loudness_lufs"] == pytest.approx(reference["I"], abs=0.1)
    assert exam.descriptors["loudness_range_lu"] == pytest.approx(reference["LRA"], abs=0.3)
    # BS.1770 asks 4 times oversampling to be within some tenths of a dB of the crest.
    assert exam.descriptors["true_peak_dbtp"] == pytest.approx(reference["Peak"], abs=0.4)


def ffmpeg_loudness(path):
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg, "the reference needs Debian's ffmpeg: apt-get install ffmpeg"
    command = [ffmpeg, "-nostats", "-hide_banner", "-i", str(path)]
    command += ["-af", "ebur128=peak=true", "-f", "null", "-"]
    summary = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    summary = summary[summary.rindex("Summary:") :]
    return {
        name: float(re.search(rf"{name}:\s+(-?[\d.]+|-?inf)", summary)[1])
        for name in ("I", "LRA", "Peak")
    }


def test_blocks_may_be_cut_anywhere():
    samples = noise(5, 44_100) * np.linspace(0.1, 1, 5 * 44_100, dtype=np.float32)
    whole = ask(FEATURE, samples, 44_100)
    for size in (4_999, 44_100, 100_001):
        cut = ask(FEATURE, samples, 44_100, size)
        assert cut.loudness_lufs == pytest.approx(whole.loudness_lufs, abs=1e-4)
        assert cut.loudness_range_lu == pytest.approx(whole.loudness_range_lu, abs=1e-4)
        assert cut.true_peak_dbtp == pytest.approx(whole.true_peak_dbtp, abs=1e-4)


@pytest.mark.parametrize("seed", range(4))
def test_true_peak_skips_nothing_that_counts(seed):
    rng = np.random.default_rng(seed)
    samples = scipy.signal.lfilter([1], [1, -0.7], rng.standard_normal((2, 20_000))).astype("f4")
    samples *= 0.1
    samples[:, rng.integers(100, 19_900)] = 0.9
    in_one = true_peak(samples, 4, 0.0)
    # Interpolating every stretch by itself cannot skip anything.
    each = max(true_peak(samples[:, max(0, at - 50) : at + 50], 4, 0.0)
               for at in range(0, 20_000, 50))  # fmt: skip
    assert in_one == pytest.approx(each, abs=1e-6)
    dense = np.abs(scipy.signal.resample_poly(samples, 16, 1, axis=-1)).max()
    assert in_one == pytest.approx(dense, rel=0.03)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
def test_silence_has_no_loudness(rate_hz):
    answer = ask(FEATURE, np.zeros((2, rate_hz)), rate_hz)
    assert answer.loudness_lufs is None
    assert answer.true_peak_dbtp is None
    assert answer.sample_peak_dbfs is None


@pytest.mark.parametrize("samples", [1, 2, 11, 12, 100, 5_000])
def test_very_short_recordings_have_finite_answers(samples):
    answer = ask(FEATURE, np.full((1, samples), 0.5), 44_100)
    assert answer.sample_peak_dbfs == pytest.approx(-6.02, abs=0.01)
    assert answer.loudness_lufs is None or math.isfinite(answer.loudness_lufs)
    assert answer.loudness_range_lu is None


def test_surround_counts_more_and_the_lfe_not_at_all():
    assert channel_weights("5.1(side)", 6).tolist() == [1, 1, 1, 0, 1.41, 1.41]
    assert channel_weights("6 channels", 6).tolist() == [1, 1, 1, 0, 1.41, 1.41]
    assert channel_weights("quad", 4).tolist() == [1, 1, 1.41, 1.41]
    assert channel_weights("5.0", 5).tolist() == [1, 1, 1, 1.41, 1.41]
    assert channel_weights("stereo", 2).tolist() == [1, 1]
    assert channel_weights("3 channels", 3).tolist() == [1, 1, 1]
