"""Several artists in one cell: lists as Python writes them, and names joined by semicolons."""

import ast
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import phonoscope as ps
from phonoscope.ingest.convert.artist_lists import listed
from tests.helpers.sources import table, write_csv


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


def test_lists_with_ids_become_artists(tmp_path, catalogue):
    rows = [
        ["id", "name", "duration_ms", "artists", "id_artists"],
        ["t1", "A", "1", str(["Uli", 'The "Who\'s"']), str(["i1", "i2"])],
        ["t2", "B", "2", str(["Uli"]), str(["i1", "i3"])],
        ["t3", "C", "3", "no list", "[]"],
        ["", "D", "4", str(["Gone"]), str(["i9"])],
        ["t5", "E", "5", "[]", "no list"],
        ["t6", "F", "6", "[__import__('os').system('x')]", "['i4', '']"],
    ]
    summary = catalogue.ingest(write_csv(tmp_path / "x", rows))
    assert summary.ignored == []
    assert summary.tables["artists"].reasons == {"no artist_id": 1}
    assert table(catalogue, "tracks", "track_id", "artist_names") == [
        ("t1", 'Uli, The "Who\'s"'),
        ("t2", "Uli"),
        ("t3", "no list"),
        ("t5", None),
        ("t6", "[__import__('os').system('x')]"),
    ]
    assert table(catalogue, "track_artists", "track_id", "artist_id") == [
        *(("t1", "i1"), ("t1", "i2"), ("t2", "i1"), ("t2", "i3")),
        ("t6", "i4"),
    ]
    names = dict(table(catalogue, "artists", "artist_id", "name"))
    assert names["i2"] == 'The "Who\'s"'
    assert "i9" not in names


def test_names_joined_by_semicolons_are_told_by_the_data_sets_columns(tmp_path, catalogue):
    heading = ["released", "track_id", "artists", "album_name", "track_name", "explicit"]
    heading += ["track_genre"]
    rows = [
        ["1999-05", "t1", "A, B;C", "x", "x", "1", "pop"],
        ["", "t2", "A, B", "x", "x", "1", ""],
    ]
    write_csv(tmp_path / "x", [heading, *rows])
    write_csv(tmp_path / "other", [heading[:-1], *(row[:-1] for row in rows)])
    catalogue.ingest(tmp_path / "x")
    assert table(catalogue, "track_artists", "track_id", "artist_id", "release_year") == [
        ("t1", "A, B", 1999),
        ("t1", "C", 1999),
        ("t2", "A, B", None),
    ]
    catalogue.ingest(tmp_path / "other")
    assert len(table(catalogue, "track_artists", "track_id")) == 3


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=6))
def test_lists_come_back_as_python_and_json_wrote_them(names):
    assert listed(str(names)) == ast.literal_eval(str(names)) == names
    # JSON writes what lies beyond 65,535 as two halves, which Python has no name for.
    if all(ord(character) < 0x10000 for name in names for character in name):
        assert listed(json.dumps(names)) == names


@given(st.text("[]'\",\\ abx0", max_size=40))
def test_what_is_a_list_is_one_to_python_too(text):
    found = listed(text)
    if found is not None and "\\" not in text:
        assert ast.literal_eval(text.strip()) == found or '""' in text or "''" in text


@pytest.mark.parametrize(
    "text", ["[" * 4000, "['" + "\\'" * 2000, "[" + "'a'," * 1000 + "b", "['a' " * 800]
)
def test_hostile_lists_cost_nothing(text):
    begun = time.process_time()
    assert listed(text) is None
    assert time.process_time() - begun < 0.5
