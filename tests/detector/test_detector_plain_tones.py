"""Plain tones aren't music to weigh: test signals, oscillators and chords of them."""

from __future__ import annotations

import numpy as np
import pytest

from bench.channels import coded
from phonoscope.analysis import analyse
from phonoscope.detector.detector import detector
from phonoscope.detector.generated import Band, judge
from phonoscope.features.traces import FEATURE
from tests.helpers.asking import ask
from tests.helpers.music import cadence, drums
from tests.helpers.sounds import noise, strided, write

RATE = 44_100
SECONDS = np.arange(RATE * 12) / RATE


def saw(pitch_hz):
    return 2 * (np.cumsum(np.broadcast_to(pitch_hz, SECONDS.shape)) / RATE % 1) - 1


def pulse(pitch_hz, duty):
    return np.where(SECONDS * pitch_hz % 1 < duty, 1.0, -1.0)


HELD = {
    "saw": saw(100.0),
    "saw in a fifth": saw(150.0) + saw(100.0),
    "square": pulse(150.0, 0.5),
    "pulse": pulse(86.13, 0.2),
    "pulse, width modulated": pulse(100.0, 0.5 + 0.3 * np.sin(2 * np.pi * 0.5 * SECONDS)),
    "clicks": (np.arange(SECONDS.size) % 441 == 0).astype(float),
    "detuned": saw(100.0) + saw(100.4) + saw(99.7),
    "vibrato": saw(100.0 * (1 + 0.01 * np.sin(2 * np.pi * 5 * SECONDS))),
    "modulated": np.sin(2 * np.pi * 200 * SECONDS + 5 * np.sin(2 * np.pi * 200 * SECONDS)),
    "arpeggio": saw(np.array([100.0, 125.0, 150.0, 200.0])[(SECONDS * 2).astype(int) % 4]),
    "in noise": saw(100.0) + 0.01 * noise(12.0, RATE)[0],
}


def found(sound, rate_hz=RATE):
    return detector().detect([ask(FEATURE, np.asarray(sound, np.float32), rate_hz)])


@pytest.mark.parametrize("name", HELD)
def test_plain_tones_are_undecided_at_most(name):
    quiet = 0.5 * HELD[name] / np.abs(HELD[name]).max()
    seen = found(quiet[None])
    assert seen.plain_tones
    assert judge((), seen).verdict is Band.UNDECIDED


def test_a_plain_tone_has_no_numbers_and_names_the_model(tmp_path):
    exam = analyse(write(tmp_path / "saw.wav", 0.5 * saw(100.0)[None], RATE))
    verdict = exam.verdict
    assert (verdict.verdict, verdict.basis) == (Band.UNDECIDED, "none")
    assert (verdict.p_value, verdict.p_value_part, verdict.p_generated) == (None, None, None)
    assert verdict.model == detector().name
    assert exam.segments == verdict.stretches == ()
    assert not [said for said in exam.evidence if said.kind == "generated"]


@pytest.mark.parametrize("codec", ["mp3", "aac"])
def test_a_codec_doesnt_turn_a_tone_into_music(codec):
    samples, rate_hz = coded(((0.5 * saw(100.0)[None]).astype(np.float32), RATE), codec, 128_000)
    assert found(samples, rate_hz).plain_tones


@pytest.mark.parametrize("level", [0.0, 0.02, 0.1])
def test_music_isnt_plain_tones_with_a_decoders_lines_or_without_them(level):
    music = cadence(60, "major") + drums(117.0, cadence(60, "major").shape[1] / RATE)
    assert not found(strided(music, RATE / 441, level)).plain_tones
