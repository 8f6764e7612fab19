"""Charts: every format that is recognised, names of files, and rows that cannot be kept."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import phonoscope as ps
from phonoscope.errors import SourceError, UsageError
from phonoscope.ingest.formats.chart_names import read_name
from phonoscope.ingest.readers.quotes import mended
from tests.helpers.sources import table, write_csv

ID = "0VjIjW4GlUZAMYd2vXMi3b"
KEY = ("chart", "region", "chart_date", "rank")


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "c", create=True)


def test_a_chart_like_billboards(catalogue, tmp_path):
    head = ["chart_week", "current_week", "title", "performer", "last_week", "peak_pos"]
    head += ["wks_on_chart"]
    rows = [
        ["2024-01-06", 1, "Song, One", "A & B", "-", 1, 1],
        ["2024-01-06", 2, "Song", "A", 3, 2, 17],
        ["01/06/2024", 3, "Song", "A", 3, 2, 17],
        ["2024-02-30", 3, "Song", "A", 3, 2, 17],
        ["2024-01-06", "-", "Song", "A", 3, 2, 17],
        ["2024-01-06", 4, "Song", "A", "x", 2, 17],
    ]
    path = write_csv(tmp_path / "hot 100.csv", [head, *rows])
    summary = catalogue.ingest(path)
    assert (summary.layout, summary.read, summary.kept, summary.rejected) == ("charts-csv", 6, 3, 3)
    assert summary.reasons == {"no chart_date": 2, "no rank": 1}
    assert [(e.column, e.row, e.cell) for e in summary.emptied] == [("previous_rank", 6, "x")]
    columns = (*KEY, "period", "previous_rank", "peak_rank", "times_on_chart", "entry_kind")
    assert table(catalogue, "chart_entries", *columns) == [
        ("hot 100", "unstated", "2024-01-06", 1, "week", None, 1, 1, "track"),
        ("hot 100", "unstated", "2024-01-06", 2, "week", 3, 2, 17, "track"),
        ("hot 100", "unstated", "2024-01-06", 4, "week", None, 2, 17, "track"),
    ]


def test_the_name_of_a_download_says_region_day_and_period(catalogue, tmp_path):
    new = [
        ["rank", "uri", "artist_names", "track_name", "source", "peak_rank", "previous_rank"],
        [1, f"spotify:track:{ID}", "A, B", "Song", "Label", 1, -1],
    ]
    new[0] += ["weeks_on_chart", "streams"]
    new[1] += [5, 1234567]
    catalogue.ingest(write_csv(tmp_path / "regional-global-weekly-2026-07-02.csv", new))
    old = (
        ',,,"Note that these figures are generated using a formula",\n'
        'Position,"Track Name",Artist,Streams,URL\n'
        f'1,"Song ""x""",A,10,https://open.spotify.com/track/{ID}\n'
    )
    path = tmp_path / "regional-de-daily-2019-01-05.csv"
    path.write_text(old)
    summary = catalogue.ingest(path)
    assert (summary.read, summary.kept) == (1, 1)
    found = table(catalogue, "chart_entries", *KEY, "period", "title", "track_id", "streams")
    assert found == [
        ("regional-daily", "de", "2019-01-05", 1, "day", 'Song "x"', ID, 10),
        ("regional-weekly", "global", "2026-07-02", 1, "week", "Song", ID, 1234567),
    ]


def test_a_week_in_a_name_ends_with_its_last_day():
    assert read_name("regional-us-weekly-2020-01-03--2020-01-10").chart_date == "2020-01-10"
    assert read_name("viral-global-daily-2020-01-03 (1)").chart == "viral-daily"
    for name in ("regional-us-weekly", "x", "regional-us-hourly-2020-01-03"):
        assert read_name(name) is None


def test_constants_go_before_what_the_file_says(catalogue, tmp_path):
    rows = [["position", "song", "artist"], [1, "Song", "A"], ["2", "", ""]]
    path = write_csv(tmp_path / "x.csv", rows)
    with pytest.raises(SourceError) as refused:
        catalogue.ingest(path)
    assert refused.value.code == "no-chart-date"
    for constants, code in (
        ({"chart_date": "5.6.2024"}, "not-a-day"),
        ({"chart_date": "2024-06-05", "entry_kind": "film"}, "unknown-entry-kind"),
        ({"rank": "1"}, "unknown-constant"),
    ):
        with pytest.raises(UsageError) as wrong:
            catalogue.ingest(path, constants=constants)
        assert wrong.value.code == code
    said = {"chart_date": "2024-06-05", "chart": "Mine", "region": "ua", "entry_kind": "album"}
    catalogue.ingest(path, constants=said)
    assert table(catalogue, "chart_entries", *KEY, "entry_kind", "title") == [
        ("Mine", "ua", "2024-06-05", 1, "album", "Song"),
        ("Mine", "ua", "2024-06-05", 2, "album", None),
    ]
    # The same file once more replaces its rows, whatever is said of them now.
    catalogue.ingest(path, constants={"chart_date": "2024-06-06"})
    assert {row[2] for row in table(catalogue, "chart_entries", *KEY)} == {"2024-06-06"}


def test_only_a_chart_takes_constants(catalogue, tmp_path):
    path = write_csv(tmp_path / "x.csv", [["id", "name", "duration_ms"], ["a", "A", 1]])
    with pytest.raises(SourceError) as refused:
        catalogue.ingest(path, constants={})
    assert refused.value.code == "unknown-format"
    other = write_csv(tmp_path / "y.csv", [["artist", "says"], ["A", "x"]])
    with pytest.raises(UsageError) as wrong:
        catalogue.ingest(other, constants={})
    assert wrong.value.code == "not-a-chart"
    assert "machine-artists" in wrong.value.message


def test_a_folder_of_downloads_is_one_source(catalogue, tmp_path):
    folder = tmp_path / "charts"
    folder.mkdir()
    for day in ("2026-07-02", "2026-07-09"):
        rows = [["rank", "artist_names", "track_name"], [1, "A", "Song"], [2, "B", "Other"]]
        write_csv(folder / f"regional-global-weekly-{day}.csv", rows)
    summary = catalogue.ingest(folder)
    assert (summary.read, summary.kept) == (4, 4)
    assert len(set(table(catalogue, "chart_entries", *KEY))) == 4


def test_quotes_that_nobody_doubled_are_mended(catalogue, tmp_path):
    text = (
        "date,title,artist,current,previous,peak,weeks\n"
        '1999-12-25,"Hot Boyz","Missy "M" Elliott Featuring NAS, EVE",7,9,7,5\n'
        '1999-12-25,"Roc "Mic Check 1,2"","M.V.P.",8,9,7,5\n'
        '1999-12-25,"Good ""one""","A",9,9,7,5\n'
    )
    (tmp_path / "x.csv").write_text(text)
    assert catalogue.ingest(tmp_path / "x.csv").rejected == 0
    assert table(catalogue, "chart_entries", "title", "performer") == [
        ('Good "one"', "A"),
        ("Hot Boyz", 'Missy "M" Elliott Featuring NAS, EVE'),
        ('Roc "Mic Check 1,2"', "M.V.P."),
    ]


CELL = st.text(st.sampled_from('a",; \u00e9'), max_size=6)


@given(st.lists(CELL, min_size=1, max_size=5))
def test_rows_that_are_in_order_stay_as_they_are(cells):
    file = io.StringIO()
    csv.writer(file).writerow(cells)
    line = file.getvalue()
    assert mended(cells, line, ",", len(cells)) == cells


@given(st.text(st.sampled_from('a",'), max_size=40), st.integers(1, 6))
def test_broken_rows_are_cut_into_the_right_number_or_left(line, width):
    kept = ["as it was"]
    found = mended(kept, line, ",", width)
    assert found is kept or len(found) == width


COUNTED = ("rank", "title", "peak_rank", "previous_rank", "times_on_chart")


@pytest.mark.parametrize(
    "heading",
    [
        "rank,title,artist,peak_rank,previous_rank,weeks_on_chart",
        "itunes_rank,song_title,artist,Peak Ranking,last-week,weeks-on-board",
        "Current Ranking,Song title,Artist(s),Peak Position,Previous Rank,Weeks on Chart",
        "position,song_name,Performers,peak-rank,Last Week's Position,Number of weeks on billboard",
        "Billboard Rank,songName,artistName,peakPos,lastPos,wksOnChart",
    ],
)
def test_headings_that_say_the_same_in_other_words(catalogue, tmp_path, heading):
    path = tmp_path / "x.csv"
    path.write_text(f",{heading}\n0,1.0,Alpha,A,1,2,3\n1,2.0,Beta,B,2,,1\n")
    summary = catalogue.ingest(path, constants={"chart_date": "2026-01-01"})
    assert (summary.kept, summary.rejected) == (2, 0)
    assert table(catalogue, "chart_entries", *COUNTED) == [
        (1, "Alpha", 1, 2, 3),
        (2, "Beta", 2, None, 1),
    ]


@pytest.mark.parametrize("day", ["Week Ending", "week-of", "Week Commencing", "chartDate"])
def test_a_day_under_another_heading_is_the_day(catalogue, tmp_path, day):
    path = tmp_path / "x.csv"
    path.write_text(f"Pos,Track,Artist,LW,PK,WOC,{day}\n1,Alpha,A,New,1,3,2026-01-01\n")
    assert catalogue.ingest(path).ignored == []
    assert table(catalogue, "chart_entries", "chart_date", *COUNTED) == [
        ("2026-01-01", 1, "Alpha", 1, None, 3)
    ]


@pytest.mark.parametrize("written", ["=2", "2=", "2", "T2", "#2", "2.0", " 2. "])
def test_entries_that_share_a_rank_are_all_kept(catalogue, tmp_path, written):
    rows = [["rank", "title", "artist", "date", "peak"], *([] for _ in range(5))]
    songs = (("1", "A"), (written, "B"), (written, "C"), (written, "C"), ("4", "D"))
    rows[1:] = [[rank, title, "X", "2024-01-06", "1"] for rank, title in songs]
    path = write_csv(tmp_path / "x.csv", rows)
    for _ in range(2):
        assert catalogue.ingest(path).kept == 5
        # The row that is there twice is one entry.
        assert table(catalogue, "chart_entries", "rank", "title", "tie") == [
            *((1, "A", None), (2, "B", None), (2, "C", 2), (4, "D", None))
        ]
    links = catalogue.chart_links()
    assert {"rank", "tie"} <= set(links.columns)


WEEK = {
    "date": "2024-01-06",
    "data": [
        {"song": "Alpha", "artist": "A", "this_week": 1, "last_week": 2, "peak_position": 1},
        {"song": "Beta", "artist": "B", "this_week": 2, "last_week": None, "peak_position": 2},
    ],
}
FLAT = [{**entry, "date": "2024-01-06"} for entry in WEEK["data"]]


@pytest.mark.parametrize(
    "chart",
    [WEEK, [WEEK], {"charts": [WEEK]}, FLAT, {"entries": FLAT}, [{"meta": "x", "chart": WEEK}]],
    ids=["a week", "weeks", "an object of weeks", "entries", "an object of entries", "two levels"],
)
def test_charts_as_json(catalogue, tmp_path, chart):
    (tmp_path / "hot.json").write_text(json.dumps(chart))
    summary = catalogue.ingest(tmp_path / "hot.json")
    assert (summary.layout, summary.read, summary.kept) == ("charts-json", 2, 2)
    found = table(catalogue, "chart_entries", *KEY, "title", "performer", "previous_rank")
    assert [row[1:] for row in found] == [
        ("unstated", "2024-01-06", 1, "Alpha", "A", 2),
        ("unstated", "2024-01-06", 2, "Beta", "B", None),
    ]


def test_a_chart_as_json_without_a_day_is_refused_and_takes_one(catalogue, tmp_path):
    rows = [{"rank": "1.0", "track": "Alpha", "artist": "A"}, {"rank": [1]}, 7]
    (tmp_path / "x.json").write_text(json.dumps(rows))
    with pytest.raises(SourceError):
        catalogue.ingest(tmp_path / "x.json")
    summary = catalogue.ingest(tmp_path / "x.json", constants={"chart_date": "2024-01-06"})
    assert (summary.kept, summary.reasons) == (
        1,
        {"rank is not a single value": 1, "not a JSON object": 1},
    )


def test_columns_of_a_chart_can_be_named(catalogue, tmp_path):
    rows = [["Place", "title", "Who", "peak"], ["1", "Alpha", "A", "1"]]
    path = write_csv(tmp_path / "x.csv", rows)
    mapping = {"Place": "rank", "Who": "performer"}
    (job,) = ps.api.open_sources(
        path, mapping, constants={"chart_date": "2024-01-06"}, command="charts"
    )
    assert catalogue.ingest(job).kept == 1
    assert table(catalogue, "chart_entries", "rank", "performer", "peak_rank") == [(1, "A", 1)]
    with pytest.raises(UsageError) as refused:
        ps.api.open_sources(path, {"Place": "rnk"}, constants={}, command="charts")
    assert refused.value.code == "unknown-field"
