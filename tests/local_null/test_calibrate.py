"""A catalogue calibrated by the command and by Python: what is stored, shown and refused."""

import dataclasses
import json
import os
import re
import signal

import numpy as np
import pandas as pd
import pytest

from phonoscope.api import open_catalogue
from phonoscope.catalogue.storage import LocalStorage
from phonoscope.detector.empirical_null import EmpiricalNull
from phonoscope.errors import UsageError
from phonoscope.interval import wilson
from phonoscope.local_null.channel import Encoding
from phonoscope.local_null.flagged import RemasterSign
from tests.helpers import forked
from tests.helpers.calibrated import (
    MODEL,
    add,
    drawn,
    make,
    recording,
    recording_id_of,
    rows_of,
    verdict_of,
)
from tests.helpers.program import ROOT, run, strict_json

DOCUMENTED = (ROOT / "docs" / "calibrate-json.md").read_text(encoding="utf-8")
HITS = [
    recording("older", -5.0, date="1980"),
    recording("remastered", 4.8, date="1999", title="Anthem"),
    recording("second", 5.1, date="1999", title="Anthem 2 (Remastered)"),
    recording("copy", -5.0, date="1999"),
    recording("again", 5.2, date="1999"),
    recording("alone", 5.3, date="1999"),
]
PAIRS = (("older", "remastered"), ("copy", "second"))
MATCHED = {
    "speed": 1.0, "pitch": 1.0, "offset_s": 0.0, "begin_s": 0.0, "end_s": 180.0, "covers": 1.0,
    "alike": 0.95, "bits": 9.0, "score": 30.0,
}  # fmt: skip
MATCHES = [
    {"pair": "-".join(sorted(ids)), "one": ids[0], "other": ids[1], "copy": True, **MATCHED}
    for ids in ([recording_id_of(name) for name in pair] for pair in PAIRS)
]
TRACKS = [{"source": "dump", "track_id": "1", "release_date": "2012", "file": "/music/again.mp3"}]


def humans():
    return [*drawn("old", 400), *drawn("flac", 220, seed=2, codec="flac", lossless=True), *HITS]


def others():
    new = drawn("new", 150, seed=3, date="2024-05")
    return [*new, *drawn("machine", 40, seed=4, date="2025", mean=5.0)]


@pytest.fixture(scope="module")
def calibrated(tmp_path_factory):
    rows = [*humans(), *others()]
    verdicts = [verdict_of(row) for row in rows[:-3]]
    # Another model's, one without a score, and one that a mark decided.
    verdicts.append(verdict_of(rows[-3], model="detector 0 (old)"))
    verdicts.append(verdict_of(rows[-2], p_generated=None, p_value=None, basis="none"))
    verdicts.append(verdict_of(rows[-1], basis="declared", verdict="generated"))
    catalogue = make(
        tmp_path_factory.mktemp("calibrated") / "c", rows, verdicts=verdicts, matches=MATCHES,
        tracks=TRACKS,
    )  # fmt: skip
    done = run("calibrate", catalogue.path, "--json")
    assert done.returncode == 0, done.stderr
    (shape,) = strict_json(done.stdout)
    return open_catalogue(catalogue.path), rows, shape


def frame(catalogue):
    local = pd.DataFrame(rows_of(catalogue, "local_p_values")).set_index("recording_id")
    verdicts = pd.DataFrame(rows_of(catalogue, "verdicts")).set_index("recording_id")
    both = local.columns.intersection(verdicts.columns)
    return verdicts.join(local.rename(columns={name: f"{name}_local" for name in both}))


def test_local_p_values_are_those_of_a_null_made_of_the_same_recordings(calibrated):
    catalogue, rows, _ = calibrated
    found = frame(catalogue)
    lossy = [r for r in rows if r["tag_date"] < "2022" and r["codec"] == "mp3"]
    null = EmpiricalNull.of([row["score"] for row in lossy])
    new = [row for row in rows if row["name"].startswith("new")]
    for row in new[:40]:
        local = found.loc[row["recording_id"]]
        # Stored as a probability, the score keeps some ten digits.
        assert local.p_value_local == pytest.approx(float(null.p_values(row["score"])), rel=1e-6)
        assert local.shipped_p_value == local.p_value
        assert not local.known_human
        assert (local.bandwidth, local.chain) == ("wide", "mp3")
    for at in (0, 5, 11):
        rest = EmpiricalNull.of([r["score"] for r in lossy if r is not lossy[at]])
        local = found.loc[lossy[at]["recording_id"]]
        expected = float(rest.p_values(lossy[at]["score"]))
        assert local.p_value_local == pytest.approx(expected, rel=1e-6)
        assert local.known_human


def test_the_fit_of_the_shipped_null_is_counted(calibrated):
    catalogue, _, shape = calibrated
    found = frame(catalogue)
    human = found[found.known_human == True]  # noqa: E712  (empty where not judged)
    assert len(human) == shape["known_human"] == len(humans())
    for one in shape["fit"]:
        hits = int((human.p_value <= one["level"]).sum())
        low, high = wilson(hits, len(human))
        assert (one["hits"], one["low"], one["high"]) == (hits, low, high)
        assert one["fits"] == (low <= one["level"] <= high)
    # Scores are one higher here than the shipped null says.
    assert not shape["fit"][-1]["fits"]
    assert shape["called"] == (human.verdict == "generated").sum() >= 4
    assert shape["artists"] == len(human)


def test_what_was_not_judged_is_counted(calibrated):
    _, rows, shape = calibrated
    assert (shape["other_model"], shape["not_scored"]) == (1, 1)
    assert shape["judged"] == len(rows) - 2
    assert shape["scanned_since"] == 0


def test_both_verdicts_are_counted_and_the_stored_one_stays(calibrated):
    catalogue, _, shape = calibrated
    found = frame(catalogue)
    local = found.p_value_local.where(found.model == MODEL)
    band = np.select([local <= 0.001, local < 0.1], ["generated", "undecided"], "no-sign-found")
    stays = local.isna() | (found.basis != "detected")
    expected = pd.Series(np.where(stays, found.verdict, band)).value_counts()
    for one in shape["verdicts"]:
        assert one["shipped"] == (found.verdict == one["verdict"]).sum()
        assert one["local"] == expected[one["verdict"]]
    generated = next(one for one in shape["verdicts"] if one["verdict"] == "generated")
    assert generated["local"] < generated["shipped"]


def test_flagged_human_recordings_come_with_signs_of_a_remaster(calibrated):
    *_, shape = calibrated
    found = {one["recording_id"]: one for one in shape["flagged"]}
    assert shape["flagged_in_all"] == shape["called"] == len(found)
    signs = {name: found[recording_id_of(name)]["signs"] for name in
             ("remastered", "second", "again", "alone")}  # fmt: skip
    assert signs == {
        "remastered": [RemasterSign.OLDER_COPY],
        "second": [RemasterSign.COPY, RemasterSign.TITLE],
        "again": [RemasterSign.LATER_RELEASE],
        "alone": [],
    }
    one = found[recording_id_of("remastered")]
    assert (one["copy"], one["copy_year"], one["file"]) == ("older.mp3", 1980, "remastered.mp3")
    assert all(row["says"] for row in shape["flagged"])
    assert [row["p_value"] for row in shape["flagged"]] == sorted(
        row["p_value"] for row in shape["flagged"]
    )


def test_the_json_is_what_the_page_documents(calibrated):
    catalogue, _, shape = calibrated

    def documented(heading):
        table = re.search(r"\| field \|.*?\n((?:\|.*\n)+)", DOCUMENTED.split(heading, 1)[1])
        return re.findall(r"^\| `(\w+)`", table[1], re.M)

    assert list(shape) == documented("# The JSON of `calibrate`")
    for name in ("fit", "nulls", "verdicts", "flagged"):
        assert list(shape[name][0]) == documented(f"An entry of `{name}`")
    assert shape == json.loads(json.dumps(catalogue.calibration().to_json()))


def test_the_text_says_it_and_names_files_from_outside_safely(calibrated):
    catalogue, *_ = calibrated
    done = run("calibrate", catalogue.path, "--show")
    assert done.returncode == 0
    assert f"{len(humans())} recordings released before 2022" in " ".join(done.stdout.split())
    assert recording_id_of("alone") in done.stdout


def test_recordings_that_are_scanned_later_are_judged_by_the_same_null(tmp_path):
    catalogue = make(tmp_path / "c", [*drawn("old", 210), *drawn("new", 20, date="2024", seed=5)])
    catalogue.calibrate()
    later = recording("later", 3.0, date="2025")
    add(catalogue, [later])
    found = catalogue.calibration()
    assert found.scanned_since == 1
    assert sum(one.local for one in found.verdicts) == 231
    # Its page computes it meanwhile; the next calibration stores the same.
    verdict = verdict_of(later)
    fresh = found.calibration.p_value(
        verdict["p_generated"], Encoding(16_000.0, "mp3", False, None)
    )
    assert found.calibration.p_value(None, Encoding(None, None, None, None)) is None
    again = catalogue.calibrate()
    assert again.scanned_since == 0
    assert again.calibration.row.calibration_id > found.calibration.row.calibration_id
    stored = frame_of(catalogue, again)
    assert stored[later["recording_id"]] == pytest.approx(fresh)
    assert len(rows_of(catalogue, "calibrations")) == 2, "the one before is history"


def frame_of(catalogue, found):
    rows = rows_of(catalogue, "local_p_values")
    mine = (r for r in rows if r["calibration_id"] == found.calibration.row.calibration_id)
    return {row["recording_id"]: row["p_value"] for row in mine}


@pytest.mark.parametrize("known", [0, 49])
def test_too_few_are_refused_and_nothing_is_stored(tmp_path, known):
    rows = [*drawn("old", known), *drawn("new", 100, date="2024")]
    catalogue = make(tmp_path / "c", rows)
    done = run("calibrate", catalogue.path)
    assert done.returncode == 2
    assert str(known) in done.stderr
    assert "50" in done.stderr
    assert done.stdout == ""
    assert rows_of(catalogue, "calibrations") == rows_of(catalogue, "local_p_values") == []
    shown = run("calibrate", catalogue.path, "--show")
    assert (shown.returncode, shown.stdout) == (0, "")
    assert "calibrate" in shown.stderr


def test_few_are_widened_and_it_says_so(tmp_path):
    rows = [*drawn("old", 60), *drawn("new", 100, date="2024", seed=2)]
    found = make(tmp_path / "c", rows).calibrate()
    assert found.calibration.row.widened
    assert found.calibration.caveats()
    narrow = EmpiricalNull.of([row["score"] for row in rows[:60]])
    assert narrow.widened
    (null,) = found.calibration.nulls.by_channel.values()
    assert null.widened


def test_one_artist_and_a_late_year_are_caveats(tmp_path):
    rows = drawn("old", 210, artist="The Same")
    found = make(tmp_path / "c", rows).calibrate(before=2026).calibration
    assert (found.row.artists, found.row.of_one_artist) == (1, 210)
    assert "210" in found.caveats()
    assert "2022" in found.caveats()


def test_a_list_is_a_rule_of_its_own_and_unknown_entries_are_named(tmp_path):
    rows = [*drawn("ours", 205, date="2025"), *drawn("other", 50, seed=2, date="2025")]
    catalogue = make(tmp_path / "c", rows)
    ids = [row["recording_id"] for row in rows[:205]]
    (tmp_path / "list.txt").write_text("\n".join([*ids, "\x1b[31mno.mp3", *["gone.mp3"] * 30]))
    done = run("calibrate", catalogue.path, "--known-human", tmp_path / "list.txt", "--json")
    assert done.returncode == 3
    (shape,) = strict_json(done.stdout)
    assert (shape["rule"], shape["before_year"], shape["known_human"]) == ("list", None, 205)
    assert shape["not_found"] == 31
    assert len(shape["not_found_entries"]) == 20
    assert shape["not_found_entries"][0] == {"line": 206, "text": "\x1b[31mno.mp3"}
    assert "\x1b" not in done.stderr
    assert "11" in done.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--known-human", "no-such-list"], "no-such-list"),
        (["--known-human", "x", "--before", "2020"], "both"),
        (["--before", "20"], "20"),
        (["--before", "soon"], "soon"),
    ],
)
def test_what_makes_no_sense_is_status_2(tmp_path, options, says):
    catalogue = make(tmp_path / "c", drawn("a", 3))
    done = run("calibrate", catalogue.path, *options)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stdout == ""


def test_without_scores_there_is_nothing_to_calibrate(tmp_path):
    row = recording("a", 0.0)
    verdict = verdict_of(row, p_generated=None, p_value=None, model=None)
    with pytest.raises(UsageError) as raised:
        make(tmp_path / "c", [row], verdicts=[verdict]).calibrate()
    assert raised.value.code == "not-scored"
    assert make(tmp_path / "d", [row]).calibration() is None


def test_the_model_of_most_recordings_is_calibrated_and_another_one_is_refused(tmp_path):
    rows = drawn("old", 230)
    verdicts = [verdict_of(row, model="new 2" if i < 20 else MODEL) for i, row in enumerate(rows)]
    found = make(tmp_path / "c", rows, verdicts=verdicts).calibrate().calibration
    assert (found.row.model, found.row.other_model, found.row.known_human) == (MODEL, 20, 210)
    assert found.ignored(MODEL) == ""
    assert "new 2" in found.ignored("new 2")


def _killed(path, at):
    left = [at]
    write = LocalStorage.write

    def counted(*arguments):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return write(*arguments)

    LocalStorage.write = counted
    open_catalogue(path).calibrate(before=1990)


def test_a_killed_calibration_leaves_the_one_before_in_use(tmp_path):
    rows = [*drawn("old", 210, date="1980"), *drawn("later", 60, seed=2, date="2001")]
    catalogue = make(tmp_path / "c", rows)
    before = catalogue.calibrate().to_json()
    values = frame_of(catalogue, catalogue.calibration())
    for at in (0, 1, 2):
        process = forked.start(_killed, catalogue.path, at)
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        again = open_catalogue(catalogue.path)
        assert again.calibration().to_json() == before
        assert frame_of(again, again.calibration()) == values
    done = open_catalogue(catalogue.path).calibrate(before=1990)
    assert done.calibration.row.known_human == 210


def test_it_survives_compaction(tmp_path):
    catalogue = make(tmp_path / "c", drawn("old", 210))
    catalogue.calibrate()
    before = catalogue.calibrate().to_json()
    catalogue.compact(grace_s=0.0)
    assert catalogue.calibration().to_json() == before


def test_a_null_is_rebuilt_as_it_was(tmp_path):
    found = make(tmp_path / "c", drawn("old", 300)).calibrate().calibration
    fresh = EmpiricalNull.of(found.null_rows[0].scores)
    stored = next(iter(found.nulls.by_channel.values()))
    for field in dataclasses.fields(EmpiricalNull):
        assert np.array_equal(getattr(fresh, field.name), getattr(stored, field.name))
