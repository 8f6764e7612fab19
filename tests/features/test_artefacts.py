import numpy as np
import pytest

from phonoscope.analysis import analyse
from phonoscope.features.artefacts import FEATURE, NOTABLE_SCORE, codec_family, known_decoder
from tests.features.test_bandwidth import pink
from tests.helpers.asking import ask
from tests.helpers.sounds import write


def with_teeth(samples, rate_hz, spacing_hz, level):
    """Add sines at every multiple of a spacing over 3 kHz, each ``level`` strong."""
    seconds = np.arange(samples.shape[1]) / rate_hz
    rng = np.random.default_rng(5)
    teeth = np.arange(3_000 // spacing_hz + 1, 15_500 // spacing_hz) * spacing_hz
    comb = sum(np.sin(2 * np.pi * (f * seconds + rng.random())) for f in teeth)
    return samples + level * comb.astype(np.float32)


def decoder_like(samples, rate_hz, strides, seed=0):
    """Do what an untrained decoder does: zero insertion, short filters, a bias and a ReLU."""
    rng = np.random.default_rng(seed)
    factor = int(np.prod(strides))
    signal = samples[0, : samples.shape[1] // factor * factor].reshape(-1, factor).mean(axis=1)
    for stride in strides:
        stretched = np.zeros(signal.size * stride)
        stretched[::stride] = signal
        kernel = rng.normal(size=2 * stride) / stride
        signal = np.maximum(np.convolve(stretched, kernel, "same") + 0.05, -0.02)
    return 0.2 * signal / np.abs(signal).max()


@pytest.mark.parametrize("spacing_hz", [50.0, 86.1328125, 399.9])
def test_a_comb_is_found_with_its_spacing(spacing_hz):
    samples = with_teeth(pink(10, 44_100), 44_100, spacing_hz, 1e-3)
    answer = ask(FEATURE, samples, 44_100)
    assert answer.comb_spacing_hz == pytest.approx(spacing_hz, rel=0.003)
    assert answer.comb_tooth_db > 0.9
    assert answer.comb_score > 8


def test_a_strong_comb_is_put_into_words():
    samples = with_teeth(pink(10, 44_100), 44_100, 50.0, 1e-3)
    (statement,) = FEATURE.statements(ask(FEATURE, samples, 44_100))
    assert "50.0" in statement.says
    assert "MusicGen" in statement.says
    assert statement.strength > 0
    assert statement.also


def oscillator(form, fundamental_hz, rate_hz, seconds=6):
    phase = np.arange(rate_hz * seconds) * fundamental_hz / rate_hz % 1.0
    wave = {"square": np.sign(phase - 0.5), "saw": 2 * phase - 1}
    return 0.3 * wave[form][None].astype(np.float32)


@pytest.mark.parametrize("fundamental_hz", [25.0, 50.0, 100.0, 44_100 / 512])
@pytest.mark.parametrize("form", ["square", "saw"])
def test_a_plain_wave_has_no_decoder(form, fundamental_hz):
    wave = oscillator(form, fundamental_hz, 44_100)
    for sound in (wave, wave + 0.1 * pink(6, 44_100)[:1]):
        assert ask(FEATURE, sound, 44_100).comb_decoder is None


@pytest.mark.parametrize("spacing_hz", [50.0, 44_100 / 512])
def test_teeth_over_music_have_a_decoder(spacing_hz):
    sound = with_teeth(pink(8, 44_100), 44_100, spacing_hz, 3e-4)
    assert ask(FEATURE, sound, 44_100).comb_decoder == known_decoder(spacing_hz)


def test_an_untrained_decoder_leaves_the_comb_of_its_strides():
    source = pink(12, 44_100)
    music = source[:, : 4 * 44_100]
    stretched = decoder_like(np.tile(music, 3), 44_100, (8, 8, 4, 2))
    answer = ask(FEATURE, stretched[None] + 1e-3 * pink(12, 44_100)[:1, : stretched.size], 44_100)
    assert answer.comb_score > NOTABLE_SCORE
    # The last strides act strongest: teeth at multiples of rate / (8 * 8) lie on the comb.
    teeth = (44_100 / 64) / answer.comb_spacing_hz
    assert teeth == pytest.approx(round(teeth), abs=0.01)


@pytest.mark.parametrize("seed", range(6))
def test_noise_has_no_notable_comb(seed):
    answer = ask(FEATURE, pink(10, 44_100, seed), 44_100)
    assert answer.comb_score < 8
    assert FEATURE.statements(answer) == []


@pytest.mark.parametrize("form", ["mp3", "m4a-aac", "ogg-vorbis", "opus"])
@pytest.mark.parametrize("bit_rate_bps", [64_000, 128_000])
def test_an_ordinary_codec_is_never_a_sign_of_a_generator(tmp_path, form, bit_rate_bps):
    rate_hz = 48_000 if form == "opus" else 44_100
    path = tmp_path / "x.bin"
    write(path, pink(12, rate_hz), rate_hz, form, bit_rate_bps=bit_rate_bps)
    for statement in analyse(str(path)).evidence:
        assert statement.kind != "artefacts" or statement.strength == 0.0


def test_families_by_spacing():
    assert codec_family(44_100 / 32, 44_100) == "MP3 filter bank"
    assert codec_family(44_100 / 1152, 48_000) == "MP3 lines"
    assert codec_family(86.13, 48_000) is None
    assert "DAC" in known_decoder(86.13)
    assert known_decoder(61.0) is None


@pytest.mark.parametrize("samples", [1, 100, 44_100])
def test_too_short_to_look(samples):
    answer = ask(FEATURE, np.full((2, samples), 0.1), 44_100)
    assert answer.comb_score is None
    assert answer.peaks_hz == ()


def test_too_narrow_to_look():
    assert ask(FEATURE, pink(10, 8_000), 8_000).comb_score is None


def test_blocks_may_be_cut_anywhere():
    samples = with_teeth(pink(8, 44_100), 44_100, 50.0, 1e-3)
    whole, cut = ask(FEATURE, samples, 44_100), ask(FEATURE, samples, 44_100, 50_001)
    assert cut.comb_spacing_hz == pytest.approx(whole.comb_spacing_hz)
    assert cut.comb_score == pytest.approx(whole.comb_score, rel=1e-3)
