"""Detection: whatever a source is, one format takes it, and a second one would not."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import phonoscope as ps
from phonoscope.ingest.detect import open_job
from phonoscope.ingest.job import formats
from tests.helpers.sources import web_api
from tests.ingest.test_ingest_dumps import RECORDING, listen, playlist
from tests.ingest.test_ingest_json import track
from tests.ingest.test_ingest_xml import ERN_43, discogs, message, release

FLAT = {"id": ["a"], "name": ["A"], "duration_ms": [1], "release_date": ["2016"], "tempo": [1.5]}
TRACKS = {**FLAT, "album_rowid": [1], "rowid": [1]}


def as_csv(table):
    return "\n".join(",".join(map(str, row)) for row in [table, *zip(*table.values(), strict=True)])


def as_parquet(table):
    def write(path):
        pq.write_table(pa.table(table), path)

    return write


DEEZER = {"id": 1, "title": "x", "duration": 1, "rank": 1, "artist": {"id": 1, "name": "A"}}
MEDIA = {"id": "a", "title": "x", "media": [], "label-info": []}
# A log that also has the columns of a list of tracks is a log.
PLAYS = {"user_id": ["u"], "track_id": ["a"], "ts": [1_751_000_000], **FLAT, "isrc": ["x"]}
SOURCES = {
    "web-api-sqlite": [web_api],
    "web-api-parquet": [as_parquet(TRACKS)],
    "web-api-text": [as_csv(TRACKS), json.dumps({k: v[0] for k, v in TRACKS.items()})],
    "flat-parquet": [as_parquet(FLAT)],
    "flat-csv": [as_csv(FLAT)],
    "charts-csv": ["rank,title,artist,date\n1,A,B,2024-01-01\n"],
    "charts-json": [json.dumps({"rank": 1, "title": "A", "artist": "B", "date": "d", "peak": 1})],
    "machine-artists": ["artist,says\nA,x\n"],
    "web-api-json": [json.dumps(track(1)), json.dumps({"items": [track(1), track(2)]})],
    "deezer-json": [json.dumps({"data": [DEEZER]}), json.dumps(DEEZER)],
    "musicbrainz-json": [json.dumps(RECORDING), json.dumps(MEDIA)],
    "million-playlists": [json.dumps({"playlists": [playlist(1, 2)]}), json.dumps(playlist(1, 2))],
    "listenbrainz": [json.dumps(listen("u", "m", 1))],
    "plays-csv": [as_csv(PLAYS), "Act,Album,Song,2025-03-01 08:00\n"],
    "lastfm-json": [json.dumps({"name": "S", "artist": {"#text": "A"}, "date": {"uts": "1"}})],
    "youtube-takeout": [
        json.dumps({"header": "YouTube", "title": "x", "titleUrl": "y", "time": "z"})
    ],
    "plays-json": [json.dumps({key: cells[0] for key, cells in PLAYS.items()})],
    "plays-parquet": [as_parquet(PLAYS)],
    "discogs-xml": [discogs([release(1)])],
    "ddex-ern": [message(ERN_43)],
}


@pytest.mark.parametrize("name", SOURCES)
def test_one_format_fits_and_no_other(tmp_path, name):
    for content in SOURCES[name]:
        path = tmp_path / "x"
        if callable(content):
            content(path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        job = open_job(path)
        assert job.format.name == name
        fitting = [
            each.name
            for each in formats()
            if isinstance(job.source, each.opens) and each.recognises(job.source)
        ]
        assert fitting == [name]


def test_every_format_is_tried():
    # These need someone to say what the columns are, or that it's a list of artists.
    assert {*SOURCES, "mapped-csv", "artist-list"} == {each.name for each in formats()}


def test_the_names_of_before_work_and_warn(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("rank,title,artist\n1,A,B\n")
    constants = {"chart_date": "2024-01-01"}
    with pytest.warns(DeprecationWarning, match="use format_of"):
        assert ps.layout_of(path, None, constants) == ps.format_of(path, None, constants)
    catalogue = ps.open_catalogue(tmp_path / "c", create=True)
    with pytest.warns(DeprecationWarning, match=r"use ingest\(constants=\)"):
        assert catalogue.ingest(path, stated=constants).kept == 1
