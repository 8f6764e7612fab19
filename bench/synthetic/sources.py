"""A synthetic source to ingest: a web API's tables as one SQLite file, or one Parquet file each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import adbc_driver_sqlite.dbapi as adbc
import pyarrow as pa
import pyarrow.parquet as pq

from bench.synthetic import shapes
from bench.synthetic.chunks import chunks, connected, fill
from bench.synthetic.facts import Facts

ONCE = "available_markets"
"""Table that is not made in chunks."""
SCHEMA = """
create table artists(rowid integer primary key, id text, fetched_at integer, name text,
  followers_total integer, popularity integer);
create table artist_genres(artist_rowid integer, genre text);
create table albums(rowid integer primary key, id text, fetched_at integer, name text,
  album_type text, external_id_upc text, label text, popularity integer, release_date text,
  release_date_precision text, total_tracks integer);
create table tracks(rowid integer primary key, id text, fetched_at integer, name text,
  preview_url text, album_rowid integer, track_number integer, external_id_isrc text,
  popularity integer, available_markets_rowid integer, disc_number integer, duration_ms integer,
  explicit integer);
create table track_artists(track_rowid integer, artist_rowid integer);
create table available_markets(rowid integer primary key, available_markets text);
create table track_audio_features(rowid integer primary key, track_id text unique,
  fetched_at integer, null_response integer, duration_ms integer, time_signature integer,
  tempo integer, key integer, mode integer, danceability real, energy real, loudness real,
  speechiness real, acousticness real, instrumentalness real, liveness real, valence real);
"""
Take = Callable[[str, pa.RecordBatchReader], int]


def write_sqlite(facts: Facts, into: Path, step: Callable[[], None]) -> Counter[str]:
    """Write a plan as a new SQLite file; returns rows by table."""
    with adbc.connect(into.absolute().as_uri()) as connection, connection.cursor() as cursor:
        for statement in filter(str.strip, SCHEMA.split(";")):
            cursor.execute(statement)

        def take(table: str, rows: pa.RecordBatchReader) -> int:
            return int(cursor.adbc_ingest(table, rows, mode="append"))

        written = _write(facts, take, step)
        connection.commit()
    return written


def write_parquet(facts: Facts, into: Path, step: Callable[[], None]) -> Counter[str]:
    """Write a plan as Parquet files in a new folder; returns rows by table."""
    into.mkdir(parents=True)
    with _writers(into) as take:
        return _write(facts, take, step)


@contextmanager
def _writers(into: Path) -> Iterator[Take]:
    made: dict[str, pq.ParquetWriter] = {}

    def take(table: str, rows: pa.RecordBatchReader) -> int:
        if table not in made:
            made[table] = pq.ParquetWriter(
                into / f"{table}.parquet", rows.schema, compression="zstd"
            )
        whole = rows.read_all()
        made[table].write_table(whole, row_group_size=1 << 18)
        return whole.num_rows

    try:
        yield take
    finally:
        for writer in made.values():
            writer.close()


def _write(facts: Facts, take: Take, step: Callable[[], None]) -> Counter[str]:
    connection = connected(facts)
    shape = shapes.web_api(facts)
    written: Counter[str] = Counter()
    for chunk in chunks(facts):
        fill(connection, facts, chunk)
        for table in shape.tables:
            if table != ONCE or chunk.number == 0:
                rows = connection.sql(shape.query(table)).to_arrow_reader(100_000)
                written[table] += take(table, rows)
        step()
    return written
