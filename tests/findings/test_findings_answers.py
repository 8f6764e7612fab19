"""Every number of every finding, against pandas over the same rows."""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from phonoscope.findings.base import find, findings
from phonoscope.findings.reference import document
from tests.helpers.catalogues import (
    MemoryCatalogue,
    file_row,
    plausible,
    recording_rows,
)

COUNT = 800


@pytest.fixture(scope="module")
def catalogue():
    return plausible(COUNT)


@pytest.fixture(scope="module")
def recordings(catalogue):
    return pd.DataFrame(catalogue.rows["recordings"])


@pytest.fixture(scope="module")
def answers(catalogue):
    return {found.finding.name: found.answer for found in find(catalogue)}


def figure(answers, finding, name):
    return next(f for f in answers[finding].figures if f.name == name)


def table(answers, finding, name=None):
    tables = answers[finding].tables
    found = tables[0] if name is None else next(t for t in tables if t.name == name)
    return pd.DataFrame(found.rows, columns=[c.name for c in found.columns])


def test_scanned(answers, recordings):
    assert figure(answers, "scanned", "recordings").value == COUNT
    assert figure(answers, "scanned", "files").value == COUNT + 12
    expected = recordings.duration_s.sum()
    assert figure(answers, "scanned", "duration_s").value == pytest.approx(expected)
    assert answers["scanned"].note.startswith("1 file ")


def test_bytes_that_could_not_be_decoded_are_no_copy():
    known = recording_rows(1)
    files = [file_row("/a", known[0]["recording_id"]), file_row("/b", "f" * 32, "undecodable", "x")]
    answer = find(MemoryCatalogue(recordings=known, files=files))[0].answer
    assert answer.note == ""


def test_unreadable(answers):
    share = figure(answers, "unreadable", "unreadable_share")
    assert share.value == pytest.approx(11 / (COUNT + 12))
    by_reason = table(answers, "unreadable")
    assert dict(zip(by_reason.error_kind, by_reason["count"], strict=True)) == {
        "not-audio": 7,
        "empty": 3,
        "time-limit": 1,
    }
    assert len(table(answers, "unreadable", "unreadable_files")) == 11


def test_damaged(answers, recordings):
    damaged = (recordings.decode_errors > 0) | recordings.truncated
    assert figure(answers, "damaged", "damaged_share").value == pytest.approx(damaged.mean())


def test_declared_counts_recordings_not_marks(answers):
    share = figure(answers, "declared", "declared_machine_share")
    assert share.value == pytest.approx(4 / COUNT)
    tools = table(answers, "declared")
    assert dict(zip(tools.tool, tools["count"], strict=True)) == {"Suno": 3, "Udio": 1}


def test_verdicts(answers):
    assert figure(answers, "verdicts", "verdict_generated_declared").value == 4
    assert figure(answers, "verdicts", "verdict_undecided_none").value == COUNT - 4


def test_formats(answers, recordings):
    assert figure(answers, "formats", "lossless_share").value == recordings.lossless.mean()
    expected = recordings.groupby(["codec", "sample_rate_hz", "channels"]).size().to_dict()
    rows = table(answers, "formats").itertuples()
    assert {(r.codec, r.sample_rate_hz, r.channels): r.count for r in rows} == expected


@pytest.mark.parametrize(
    ("finding", "name", "column", "half_bin"),
    [
        ("duration", "duration_median_s", "duration_s", 0.5),
        ("loudness", "loudness_median_lufs", "loudness_lufs", 0.05),
        ("peaks", "true_peak_median_dbtp", "true_peak_dbtp", 0.05),
        ("tempo", "tempo_median_bpm", "tempo_bpm", 0.25),
        ("bandwidth", "bandwidth_median_hz", "bandwidth_hz", 0.5),
    ],
)
def test_medians(answers, recordings, finding, name, column, half_bin):
    values = recordings[column].dropna().to_numpy()
    found = figure(answers, finding, name)
    assert found.n == values.size
    assert found.value == pytest.approx(np.median(values), abs=half_bin * 1.001)
    ordered = np.sort(values)
    half = 1.959963984540054 * np.sqrt(values.size) / 2
    low = int(np.floor(values.size / 2 - half))
    assert found.interval.low == pytest.approx(ordered[low - 1], abs=half_bin * 1.001)
    assert found.interval.high == pytest.approx(ordered[values.size - low], abs=half_bin * 1.001)
    assert table(answers, finding)["count"].sum() == values.size


def test_shares(answers, recordings):
    loud = recordings.loudness_lufs.dropna()
    share = figure(answers, "loudness", "loudness_from_minus_14_lufs_share")
    assert share.value == pytest.approx((loud >= -14).mean())
    peaks = recordings.true_peak_dbtp.dropna()
    share = figure(answers, "peaks", "true_peak_from_0_dbtp_share")
    assert share.value == pytest.approx((peaks >= 0).mean())
    reached = recordings[recordings.lossless & recordings.bandwidth_hz.notna()]
    share = figure(answers, "bandwidth", "lossless_with_a_past_share")
    assert share.value == pytest.approx(reached.made_from.notna().mean())


def test_keys(answers, recordings):
    keyed = recordings.dropna(subset=["key", "mode"])
    assert figure(answers, "tonality", "major_share").value == (keyed["mode"] == "major").mean()
    expected = Counter(zip(keyed["mode"], keyed.key.str.replace("#", "\u266f"), strict=True))
    rows = {(r.mode, r.key): r.count for r in table(answers, "tonality").itertuples()}
    assert len(rows) == 24
    assert {pair: n for pair, n in rows.items() if n} == expected


def test_an_empty_catalogue_says_why_there_is_no_answer():
    for found in find(MemoryCatalogue()):
        assert not found.answer.answered
        assert found.answer.reason in {"no-data", "not-scored"}
        assert found.answer.headline.endswith(".")
        assert found.answer.chart is None


def test_only_unreadable_files_still_make_a_page():
    catalogue = MemoryCatalogue(files=[file_row("/x.mp3", None, "empty", "the file is empty")])
    answers = {found.finding.name: found.answer for found in find(catalogue)}
    assert figure(answers, "unreadable", "unreadable_share").value == 1.0
    assert figure(answers, "scanned", "recordings").value == 0
    assert not answers["tempo"].answered


def test_silence_has_no_loudness():
    rows = recording_rows(3)
    for row in rows:
        row.update(loudness_lufs=None, true_peak_dbtp=None, bandwidth_hz=None, tempo_bpm=None)
    answers = {found.finding.name: found.answer for found in find(MemoryCatalogue(recordings=rows))}
    assert answers["duration"].answered
    for name in ("loudness", "peaks", "bandwidth", "tempo"):
        assert answers[name].reason == "no-values"


def test_a_catalogue_without_a_column_cannot_tell():
    class Narrow(MemoryCatalogue):
        def table(self, name):
            held = super().table(name)
            return held.drop("tempo_bpm") if name == "recordings" else held

    answers = {found.finding.name: found.answer for found in find(Narrow())}
    assert answers["tempo"].reason == "missing-columns"
    assert "recordings.tempo_bpm" in answers["tempo"].headline


def test_the_list_of_unreadable_files_is_cut_and_says_so():
    files = [file_row(f"/m/{i:05}.mp3", None, "empty", "empty") for i in range(1_000)]
    found = next(f for f in find(MemoryCatalogue(files=files)) if f.finding.name == "unreadable")
    listed = found.answer.tables[1]
    assert len(listed.rows) == 200
    assert listed.is_cut
    assert listed.total == 1_000
    assert listed.rest.startswith("phonoscope sql")


def test_every_finding_says_what_it_is():
    names = [finding.name for finding in findings()]
    assert len(set(names)) == len(names) >= 12
    for finding in findings():
        assert finding.question.endswith("?")
        assert finding.method
        assert finding.caveats
        assert finding.needs


def test_every_share_has_an_interval_around_it(answers):
    for answer in answers.values():
        for found in answer.figures:
            if found.unit == "share":
                assert found.interval.low <= found.value <= found.interval.high
                assert found.n


def test_every_chart_is_valid_vega_lite(answers):
    import altair

    for answer in answers.values():
        if answer.chart:
            for spec in (answer.chart.spec, answer.chart.narrow):
                altair.Chart.from_dict(json.loads(json.dumps(spec)), validate=True)
            assert answer.tables, "a chart without its numbers"


# PySpark's own use of pandas and of sockets warns; none of it is ours.
def test_the_written_findings_are_current():
    written = (Path(__file__).parents[2] / "docs" / "findings.md").read_text(encoding="utf-8")
    assert written == document(), "python -m phonoscope.findings.reference > docs/findings.md"
