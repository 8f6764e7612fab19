"""Charts: listed, declared and detected entries, and new artists, against pandas."""

import random

import pandas as pd
import pytest

import phonoscope as ps
from bench.real_charts import by_pandas
from phonoscope.catalogue.schema.tables import tables
from phonoscope.findings.base import findings
from phonoscope.findings.plots.svg import draw
from tests.helpers.catalogues import verdict_row
from tests.helpers.sources import write_csv

(CHARTS,) = (finding for finding in findings() if finding.name == "charts")
HEAD = ["chart_week", "current_week", "title", "performer"]
WEEKS = [f"{day:%Y-%m-%d}" for day in pd.date_range("2023-01-07", periods=60, freq="7D")]


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "c", create=True)


def figures(answer):
    return {figure.name: figure for figure in answer.figures}


def made_rows(seed, weeks=WEEKS, places=10):
    rng = random.Random(seed)
    rows = []
    for at, week in enumerate(weeks):
        for rank in range(1, places + 1):
            artist = rng.choice([f"Artist {rng.randrange(at + 3)}", "The Old, Guard", "Guard"])
            title = rng.choice(["Song", "SONG", "Other (Live)", "Other", f"S {at // 9}"])
            guest = rng.choice(["", " feat. Guest", " & Artist 1"])
            rows.append([week, rank, title, artist + guest])
    return rows


def put(catalogue, name, some):
    """Rows as a scan would have written them."""
    store = catalogue._store
    batch = f"{int(store.newest_batch().split('-')[0]) + 1:016d}-abcdefabcdef-aaaaaa-000001"
    written = [{**row, "scan_id": "abcdefabcdef", "batch": batch} for row in some]
    store.write({name: tables()[name].arrow(written)}, batch)


def test_the_numbers_are_those_of_pandas(catalogue, tmp_path):
    rows = made_rows(3)
    catalogue.ingest(write_csv(tmp_path / "x.csv", [HEAD, *rows]))
    expected = by_pandas(pd.DataFrame(rows, columns=["day", "rank", "title", "performer"]))
    assert expected["new_artist_share"] > 0
    found = figures(CHARTS.answer(catalogue))
    for name, value in expected.items():
        assert found[name].value == pytest.approx(value, abs=1e-12), name


def test_what_two_sources_list_alike_counts_once(catalogue, tmp_path):
    rows = made_rows(4, WEEKS[:5])
    for name in ("a", "b"):
        path = write_csv(tmp_path / f"{name}.csv", [HEAD, *rows])
        catalogue.ingest(path, constants={"chart": "Top"})
    found = figures(CHARTS.answer(catalogue))
    assert found["entries"].value == len(rows)
    assert "new_artist_share" not in found


def test_without_charts_there_is_no_answer_and_without_links_no_share(catalogue, tmp_path):
    assert CHARTS.answer(catalogue).reason == "no-data"
    catalogue.ingest(write_csv(tmp_path / "x.csv", [HEAD, *made_rows(1, WEEKS[:2])]))
    answer = CHARTS.answer(catalogue)
    assert answer.answered
    assert not {"listed_share", "declared_share", "detected_share"} & set(figures(answer))


def test_listed_declared_and_detected_are_three_counts(catalogue, tmp_path):
    rows = [
        [week, rank, title, artist]
        for week in WEEKS[:4]
        for rank, (title, artist) in enumerate(
            [("One", "Machine"), ("Two", "B feat. Machine"), ("Three", "C"), ("Four", "D & E")], 1
        )
    ]
    catalogue.ingest(write_csv(tmp_path / "x.csv", [HEAD, *rows]))
    said = [["artist_name", "says"], ["the machine", "so they say"], ["D", "x"], ["C & Z", "x"]]
    catalogue.ingest(write_csv(tmp_path / "list.csv", said))
    put(
        catalogue,
        "recordings",
        [{"recording_id": f"{i:032x}", "tag_title": t, "tag_artist": a}
         for i, (t, a) in enumerate([("three", "c"), ("Four", "E, D"), ("One (Live)", "Machine")])],
    )  # fmt: skip
    put(catalogue, "declared", [{"recording_id": f"{0:032x}", "making": "generated"}])
    flagged = verdict_row(f"{1:032x}", "generated", "detected", "x")
    put(catalogue, "verdicts", [{**flagged, "p_value": 0.0001, "model": "m"}])
    answer = CHARTS.answer(catalogue)
    found = figures(answer)
    assert (found["listed_share"].value, found["listed_share"].n) == (0.75, 16)
    assert (found["declared_share"].value, found["declared_share"].n) == (0.5, 8)
    songs = next(table for table in answer.tables if table.name == "chart_machine_songs").rows
    assert {(row[0], row[3], row[5], row[6]) for row in songs} == {
        ("One", "listed", 1, 4),
        ("Two", "listed", 2, 4),
        ("Three", "declared", 3, 4),
        ("Four", "listed and flagged", 4, 4),
    }
    days = next(table for table in answer.tables if table.name == "chart_days").rows
    assert [row[3:9] for row in days] == [(4, 3, 2, 1, 1, 1)] * 4


def test_the_time_from_release_to_the_chart(catalogue, tmp_path):
    rows = [[WEEKS[at], 1, f"Song {at}", "A"] for at in range(8)]
    catalogue.ingest(write_csv(tmp_path / "x.csv", [HEAD, *rows]))
    head = ["id", "name", "artist", "duration_ms", "release_date"]
    tracks = [
        [f"t{at}", f"Song {at}", "A", 1, f"{pd.Timestamp(WEEKS[at]) - pd.Timedelta(days=at):%F}"]
        for at in range(8)
    ]
    tracks += [["u", "Song 7", "A", 1, "2020"], ["v", "Song 1", "A", 1, "2024-05-05"]]
    catalogue.ingest(write_csv(tmp_path / "t.csv", [head, *tracks]))
    figure = figures(CHARTS.answer(catalogue))["release_to_chart_median"]
    assert (figure.value, figure.n) == (3.5, 8)


def drawn(chart):
    """Titles and shares by day of the panels of a chart."""
    panels = chart.spec.get("vconcat", [chart.spec])
    return {
        panel["layer"][0]["encoding"]["y"]["axis"]["title"]: [
            (row["day"], row["share"]) for row in panel["data"]["values"]
        ]
        for panel in panels
    }


def test_the_share_by_week_is_drawn_and_no_line_leads_across_a_gap(catalogue, tmp_path):
    weeks = [*WEEKS[:3], *WEEKS[10:12]]
    rows = [
        [week, rank, f"S{rank}", "Machine" if rank <= at else "C"]
        for at, week in enumerate(weeks)
        for rank in range(1, 5)
    ]
    catalogue.ingest(write_csv(tmp_path / "x.csv", [HEAD, *rows]), constants={"chart": "Top <1>"})
    assert CHARTS.answer(catalogue).chart is None
    said = [["artist_name", "says"], ["machine", "x"], ["other", "x"]]
    catalogue.ingest(write_csv(tmp_path / "list.csv", said))
    answer = CHARTS.answer(catalogue)
    # A week lasts until the next, and before the gap and at the end it ends.
    end, last = "2023-01-28", "2023-04-01"
    (panel,) = drawn(answer.chart).values()
    assert panel == [
        (weeks[0], 0.0), (weeks[1], 0.25), (weeks[2], 0.5), (end, 0.5), (end, None),
        (weeks[3], 0.75), (weeks[4], 1.0), (last, 1.0), (last, None),
    ]  # fmt: skip
    said = ("Top <1>", "7 January 2023", "25 March 2023", "0%", "100%")
    assert all(part in answer.chart.alt for part in said)
    for svg in draw(answer.chart, "charts"):
        assert "14 January 2023: 25%, 1 of 4" in svg
        assert "<1>" not in svg


def test_of_several_charts_the_largest_is_drawn_and_named(catalogue, tmp_path):
    said = [["artist_name", "says"], ["Artist 1", "x"]]
    catalogue.ingest(write_csv(tmp_path / "list.csv", said))
    for name, places in (("small", 3), ("large", 9)):
        rows = made_rows(6, WEEKS[:20], places)
        path = write_csv(tmp_path / f"{name}.csv", [HEAD, *rows])
        catalogue.ingest(path, constants={"chart": name})
    answer = CHARTS.answer(catalogue)
    assert "large, unstated" in answer.note
    assert "small" not in answer.note
    table = next(table for table in answer.tables if table.name == "chart_days")
    expected = {row[0]: row[-2] for row in table.rows if row[1] == "large"}
    (panel,) = drawn(answer.chart).values()
    assert {day: share for day, share in panel if day in expected} == expected
