"""Verdicts, evidence and disagreements in another language, and in JSON."""

from __future__ import annotations

import dataclasses
import json

import pytest

from phonoscope.detector.alteration import ALTERATIONS, altered_statement
from phonoscope.detector.disagreement import Disagreement, in_words
from phonoscope.detector.explanation import explain
from phonoscope.detector.generated import UNREADABLE, Detection, Segment, Stretch, judge
from phonoscope.disclosure.model import Declaration, Making, Part
from phonoscope.features import artefacts, bandwidth, clipping, silence
from phonoscope.language import PSEUDO, language
from phonoscope.messages import localised
from tests.helpers.pseudo import untranslated

XA = language(PSEUDO)
DETECTED = Detection(
    p_generated=0.9, p_value=1e-5, generator=None, generator_confidence=None,
    segments=(Segment(0.0, 5.0, 0.9), Segment(5.0, 10.0, 0.2)), lines_hz=(2_700.0, 5_400.0),
    p_value_part=0.9, least_counted=0.0005, model="a model 1 (abcd)",
)  # fmt: skip
DETECTIONS = (
    DETECTED,
    None,
    *(
        dataclasses.replace(DETECTED, **changes)
        for changes in (
            {"stretches": (Stretch(0.0, 60.0, 0.5, None), Stretch(60.0, 120.0, 1e-6, 0.01))},
            *({"altered": code} for code in (*ALTERATIONS, "a newer code")),
            {"p_value": 0.005, "segments": DETECTED.segments[:1]},
            {"p_value": 0.05, "p_value_part": 1e-5},
            {"p_value": 0.05, "segments": DETECTED.segments[1:]},
            {"p_value": 0.4},
        )
    ),
)
MARKS = [
    Declaration("ai-tags", part, Making.GENERATED, tool, None, "TXXX:AI", "yes")
    for part in (Part.WHOLE, Part.VOCALS)
    for tool in ("Suno", None)
]


@pytest.mark.parametrize("detection", DETECTIONS)
def test_verdicts_and_evidence_are_shown_translated_and_stored_in_english(detection):
    texts = [judge((), detection).says]
    if detection is not None:
        texts += [explain(detection).says, explain(detection).also]
        if detection.altered:
            altered = altered_statement(detection.altered)
            texts += [altered.says, altered.also]
    for text in texts:
        assert untranslated(localised(text, XA)) == []
        assert json.loads(json.dumps(text)) == str(text) != localised(text, XA)


@pytest.mark.parametrize("mark", MARKS)
def test_declared_verdicts_are_translated(mark):
    assert untranslated(localised(judge((mark,)).says, XA)) == []


def test_disagreements_and_errors_are_translated():
    for text in (UNREADABLE.says, *map(in_words, Disagreement)):
        assert untranslated(localised(text, XA)) == []


@pytest.mark.parametrize(
    ("feature", "result"),
    [
        (artefacts, artefacts.Artefacts(50.0, 20.0, 3.0, None, None, (), ())),
        (artefacts, artefacts.Artefacts(50.0, 20.0, 3.0, None, "MusicGen", (), ())),
        (artefacts, artefacts.Artefacts(38.3, 20.0, 3.0, "MP3 lines", None, (), ())),
        (bandwidth, bandwidth.Bandwidth(16_000.0, 16_000.0, 40.0, "lossy")),
        (bandwidth, bandwidth.Bandwidth(16_000.0, 16_000.0, 40.0, "lower-rate")),
        (clipping, clipping.Clipping(1, 0.001)),
        (clipping, clipping.Clipping(1_200, 0.1)),
        (silence, silence.Silence(1.0, 3.0, 3.0, 0.0)),
    ],
)
def test_statements_of_features_are_translated(feature, result):
    (statement,) = feature.FEATURE.statements(result)
    for text in filter(None, (statement.says, statement.also)):
        assert untranslated(localised(text, XA)) == []
