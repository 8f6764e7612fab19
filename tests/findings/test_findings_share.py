"""The share of machine-made recordings: counted by the database, estimated, and written."""

import json
import re

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from phonoscope.detector import rates as rates_module
from phonoscope.detector.rates import Rates
from phonoscope.errors import UsageError
from phonoscope.findings.base import find
from phonoscope.findings.questions import generated
from phonoscope.findings.report import as_html
from phonoscope.findings.shared import shares
from phonoscope.findings.shared.dates import month_of, periods, year_of
from phonoscope.findings.shared.prevalence import estimate
from phonoscope.findings.shared.shares import NO_VERDICTS, Row, says, share_generated
from tests.helpers.catalogues import (
    MODEL,
    MemoryCatalogue,
    recording_rows,
    verdict_row,
    weighed,
)

ORIGINAL = rates_module.detector_rates
RATES = Rates.at(0.001, human=20_000, human_flagged=20, machine=2_000, machine_found=1_800)


@pytest.fixture(autouse=True)
def rates(monkeypatch):
    monkeypatch.setattr(rates_module, "detector_rates", lambda: RATES)
    monkeypatch.setattr(shares, "current_model", lambda: MODEL)


@pytest.fixture(scope="module")
def catalogue():
    return weighed()


@pytest.fixture(scope="module")
def frame(catalogue):
    recordings = pd.DataFrame(catalogue.rows["recordings"])
    verdicts = pd.DataFrame(catalogue.rows["verdicts"])
    joined = recordings.merge(verdicts, on="recording_id").dropna(subset=["p_value"])
    joined["flagged"] = joined.p_value <= RATES.threshold
    return joined


def answer(catalogue):
    return generated.generated_share.answer(catalogue)


def some(count, p_values, **tags):
    """A catalogue of as many recordings, with these p-values in turn."""
    recordings = [row | tags for row in recording_rows(count)]
    verdicts = [
        verdict_row(row["recording_id"], "no-sign-found", "detected")
        | {"p_value": p_values[i % len(p_values)], "model": MODEL}
        for i, row in enumerate(recordings)
    ]
    return MemoryCatalogue(recordings=recordings, verdicts=verdicts)


# ---- groups ------------------------------------------------------------------------------


def test_the_whole_is_one_row_with_the_counts_of_pandas(catalogue, frame):
    found = share_generated(catalogue)
    (row,) = found.rows
    assert (row.group, row.recordings, row.flagged) == (None, len(frame), frame.flagged.sum())
    expected = estimate(row.flagged, row.recordings, RATES)
    assert (row.share, row.low, row.high) == (expected.share, expected.low, expected.high)
    # The catalogue was made with 2/3 of its recordings in 2024, a fifth of them by a machine.
    assert row.low < 0.2 * 8 / 12 < row.high
    assert found.overall == row
    assert found.weighed + found.not_weighed == 2_000
    assert found.of_this_model


@pytest.mark.parametrize("by", ["codec", "artist", "tag_artist", "sample_rate_hz", "lossless"])
def test_groups_have_the_counts_of_pandas_largest_first(catalogue, frame, by):
    found = share_generated(catalogue, by)
    column = "tag_artist" if by == "artist" else by
    expected = frame.groupby(column).flagged.agg(["size", "sum"])
    assert {r.group: (r.recordings, r.flagged) for r in found.rows} == {
        group: (row["size"], row["sum"]) for group, row in expected.iterrows()
    }
    sizes = [row.recordings for row in found.rows]
    assert sizes == sorted(sizes, reverse=True)
    assert found.overall == share_generated(catalogue).overall


def test_a_blank_name_is_no_name(catalogue, frame):
    found = {row.group: row.recordings for row in share_generated(catalogue, "label").rows}
    assert set(found) == {"Big", "Small", None}
    assert found[None] == (frame.tag_label.isna() | (frame.tag_label == " ")).sum()


def test_a_date_without_a_month_belongs_to_none_and_is_counted_as_such(catalogue, frame):
    found = share_generated(catalogue, "month")
    months = [row.group for row in found.rows]
    assert months == ["2023-12", "2024-01", "2024-02", "2024-03", "2024-04", None]
    undated = frame.tag_date.isna() | frame.tag_date.isin(["2023", "spring"])
    assert found.rows[-1].recordings == undated.sum()
    years = {row.group: row.recordings for row in share_generated(catalogue, "year").rows}
    assert years["2023"] == frame.tag_date.isin(["2023", "2023-12"]).sum()
    assert list(years) == ["2023", "2024", None]


def test_they_come_as_tables_too(catalogue):
    found = share_generated(catalogue, "codec")
    fields = ["group", "recordings", "flagged", "share", "low", "high", "enough", "fits", "reason"]
    assert found.to_pyarrow().column_names == list(found.to_pandas().columns) == fields
    assert found.to_pandas().recordings.sum() == found.weighed
    json.dumps(found.to_json(), allow_nan=False)
    assert len(found.to_json(2)["groups"]) == 2
    assert found.to_json(2)["groups_in_all"] == 4


def test_of_months_the_latest_are_listed_of_labels_the_largest(catalogue):
    assert [r.group for r in share_generated(catalogue, "month").listed(2)] == ["2024-04", None]
    labels = share_generated(catalogue, "label")
    assert labels.listed(1) == labels.rows[:1]


@pytest.mark.parametrize("by", ["nothing", "", "group by 1", "loudness_profile"])
def test_what_cannot_be_grouped_by_is_said(catalogue, by):
    with pytest.raises(UsageError) as raised:
        share_generated(catalogue, by)
    assert raised.value.code == "unknown-grouping"


def test_a_profile_is_nothing_to_group_by():
    lists = [
        name
        for name, kind in MemoryCatalogue().table("recordings").schema().items()
        if kind.is_array()
    ]
    for name in lists:
        with pytest.raises(UsageError) as raised:
            share_generated(MemoryCatalogue(), name)
        assert raised.value.code == "unknown-grouping"


def test_a_verdict_that_a_killed_batch_left_is_not_counted():
    held = some(3, [0.5])
    held.rows["verdicts"].append(verdict_row("f" * 32) | {"p_value": 0.0, "model": MODEL})
    orphaned = MemoryCatalogue(**held.rows)
    for by in (None, "codec"):
        assert share_generated(orphaned, by).weighed == 3


def test_a_p_value_that_is_no_number_was_not_weighed():
    found = share_generated(some(4, [0.5, float("nan")]))
    assert (found.weighed, found.not_weighed, found.overall.flagged) == (2, 2, 0)


def test_without_p_values_there_is_no_estimate():
    only_marks = MemoryCatalogue(
        recordings=recording_rows(2),
        verdicts=[verdict_row(row["recording_id"]) for row in recording_rows(2)],
    )
    for held in (MemoryCatalogue(), only_marks, some(2, [float("nan")])):
        found = share_generated(held, "label")
        assert not found.answered
        assert found.says() == found.why == NO_VERDICTS
        assert found.rows == ()
        assert found.overall is None
        assert found.to_json()["groups"] == []
        assert answer(held).reason == "not-scored"


def test_the_rates_are_those_of_the_weights_that_ship():
    """And they are what a trial can have come to."""
    found = ORIGINAL()
    assert 0 < found.threshold < 1
    assert 0 <= found.human_flagged < found.human
    assert 0 < found.machine_found <= found.machine
    assert found.machine_found * found.human > found.human_flagged * found.machine


DATES = {
    "2024": ("2024", None),
    " 2024-05 ": ("2024", "2024-05"),
    "2024-5-3": ("2024", "2024-05"),
    "2024/12/01": ("2024", "2024-12"),
    "20240517": ("2024", "2024-05"),
    "2024-05-17T10:00:00Z": ("2024", "2024-05"),
    "1973-00-00": ("1973", None),
    "2024-13": ("2024", None),
    "05/06/2024": (None, None),
    "17.05.2024": (None, None),
    "202405": (None, None),
    "20241": (None, None),
    "0000": (None, None),
    "1799": (None, None),
    "(c) 2024": (None, None),
    "": (None, None),
    None: (None, None),
}


def test_years_and_months_are_read_and_never_guessed():
    table = ibis.memtable(pa.table({"date": list(DATES)}))
    rows = table.select("date", year=year_of(table.date), month=month_of(table.date))
    found = {row["date"]: (row["year"], row["month"]) for row in rows.to_pyarrow().to_pylist()}
    assert found == DATES


def test_a_course_has_every_period():
    assert periods("2023-11", "2024-02") == ["2023-11", "2023-12", "2024-01", "2024-02"]
    assert periods("1999", "2001") == ["1999", "2000", "2001"]
    assert periods("2024-05", "2024-05") == ["2024-05"]


# ---- words -------------------------------------------------------------------------------


def row(share, low, high, *, enough=True, fits=True, recordings=1_000):
    return Row(None, recordings, 0, share, low, high, enough, fits)


@pytest.mark.parametrize(
    ("estimated", "numbers"),
    [
        (row(0.12, 0.08, 0.17), ["12%", "1,000", "95%", "8.0%", "17%"]),
        (row(0.001, 0.0, 0.004), ["0.40%", "1,000"]),
        (row(0.2, 0.0, 0.6, enough=False, recordings=5), ["5", "95%", "0%", "60%", "30"]),
        (row(1.0, 0.92, 1.0, fits=False), ["92.0%", "100%", "1,000"]),
        (row(None, 0.0, 1.0, enough=False), ["1,000"]),
    ],
)
def test_the_words_for_an_estimate_have_its_numbers(estimated, numbers):
    assert re.findall(r"\d[\d.,]*%?", says(estimated)) == numbers


# ---- the finding -------------------------------------------------------------------------


def test_the_finding_has_the_estimate_its_interval_and_what_it_rests_on(catalogue):
    found, whole = answer(catalogue), share_generated(catalogue).overall
    figures = {figure.name: figure for figure in found.figures}
    share = figures["generated_share"]
    assert (share.value, *share.interval) == (whole.share, whole.low, whole.high)
    assert share.n == whole.recordings
    assert figures["detector_false_alarm_share"].value == 0.001
    assert figures["detector_found_share"].value == 0.9
    assert found.headline == says(whole)
    assert found.claim
    assert "20 of 20,000" in found.certainty
    assert str(share_generated(catalogue).not_weighed) in found.note


def test_its_tables_are_what_share_generated_returns(catalogue):
    tables = {table.name: table for table in answer(catalogue).tables}
    assert list(tables) == [
        "generated_share",
        "generated_share_by_month",
        "generated_share_by_year",
        "generated_share_by_label",
        "generated_share_by_artist",
    ]
    for by in ("month", "year", "label", "artist"):
        rows = tables[f"generated_share_by_{by}"].rows
        expected = share_generated(catalogue, by).rows
        assert [r[1:6] for r in rows] == [
            (e.recordings, e.flagged, e.share, e.low, e.high) for e in expected
        ]
        assert [r[0] for r in rows] == [
            f"no {by} known" if e.group is None else e.group for e in expected
        ]


def test_it_draws_months_where_most_are_known_years_else_and_labels_without_dates(catalogue):
    def drawn(held):
        return answer(held).chart

    def labels(chart):
        return [value["label"] for value in chart.spec["data"]["values"]]

    assert labels(drawn(catalogue)) == ["2023-12", *(f"2024-0{m}" for m in range(1, 5))]
    rows = catalogue.rows["recordings"]

    def dated(date_of):
        changed = [row | {"tag_date": date_of(row["tag_date"])} for row in rows]
        return MemoryCatalogue(**{**catalogue.rows, "recordings": changed})

    assert labels(drawn(dated(lambda d: d and d[:4]))) == ["2023", "2024"]
    without = drawn(dated(lambda d: None))
    assert labels(without)[1] == "Big"
    one_group = some(100, [0.5], tag_date="2024", tag_label=None, tag_artist="A")
    assert drawn(one_group) is None
    assert answer(one_group).answered


def test_a_long_course_of_years_shows_the_last_sixty():
    held = some(400, [0.5], tag_label=None)
    for i, row_ in enumerate(held.rows["recordings"]):
        row_["tag_date"] = str(1850 + i % 170)
    chart = answer(MemoryCatalogue(**held.rows)).chart
    values = chart.spec["data"]["values"]
    assert (len(values), values[0]["label"], values[-1]["label"]) == (60, "1960", "2019")


def test_charts_are_valid_draw_no_estimate_that_is_too_unsure_and_say_every_number(catalogue):
    import altair

    held = some(300, [0.5, 0.0002], tag_date=None)
    for i, row_ in enumerate(held.rows["recordings"]):
        row_["tag_label"] = "Large" if i < 292 else "Tiny"
    too_few = Row(
        None, 5, 0, 0.0, 0.0, 1.0, enough=False, fits=True, reason="too-few-recordings"
    ).remark
    for chart in (answer(catalogue).chart, answer(MemoryCatalogue(**held.rows)).chart):
        for spec in (chart.spec, chart.narrow):
            altair.Chart.from_dict(json.loads(json.dumps(spec)), validate=True)
        for value in chart.spec["data"]["values"]:
            assert value["low"] <= value["share"] <= value["high"]
            assert value["text"].endswith(too_few) is not value["enough"]
        points = next(m for m in chart.spec["layer"] if m["mark"].get("type") == "point")
        assert points["transform"] == [{"filter": "datum.enough"}]
    assert {value["label"]: value["enough"] for value in chart.spec["data"]["values"]} == {
        "all recordings": True,
        "Large": True,
        "Tiny": False,
    }


def test_a_handful_is_told_to_be_too_few_and_makes_no_headline_number():
    found = answer(some(5, [0.0005, 0.5]))
    assert not share_generated(some(5, [0.0005, 0.5])).overall.enough
    assert found.claim == ""


def test_verdicts_of_another_model_are_said(catalogue):
    mixed, other = weighed(200), weighed(200, model="detector 0 (def)")
    for verdict in mixed.rows["verdicts"][::2]:
        if verdict.get("model"):
            verdict["model"] = "detector 0 (def)"
    for held in (MemoryCatalogue(**mixed.rows), other):
        assert not share_generated(held).of_this_model
        assert not share_generated(held, "codec").of_this_model
        assert "model" in answer(held).note
    assert "model" not in answer(catalogue).note


def test_many_labels_are_cut_and_the_command_that_lists_them_is_named():
    held = some(700, [0.5])
    for i, row_ in enumerate(held.rows["recordings"]):
        row_["tag_label"] = f"label {i % 300:03}"
    tables = {t.name: t for t in answer(MemoryCatalogue(path="/a b", **held.rows)).tables}
    labels = tables["generated_share_by_label"]
    assert (len(labels.rows), labels.total, labels.is_cut) == (200, 300, True)
    assert labels.rows[0][0] == "label 000"
    assert labels.rest == "phonoscope share '/a b' --by label"


def test_hostile_names_of_labels_are_shown_not_run():
    hostile = "<script>alert('x')</script>\"&\n\u202egnp.exe"
    held = some(100, [0.5], tag_date=None)
    for i, row_ in enumerate(held.rows["recordings"]):
        row_["tag_label"] = hostile if i % 2 else "Plain"
    page = as_html(MemoryCatalogue(**held.rows))
    assert page.count("<script") == 1
    assert "\u202e" not in page
    assert "&lt;script&gt;alert(" in page


# ---- the finding on verdicts -------------------------------------------------------------


def test_flags_are_not_told_as_a_share_and_point_to_it(catalogue, frame):
    told = {found.finding.name: found.answer for found in find(catalogue)}["verdicts"]
    flagged = frame.flagged.sum()
    assert f" {flagged} " in told.headline
    assert "%" not in told.headline
    assert "0.10%" in told.note
    assert f"\u201c{generated.TITLE}\u201d" in told.note


def test_verdicts_of_a_catalogue_without_a_detector_claim_none():
    rows = recording_rows(3)
    verdicts = [verdict_row(row["recording_id"]) for row in rows]
    held = MemoryCatalogue(recordings=rows, verdicts=verdicts)
    told = {found.finding.name: found.answer for found in find(held)}["verdicts"]
    assert [(f.name, f.value) for f in told.figures] == [("verdict_undecided_none", 3)]
    assert told.note == ""
    verdicts[0] |= {"verdict": "generated", "basis": "declared"}
    told = {
        found.finding.name: found.answer
        for found in find(MemoryCatalogue(recordings=rows, verdicts=verdicts))
    }["verdicts"]
    assert re.findall(r"\d+", told.headline) == ["3", "1", "2"]


def test_a_million_groups_are_estimated_in_seconds():
    rng = np.random.default_rng(1)
    recordings = rng.integers(1, 50, 1_000_000)
    found = estimate(rng.binomial(recordings, 0.1), recordings, RATES)
    assert found.share.shape == (1_000_000,)
