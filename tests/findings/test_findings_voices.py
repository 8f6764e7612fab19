"""Declared voices, and the licences that the catalogue has for them."""

import re
from datetime import date, datetime

import pytest

from phonoscope.findings.base import findings
from tests.helpers.catalogues import MemoryCatalogue, file_row, mark_row, recording_rows

(VOICES,) = (finding for finding in findings() if finding.name == "voices")
EVERY = ["covers", "original-songs"]
IN_2025 = datetime(2025, 6, 1)


def licence(voice_id, uses=EVERY, *, name=None, commercial=True, start=None, end=None):
    return {
        "voice_id": voice_id, "name": name, "owner": "O", "uses": uses, "commercial": commercial,
        "valid_from": start, "valid_until": end,
    }  # fmt: skip


def states(marks, licences=()):
    """The state of the only mark of each recording, by what the finding lists."""
    recordings = recording_rows(len(marks))
    rows = [
        mark_row(row["recording_id"], making="converted-voice") | {"part": "vocals"} | mark
        for row, mark in zip(recordings, marks, strict=True)
    ]
    catalogue = MemoryCatalogue(
        recordings=recordings,
        declared=rows,
        voices=list(licences),
        files=[file_row(f"/m/{r['recording_id']}.mp3", r["recording_id"]) for r in recordings],
    )
    answer = VOICES.answer(catalogue)
    table = next(t for t in answer.tables if t.name == "voices")
    return {row[0]: row[2] for row in table.rows}, answer


@pytest.mark.parametrize(
    ("licences", "state"),
    [
        ([], "no-licence"),
        ([licence("ben")], "no-licence"),
        ([licence("anna")], "licensed"),
        ([licence("7", name="ANNA ")], "licensed"),
        ([licence("anna", commercial=False)], "limited"),
        ([licence("anna", ["covers"])], "limited"),
        ([licence("anna", [])], "not-allowed"),
        ([licence("anna", end=date(2025, 5, 31))], "ended"),
        ([licence("anna", end=date(2025, 6, 1))], "licensed"),
        ([licence("anna", start=date(2025, 6, 2))], "not-begun"),
        ([licence("anna", start=date(2025, 6, 1))], "licensed"),
        ([licence("anna", end=date(2024, 1, 1)), licence("anna", start=date(2025, 1, 1))],
         "licensed"),
        ([licence("anna"), licence("anna", [], start=date(2025, 1, 1))], "not-allowed"),
    ],
)  # fmt: skip
def test_a_licence_counts_on_the_day_that_the_mark_gives(licences, state):
    found, _ = states([{"voice": " Anna", "declared_utc": IN_2025}], licences)
    assert found == {"Anna": state}


def test_without_a_day_today_counts():
    past = licence("anna", end=date(2020, 1, 1))
    assert states([{"voice": "anna"}], [past])[0] == {"anna": "ended"}
    future = licence("anna", end=date(9000, 1, 1))
    assert states([{"voice": "anna"}], [future])[0] == {"anna": "licensed"}


def test_converted_voices_that_nobody_names_are_counted_apart():
    marks = [{}, {"voice": "anna"}, {"making": "generated"}, {"part": "lyrics"}, {"voice": " "}]
    found, answer = states(marks, [licence("anna")])
    assert found == {"not named": "unnamed", "anna": "licensed"}
    assert re.findall(r"\b\d+\b(?!%)", answer.headline)[-1] == "2"
    (share,) = (f for f in answer.figures if f.name == "voice_without_licence_share")
    assert (share.value, share.n) == (pytest.approx(2 / 3), 3)


def test_who_has_no_licence_is_named_and_harmless():
    hostile = "<script>alert(1)</script>\u202e"
    _, answer = states([{"voice": hostile}])
    (table,) = (t for t in answer.tables if t.name == "voices_without_licence")
    assert table.total == 1
    assert table.rows[0][1] == "<script>alert(1)</script>\\u202e"
    assert "phonoscope voices" in answer.note


def test_where_no_voice_is_declared_it_cannot_be_told():
    plain = recording_rows(2)
    marks = [mark_row(plain[0]["recording_id"])]
    answer = VOICES.answer(MemoryCatalogue(recordings=plain, declared=marks))
    assert not answer.answered
