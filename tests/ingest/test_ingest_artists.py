"""Lists of machine-made artists as people publish them, read as what someone says they are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

import phonoscope as ps
from phonoscope.ingest.readers import name_list
from phonoscope.ingest.readers.name_list import artist_of
from tests.helpers.sources import table

ONE, TWO = "0000000000000000000001", "0000000000000000000002"
BOTH = [("First Act", ONE), ("Second Act", TWO)]
IDS = [(None, ONE), (None, TWO)]
NAMES = [("First Act", None), ("Second Act", None)]
ADDRESS = "https://open.spotify.com/artist/"


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


def read(catalogue, path):
    (job,) = ps.api.open_sources(path, only=("machine-artists", "artist-list"), command="artists")
    return catalogue.ingest(job)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (f"artist,id\nFirst Act,{ONE}\nSecond Act,{TWO}\n", BOTH),
        (f"Name;Spotify URL\nFirst Act;{ADDRESS}{ONE}\nSecond Act;spotify:artist:{TWO}\n", BOTH),
        (f"name,uri\nFirst Act,spotify:artist:{ONE}\nSecond Act,{ADDRESS}{TWO}?si=x\n", BOTH),
        ("Artist\nFirst Act\nSecond Act\n", NAMES),
        (f"{ADDRESS}{ONE}\n{ADDRESS}{TWO}\n", IDS),
        (f"# a list\n\nspotify:artist:{ONE}\r\n{TWO}\r\n", IDS),
        ("- First Act\n* Second Act\n", NAMES),
        (f"First Act, {ADDRESS}{ONE}\n{ADDRESS}{TWO} # Second Act\n", BOTH),
        (json.dumps(["First Act", "Second Act"]), NAMES),
        (json.dumps([ADDRESS + ONE, f"spotify:artist:{TWO}"]), IDS),
        (json.dumps([{"name": n, "spotify": ADDRESS + i, "notes": ""} for n, i in BOTH]), BOTH),
        (json.dumps({"artists": [{"name": n, "id": i} for n, i in BOTH], "updated": "x"}), BOTH),
        (json.dumps({i: n for n, i in BOTH}), BOTH),
        (json.dumps(dict(BOTH)), BOTH),
        (json.dumps({i: {"name": n} for n, i in BOTH}), BOTH),
        (json.dumps({"list": {i: {"artistName": n} for n, i in BOTH}}), BOTH),
        (json.dumps({"a": ["First Act"], "b": ["Second Act"]}), NAMES),
        (json.dumps({i: True for _, i in BOTH}), IDS),
        (json.dumps({"artists": {i: n for n, i in BOTH}}), BOTH),
        (json.dumps({"data": {"Artists": {n: ADDRESS + i for n, i in BOTH}}}), BOTH),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_list_is_read_in_every_shape(tmp_path, catalogue, content, expected, encoding):
    path = tmp_path / "ai-artists"
    path.write_bytes(content.encode(encoding))
    summary = read(catalogue, path)
    assert (summary.kept, summary.rejected) == (2, 0)
    rows = table(catalogue, "machine_artists", "name", "artist_id", "artist", "says")
    assert [row[:2] for row in rows] == sorted(expected, key=str)
    for name, ident, artist, says in rows:
        assert artist == (ident or name)
        # The list itself is the evidence.
        assert says == "ai-artists"


def test_what_a_list_says_goes_before_its_name(tmp_path, catalogue):
    path = tmp_path / "x.json"
    entry = {"name": "A", "id": ONE, "disclosure": "says so", "source": "https://example.org/a"}
    path.write_text(json.dumps([entry]))
    read(catalogue, path)
    assert table(catalogue, "machine_artists", "says", "evidence_url") == [
        ("says so", "https://example.org/a")
    ]


@pytest.mark.parametrize("content", ["position,title,artist\n1,Alpha,Act\n", "{}", "[]", "[[[[[[1"])
def test_what_lists_no_artists_is_refused(tmp_path, catalogue, content):
    (tmp_path / "x").write_text(content)
    if content.startswith("[[[["):
        # It isn't JSON, so it is a line with an odd name.
        assert read(catalogue, tmp_path / "x").kept == 1
    else:
        with pytest.raises(ps.SourceError):
            read(catalogue, tmp_path / "x")


def test_a_plain_list_of_artists_is_none_for_ingest(tmp_path, catalogue):
    (tmp_path / "x").write_text(f"artist,id\nFirst Act,{ONE}\n")
    with pytest.raises(ps.SourceError):
        catalogue.ingest(tmp_path / "x")


def test_a_list_is_bounded(tmp_path, catalogue, monkeypatch):
    monkeypatch.setattr(name_list, "MOST_BYTES", 1000)
    (tmp_path / "x").write_text("A name\n" * 1000)
    with pytest.raises(ps.SourceError) as refused:
        read(catalogue, tmp_path / "x")
    assert refused.value.code == "list-too-long"


@given(st.text(max_size=200))
def test_any_line_is_an_artist_or_nothing(text):
    found = artist_of(text)
    assert found.name is None or found.name.strip()
    assert found.artist_id is None or found.artist_id.isalnum()
