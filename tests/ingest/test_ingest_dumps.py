"""Dumps and APIs of MusicBrainz, Deezer, ListenBrainz and others, as JSON and CSV."""

import json
import lzma
from datetime import datetime

import pytest

import phonoscope as ps
from tests.helpers.sources import table, write_csv


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


def lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


CREDIT = [
    {"name": "A", "joinphrase": " feat. ", "artist": {"id": "ar1", "name": "The A"}},
    {"name": "B", "joinphrase": "", "artist": {"id": "ar2", "name": "B"}},
]
RECORDING = {
    "id": "r1",
    "title": "Song",
    "length": 243_800,
    "isrcs": ["USABC2512345", "GBAAA0000001"],
    "artist-credit": CREDIT,
    "first-release-date": "1999-05",
    "video": False,
}


def test_recordings_of_musicbrainz(tmp_path, catalogue):
    rows = [RECORDING, {**RECORDING, "id": "r2", "length": None, "isrcs": []}]
    bad = [{**RECORDING, "id": "r3", "isrcs": "x"}, {**RECORDING, "id": "r4", "artist-credit": [5]}]
    path = lines(tmp_path / "plain", rows + bad)
    (tmp_path / "x").write_bytes(lzma.compress(path.read_bytes()))
    summary = catalogue.ingest(tmp_path / "x")
    assert (summary.layout, summary.ignored) == ("musicbrainz-json", ["video"])
    assert summary.tables["recordings"].reasons == {
        "isrc has an unexpected form": 1,
        "artist_names has an unexpected form": 1,
    }
    names = ("track_id", "name", "artist_names", "duration_ms", "isrc", "release_date")
    assert table(catalogue, "tracks", *names, "release_date_precision") == [
        ("r1", "Song", "A feat. B", 243_800, "USABC2512345", "1999-05", "month"),
        ("r2", "Song", "A feat. B", None, None, "1999-05", "month"),
    ]
    assert table(catalogue, "artists", "artist_id", "name") == [("ar1", "The A"), ("ar2", "B")]
    assert len(table(catalogue, "track_artists", "track_id")) == 4


def test_releases_and_artists_of_musicbrainz(tmp_path, catalogue):
    track = {"id": "t1", "title": "Song", "position": 3, "length": 0, "recording": RECORDING}
    release = {
        "id": "al1",
        "title": "Album",
        "date": "1970",
        "barcode": "0123",
        "label-info": [{"label": {"id": "l", "name": "Label"}}, {"label": None}],
        "release-group": {"primary-type": "Album"},
        "media": [{"position": 2, "track-count": 5, "tracks": [track]}, {"track-count": 4}],
    }
    artist = {"id": "ar1", "name": "A", "sort-name": "A", "life-span": {}}
    genres = [{"id": "g", "name": "opera", "count": 1}, 5]
    assert catalogue.ingest(lines(tmp_path / "r", [release, {**release, "media": 5}])).reasons == {
        "total_tracks has an unexpected form": 1
    }
    summary = catalogue.ingest(lines(tmp_path / "a", [{**artist, "genres": genres}]))
    assert summary.reasons == {"not a JSON object": 1}
    names = ("album_id", "name", "label", "upc", "album_type", "total_tracks")
    assert table(catalogue, "albums", *names) == [("al1", "Album", "Label", "0123", "Album", 9)]
    names = ("track_id", "album_id", "disc_number", "track_number", "duration_ms", "isrc")
    assert table(catalogue, "tracks", *names) == [("t1", "al1", 2, 3, 0, "USABC2512345")]
    assert table(catalogue, "artist_genres", "artist_id", "genre") == [("ar1", "opera")]


def test_tracks_of_deezer_are_in_seconds(tmp_path, catalogue):
    track = {
        "id": 3135556,
        "title": "Song",
        "isrc": "GBDUW0000059",
        "duration": 224,
        "rank": 956_167,
        "explicit_lyrics": False,
        "release_date": "2005-01-24",
        "available_countries": ["DE"],
        "contributors": [{"id": 27, "name": "A"}, {"id": 28, "name": "B"}],
        "artist": {"id": 27, "name": "A"},
        "album": {"id": 302127, "title": "Album", "release_date": "2005-01-24"},
    }
    alone = {k: v for k, v in track.items() if k != "contributors"} | {"id": 2, "duration": "0"}
    (tmp_path / "x").write_text(
        json.dumps({"data": [track, alone, {**track, "id": 0, "rank": []}]})
    )
    summary = catalogue.ingest(tmp_path / "x")
    assert (summary.layout, summary.ignored) == ("deezer-json", [])
    assert summary.reasons == {"service_rank is not a single value": 1}
    names = (
        "track_id",
        "artist_names",
        "duration_ms",
        "service_rank",
        "popularity",
        "market_count",
    )
    assert table(catalogue, "tracks", *names, "only_market", "album_id") == [
        ("2", "A", 0, 956_167, None, 1, "DE", "302127"),
        ("3135556", "A, B", 224_000, 956_167, None, 1, "DE", "302127"),
    ]
    assert table(catalogue, "track_artists", "track_id", "artist_id") == [
        ("2", "27"),
        ("3135556", "27"),
        ("3135556", "28"),
    ]


def playlist(pid, count):
    place = {
        "artist_name": "A",
        "artist_uri": "spotify:artist:1",
        "track_name": "Song",
        "album_uri": "spotify:album:1",
        "duration_ms": 226_863,
        "album_name": "Album",
    }
    tracks = [{"pos": i, "track_uri": f"spotify:track:{i}", **place} for i in range(count)]
    about = {"name": "Mine", "pid": pid, "modified_at": 1_493_424_000, "num_followers": 1}
    return {**about, "num_tracks": count, "collaborative": "false", "tracks": tracks}


@pytest.mark.parametrize("indent", [None, 4])
def test_slices_of_the_million_playlists(tmp_path, catalogue, indent):
    folder = tmp_path / "data"
    folder.mkdir()
    for number in range(2):
        rows = [playlist(pid, 3) for pid in (2 * number, 2 * number + 1)]
        slice_ = {"info": {"slice": "0-1", "items": [{}]}, "playlists": rows}
        (folder / f"mpd.slice.{number}.json").write_text(json.dumps(slice_, indent=indent))
    summary = catalogue.ingest(folder)
    assert (summary.layout, summary.read, summary.rejected) == ("million-playlists", 16, 0)
    about = ("playlist_id", "followers", "total_tracks", "modified_utc")
    moment = datetime(2017, 4, 29)
    assert table(catalogue, "playlists", *about) == [(str(i), 1, 3, moment) for i in range(4)]
    assert table(catalogue, "playlist_tracks", "playlist_id", "position", "track_id") == [
        (str(pid), i, f"spotify:track:{i}") for pid in range(4) for i in range(3)
    ]
    assert len(table(catalogue, "tracks", "track_id")) == 3
    assert table(catalogue, "artists", "artist_id", "name") == [("spotify:artist:1", "A")]


def listen(user, track, at, **more):
    about = {"track_name": f"Song {track}", "artist_name": "A", "additional_info": {}, **more}
    return {"user_name": user, "listened_at": at, "recording_msid": track, "track_metadata": about}


def test_listens_are_counted_and_nobody_is_named(tmp_path, catalogue):
    moment = 1_751_000_000
    rows = [
        *(listen("SecretName", "m1", moment + i) for i in range(3)),
        listen("other", "m1", moment),
        listen("other", "m2", moment, mbid_mapping={"recording_mbid": "mb2"}),
        listen("SecretName", None, moment, artist_name=None),
        listen("SecretName", "m1", "yesterday"),
        listen(None, "m1", moment),
        listen("SecretName", "m1", moment, additional_info=5),
    ]
    path = lines(tmp_path / "x", rows)
    with path.open("a") as file:
        file.write('{"user_name": "SecretName", broken\n')
    summary = catalogue.ingest(path)
    assert (summary.layout, summary.kept) == ("listenbrainz", 5)
    assert summary.reasons == {
        "no track_id": 1,
        "listened_utc is not a number": 1,
        "no user_hash": 1,
        "track_id has an unexpected form": 1,
        "not valid JSON": 1,
    }
    plays = catalogue.sql(
        "select track_id, count(*) plays, count(distinct user_hash) people from listens "
        "group by all order by all"
    ).read_all()
    assert [tuple(row.values()) for row in plays.to_pylist()] == [("m1", 4, 2), ("mb2", 1, 1)]
    assert len(table(catalogue, "tracks", "track_id")) == 2
    for part in (tmp_path / "catalogue").rglob("*.parquet"):
        assert b"SecretName" not in part.read_bytes()
    assert not any("SecretName" in str(row) for row in table(catalogue, "rejects", "row_text"))


def test_a_list_of_machine_artists(tmp_path, catalogue):
    heading = ["Artist Name", "Spotify Artist ID", "Reason", "source_url", "added"]
    rows = [
        ["The Velvet", "id1", "says so itself", "https://x", "2025"],
        ["No Id", "", "a label says so", "", "2025"],
        ["", "", "nobody", "", "2025"],
    ]
    summary = catalogue.ingest(write_csv(tmp_path / "x.csv", [heading, *rows]))
    assert (summary.layout, summary.ignored) == ("machine-artists", ["added"])
    assert summary.reasons == {"no artist": 1}
    names = ("artist", "name", "artist_id", "says", "evidence_url")
    assert table(catalogue, "machine_artists", *names) == [
        ("No Id", "No Id", None, "a label says so", None),
        ("id1", "The Velvet", "id1", "says so itself", "https://x"),
    ]
    assert table(catalogue, "tracks", "track_id") == []


@pytest.mark.parametrize(
    "heading", ["artist,genre", "song,reason", "artist_id,name,followers", "says,evidence"]
)
def test_other_lists_of_artists_are_not_taken_for_machines(tmp_path, heading):
    (tmp_path / "x").write_text(f"{heading}\n1,2\n")
    with pytest.raises(ps.SourceError):
        ps.format_of(tmp_path / "x")
