"""The lists: what they select, how they are exported, and that nothing in them is run."""

import csv
import html
import io
import json
import re
from urllib.parse import parse_qs, quote, urlsplit

import pyarrow.parquet as pq
import pytest

from phonoscope.api import open_catalogue
from phonoscope.web.app import create_app
from tests.helpers.catalogues import MemoryCatalogue, file_row, recording_rows
from tests.helpers.served import TestClient
from tests.helpers.sources import write_csv

EVIL = '=cmd|" /C calc"!A0'
SCRIPT = "</script><img src=x onerror=alert(1)>\u202e'\"; DROP TABLE tracks; --"
LISTS = ("recordings", "tracks", "releases", "artists", "labels", "unreadable")


def track(number, **changes):
    return {
        "source": "/home/secret/dump.csv",
        "track_id": f"t{number}",
        "name": f"Track {number:03d}",
        "artist_names": f"Artist {number % 7}",
        "label": ("Low Tide", "Calm Shelf", None)[number % 3],
        "release_year": 2000 + number % 5,
        "popularity": number % 50,
        "plays": number if number % 2 else None,
        **changes,
    }


TRACKS = [*(track(i) for i in range(120)), track(900, name=EVIL, label=SCRIPT, artist_names=SCRIPT)]
ARTISTS = [{"source": "s", "artist_id": "1", "name": SCRIPT, "followers": 9}]
ALBUMS = [{"source": "s", "album_id": "a/1", "name": SCRIPT, "label": EVIL, "release_year": 1999}]


@pytest.fixture(scope="module")
def client():
    rows = recording_rows(4)
    rows[0].update(tag_title=SCRIPT, tag_artist=EVIL, tag_label=SCRIPT, tag_album=SCRIPT)
    ids = [row["recording_id"] for row in rows]
    # The last one is a ghost: no file has its bytes any more.
    files = [file_row(f"/home/secret/music/{i}.mp3", i) for i in ids[:3]]
    bad = {**file_row("/home/secret/music/bad.mp3", None), "error_kind": "empty",
           "error": "/home/secret/music/bad.mp3: no bytes"}  # fmt: skip
    scans = [{"sources": ["/home/secret/music"]}]
    catalogue = MemoryCatalogue(
        tracks=TRACKS, artists=ARTISTS, albums=ALBUMS, recordings=rows, files=[*files, bad],
        scans=scans,
    )  # fmt: skip
    with TestClient(create_app(catalogue), base_url="http://localhost") as made:
        yield made


def exported(client, address, **params):
    answer = client.get(address, params={"format": "json", **params})
    assert answer.status_code == 200
    shape = answer.json()
    assert shape["format"] == "phonoscope-list/1"
    return shape["rows"]


def shown(text):
    return int(re.search(r'data-count="(\d+)"', text)[1])


def links(text, pattern):
    return [address.replace("&amp;", "&") for address in re.findall(f'href="({pattern})"', text)]


@pytest.mark.parametrize(
    ("params", "chosen"),
    [
        ({}, lambda t: True),
        ({"label": "Low Tide"}, lambda t: t["label"] == "Low Tide"),
        ({"label": ["Low Tide", SCRIPT]}, lambda t: t["label"] in ("Low Tide", SCRIPT)),
        ({"label": "Low Tide", "empty": "label"}, lambda t: t["label"] in ("Low Tide", None)),
        ({"plays_min": 30, "plays_max": 60}, lambda t: 30 <= (t["plays"] or 0) <= 60),
        ({"year": 2003, "q": "TRACK 0"}, lambda t: t["release_year"] == 2003 and t["name"] < "U0"
         and t["name"].startswith("Track 0")),
        ({"q": "; drop"}, lambda t: t["label"] == SCRIPT),
    ],
)  # fmt: skip
def test_a_list_its_facets_and_its_export_agree(client, params, chosen):
    expected = [t for t in TRACKS if chosen(t)]
    rows = exported(client, "/tracks", **params)
    assert sorted(row["track_id"] for row in rows) == sorted(t["track_id"] for t in expected)
    popular = [row["popularity"] for row in rows]
    assert popular == sorted(popular, reverse=True)
    text = client.get("/tracks", params=params).text
    assert shown(text) == len(expected)
    counts = {
        int(value): int(n)
        for value, n in re.findall(
            r'name="year" value="(\d+)"[^>]*>\s*<span[^>]*>.*?</span>\s*<span class="n">(\d+)', text
        )
    }
    if "year" not in params and len(expected) > 1:
        years = [t["release_year"] for t in expected]
        assert counts == {year: years.count(year) for year in years}


def test_pages_hold_every_row_once_and_links_keep_the_view(client):
    address, seen = "/tracks?sort=-name&cols=isrc&size=50", []
    while address:
        text = client.get(address).text
        seen += re.findall(r'<th scope="row"[^>]*><a href="/tracks/([^"?]+)', text)
        following = links(text, r"[^\"]*page=\d+[^\"]*")
        address = next(
            iter(a for a in following if f'rel="next" href="{a.replace("&", "&amp;")}"' in text),
            None,
        )
    assert sorted(seen) == sorted(t["track_id"] for t in TRACKS)
    assert seen == [
        t["track_id"] for t in sorted(TRACKS, key=lambda t: t["name"].lower(), reverse=True)
    ]
    # The chip's x takes away its filter, and nothing else.
    text = client.get("/tracks?label=Low+Tide&year=2001&sort=name").text
    (without,) = (
        a
        for a in links(text, r"/tracks\?[^\"]*")
        if "label=" not in a
        and "year=2001" in a
        and "format" not in a
        and "cols" not in a
        and "sort=name" in a
    )
    assert parse_qs(urlsplit(without).query) == {"year": ["2001"], "sort": ["name"]}
    assert 'aria-sort="ascending"' in text


def test_exports_are_the_view_in_three_formats(client):
    params = {"label": "Calm Shelf", "cols": "plays,label", "sort": "plays"}
    rows = exported(client, "/tracks", **params)
    assert list(rows[0]) == ["track_id", "name", "label", "plays"]
    read = client.get("/tracks", params={"format": "parquet", **params}).content
    assert pq.read_table(io.BytesIO(read)).to_pylist() == rows
    text = client.get("/tracks", params={"format": "csv", **params}).text
    sheet = list(csv.DictReader(io.StringIO(text)))
    assert sheet == [{k: "" if v is None else str(v) for k, v in row.items()} for row in rows]
    assert client.get("/tracks?format=exe").status_code == 422


@pytest.mark.parametrize("name", LISTS)
def test_text_from_outside_is_harmless_in_lists_and_exports(client, name):
    page = client.get(f"/{name}")
    assert page.status_code == 200
    assert "<img" not in page.text
    # A field's value goes back as it is; nobody reads it.
    assert "\u202e" not in re.sub(r"<input[^>]*>", "", page.text)
    every = {"cols": ",".join(re.findall(r'name="cols" value="(\w+)"', page.text))}
    for form in ("csv", "json", "parquet"):
        made = client.get(f"/{name}", params={**every, "format": form})
        assert made.status_code == 200
        assert b"secret" not in made.content
        if form == "csv":
            cells = [cell for row in csv.reader(io.StringIO(made.text)) for cell in row]
            assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "\t", "\r"))]
        if form == "json":
            json.loads(made.text)
    part = client.get(f"/{name}", headers={"hx-request": "true"}).text
    assert "<html" not in part


def test_recordings_without_a_file_are_in_no_list(client):
    assert len(exported(client, "/recordings")) == 3
    assert sum(row["recordings"] or 0 for row in exported(client, "/artists")) <= 3


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=1000000000000", "page=x", "page=%C2%B2", "size=201", "q=" + "x" * 201,
     "sort=track_id%3B+drop+table+files", "cols=nothing", "plays_min=x", "plays_min=nan",
     "year=1e999", "empty=nothing", "nothing=1", "source_min=1", "explicit=perhaps"],
)  # fmt: skip
def test_what_a_list_cannot_have_is_refused_in_words(client, query):
    answer = client.get(f"/tracks?{query}")
    assert answer.status_code == 422
    assert 'data-code="invalid-parameter"' in answer.text


@pytest.mark.parametrize(
    ("former", "now"),
    [
        ("search=a&order=down&sort=title", "/recordings?q=a&sort=-title"),
        ("error=any", "/unreadable"),
        ("error=empty&search=", "/unreadable?error_kind=empty"),
        ("search=&verdict=generated&error=&sort=file&order=up", "/recordings?verdict=generated"),
    ],
)
def test_addresses_of_version_0_1_lead_to_the_same_rows(client, former, now):
    answer = client.get(f"/recordings?{former}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, now)


def quoted(name):
    return quote(name, safe="")


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("/tracks/t900?source=dump.csv", "Track"),
        (f"/artists/{quoted(SCRIPT)}", "Artist"),
        (f"/artists/{quoted(EVIL)}", "Artist"),
        (f"/labels/{quoted(SCRIPT)}", "Label"),
        ("/releases/a%2F1", "Release"),
        (f"/search?q={quoted('<img')}", "Search"),
        ("/search", "Search"),
    ],
)
def test_pages_about_one_thing_are_harmless_and_lead_only_to_pages(client, address, says):
    page = client.get(address)
    assert page.status_code == 200
    assert says in page.text
    assert "secret" not in page.text
    assert "<img" not in page.text
    assert "\u202e" not in re.sub(r"<input[^>]*>", "", page.text)
    for found in set(re.findall(r'href="(/[^"#]*)"', page.text)):
        led = client.get(html.unescape(found))
        assert led.status_code == 200, found


def test_an_artist_page_counts_what_was_detected(client):
    text = client.get(f"/artists/{quoted(EVIL)}").text
    assert re.search(r'<p class="answer">1 recording', text)
    assert client.get("/artists/nobody").status_code == 404
    assert client.get("/tracks/nothing").status_code == 404


def test_one_search_finds_things_of_every_kind_and_a_script_gets_only_the_hits(client):
    part = client.get("/search", params={"q": "</SCRIPT"}, headers={"hx-request": "true"}).text
    assert "<html" not in part
    sections = re.findall(r'<section aria-label="([^"]+)"', part)
    assert sections == ["Recordings", "Artists", "Tracks", "Releases", "Labels"]
    assert client.get("/search", params={"q": "x" * 201}).status_code == 422


def test_counts_follow_when_rows_are_added(tmp_path):
    catalogue = open_catalogue(tmp_path / "c", create=True)
    head = ["track_id", "name", "duration_ms"]
    with TestClient(create_app(catalogue), base_url="http://localhost") as client:
        catalogue.ingest(write_csv(tmp_path / "a.csv", [head, *([i, "A", 1000] for i in "abc")]))
        assert [shown(client.get("/tracks?size=2").text) for _ in range(2)] == [3, 3]
        catalogue.ingest(write_csv(tmp_path / "b.csv", [head, ["d", "B", 2000]]))
        assert shown(client.get("/tracks?size=2").text) == 4
