"""The detector that is shipped, on sounds made here and on its own files."""

from __future__ import annotations

import itertools
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from phonoscope.analysis import analyse
from phonoscope.detector.detector import detector
from phonoscope.detector.generated import Band
from phonoscope.detector.model import digest_of, model
from phonoscope.detector.rates import detector_rates
from phonoscope.features.traces import FEATURE
from tests.helpers.asking import ask
from tests.helpers.music import cadence, drums
from tests.helpers.sounds import noise, strided, write

RATE = 44_100
WEIGHTS = files("phonoscope.detector") / "weights"
CARD = Path(__file__).parents[2] / "docs/model-cards/generated.md"


def detect(sound):
    return detector().detect([ask(FEATURE, sound, RATE)])


def test_lines_of_a_stride_raise_the_probability():
    plain = noise(16.0, RATE)
    with_lines = strided(plain, RATE / 512, 0.3)
    assert detect(with_lines).p_generated > 0.5 > detect(plain).p_generated


@pytest.mark.parametrize("made", [drums(117.0, 20.0), cadence(60, "major"), noise(20.0, RATE)])
def test_music_made_here_is_not_called_generated(made):
    found = detect(np.atleast_2d(made).astype(np.float32))
    assert found.p_value > 0.001


def test_gain_changes_nothing():
    sound = strided(noise(16.0, RATE), RATE / 512, 0.05)
    one, other = detect(sound), detect(sound * np.float32(0.25))
    assert one.p_generated == pytest.approx(other.p_generated, abs=1e-6)


def test_segments_cover_the_recording_in_order():
    found = detect(noise(61.7, RATE))
    edges = [(s.start_s, s.end_s) for s in found.segments]
    assert len(edges) > 5
    assert edges[0][0] == 0.0
    assert edges[-1][1] == pytest.approx(61.7, abs=0.01)
    assert all(a[1] == b[0] for a, b in itertools.pairwise(edges))
    assert all(0 <= s.p_generated <= 1 for s in found.segments)


def test_where_a_part_is_suspicious_its_segments_stand_out():
    plain, rest = noise(60.0, RATE), noise(60.0, RATE)
    joined = np.concatenate([plain, strided(rest, RATE / 512, 0.3)], axis=1)
    segments = detect(joined).segments
    before = [s.p_generated for s in segments if s.end_s < 50]
    after = [s.p_generated for s in segments if s.start_s > 70]
    assert max(before) < min(after)


def test_an_examination_carries_verdict_segments_and_an_explanation(tmp_path):
    exam = analyse(write(tmp_path / "a.wav", noise(16.0, RATE), RATE))
    assert exam.verdict.verdict in (Band.NO_SIGN_FOUND, Band.UNDECIDED)
    assert exam.verdict.model == detector().name
    assert exam.segments
    (said,) = [s for s in exam.evidence if s.kind == "generated"]
    assert "human recordings" in said.says
    assert said.also


def test_what_cannot_be_weighed_is_undecided_and_says_so(tmp_path):
    exam = analyse(write(tmp_path / "short.wav", noise(0.5, RATE), RATE))
    assert (exam.verdict.verdict, exam.verdict.p_generated) == (Band.UNDECIDED, None)
    assert exam.segments == ()


def test_the_weights_are_small():
    data = (WEIGHTS / "generated.npz").read_bytes()
    assert len(data) < 5_000_000


def test_the_hash_in_the_name_covers_what_changes_a_verdict_and_nothing_else():
    arrays, facts = dict(model().arrays), dict(model().facts)
    named = digest_of(arrays, facts)
    assert model().name == f"phonoscope-generated {facts['version']} ({named})"
    counted = {**facts, "rates": {}, "family_precision": {}, "recordings": {}}
    assert digest_of(arrays, counted) == named
    for fact in ("slope", "tails", "altered_from", "family_known", "score"):
        assert digest_of(arrays, {**facts, fact: 0.5}) != named, fact
    for name, array in arrays.items():
        changed = np.array(array, copy=True)
        changed.flat[0] = 1 - changed.flat[0]
        assert digest_of({**arrays, name: changed}, facts) != named, name


def test_the_rates_are_those_of_recordings_that_were_counted():
    rates = detector_rates()
    assert 0 <= rates.human_flagged < rates.human
    assert 0 < rates.machine_found <= rates.machine
    assert 0 < rates.threshold < 1


def test_the_card_is_shipped_as_it_is_documented():
    shipped = (WEIGHTS / "generated.md").read_text(encoding="utf-8")
    assert shipped == CARD.read_text(encoding="utf-8")
    name, version, _ = detector().name.split(" ")
    assert f"{name} {version}" in shipped
