"""Small files of every format of metadata, charts and plays, made here."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import sqlite3
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.helpers.sources import web_api

ROWS = 40


def _tracks() -> list[dict[str, object]]:
    return [
        {
            "id": f"t{n}", "name": f"Näme {n}", "artists": f"Artist {n % 5}",
            "duration_ms": 180_000 + n, "release_date": "2020-05-06", "explicit": n % 2 == 0,
            "popularity": n, "tempo": 120.5, "energy": 0.5, "danceability": 0.25,
        }
        for n in range(ROWS)
    ]  # fmt: skip


def _objects() -> list[dict[str, object]]:
    """Return tracks as a web API gives them."""
    return [
        {
            "type": "track", "id": f"t{n}", "name": f"Näme {n}", "duration_ms": 180_000 + n,
            "explicit": False, "popularity": n, "external_ids": {"isrc": f"USABC20{n:05}"},
            "artists": [{"id": f"a{n % 5}", "name": f"Artist {n % 5}", "type": "artist"}],
            "album": {"id": f"b{n % 9}", "name": "B", "release_date": "2020-05-06"},
        }
        for n in range(ROWS)
    ]  # fmt: skip


def _csv(separator: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    to = csv.DictWriter(text, [*_tracks()[0]], delimiter=separator)
    to.writeheader()
    to.writerows(_tracks())
    return text.getvalue().encode(encoding)


def _json_lines() -> bytes:
    return "\n".join(map(json.dumps, _objects())).encode()


def _parquet() -> bytes:
    to = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(_tracks()), to)
    return to.getvalue()


def _sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.db"
        connection = sqlite3.connect(file)
        connection.execute("CREATE TABLE tracks (id TEXT, name TEXT, duration_ms INT, isrc TEXT)")
        rows = [(f"t{n}", f"Name {n}", n, f"USABC20{n:05}") for n in range(ROWS)]
        connection.executemany("INSERT INTO tracks VALUES (?, ?, ?, ?)", rows)
        connection.commit()
        connection.close()
        return file.read_bytes()


def _zip(content: bytes) -> bytes:
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tracks.csv", content)
    return to.getvalue()


_XML = b"<?xml version='1.0'?><releases>%s</releases>" % b"".join(
    b"<release id='%d' status='Accepted'><title>T%d</title><artists><artist><id>%d</id><name>A"
    b"</name></artist></artists><released>2001-02-03</released><tracklist><track><position>1"
    b"</position><title>X</title><duration>3:21</duration></track></tracklist></release>"
    % (n, n, n)
    for n in range(1, ROWS)
)


def _table(rows: Sequence[dict[str, object]], separator: str = ",") -> bytes:
    text = io.StringIO()
    to = csv.DictWriter(text, [*rows[0]], delimiter=separator)
    to.writeheader()
    to.writerows(rows)
    return text.getvalue().encode()


def _dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _at(n: int) -> str:
    return f"2024-05-{1 + n % 28:02}T{n % 24:02}:{n % 60:02}:00Z"


def _chart() -> list[dict[str, object]]:
    return [
        {
            "rank": f"={n}" if n % 7 == 0 else n, "title": f"T {n}", "performer": f"Ä {n % 5}",
            "chart_date": "2024-01-06", "last_week": "New" if n % 3 == 0 else n, "peak_rank": 1,
            "weeks_on_chart": n, "streams": f"{n},000", "isrc": f"USABC20{n:05}",
        }
        for n in range(1, ROWS)
    ]  # fmt: skip


def _log() -> list[dict[str, object]]:
    return [
        {"user": f"u{n % 5}", "track_id": f"t{n}", "timestamp": _at(n), "ms_played": 30_000 + n}
        for n in range(ROWS)
    ]


def _account_data() -> list[dict[str, object]]:
    return [
        {"endTime": _at(n)[:16].replace("T", " "), "artistName": "A", "trackName": f"S {n}",
         "msPlayed": 1000 * n}
        for n in range(ROWS)
    ]  # fmt: skip


def _extended() -> list[dict[str, object]]:
    return [
        {
            "ts": _at(n), "ms_played": 82_932, "conn_country": "SE", "ip_addr": "192.0.2.7",
            "master_metadata_track_name": f"S {n}", "master_metadata_album_artist_name": "A",
            "master_metadata_album_album_name": "B",
            "spotify_track_uri": f"spotify:track:{n:022}", "episode_name": None, "skipped": False,
        }
        for n in range(ROWS)
    ]  # fmt: skip


def _listens() -> list[dict[str, object]]:
    return [
        {
            "listened_at": 1_638_216_900 + n, "user_name": f"u{n % 3}",
            "track_metadata": {
                "track_name": f"S {n}", "artist_name": "A", "release_name": "B",
                "recording_msid": f"0b9f0d0e-0000-4000-8000-{n:012}",
                "additional_info": {"duration_ms": 239_000, "isrc": f"USABC20{n:05}"},
            },
        }
        for n in range(ROWS)
    ]  # fmt: skip


def _scrobbles() -> list[dict[str, object]]:
    return [
        {"name": f"S {n}", "artist": {"#text": "A", "mbid": ""}, "album": {"#text": "B"},
         "mbid": "", "url": "x", "date": {"uts": str(1_740_816_000 + n), "#text": "x"}}
        for n in range(ROWS)
    ]  # fmt: skip


def _watched() -> list[dict[str, object]]:
    return [
        {
            "header": "YouTube Music", "title": f"Watched S {n}",
            "titleUrl": f"https://music.youtube.com/watch?v=abcdefgh{n:03}",
            "subtitles": [{"name": "A - Topic", "url": "https://www.youtube.com/channel/UC0"}],
            "time": _at(n), "products": ["YouTube"], "activityControls": ["YouTube watch history"],
        }
        for n in range(ROWS)
    ]  # fmt: skip


def _apple() -> list[dict[str, object]]:
    return [
        {
            "Apple Id Number": 1, "Artist Name": "A", "Content Name": f"S {n}",
            "End Reason Type": "NATURAL_END_OF_TRACK", "Event End Timestamp": _at(n),
            "Event Start Timestamp": _at(n), "Event Type": "PLAY_END",
            "Item Type": "ITUNES_STORE_CONTENT", "Media Duration In Milliseconds": 180_000,
            "Media Type": "AUDIO", "Play Duration Milliseconds": 180_000,
        }
        for n in range(ROWS)
    ]  # fmt: skip


def _deezer() -> list[dict[str, object]]:
    return [
        {
            "id": n, "title": f"S {n}", "duration": 200, "rank": n, "explicit_lyrics": False,
            "isrc": f"USABC20{n:05}", "release_date": "2020-05-06", "track_position": n,
            "disk_number": 1, "bpm": 120.5, "gain": -8.1, "type": "track",
            "artist": {"id": 7, "name": "A"}, "album": {"id": 9, "title": "B"},
            "contributors": [{"id": 7, "name": "A"}],
        }
        for n in range(ROWS)
    ]  # fmt: skip


def _musicbrainz() -> list[dict[str, object]]:
    return [
        {
            "id": f"00000000-0000-4000-8000-{n:012}", "title": f"S {n}", "length": 200_000,
            "first-release-date": "2020-05", "isrcs": [f"USABC20{n:05}"], "video": False,
            "artist-credit": [{"name": "A", "joinphrase": "", "artist": {"id": "a1", "name": "A"}}],
        }
        for n in range(ROWS)
    ]  # fmt: skip


def _playlists() -> dict[str, object]:
    places = [
        {
            "pos": n, "track_uri": f"spotify:track:{n:022}", "track_name": f"S {n}",
            "artist_uri": f"spotify:artist:{n % 5:022}", "artist_name": "A",
            "album_uri": f"spotify:album:{n % 7:022}", "album_name": "B", "duration_ms": 200_000,
        }
        for n in range(ROWS)
    ]  # fmt: skip
    one = {"name": "P", "collaborative": "false", "pid": 1, "modified_at": 1_500_000_000,
           "num_tracks": ROWS, "num_albums": 7, "num_followers": 1, "tracks": places}  # fmt: skip
    return {"info": {"version": "v1"}, "playlists": [one, {**one, "pid": 2}]}


_ERN = """<?xml version="1.0" encoding="UTF-8"?>
<ern:NewReleaseMessage xmlns:ern="http://ddex.net/xml/ern/432" AvsVersionId="3"><MessageHeader>
<MessageId>M1</MessageId></MessageHeader><PartyList><Party><PartyReference>P1</PartyReference>
<PartyName><FullName>Act</FullName></PartyName></Party></PartyList><ResourceList>%s</ResourceList>
<ReleaseList><Release><ReleaseReference>R0</ReleaseReference><ReleaseType>Album</ReleaseType>
<ReleaseId><ICPN>0000000000000</ICPN></ReleaseId><DisplayTitleText>Rain</DisplayTitleText>
<ResourceGroup><ResourceGroupContentItem><ReleaseResourceReference>A1</ReleaseResourceReference>
</ResourceGroupContentItem></ResourceGroup></Release></ReleaseList></ern:NewReleaseMessage>"""
_SOUND = """<SoundRecording IsGeneratedByAI="true"><ResourceReference>A%d</ResourceReference>
<SoundRecordingEdition><ResourceId><ISRC>USABC24%05d</ISRC></ResourceId></SoundRecordingEdition>
<DisplayTitleText>Rain</DisplayTitleText><DisplayArtistName>Act</DisplayArtistName><DisplayArtist>
<ArtistPartyReference>P1</ArtistPartyReference></DisplayArtist><Contributor IsAI="true">
<ContributorPartyReference>P1</ContributorPartyReference><Role>Lyricist</Role></Contributor>
<Duration>PT3M25S</Duration></SoundRecording>"""


def _ddex() -> bytes:
    return (_ERN % "".join(_SOUND % (n, n) for n in range(1, 9))).encode()


def _dump_of_an_api() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return web_api(Path(folder) / "x.db", more=20, features=False, odd=True).read_bytes()


def _tables_of_an_api() -> bytes:
    """Return tables of a web API as CSV files in one archive."""
    tracks = [
        {"rowid": n, "id": f"t{n}", "name": f"S {n}", "album_rowid": 1 + n % 3, "track_number": n,
         "external_id_isrc": f"USABC20{n:05}", "popularity": n, "disc_number": 1,
         "duration_ms": 200_000, "explicit": 0}
        for n in range(1, ROWS)
    ]  # fmt: skip
    albums = [
        {"rowid": n, "id": f"b{n}", "name": "B", "album_type": "album", "label": "L",
         "release_date": "2020-05-06", "release_date_precision": "day", "total_tracks": 3}
        for n in range(1, 4)
    ]  # fmt: skip
    to = io.BytesIO()
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("tracks.csv", _table(tracks))
        archive.writestr("albums.csv", _table(albums))
    return to.getvalue()


def _log_as_parquet() -> bytes:
    to = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(_log()), to)
    return to.getvalue()


_SAVED: dict[str, object] = {"href": "x", "items": [{"track": each} for each in _objects()]}
_CLAIMS: list[dict[str, object]] = [
    {"artist_name": f"A {n}", "artist_id": f"{n:022}", "says": "generated",
     "evidence_url": "https://example.org/a"}
    for n in range(ROWS)
]  # fmt: skip

SEEDS: dict[str, Callable[[], bytes]] = {
    "x.csv": _csv,
    "semicolons.csv": lambda: _csv(";"),
    "utf-16.csv": lambda: _csv(encoding="utf-16"),
    "x.jsonl": _json_lines,
    "x.json": lambda: json.dumps(_objects()).encode(),
    "object.json": lambda: json.dumps({"items": _objects(), "total": ROWS}).encode(),
    "x.parquet": _parquet,
    "x.db": _sqlite,
    "x.xml": lambda: _XML,
    "x.csv.gz": lambda: gzip.compress(_csv()),
    "x.csv.bz2": lambda: bz2.compress(_csv()),
    "x.csv.xz": lambda: lzma.compress(_csv()),
    "x.zip": lambda: _zip(_csv()),
    "chart.csv": lambda: _table(_chart()),
    "chart.json": lambda: _dump(_chart()),
    "ern.xml": _ddex,
    "machine-artists.csv": lambda: _table(_CLAIMS),
    "saved.json": lambda: _dump(_SAVED),
    "pages.jsonl": lambda: _dump(_SAVED) + b"\n" + _dump(_SAVED),
    "deezer.json": lambda: _dump(_deezer()),
    "musicbrainz.jsonl": lambda: b"\n".join(map(_dump, _musicbrainz())),
    "playlists.json": lambda: _dump(_playlists()),
    "web-api.db": _dump_of_an_api,
    "web-api.zip": _tables_of_an_api,
    "log.csv": lambda: _table(_log()),
    "log.json": lambda: _dump(_log()),
    "log.parquet": _log_as_parquet,
    "account.json": lambda: _dump(_account_data()),
    "extended.json": lambda: _dump(_extended()),
    "listens.jsonl": lambda: b"\n".join(map(_dump, _listens())),
    "scrobbles.json": lambda: _dump({"recenttracks": {"track": _scrobbles()}}),
    "scrobbles.jsonl": lambda: b"\n".join(
        _dump({"recenttracks": {"track": [each]}}) for each in _scrobbles()
    ),
    "watch-history.json": lambda: _dump(_watched()),
    "Apple Music Play Activity.csv": lambda: _table(_apple()),
    "log.tsv": lambda: _table(_log(), "\t"),
}
"""Small files of every format."""
