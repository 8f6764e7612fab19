"""The finding of artificial plays: shares by making, label and track, and what is not known."""

import re
from collections import defaultdict

import pytest

import phonoscope as ps
from phonoscope.findings.base import QuerySession, find
from phonoscope.findings.questions.plays import plays as PLAYS
from phonoscope.text import percent
from tests.helpers.plays import analysed, farm, log_of, people, shops


def tables_of(answer):
    """Rows of each table by name, as mappings."""
    found = {}
    for table in answer.tables:
        names = [column.name for column in table.columns]
        found[table.name] = [dict(zip(names, row, strict=True)) for row in table.rows]
    return found


def described(catalogue, plays, folder):
    """Tracks of the log: those of the farm on one label and declared, others on two."""
    lines = ["track_id,name,artist_name,label,generated,duration_ms"]
    for track in sorted({one["track_id"] for one in plays}):
        bot = track.startswith("bot")
        label = "Fast Money" if bot else f"Label {track[:3]}"
        lines.append(f"{track},Song {track},Artist <b>{track[:3]}</b>,{label},{bot},201000")
    (folder / "tracks.csv").write_text("\n".join(lines) + "\n")
    columns = ("track_id", "name", "artist_names", "label", "declared_generated", "duration_ms")
    header = lines[0].split(",")
    catalogue.ingest(folder / "tracks.csv", dict(zip(header, columns, strict=True)))


@pytest.fixture(scope="module")
def analysed_log(tmp_path_factory):
    folder = tmp_path_factory.mktemp("log")
    plays = people() + farm() + shops()
    catalogue = analysed(plays, folder)
    described(catalogue, plays, folder)
    return plays, catalogue, PLAYS.answer(QuerySession(catalogue))


def test_the_share_is_that_of_the_farm(analysed_log):
    plays, _, answer = analysed_log
    bots = sum(one["account"].startswith("bot") for one in plays)
    figure = next(f for f in answer.figures if f.name == "artificial_plays_share")
    assert figure.value == bots / len(plays)
    assert figure.interval.low < figure.value < figure.interval.high
    assert re.search(r"\b6 .*\b12 ", answer.headline)
    doubt = next(f for f in answer.figures if f.name == "undecided_plays")
    assert doubt.value > 0
    assert percent(doubt.value / len(plays)) in answer.note
    assert answer.chart is not None


def test_labels_and_declared_tracks_have_shares_with_intervals(analysed_log):
    plays, _, answer = analysed_log
    by_label = defaultdict(list)
    for one in plays:
        bot = one["account"].startswith("bot")
        track = one["track_id"]
        by_label["Fast Money" if track.startswith("bot") else f"Label {track[:3]}"].append(bot)
    rows = {row["what"]: row for row in tables_of(answer)["labels"]}
    assert {label: row["share"] for label, row in rows.items()} == {
        label: sum(some) / len(some) for label, some in by_label.items()
    }
    assert all(row["low"] <= row["share"] <= row["high"] for row in rows.values())
    made = {row["what"]: row["share"] for row in tables_of(answer)["made"]}
    assert made["declared machine-made"] == 1
    assert made["not declared machine-made"] == 0


def test_groups_and_tracks_are_listed_with_reasons(analysed_log):
    _, _, answer = analysed_log
    groups = tables_of(answer)["groups"]
    assert {row["verdict"] for row in groups} == {"artificial", "undecided"}
    assert all(row["reasons"] for row in groups)
    assert {row["name"] for row in tables_of(answer)["tracks"]} == {
        f"Song bot-song-{n}" for n in range(12)
    }


def test_the_report_shows_it_and_no_name_becomes_markup(analysed_log, tmp_path):
    _, catalogue, _ = analysed_log
    page = catalogue.report().write(tmp_path / "report.html").read_text(encoding="utf-8")
    assert 'id="plays-headline"' in page
    assert "Artist <b>bot" not in page
    assert "Artist &lt;b&gt;bot" in page


def test_what_was_read_since_is_said(tmp_path):
    catalogue = analysed(people() + farm(), tmp_path)
    assert not re.search(r"\blog\b", PLAYS.answer(QuerySession(catalogue)).note)
    log = log_of(people(5), tmp_path / "log.parquet")
    catalogue.plays.ingest(log, pseudonymise=False, name="log")
    assert re.search(r"\blog\b", PLAYS.answer(QuerySession(catalogue)).note)


def test_without_plays_it_says_how_to_get_them(tmp_path):
    found = find(ps.open_catalogue(tmp_path / "catalogue", create=True))
    (answer,) = [one.answer for one in found if one.finding.name == "plays"]
    assert not answer.answered
    assert answer.reason == "no-data"
    assert "phonoscope plays" in answer.headline


def test_plays_of_people_are_not_called_artificial(tmp_path):
    answer = PLAYS.answer(QuerySession(analysed(people(30), tmp_path)))
    figures = {figure.name: figure.value for figure in answer.figures}
    assert figures["artificial_plays"] == figures["artificial_plays_share"] == 0
    assert answer.claim == ""
    assert answer.note
    assert answer.chart is None
