"""Headings of columns in the spellings of real files, their units, and what is asked about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import phonoscope as ps
from phonoscope.ingest.convert.column_aliases import questions_of
from phonoscope.ingest.convert.headings import MAX_HEADING, Unit, read_heading
from phonoscope.ingest.formats.flat_csv import COLUMN_ALIASES, fields_of
from tests.helpers.sources import table, write_csv


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


@pytest.mark.parametrize(
    ("heading", "field"),
    [
        ("Artist Name(s)", "artist_names"),
        ("Artist Name (s)", "artist_names"),
        ("artist-names", "artist_names"),
        ("artistNames", "artist_names"),
        ("\ufeffArtist(s)", "artist_names"),
        ("Performers", "artist_names"),
        ("Artist URI(s)", "artist_ids"),
        ("Artist IDs", "artist_ids"),
        ("Track Duration (ms)", "duration_ms"),
        ("Duration [ms]", "duration_ms"),
        ("durationMs", "duration_ms"),
        ("DURATION IN MILLISECONDS", "duration_ms"),
        ("Duration (s)", "duration_s"),
        ("Duration(s)", "duration_s"),
        ("Track Length (sec)", "duration_s"),
        ("length_in_minutes", "duration_min"),
        ("Runtime (min)", "duration_min"),
        ("Genres", "genre"),
        ("Song Title", "name"),
        ("Tempo (BPM)", "tempo_bpm"),
        ("Loudness (dB)", "loudness_db"),
        ("Danceability (%)", "danceability"),
        ("energy_%", "energy"),
        ("Disk No.", "disc_number"),
        ("Album Release Date", "release_date"),
    ],
)
def test_a_heading_is_read_whatever_way_it_is_written(heading, field):
    assert fields_of([heading, "something else"]) == {heading: field}


def test_units_of_headings_are_converted(tmp_path, catalogue):
    for name, heading, cell in (
        *(("ms", "Duration (ms)", "210500"), ("s", "Length (s)", "210.5")),
        ("min", "duration_minutes", "3.5083333"),
    ):
        rows = [["id", "title", heading, "Energy (%)", "valence"], [name, "A", cell, "83", "0.5"]]
        catalogue.ingest(write_csv(tmp_path / name, rows))
    found = dict(table(catalogue, "tracks", "track_id", "duration_ms"))
    assert found == {"ms": 210_500, "s": 210_500, "min": pytest.approx(210_500, abs=1)}
    assert table(catalogue, "features", "energy", "valence") == 3 * [(pytest.approx(0.83), 0.5)]


def test_the_most_exact_duration_counts_and_a_bad_one_is_named(tmp_path, catalogue):
    rows = [["id", "name", "Duration (min)", "duration_ms"], ["a", "A", "9", "1500"]]
    assert catalogue.ingest(write_csv(tmp_path / "x", rows)).ignored == ["Duration (min)"]
    assert table(catalogue, "tracks", "duration_ms") == [(1500,)]


def test_an_export_with_plurals_in_brackets_keeps_artists_and_durations(tmp_path, catalogue):
    heading = ["Track URI", "Track Name", "Artist URI(s)", "Artist Name(s)", "Duration (ms)"]
    rows = [
        heading,
        ["t1", "Alpha", "a1, a2", "First Act, Second Act", "162295"],
        ["t2", "Beta", "a3", "Tyler, The Creator", "200960"],
        ["t3", "Gamma", "a3,a1", "Tyler, The Creator, First Act", "1"],
        ["t4", "Local", "", "Some Band", "245000"],
    ]
    summary = catalogue.ingest(write_csv(tmp_path / "x.csv", rows))
    assert (summary.ignored, summary.questions) == ([], {})
    assert table(catalogue, "tracks", "track_id", "artist_names", "duration_ms") == [
        ("t1", "First Act, Second Act", 162_295),
        ("t2", "Tyler, The Creator", 200_960),
        ("t3", "Tyler, The Creator, First Act", 1),
        ("t4", "Some Band", 245_000),
    ]
    assert dict(table(catalogue, "artists", "artist_id", "name")) == {
        "a1": "First Act",
        "a2": "Second Act",
        # The last row lists two ids and has three names to cut, so it names nobody.
        "a3": "Tyler, The Creator",
    }
    pairs = table(catalogue, "track_artists", "track_id", "artist_id")
    assert pairs == [("t1", "a1"), ("t1", "a2"), ("t2", "a3"), ("t3", "a1"), ("t3", "a3")]


def test_a_column_that_looks_like_a_field_is_asked_about(tmp_path, catalogue):
    rows = [["id", "name", "artist_nams", "Duration", "colour"], ["a", "A", "B", "3:10", "red"]]
    rows[0].append("isrc")
    rows[1].append("")
    summary = catalogue.ingest(write_csv(tmp_path / "x", rows))
    assert summary.questions == {"artist_nams": "artist_names", "Duration": "duration_ms"}
    assert summary.ignored == ["artist_nams", "Duration", "colour"]
    # What the question advises works, and keeps the other columns.
    catalogue.ingest(tmp_path / "x", {"artist_nams": "artist_names"})
    assert table(catalogue, "tracks", "name", "artist_names") == [("A", "B")]


def test_two_columns_with_the_same_words_are_not_guessed():
    assert fields_of(["id", "Genre (new)", "Artist or Song", "Runtime (sec)", "Length (sec)"]) == {
        "id": "track_id"
    }


@given(st.text(max_size=300))
def test_any_heading_is_read(name):
    heading = read_heading(name)
    assert heading.unit is None or heading.unit in Unit
    assert sum(map(len, heading.words)) <= 20 * MAX_HEADING
    assert set(questions_of([name], {}, COLUMN_ALIASES)) <= {name}


def test_a_playlist_that_itunes_exports_as_text_is_read(tmp_path, catalogue):
    # What the refusal of its library advises: UTF-16, tabs, a title and an artist, no ids.
    heading = ["Name", "Artist", "Composer", "Album", "Genre", "Size", "Time", "Year", "Plays"]
    row = ["Alpha & Omega", "First Act", "", "The Album", "Pop", "1", "162", "2021", "7"]
    path = tmp_path / "Music.txt"
    write_csv(path, [heading, row], encoding="utf-16", delimiter="\t")
    assert catalogue.ingest(path).kept == 1
    columns = ("name", "artist_names", "album_name", "plays", "release_year")
    assert table(catalogue, "tracks", *columns) == [
        ("Alpha & Omega", "First Act", "The Album", 7, 2021)
    ]


@pytest.mark.parametrize(("cell", "expected"), [("162", 162_000), ("03:25", 205_000)])
def test_the_time_in_the_list_of_a_player_is_asked_about(tmp_path, catalogue, cell, expected):
    path = tmp_path / "x.txt"
    # As players of Apple write them: UTF-16, tabs, and lines that end in CR.
    path.write_bytes(f"Name\tArtist\tSize\tTime\rAlpha\tÉ\t9\t{cell}\r".encode("utf-16"))
    assert catalogue.ingest(path).questions == {"Time": "duration_s"}
    catalogue.ingest(path, {"Time": "duration_s"})
    assert table(catalogue, "tracks", "duration_ms") == [(expected,)]


def test_a_time_next_to_a_duration_is_not_asked_about(tmp_path, catalogue):
    path = tmp_path / "x.csv"
    path.write_text("id,title,artist,duration_ms,time\na,t,u,1000,2024-01-01\n")
    assert catalogue.ingest(path).questions == {}
