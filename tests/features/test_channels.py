"""Channels, offset and bits in use, of files whose truth the test writes."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

import phonoscope as ps

RATE = 44_100
SECONDS = np.arange(2 * RATE) / RATE


def analysed(tmp_path, sound, subtype="PCM_24", form="FLAC"):
    path = tmp_path / f"sound.{form.lower()}"
    soundfile.write(path, sound, RATE, subtype, format=form)
    found = ps.analyse(path)
    said = [statement for statement in found.evidence if statement.kind == "channels"]
    return found.results["channels"], said


def noise(channels=1, bits=None):
    sound = 0.2 * np.random.default_rng(1).normal(size=(len(SECONDS), channels)).clip(-3, 3)
    return sound if bits is None else np.round(sound * 2 ** (bits - 1)) / 2 ** (bits - 1)


@pytest.mark.parametrize("bits", [8, 12, 16, 20, 23, 24])
@pytest.mark.parametrize("form", ["FLAC", "WAV"])
def test_bits_in_use_are_counted(tmp_path, bits, form):
    found, said = analysed(tmp_path, noise(2, bits), form=form)
    assert found.effective_bits == bits
    assert len(said) == (bits < 24)


def test_16_of_16_bits_and_lossy_files_say_nothing(tmp_path):
    found, said = analysed(tmp_path, noise(2, 16), "PCM_16")
    assert (found.effective_bits, said) == (16, [])
    found, said = analysed(tmp_path, noise(2, 16), "VORBIS", "OGG")
    assert (found.effective_bits, said) == (None, [])
    found, said = analysed(tmp_path, noise(1, 16), "FLOAT", "WAV")
    assert found.effective_bits is None


def test_two_equal_channels_are_dual_mono(tmp_path):
    sound = noise()
    found, said = analysed(tmp_path, np.hstack([sound, sound]))
    assert found.dual_mono is True
    assert found.channel_correlation == pytest.approx(1.0)
    assert len(said) == 1
    # One sample differs by one step.
    almost = np.hstack([sound, sound])
    almost[1000, 1] += 2**-20
    found, said = analysed(tmp_path, almost)
    assert (found.dual_mono, said) == (False, [])


def test_an_inverted_channel_is_said(tmp_path):
    sound = noise()
    found, said = analysed(tmp_path, np.hstack([sound, -0.9 * sound]))
    assert found.channel_correlation == pytest.approx(-1.0, abs=1e-4)
    assert found.dual_mono is False
    assert len(said) == 1


@pytest.mark.parametrize("mixed", [0.0, 0.5])
def test_correlation_is_that_of_numpy(tmp_path, mixed):
    sound = noise(2)
    sound[:, 1] = mixed * sound[:, 0] + (1 - mixed) * sound[:, 1]
    found, said = analysed(tmp_path, sound)
    expected = np.corrcoef(sound.T)[0, 1]
    assert found.channel_correlation == pytest.approx(expected, abs=1e-3)
    assert said == []


def test_one_channel_and_silence_have_no_correlation(tmp_path):
    found, _ = analysed(tmp_path, noise(1))
    assert (found.channel_correlation, found.dual_mono) == (None, None)
    found, _ = analysed(tmp_path, np.zeros((RATE, 2)))
    assert (found.channel_correlation, found.effective_bits, found.dc_offset) == (None, None, 0.0)


@pytest.mark.parametrize(("offset", "said_of_it"), [(0.0, False), (0.001, False), (0.02, True)])
def test_an_offset_is_measured(tmp_path, offset, said_of_it):
    sound = noise(2)
    sound -= sound.mean(axis=0)
    sound[:, 1] -= offset
    found, said = analysed(tmp_path, sound)
    assert found.dc_offset == pytest.approx(offset, abs=1e-5)
    assert bool(said) is said_of_it
