"""Names of folders above what was scanned: in no page, report, dossier or export, unless asked."""

import json
import os
import urllib.parse

import pytest

import phonoscope as ps
from phonoscope.catalogue.locations import Locations, locations_of
from phonoscope.dossier.page import html
from phonoscope.findings.base import Answer, Found, ResultColumn, ResultTable, findings
from phonoscope.web.app import create_app
from tests.helpers.catalogues import MemoryCatalogue
from tests.helpers.program import run
from tests.helpers.served import TestClient
from tests.helpers.sounds import noise, sine, write

SECRET = "jane-doe-secret"
TRACKS = "track_id,track_name,artists,duration_ms,explicit,isrc\n1,Song,Anna,200000,false,\n"


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    folder = tmp_path_factory.mktemp("home") / SECRET / "music"
    (folder / "album").mkdir(parents=True)
    song = noise(8.0, seed=3)
    write(folder / "album" / "one.wav", song)
    write(folder / "album" / "one again.wav", 0.5 * song)
    write(folder / "two.mp3", sine(6.0), form="mp3", tags={"comment": "made with suno.com"})
    (folder / "text.mp3").write_text("not a sound")
    with open(os.fsencode(folder) + b"/invalid \xff.mp3", "wb"):
        pass
    lone = folder.parent / "lone.wav"
    write(lone, noise(6.0, seed=8))
    listed = folder.parent / "listed"
    listed.mkdir()
    write(listed / "by manifest.wav", noise(6.0, seed=9))
    (folder.parent / "list.txt").write_text(f"{listed / 'by manifest.wav'}\n")
    (folder.parent / "tracks.csv").write_text(TRACKS)
    return folder


@pytest.fixture(scope="module")
def catalogue(music):
    made = ps.open_catalogue(music.parent / "catalogue", create=True)
    made.scan(music, music.parent / "lone.wav", music.parent / "list.txt")
    made.ingest(music.parent / "tracks.csv")
    made.copies(search=True)
    return made


def hides(text):
    """Whether a text has the name nowhere, nor in what its links hold."""
    return SECRET not in text and SECRET not in urllib.parse.unquote(text)


def names_of(client):
    shape = client.get("/api/recordings").json()
    return {row["recording_id"]: row["file"] for row in shape["recordings"]}


def test_a_file_is_named_relative_to_the_outermost_scanned_folder():
    locations = Locations(("/home/jane/music/new", "/home/jane/music", "/home/jane/musical.wav"))
    assert locations.name("/home/jane/music/new/1.wav") == "new/1.wav"
    assert locations.name("/home/jane/musical.wav") == "musical.wav"
    assert locations.name("/srv/2.wav") == "2.wav"
    assert locations.name("file:///home/jane/music/%FF.wav") == "\ufffd.wav"
    assert locations.uris(["/srv/2.wav"]) == ("2.wav",)
    full = Locations(("/home/jane/music",), full=True)
    assert full.name("/home/jane/music/1.wav") == full.uri("/home/jane/music/1.wav")


def test_a_remote_file_is_named_like_a_local_one():
    locations = Locations(("s3://bucket/albums/",))
    assert locations.name("s3://bucket/albums/a/1.wav") == "a/1.wav"
    assert locations.name("s3://other/2.wav") == "2.wav"


def test_a_source_of_metadata_keeps_a_given_name():
    locations = Locations()
    assert locations.source("/home/jane/dump.csv") == "dump.csv"
    assert locations.source("billboard/2020") == "billboard/2020"
    assert Locations(full=True).source("/home/jane/dump.csv") == "/home/jane/dump.csv"


def test_an_error_is_cleared_of_the_path():
    locations = Locations(("/home/jane/music",))
    text = "[Errno 5] /home/jane/music/a/1.wav: see /home/jane/music/a/2.wav"
    cleared = locations.cleared(text, "/home/jane/music/a/1.wav")
    assert "jane" not in cleared
    assert "a/1.wav" in cleared


def test_no_scan_means_names_alone():
    assert locations_of(MemoryCatalogue()).name("/home/jane/1.wav") == "1.wav"


def test_pages_and_api_hide_the_folder(catalogue):
    with TestClient(create_app(catalogue), base_url="http://localhost") as client:
        names = names_of(client)
        assert {"album/one.wav", "album/one again.wav", "two.mp3", "lone.wav"} <= {*names.values()}
        assert "by manifest.wav" in names.values()
        one, again = (i for i, name in names.items() if name.startswith("album/"))
        addresses = [
            "/",
            "/recordings",
            "/recordings?error=any",
            "/copies",
            f"/copies/{one}/{again}",
            "/model-card",
            "/api/findings",
            "/api/recordings",
            "/api/recordings?error=any",
            "/api/copies",
            "/api/decisions",
            "/api/version",
            *(f"/recordings/{name}" for name in names),
            *(f"/api/recordings/{name}" for name in names),
            *(f"/recordings/{name}/spectrum" for name in names),
            f"/recordings/{'0' * 32}",
        ]
        for address in addresses:
            answer = client.get(address)
            assert hides(answer.text), address
        shape = client.get("/api/copies").json()
        uris = {uri for group in shape["groups"] for m in group["members"] for uri in m["uris"]}
        assert uris == {"album/one.wav", "album/one again.wav"}


def test_a_search_cannot_find_the_folder(catalogue):
    with TestClient(create_app(catalogue), base_url="http://localhost") as client:

        def count(**asked):
            return client.get("/api/recordings", params=asked).json()["count"]

        assert count(search=SECRET) == count(search=SECRET, error="any") == 0
        assert (count(search="album/"), count(search="LONE"), count(search="listed")) == (2, 1, 0)
        assert count(search="invalid", error="any") == 1


def test_reports_hide_the_folder(catalogue):
    made = catalogue.report()
    assert hides(made.html())
    assert hides(json.dumps(made.json()))
    sheets = made.csv()
    assert all(map(hides, sheets.values()))
    assert "text.mp3" in sheets["unreadable_files.csv"]


def test_a_table_names_a_source_by_the_end_of_its_path():
    columns = (ResultColumn("track", "Track", "text"), ResultColumn("source", "Source", "text"))
    table = ResultTable("any", "Any", columns, (("1", f"/home/{SECRET}/dump.csv"), ("2", None)))
    named = Found(findings()[0], Answer("", tables=(table,))).named(Locations()).answer.tables[0]
    assert named.rows == (("1", "dump.csv"), ("2", None))


def test_dossiers_hide_the_folder(catalogue, music):
    for path in (music / "album" / "one.wav", music / "two.mp3", music.parent / "lone.wav"):
        made = catalogue.dossier(str(path))
        assert hides(html(made))
        assert hides(json.dumps(made.to_json(), default=str))
    assert made.to_json()["files"][0]["file"] == "lone.wav"


def test_full_paths_are_shown_when_asked_for(catalogue, music):
    made = catalogue.dossier(str(music / "two.mp3"), full_paths=True)
    assert made.to_json()["recording"]["uri"] == str(music / "two.mp3")
    with TestClient(create_app(catalogue, full_paths=True), base_url="http://localhost") as client:
        assert str(music / "two.mp3") in names_of(client).values()
        assert str(music / "text.mp3") in client.get("/recordings?error=any").text


def test_the_commands_take_the_option(catalogue, music, tmp_path):
    sheets = tmp_path / "sheets"
    run("report", catalogue.path, "--format", "csv", "--to", sheets, "--full-paths")
    assert str(music / "text.mp3") in (sheets / "unreadable_files.csv").read_text("utf-8")
    for name, chosen in (("short", ()), ("full", ("--full-paths",))):
        to = tmp_path / f"{name}.html"
        run("dossier", music / "two.mp3", "--in", catalogue.path, "--to", to, *chosen)
        assert hides(to.read_text("utf-8")) == (name == "short")


def test_the_tables_keep_the_location(catalogue, music):
    uris = catalogue.table("files").uri.to_pyarrow().to_pylist()
    assert str(music / "two.mp3") in uris
