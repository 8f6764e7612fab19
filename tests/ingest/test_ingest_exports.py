"""Listening histories as services export them: one account, names instead of ids, ends of plays."""

import json
import zipfile
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import phonoscope as ps
from phonoscope.ingest.convert.moments import moment
from tests.helpers.sources import table, write_csv

AT = datetime(2025, 3, 1, 8, 0)
PLAYS = ("track_id", "listened_utc", "played_ms")


@pytest.fixture
def catalogue(tmp_path):
    return ps.open_catalogue(tmp_path / "catalogue", create=True)


def accounts(catalogue):
    return len({user for (user,) in table(catalogue, "listens", "user_hash")})


def account_data(*plays):
    """Rows of Spotify's "account data": the end of a play to the minute, names, and its length."""
    return [
        {
            "endTime": f"{end:%Y-%m-%d %H:%M}",
            "artistName": artist,
            "trackName": title,
            "msPlayed": played_ms,
        }
        for end, artist, title, played_ms in plays
    ]


TWO = ((AT, "Act 1", "Song 1", 60_000), (AT, "Act 2", "Song 2", 30_500))


def as_json(path, rows):
    path.write_text(json.dumps(rows))


def as_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def as_csv(path, rows):
    write_csv(path, [list(rows[0]), *(list(row.values()) for row in rows)])


def as_parquet(path, rows):
    pq.write_table(pa.Table.from_pylist(rows), path)


@pytest.mark.parametrize("write", [as_json, as_lines, as_csv, as_parquet])
def test_account_data_of_spotify(tmp_path, catalogue, write):
    write(tmp_path / "StreamingHistory0", account_data(*TWO))
    summary = catalogue.plays.ingest(tmp_path / "StreamingHistory0")
    assert (summary.read, summary.kept, accounts(catalogue)) == (2, 2, 1)
    # The file says when a play ended; it began its length earlier.
    assert table(catalogue, "listens", *PLAYS) == [
        ("Act 1 - Song 1", AT - timedelta(seconds=60), 60_000),
        ("Act 2 - Song 2", AT - timedelta(seconds=30.5), 30_500),
    ]
    assert table(catalogue, "tracks", "track_id", "artist_names", "name") == [
        ("Act 1 - Song 1", "Act 1", "Song 1"),
        ("Act 2 - Song 2", "Act 2", "Song 2"),
    ]


def test_the_files_of_an_export_are_one_account_and_two_exports_are_two(tmp_path, catalogue):
    for who in ("one", "other"):
        folder = tmp_path / who
        folder.mkdir()
        as_json(folder / "StreamingHistory_music_0.json", account_data(*TWO))
        more = [(AT + timedelta(hours=1), "Act 1", "Song 1", 7000)]
        as_json(folder / "StreamingHistory_music_1.json", account_data(*more))
        podcast = {"endTime": "2025-03-01 09:00", "podcastName": "P", "episodeName": "E"}
        as_json(folder / "StreamingHistory_podcast_0.json", [{**podcast, "msPlayed": 1}])
        summary = catalogue.plays.ingest(folder, key=tmp_path / "key", name="all")
        assert (summary.kept, summary.reasons) == (3, {"a podcast episode": 1})
    assert accounts(catalogue) == 2
    assert len(table(catalogue, "listens", "track_id")) == 6


def extended(track, **more):
    """A row of Spotify's "extended streaming history" in its form of 2024, without an account."""
    row = {
        "ts": "2025-03-01T08:00:00Z",
        "platform": "android",
        "ms_played": 82_932,
        "conn_country": "SE",
        "ip_addr": "192.0.2.7",
        "master_metadata_track_name": "Alpha" if track else None,
        "master_metadata_album_artist_name": "First Act" if track else None,
        "master_metadata_album_album_name": "The Album" if track else None,
        "spotify_track_uri": track,
        "episode_name": None,
        "episode_show_name": None,
        "spotify_episode_uri": None,
        "audiobook_title": None,
        "audiobook_uri": None,
        "reason_start": "trackdone",
        "skipped": False,
    }
    return row | more


def test_the_extended_history_of_spotify(tmp_path, catalogue):
    rows = [
        extended("spotify:track:a"),
        extended("spotify:track:b", ms_played=0),
        extended(None, spotify_episode_uri="spotify:episode:x", episode_name="E"),
        extended(None, audiobook_uri="spotify:show:y", audiobook_title="B"),
        extended(None),
    ]
    as_json(tmp_path / "Streaming_History_Audio_2024_1.json", rows)
    summary = catalogue.plays.ingest(tmp_path / "Streaming_History_Audio_2024_1.json")
    assert (summary.kept, accounts(catalogue)) == (2, 1)
    assert summary.reasons == {
        "a podcast episode": 1,
        "an audiobook chapter": 1,
        "no track_id": 1,
    }
    assert table(catalogue, "listens", *PLAYS, "country", "device") == [
        ("spotify:track:a", AT - timedelta(milliseconds=82_932), 82_932, "SE", "android"),
        ("spotify:track:b", AT, 0, "SE", "android"),
    ]
    assert ("spotify:track:a", "Alpha", "First Act", "The Album") in table(
        catalogue, "tracks", "track_id", "name", "artist_names", "album_name"
    )


def test_an_account_that_is_named_is_kept_apart(tmp_path, catalogue):
    rows = [extended("spotify:track:a", username=name) for name in ("u1", "u2", None)]
    as_json(tmp_path / "x.json", rows)
    summary = catalogue.plays.ingest(tmp_path / "x.json")
    assert (summary.reasons, accounts(catalogue)) == ({"no user_hash": 1}, 2)


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        ("uts,utc_time,artist,artist_mbid,album,album_mbid,track,track_mbid",
         '"1740816000","01 Mar 2025, 08:00","Act","","Album","","Song",""'),
        ("Artist,Album,Track,Date", 'Act,Album,Song,"01 Mar 2025, 08:00"'),
        ("artist,album,song,timestamp", "Act,Album,Song,1740816000"),
        (",artist,album,title,date", "0,Act,Album,Song,01 Mar 2025 08:00"),
        ("Track Name;Artist Name;Scrobbled At", "Song;Act;2025-03-01T08:00:00"),
        ("ISO time\tunixtime\ttrack name\ttrack mbid\tartist name\tartist mbid\talbum",
         "2025-03-01T08:00:00\t1740816000\tSong\t\tAct\t\tAlbum"),
        ("date_time,track,artist", "2025-03-01 08:00,Song,Act"),
        (None, 'Act,Album,Song,"01 Mar 2025, 08:00"'),
        (None, "Act,Album,Song,2025-03-01 08:00:00"),
    ],
)  # fmt: skip
def test_scrobbles_in_every_spelling(tmp_path, catalogue, heading, row):
    now = row.replace("1740816000", "").replace("01 Mar 2025, 08:00", "")
    now = now.replace("2025-03-01T08:00:00", "").replace("2025-03-01 08:00", "")
    now = now.replace("01 Mar 2025 08:00", "").replace(":00", "")
    lines = [now, row, row.replace("Song", "Other")]
    path = tmp_path / "scrobbles.csv"
    path.write_text("\n".join([heading, *lines] if heading else lines) + "\n")
    summary = catalogue.plays.ingest(path)
    # What plays now has no time yet.
    assert (summary.kept, summary.reasons) == (2, {"no listened_utc": 1})
    assert accounts(catalogue) == 1
    assert table(catalogue, "listens", *PLAYS) == [
        ("Act - Other", AT, None),
        ("Act - Song", AT, None),
    ]


def test_a_public_log_without_a_heading(tmp_path, catalogue):
    mbid = "0b9f0d0e-0000-4000-8000-000000000001"
    rows = [
        ["user_000001", "2025-03-01T08:00:00Z", "", "Act", "", "Song"],
        ["user_000001", "2025-03-01T08:04:00Z", mbid, "Act", mbid, "Song"],
        ["user_000002", "2025-03-01T08:04:00Z", mbid, "Act", "", "Song"],
    ]
    summary = catalogue.plays.ingest(write_csv(tmp_path / "x.tsv", rows, delimiter="\t"))
    assert (summary.kept, accounts(catalogue)) == (3, 2)
    assert {track for (track,) in table(catalogue, "listens", "track_id")} == {mbid, "Act - Song"}


@pytest.mark.parametrize(
    "wrap", [list, lambda rows: {"recenttracks": {"track": rows, "@attr": {}}}]
)
def test_scrobbles_of_the_api(tmp_path, catalogue, wrap):
    song = {"artist": {"#text": "Act", "mbid": ""}, "name": "Song", "album": {"#text": "Album"}}
    rows = [
        {**song, "mbid": "", "@attr": {"nowplaying": "true"}},
        {**song, "mbid": "", "date": {"uts": "1740816000", "#text": "01 Mar 2025, 08:00"}},
        {**song, "mbid": "m", "date": {"uts": "1740816300", "#text": "01 Mar 2025, 08:05"}},
    ]
    as_json(tmp_path / "x.json", wrap(rows))
    summary = catalogue.plays.ingest(tmp_path / "x.json")
    assert (summary.layout, summary.kept) == ("lastfm-json", 2)
    assert summary.reasons == {"no listened_utc": 1}
    assert table(catalogue, "listens", "track_id", "listened_utc") == [
        ("Act - Song", AT),
        ("m", AT + timedelta(minutes=5)),
    ]


def test_play_activity_of_apple(tmp_path, catalogue):
    heading = ["Apple Id Number", "Artist Name", "Content Name", "Event End Timestamp"]
    heading += ["Event Start Timestamp", "Event Type", "Media Duration In Milliseconds"]
    heading += ["Media Type", "Play Duration Milliseconds"]
    end, begin = "2025-03-01T08:03:00.210Z", "2025-03-01T08:00:00.210Z"
    rows = [
        ["1", "Act", "Song 1", end, begin, "PLAY_END", "180000", "AUDIO", "180000"],
        ["1", "Act", "Song 2", end, "", "PLAY_END", "200000", "AUDIO", "10000"],
        ["1", "Act", "Song 2", "", begin, "PLAY_START", "200000", "AUDIO", ""],
        ["1", "Act", "Clip", end, begin, "PLAY_END", "200000", "VIDEO", "10000"],
    ]
    summary = catalogue.plays.ingest(write_csv(tmp_path / "x.csv", [heading, *rows]))
    assert summary.kept == 2
    assert summary.reasons == {"not the end of a play": 1, "a video": 1}
    begun = AT + timedelta(milliseconds=210)
    assert table(catalogue, "listens", *PLAYS) == [
        ("Act - Song 1", begun, 180_000),
        ("Act - Song 2", begun + timedelta(seconds=170), 10_000),
    ]
    assert [row[0] for row in table(catalogue, "tracks", "duration_ms")] == [180_000, 200_000]


def test_the_watch_history_of_youtube(tmp_path, catalogue):
    def watched(header, number, **more):
        return {
            "header": header,
            "title": f"Watched Song {number}",
            "titleUrl": f"https://music.youtube.com/watch?v=abcdefghij{number}",
            "subtitles": [{"name": "Act - Topic", "url": "https://www.youtube.com/channel/U"}],
            "time": f"2025-03-01T08:0{number}:00.123Z",
            "products": ["YouTube"],
            "activityControls": ["YouTube watch history"],
        } | more

    gone = watched("YouTube Music", 3)
    for key in ("titleUrl", "subtitles"):
        del gone[key]
    rows = [watched("YouTube Music", 0), watched("YouTube", 1), watched("YouTube Music", 2), gone]
    rows.append(watched("YouTube Music", 4, subtitles="no list"))
    as_json(tmp_path / "watch-history.json", rows)
    summary = catalogue.plays.ingest(tmp_path / "watch-history.json")
    assert (summary.layout, summary.kept, accounts(catalogue)) == ("youtube-takeout", 2, 1)
    assert summary.reasons == {"a video": 1, "no track_id": 1, "unexpected form": 1}
    assert table(catalogue, "tracks", "track_id", "name", "artist_names") == [
        ("abcdefghij0", "Song 0", "Act"),
        ("abcdefghij2", "Song 2", "Act"),
    ]


def listen(**more):
    about = {"track_name": "Song", "artist_name": "Act", "mbid_mapping": None} | more
    return {"listened_at": 1_740_816_000, "track_metadata": about}


def test_listens_of_listenbrainz_without_a_user(tmp_path, catalogue):
    rows = [listen(recording_msid="msid"), listen(additional_info={"recording_mbid": "mbid"})]
    as_lines(tmp_path / "11.jsonl", [*rows, listen()])
    assert catalogue.plays.ingest(tmp_path / "11.jsonl").kept == 3
    page = {"payload": {"count": 1, "listens": [{**listen(), "user_name": "u"}]}}
    as_json(tmp_path / "page.json", page)
    assert catalogue.plays.ingest(tmp_path / "page.json").kept == 2  # The page is a record too.
    assert {track for (track,) in table(catalogue, "listens", "track_id")} == {
        *("msid", "mbid", "Act - Song")
    }
    assert accounts(catalogue) == 2


def test_plays_of_different_lengths_in_one_minute_are_different_plays(tmp_path, catalogue):
    rows = [
        ["account", "track_id", "played_at", "ms_played"],
        *(["a", "t1", "2025-03-01 08:00", ms] for ms in (2000, 41_000, 41_000, "", "")),
        ["b", "t1", "2025-03-01 08:00", 2000],
    ]
    log = write_csv(tmp_path / "x.csv", rows)
    for _ in range(2):
        assert catalogue.plays.ingest(log, key=tmp_path / "key").kept == 6
        found = [ms for (ms,) in table(catalogue, "listens", "played_ms")]
        assert sorted(found, key=str) == [2000, 2000, 41_000, None]


@pytest.mark.parametrize(
    "heading",
    [
        "id,name,artist,time",
        "artist,title,date,label",
        "track,artist,release_date,duration_ms",
        "rank,title,artist,date",
    ],
)
def test_other_tables_with_times_are_no_logs(tmp_path, catalogue, heading):
    (tmp_path / "x.csv").write_text(f"{heading}\n1,B,C,2025-03-01\n")
    with pytest.raises(ps.SourceError):
        catalogue.plays.ingest(tmp_path / "x.csv")


@pytest.mark.parametrize(
    "text",
    [
        *("01 Mar 2025, 08:00", "1 March 2025 08:00:00", "Mar 1, 2025, 8:00:00\u202fAM"),
        *("2025-03-01 08:00", "2025-03-01T09:00:00+01:00", "1740816000"),
    ],
)
def test_a_time_is_read_whatever_way_it_is_written(text):
    ms = round(AT.replace(tzinfo=UTC).timestamp() * 1000)
    assert moment(text) in (ms, ms // 1000)


@pytest.mark.parametrize("text", ["31 Feb 2025, 08:00", "01 Foo 2025 08:00", "8:00", "x" * 5000])
def test_what_is_no_time_is_none(text):
    assert moment(text) is None


def test_columns_of_a_log_can_be_named(tmp_path, catalogue):
    rows = [["Wer", "Was", "ms_played", "Wann"], ["a", "t", "5", "2025-03-01 08:00"]]
    path = write_csv(tmp_path / "x.csv", rows)
    mapping = {"Wer": "user_hash", "Was": "track_id", "Wann": "ended_utc"}
    (job,) = ps.api.open_logs(path, mapping=mapping)
    assert catalogue.plays.ingest(job).kept == 1
    assert table(catalogue, "listens", *PLAYS) == [("t", AT - timedelta(milliseconds=5), 5)]


def test_a_zipped_export_is_read_like_a_folder_and_is_one_account(tmp_path, catalogue):
    one, two = account_data(*TWO), account_data((AT + timedelta(hours=1), "Act 1", "Song 1", 7000))
    path = tmp_path / "my!data%.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("MyData/StreamingHistory_music_0.json", json.dumps(one))
        archive.writestr("MyData/StreamingHistory_music_1.json", json.dumps(two))
        archive.writestr("MyData/ReadMe.txt", "Hello")
        archive.writestr("__MACOSX/MyData/._ReadMe.txt", "x")
    (job,) = ps.api.open_logs(path)
    assert job.unknown == ("ReadMe.txt",)
    assert catalogue.plays.ingest(job).kept == 3
    assert (len(table(catalogue, "listens", "track_id")), accounts(catalogue)) == (3, 1)
    # A damaged member costs that file only.
    content = path.read_bytes()
    at = content.index(b"MyData/StreamingHistory_music_1.json") + 60
    (tmp_path / "bad.zip").write_bytes(content[:at] + bytes(20) + content[at + 20 :])
    (job,) = ps.api.open_logs(tmp_path / "bad.zip")
    summary = catalogue.plays.ingest(job)
    assert (summary.kept, summary.reasons) == (2, {"damaged file": 1})
