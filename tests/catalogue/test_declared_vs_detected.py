"""What is declared and what is detected: the same rules over tables as for one recording."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st

from phonoscope.catalogue.declared_vs_detected import declared_vs_detected
from phonoscope.detector.disagreement import disagreement
from phonoscope.detector.generated import Band, Verdict, detected_band
from phonoscope.disclosure.declared_status import DeclaredStatus, declared_status_of
from phonoscope.disclosure.model import Declaration, Making, Part
from tests.helpers.catalogues import MemoryCatalogue

MARKS = st.lists(st.tuples(st.sampled_from(Part), st.sampled_from(Making)), max_size=4)
VERDICTS = st.builds(
    Verdict,
    st.sampled_from(Band),
    st.sampled_from(["detected", "declared", "none"]),
    st.just(""),
    p_value=st.none() | st.sampled_from([0.0, 0.0004, 0.0999, 0.1, 0.100001, 0.7, 1.0, math.nan]),
    p_value_part=st.none() | st.sampled_from([0.0, 0.001, 0.0011, 0.5, math.nan]),
    altered=st.none() | st.just("too-altered"),
    false_alarms=st.none() | st.just(0.001),
)


def declaration(part, making):
    return Declaration("sidecar", part, making, None, None, "here", "said")


@settings(max_examples=60)
@given(st.lists(st.tuples(MARKS, VERDICTS), min_size=1, max_size=30))
def test_a_table_and_one_recording_are_judged_by_the_same_rules(drawn):
    known = {f"{i:032x}": one for i, one in enumerate(drawn)}
    catalogue = MemoryCatalogue(
        verdicts=[
            {
                "recording_id": name,
                "verdict": v.verdict,
                "basis": v.basis,
                "p_value": v.p_value,
                "p_value_part": v.p_value_part,
                "altered": v.altered,
                "false_alarms": v.false_alarms,
            }
            for name, (_, v) in known.items()
        ],
        declared=[
            {"recording_id": name, "part": part, "making": making}
            for name, (marks, _) in known.items()
            for part, making in marks
        ],
    )
    rows = declared_vs_detected(catalogue.table).to_pyarrow().to_pylist()
    assert {row["recording_id"] for row in rows} == set(known)
    assert len(rows) == len(known)
    for row in rows:
        marks, verdict = known[row["recording_id"]]
        declared = [declaration(*mark) for mark in marks]
        assert row["declared_status"] == declared_status_of(declared)
        assert row["detected"] == detected_band(verdict)
        assert row["disagreement"] == disagreement(declared, verdict)


def status(*marks):
    return declared_status_of([declaration(*mark) for mark in marks])


def test_what_marks_declare_together():
    whole, vocals, lyrics = Part.WHOLE, Part.VOCALS, Part.LYRICS
    generated, human = Making.GENERATED, Making.HUMAN
    assert status() is DeclaredStatus.NOTHING
    assert status((whole, human)) is DeclaredStatus.HUMAN
    assert status((Part.UNSPECIFIED, human)) is DeclaredStatus.HUMAN
    assert status((vocals, human)) is DeclaredStatus.UNCLEAR, "people sang; who played is not said"
    assert status((vocals, Making.CONVERTED_VOICE)) is DeclaredStatus.MACHINE
    assert status((whole, human), (vocals, generated)) is DeclaredStatus.MACHINE
    assert status((whole, human), (Part.UNSPECIFIED, generated)) is DeclaredStatus.CONTRADICTORY
    assert status((lyrics, generated)) is DeclaredStatus.MACHINE_WRITTEN
    assert status((lyrics, generated), (whole, human)) is DeclaredStatus.MACHINE_WRITTEN
    assert status((whole, Making.ASSISTED), (whole, human)) is DeclaredStatus.ASSISTED
    assert status((whole, Making.UNSPECIFIED)) is DeclaredStatus.UNCLEAR
