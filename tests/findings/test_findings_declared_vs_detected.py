"""What is declared compared with what was detected: counts by hand, and listed names."""

import random
from collections import Counter

import pytest

from phonoscope.findings.base import findings
from tests.helpers.catalogues import MemoryCatalogue, file_row, mark_row, recording_rows

(COMPARISON,) = (f for f in findings() if f.name == "declared_beside_detected")
HOSTILE = "<img src=x onerror=alert(1)>\u202e"


def verdict(name, p_value, *, declared=False):
    """A verdict at a thousandth of false alarms; it may rest on a mark all the same."""
    band, basis = "undecided", "none"
    if p_value is not None:
        basis = "detected"
        band = "generated" if p_value <= 0.001 else "undecided"
        band = "no-sign-found" if p_value >= 0.1 else band
    if declared and band != "generated":
        band, basis = "generated", "declared"
    return {"recording_id": name, "verdict": band, "basis": basis, "p_value": p_value}


def catalogue_of(known):
    """A catalogue from (making or None, part, p-value) of each recording."""
    recordings = recording_rows(len(known))
    names = [row["recording_id"] for row in recordings]
    marks, verdicts = [], []
    for name, (making, part, p_value) in zip(names, known, strict=True):
        is_machine = making in ("generated", "converted-voice")
        verdicts.append(verdict(name, p_value, declared=is_machine))
        if making:
            marks.append(mark_row(name, making=making) | {"part": part})
    return MemoryCatalogue(
        recordings=recordings,
        declared=marks,
        verdicts=verdicts,
        files=[file_row(f"/music/{name}.mp3", name) for name in names],
    )


def disagreeing(answer):
    """Recordings that disagree, by table."""
    names = ("declared_human_detected_machine", "declared_machine_no_sign_found")
    return {table.name: table.total for table in answer.tables if table.name in names}


def rows(answer, name):
    (table,) = (t for t in answer.tables if t.name == name)
    return [dict(zip((c.name for c in table.columns), row, strict=True)) for row in table.rows]


def test_both_facts_are_counted_against_each_other():
    rng = random.Random(5)
    makings = [None, None, "generated", "human", "assisted", "converted-voice", "unspecified"]
    known = [
        (rng.choice(makings), "whole", rng.choice([None, 0.0001, 0.02, 0.4, 0.8]))
        for _ in range(600)
    ]
    stance = {
        None: "nothing", "generated": "machine", "converted-voice": "machine", "human": "human",
        "assisted": "assisted", "unspecified": "unclear",
    }  # fmt: skip
    found = {None: "not-weighed", 0.0001: "evidence", 0.02: "undecided"}
    expected = Counter((stance[m], found.get(p, "no-sign")) for m, _, p in known)
    answer = COMPARISON.answer(catalogue_of(known))
    crossed = rows(answer, "declared_beside_detected")
    assert {(row["stance"], row["detected"]): row["count"] for row in crossed} == expected
    for row in crossed:
        of = sum(n for (s, _), n in expected.items() if s == row["stance"])
        assert row["share"] == pytest.approx(row["count"] / of)
        assert row["low"] <= row["share"] <= row["high"]
    figures = {figure.name: figure for figure in answer.figures}
    human = figures["declared_human_detected_machine_share"]
    weighed = sum(n for (s, f), n in expected.items() if s == "human" and f != "not-weighed")
    assert human.n == weighed
    assert human.value == pytest.approx(expected["human", "evidence"] / weighed)
    assert human.interval.low < human.value < human.interval.high
    for name, key in (
        ("declared_human_detected_machine", ("human", "evidence")),
        ("declared_machine_no_sign_found", ("machine", "no-sign")),
    ):
        assert len(rows(answer, name)) == min(200, expected[key])


def test_a_verdict_from_a_mark_is_not_a_detection():
    answer = COMPARISON.answer(catalogue_of([("generated", "whole", 0.6)]))
    assert disagreeing(answer) == {"declared_machine_no_sign_found": 1}
    (row,) = rows(answer, "declared_beside_detected")
    assert (row["stance"], row["detected"], row["agreement"]) == ("machine", "no-sign", "disagree")


def test_lyrics_by_a_machine_need_not_be_detected():
    answer = COMPARISON.answer(catalogue_of([("generated", "lyrics", 0.6), (None, None, 0.5)]))
    assert disagreeing(answer) == {}
    assert "2" in answer.headline
    assert [t.name for t in answer.tables] == ["declared_beside_detected"]


def test_an_undecided_sound_disagrees_with_nothing():
    answer = COMPARISON.answer(
        catalogue_of([("human", "whole", 0.05), ("generated", "whole", 0.05)])
    )
    assert disagreeing(answer) == {}
    figures = {figure.name: (figure.value, figure.n) for figure in answer.figures}
    assert figures["declared_human_detected_machine_share"] == (0.0, 1)
    assert figures["declared_machine_no_sign_found_share"] == (0.0, 1)


def test_names_are_listed_and_hostile_ones_are_harmless():
    catalogue = catalogue_of([("human", "whole", 0.0001)])
    catalogue.rows["recordings"][0] |= {"tag_title": HOSTILE, "tag_artist": "Anna"}
    catalogue.rows["declared"][0]["tool"] = HOSTILE
    answer = COMPARISON.answer(catalogue)
    (row,) = rows(answer, "declared_human_detected_machine")
    assert row["recording"] == "Anna - <img src=x onerror=alert(1)>\\u202e"
    assert "\u202e" not in row["marks"]
    assert row["file"] == f"{row['recording_id']}.mp3"


def test_verdicts_of_no_recording_are_not_counted():
    catalogue = catalogue_of([("human", "whole", 0.0001), (None, None, 0.5)])
    catalogue.rows["recordings"] = catalogue.rows["recordings"][1:]
    (row,) = rows(COMPARISON.answer(catalogue), "declared_beside_detected")
    assert (row["stance"], row["detected"], row["count"]) == ("nothing", "no-sign", 1)


@pytest.mark.parametrize("known", [[], [("human", "whole", None)]])
def test_without_a_scored_recording_there_is_no_answer(known):
    answer = COMPARISON.answer(catalogue_of(known))
    assert answer.reason == "not-scored"
