"""From numbers and marks to one word."""

from __future__ import annotations

import dataclasses

import pytest

from phonoscope.detector.alteration import (
    ALTERATIONS,
    HARMLESS,
    altered_in_words,
    altered_statement,
)
from phonoscope.detector.generated import (
    NO_VOICE_MODEL,
    NOT_HUMAN,
    UNREADABLE,
    Band,
    Detection,
    Segment,
    Stretch,
    detected_band,
    how_often,
    judge,
)
from phonoscope.disclosure.model import Declaration, Making, Part

ORDINARY = Detection(
    p_generated=0.04, p_value=0.4, generator=None, generator_confidence=None,
    segments=(Segment(0.0, 16.0, 0.04),), lines_hz=(), p_value_part=0.9,
    least_counted=0.0005, model="a model 1 (abcd)",
)  # fmt: skip
MARK = Declaration("ai-tags", Part.WHOLE, Making.GENERATED, "Suno", None, "TXXX:AI", "yes")


def weighed(**changes):
    return dataclasses.replace(ORDINARY, **changes)


@pytest.mark.parametrize(
    ("p_value", "band"),
    [(0.5, Band.NO_SIGN_FOUND), (0.1, Band.NO_SIGN_FOUND), (0.05, Band.UNDECIDED),
     (0.0011, Band.UNDECIDED), (0.001, Band.GENERATED), (1e-9, Band.GENERATED)],
)  # fmt: skip
def test_bands_follow_the_p_value(p_value, band):
    found = judge((), weighed(p_value=p_value))
    assert (found.verdict, found.basis) == (band, "detected")


@pytest.mark.parametrize(("false_alarms", "band"), [(0.05, Band.GENERATED), (0.0001, "undecided")])
def test_the_user_sets_the_false_alarms(false_alarms, band):
    found = judge((), weighed(p_value=0.004), false_alarms=false_alarms)
    assert found.verdict == band
    assert found.false_alarms == false_alarms


HUMAN_HALF, MACHINE_HALF = Stretch(0.0, 60.0, 0.4, None), Stretch(60.0, 120.0, 1e-5, 0.001)


@pytest.mark.parametrize("p_value", [1e-5, 0.0005, 0.03, 0.4])
def test_a_called_stretch_next_to_an_ordinary_one_makes_it_a_part(p_value):
    found = judge((), weighed(p_value=p_value, stretches=(HUMAN_HALF, MACHINE_HALF)))
    assert found.verdict == Band.PARTLY_GENERATED
    assert [s.called for s in found.stretches] == [False, True]
    assert "1:00 to 2:00" in found.says


@pytest.mark.parametrize(("p_value", "band"), [(1e-5, Band.GENERATED), (0.02, Band.UNDECIDED)])
def test_without_an_ordinary_stretch_the_whole_decides(p_value, band):
    unusual = dataclasses.replace(HUMAN_HALF, p_value=0.05)
    found = judge((), weighed(p_value=p_value, stretches=(unusual, MACHINE_HALF)))
    assert found.verdict == band


@pytest.mark.parametrize("p_value", [0.02, 0.4])
def test_a_rare_part_without_a_change_is_undecided(p_value):
    rare = weighed(p_value=p_value, p_value_part=0.0005, lines_hz=(5_512.5,))
    found = judge((), rare)
    assert (found.verdict, found.lines_hz) == (Band.UNDECIDED, (5_512.5,))
    marked = judge((MARK,), rare)
    assert (marked.basis, detected_band(marked)) == ("declared", Band.UNDECIDED)


@pytest.mark.parametrize("code", [*ALTERATIONS, "a newer code"])
def test_what_is_too_altered_is_undecided_and_isnt_accused(code):
    altered = weighed(p_value=0.4, p_value_part=1e-9, altered=code)
    found = judge((), altered)
    assert (found.verdict, found.basis, found.altered) == (Band.UNDECIDED, "detected", code)
    assert found.generator is None
    assert altered_in_words(code) in found.says
    assert HARMLESS in found.says
    assert detected_band(judge((MARK,), altered)) == Band.UNDECIDED
    assert altered_statement(code).strength == 0.0


def test_what_is_altered_and_still_rare_among_altered_human_music_is_called():
    found = judge((), weighed(p_value=1e-5, altered="pitch-or-tempo"))
    assert (found.verdict, found.altered) == (Band.GENERATED, "pitch-or-tempo")


def test_ordinary_sound_shows_no_lines():
    assert judge((), weighed(lines_hz=(5_512.5,))).lines_hz == ()


def test_voices_are_not_measured():
    for found in (judge((), ORDINARY), judge((MARK,)), judge((), None), UNREADABLE):
        assert (found.p_voice, found.p_voice_reason) == (None, NO_VOICE_MODEL)


def test_a_mark_and_what_is_detected_never_mix():
    found = judge((MARK,), ORDINARY)
    assert (found.verdict, found.basis) == (Band.GENERATED, "declared")
    assert (found.p_generated, found.p_value) == (0.04, 0.4)
    assert found.generator is None
    detected = judge((MARK,), weighed(p_value=1e-5, generator="YuE"))
    assert (detected.basis, detected.generator) == ("detected", "YuE")


def test_a_family_is_named_only_where_a_generator_was_detected():
    named = weighed(generator="YuE", generator_confidence=0.9)
    assert judge((), named).generator is None


def test_what_could_not_be_weighed_is_undecided():
    found = judge((), None)
    assert (found.verdict, found.basis, found.p_generated) == (Band.UNDECIDED, "none", None)


@pytest.mark.parametrize("p_value", [0.7, 0.05, 0.01, 0.002, 1e-7])
def test_no_band_says_that_a_person_made_it(p_value):
    says = judge((), weighed(p_value=p_value)).says
    assert "human-made" not in says
    assert (NOT_HUMAN in says) == (p_value >= 0.1)


def test_an_extrapolated_p_value_is_not_put_as_a_count():
    extrapolated, counted = how_often(weighed(p_value=1e-8)), how_often(weighed(p_value=0.002))
    assert (extrapolated.values["n"], counted.values["n"]) == (2_000, 500)
    assert extrapolated.template != counted.template, "one is a bound, the other a count"
    assert extrapolated in judge((), weighed(p_value=1e-8)).says


@pytest.mark.parametrize("recordings", [30, 99, 278, 1_268, 4_206, 9_999])
def test_fewer_than_one_in_so_many_claims_no_more_than_was_counted(recordings):
    least = 1 / (1 + recordings)
    named = how_often(weighed(p_value=0.999 * least, least_counted=least)).values["n"]
    assert 0.9 * recordings <= named <= recordings + 1
