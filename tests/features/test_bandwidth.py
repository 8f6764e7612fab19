import subprocess

import numpy as np
import pytest
import scipy.signal

from phonoscope.analysis import analyse
from phonoscope.audio.decode import Decoder
from phonoscope.features.bandwidth import FEATURE, reach_hz
from tests.helpers.asking import ask
from tests.helpers.sounds import write


def pink(seconds, rate_hz, seed=3):
    """Noise that falls 4 dB an octave from -20 dBFS: about the mean spectrum of music."""
    white = np.random.default_rng(seed).standard_normal((2, round(seconds * rate_hz)))
    spectrum = np.fft.rfft(white)
    frequencies = np.maximum(np.fft.rfftfreq(white.shape[1], 1 / rate_hz), 20)
    coloured = np.fft.irfft(spectrum * (1000 / frequencies) ** 0.67, white.shape[1])
    return (0.1 * coloured / coloured.std()).astype(np.float32)


def decoded(path):
    with path.open("rb") as file, Decoder(file) as decoder:
        return np.concatenate([block.samples for block in decoder.blocks()], axis=1)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_full_bandwidth_shows_no_past(rate_hz):
    answer = ask(FEATURE, pink(8, rate_hz), rate_hz)
    assert answer.bandwidth_hz > 0.97 * rate_hz / 2
    assert answer.cutoff_hz is None
    assert answer.made_from is None
    assert FEATURE.statements(answer) == []


@pytest.mark.parametrize("rate_hz", [22_050, 44_100, 96_000])
@pytest.mark.parametrize("tones_hz", [[0.25], [0.02], [0.01, 0.1, 0.4]])
def test_tones_reach_as_high_as_the_highest(rate_hz, tones_hz):
    seconds = np.arange(4 * rate_hz) / rate_hz
    sound = sum(np.sin(2 * np.pi * share * rate_hz * seconds + 0.5) for share in tones_hz)
    # A tone that is cut off clicks, and a click has every frequency.
    fade = scipy.signal.windows.tukey(len(seconds), 0.5)
    answer = ask(FEATURE, (0.3 * fade * sound)[None].astype(np.float32), rate_hz)
    assert answer.bandwidth_hz == pytest.approx(tones_hz[-1] * rate_hz, abs=200)


def test_a_tone_over_other_sound_counts():
    # Noise up to 4 kHz and a steady line at 11 kHz, 5 Hz a bin; what is left is digital silence.
    level_db = np.full(4_410, -160.0)
    level_db[:800], level_db[2_200] = -60.0, -10.0
    assert reach_hz(level_db, 5.0) == 11_000.0


@pytest.mark.parametrize("cutoff_hz", [5_000, 11_000, 16_000, 19_000])
def test_the_edge_is_found_where_it_is(cutoff_hz):
    low_pass = scipy.signal.firwin(1023, cutoff_hz, fs=48_000)
    samples = scipy.signal.oaconvolve(pink(8, 48_000), low_pass[None], axes=-1)
    answer = ask(FEATURE, samples, 48_000)
    assert answer.cutoff_hz == pytest.approx(cutoff_hz, abs=120)
    assert answer.bandwidth_hz == pytest.approx(cutoff_hz, abs=250)


def test_a_gentle_roll_off_is_no_edge():
    gentle = scipy.signal.butter(4, 8_000, fs=44_100, output="sos")
    samples = scipy.signal.sosfilt(gentle, pink(8, 44_100), axis=-1)
    assert ask(FEATURE, samples, 44_100).cutoff_hz is None


@pytest.mark.parametrize("bit_rate_bps", [96_000, 128_000, 192_000])
def test_a_flac_made_from_an_mp3_is_told(tmp_path, bit_rate_bps):
    lossy = write(tmp_path / "a.mp3", pink(10, 44_100), 44_100, "mp3", bit_rate_bps=bit_rate_bps)
    again = write(tmp_path / "b.flac", np.clip(decoded(lossy), -1, 1), 44_100, "flac-16")
    exam = analyse(str(again))
    assert exam.descriptors["made_from"] == "lossy"
    assert any("lossy" in s.says for s in exam.evidence if s.kind == "bandwidth")
    # The MP3 itself only is what it says it is.
    assert analyse(str(lossy)).descriptors["made_from"] is None


@pytest.mark.parametrize(
    ("low_hz", "high_hz"), [(22_050, 44_100), (44_100, 96_000), (48_000, 192_000)]
)
def test_a_file_of_a_high_rate_made_from_a_low_one_is_told(tmp_path, low_hz, high_hz):
    low = write(tmp_path / "low.wav", pink(8, low_hz), low_hz, "wav-24")
    high = tmp_path / "high.wav"
    convert = ["ffmpeg", "-v", "error", "-i", str(low), "-ar", str(high_hz), "-c:a", "pcm_s24le"]
    subprocess.run([*convert, str(high)], check=True)
    assert analyse(str(high)).descriptors["made_from"] == "lower-rate"


def test_silence_and_one_sample_have_no_bandwidth():
    assert ask(FEATURE, np.zeros((1, 8_000)), 8_000).bandwidth_hz is None
    assert ask(FEATURE, np.zeros((1, 1)), 8_000).bandwidth_hz is None


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 16_000])
def test_low_rates_are_measured_too(rate_hz):
    answer = ask(FEATURE, pink(5, rate_hz), rate_hz)
    assert answer.bandwidth_hz > 0.95 * rate_hz / 2


def test_blocks_may_be_cut_anywhere():
    samples = pink(6, 44_100)
    whole, cut = ask(FEATURE, samples, 44_100), ask(FEATURE, samples, 44_100, 50_001)
    assert cut.bandwidth_hz == whole.bandwidth_hz
