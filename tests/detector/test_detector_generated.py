"""From numbers and marks to one word."""

from __future__ import annotations

import dataclasses

import pytest

from phonoscope.detector.generated import (
    NOT_HUMAN,
    Band,
    Detection,
    Segment,
    how_often,
    judge,
)
from phonoscope.disclosure.model import Declaration, Making, Part

ORDINARY = Detection(
    p_generated=0.04, p_value=0.4, generator=None, generator_confidence=None, p_voice=0.1,
    segments=(Segment(0.0, 16.0, 0.04),), lines_hz=(), p_value_part=0.9,
    longest_ordinary_s=16.0, least_counted=0.0005, model="a model 1 (abcd)",
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
    found = judge((), weighed(p_value=p_value, longest_ordinary_s=0.0))
    assert (found.verdict, found.basis) == (band, "detected")


@pytest.mark.parametrize(("false_alarms", "band"), [(0.05, Band.GENERATED), (0.0001, "undecided")])
def test_the_user_sets_the_false_alarms(false_alarms, band):
    found = judge((), weighed(p_value=0.004, longest_ordinary_s=0.0), false_alarms=false_alarms)
    assert found.verdict == band
    assert found.false_alarms == false_alarms


def test_one_suspicious_stretch_makes_it_a_part():
    assert judge((), weighed(p_value_part=0.0005)).verdict == Band.PARTLY_GENERATED


def test_half_a_minute_of_ordinary_music_makes_it_a_part():
    half = weighed(p_value=1e-5, longest_ordinary_s=40.0)
    assert judge((), half).verdict == Band.PARTLY_GENERATED
    assert judge((), weighed(p_value=1e-5, longest_ordinary_s=5.0)).verdict == Band.GENERATED


def test_a_mark_and_what_is_detected_never_mix():
    found = judge((MARK,), ORDINARY)
    assert (found.verdict, found.basis) == (Band.GENERATED, "declared")
    assert (found.p_generated, found.p_value) == (0.04, 0.4)
    assert found.generator is None
    detected = judge((MARK,), weighed(p_value=1e-5, longest_ordinary_s=0.0, generator="YuE"))
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
