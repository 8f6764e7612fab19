"""Sources of metadata made by the tests, with every trap the real ones have."""

from __future__ import annotations

import csv
import sqlite3

SCHEMA = """
create table artists(rowid integer primary key, id text, fetched_at integer, name text,
  followers_total integer, popularity integer);
create table artist_genres(artist_rowid integer, genre text);
create table artist_images(artist_rowid integer, width integer, height integer, url text);
create table albums(rowid integer primary key, id text, fetched_at integer, name text,
  album_type text, external_id_upc text, copyright_c text, label text, popularity integer,
  release_date text, release_date_precision text, total_tracks integer);
create table tracks(rowid integer primary key, id text, fetched_at integer, name text,
  preview_url text, album_rowid integer, track_number integer, external_id_isrc text,
  popularity integer, disc_number integer, duration_ms integer, explicit integer,
  available_markets_rowid integer);
create table available_markets(rowid integer primary key, available_markets text);
create table track_artists(track_rowid integer, artist_rowid integer);
"""
FEATURES = """
create table track_audio_features(rowid integer primary key, track_id text unique,
  fetched_at integer, null_response integer, duration_ms integer, time_signature integer,
  tempo integer, key integer, mode integer, danceability real, energy real, loudness real,
  speechiness real, acousticness real, instrumentalness real, liveness real, valence real);
"""
ARTISTS = [
    (1, "ar1", 1_751_000_000_000, "Artist", 10, 50),
    (2, "ar2", 1_751_000_000, "Артист", None, None),
    (3, None, None, "without an id", 1, 1),
]
ALBUMS = [
    (1, "al1", None, "Day", "album", "0123", "c", "Label", 3, "2016-07-15", "day", 10),
    (2, "al2", None, "Year", "single", None, None, None, None, "1970", "year", 1),
    (3, "al3", None, "Future", "single", None, None, None, None, "2040-01", None, 1),
    (4, "al4", None, "Odd", "single", None, None, None, None, "unknown", None, 1),
]
TRACKS = [
    (1, "t1", 1_751_000_000_000, "Song", "u", 1, 1, "USABC2512345", 59, 1, 243_800, 0),
    (2, "t2", 1_751_000_000, "None", "u", 2, 1, None, None, 1, 0, 1),
    (3, "t3", None, "NUL\0 in it", "u", 99, 1, "not an isrc", 0, 1, 1500.75, None),
    (4, None, None, "no id", "u", 1, 1, None, 0, 1, 1, 0),
    (9, "  ", None, "blank id", "u", 1, 1, None, 0, 1, 1, 0),
]
ODD_TRACKS = [
    (5, "t5", None, "no number", "u", 1, 1, None, 0, 1, "abc", 0),
    (6, "t6", None, "blob", "u", 1, 1, None, b"\x00", 1, 1, 0),
    (7, "t7", None, "x" * 5000, "u", 1, 1, None, 0, 1, 1, 0),
    (8, "t8", None, "explicit 2", "u", 1, 1, None, 0, 1, 1, 2),
    (10, "t10", None, "far", "u", 1, 1, None, 0, 1, 9e99, 0),
]
MARKETS = [(1, "DE,FR,US"), (2, "JP"), (3, ""), (4, None)]
REASONS = {"no track_id": 2}
EMPTIED = {
    ("duration_ms", "is not a number"): (2, 5),
    ("popularity", "is not a number"): (1, 6),
    ("name", "is too long"): (1, 7),
    ("explicit", "is neither true nor false"): (1, 8),
    ("name", "is undecodable text"): (1, 11),
}
"""Cells of ODD_TRACKS that can't be read: how many, and the row of the first."""


def web_api(path, *, more=0, features=True, odd=False):
    """A dump of a web API; 2 tracks of it, and one artist, cannot be kept."""
    with sqlite3.connect(path) as db:
        db.executescript(SCHEMA)
        fill(db, "artists", ARTISTS)
        fill(db, "albums", ALBUMS)
        fill(db, "tracks", TRACKS)
        if odd:
            fill(db, "tracks", ODD_TRACKS)
            blob = "cast(x'fffe' as text)"
            db.execute(f"insert into tracks(rowid, id, name) values (11, 't11', {blob})")
        fill(db, "tracks", [(i, f"n{i}", *TRACKS[0][2:]) for i in range(100, 100 + more)])
        fill(db, "available_markets", MARKETS)
        # Text and numbers that name no list are in such a column too.
        db.execute("update tracks set available_markets_rowid = rowid where rowid <= 3")
        fill(db, "track_artists", [(1, 1), (1, 2), (2, 1), (2, 1), (77, 1), (1, 3)])
        fill(db, "artist_genres", [(1, "opera"), (2, "opera"), (2, "rock"), (9, "jazz")])
        if features:
            add_features(db)
    db.close()
    return path


def add_features(db):
    db.executescript(FEATURES)
    rest = (0.5, 0.5, -6.25, 0.1, 0.1, 0.0, 0.1, 0.5)
    # Past the first batches a column may change its type: the driver must not mind.
    quiet = [(i, f"n{i}", None, 0, None, 4, 120, 1, 1, *rest) for i in range(9000)]
    fill(db, "track_audio_features", quiet)
    fill(db, "track_audio_features", [(9001, "t1", None, 0, 243_801, 4, 90.024, 0, 1, *rest)])
    fill(db, "track_audio_features", [(9002, "t2", None, 1, *[None] * 13)])


def fill(db, table, rows):
    if rows:
        # A row may be shorter than the table: the last columns are then empty.
        names = [row[1] for row in db.execute(f"pragma table_info({table})")][: len(rows[0])]
        marks = ",".join("?" * len(names))
        db.executemany(f"insert into {table}({','.join(names)}) values ({marks})", rows)


def write_csv(path, rows, *, encoding="utf-8", **dialect):
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, **dialect).writerows(rows)
    return path


def table(catalogue, name, *columns):
    """Rows of a table of a catalogue, as tuples in order."""
    names = ", ".join(columns)
    return [
        tuple(row.values())
        for row in catalogue.sql(f"select {names} from {name} order by all").read_all().to_pylist()
    ]
