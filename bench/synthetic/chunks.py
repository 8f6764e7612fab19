"""Ranges of rows made at a time: working tables of one chunk in a connection of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from bench.synthetic import lookups
from bench.synthetic.facts import Facts

ROWS = 1_000_000


@dataclass(frozen=True)
class Chunk:
    """Rows from the first up to, not including, the last, of each table."""

    number: int
    tracks: tuple[int, int]
    albums: tuple[int, int]
    artists: tuple[int, int]


def chunks(facts: Facts, rows: int = ROWS) -> Iterator[Chunk]:
    """Cut a plan into chunks of so many tracks, with their part of everything else."""
    plan = facts.plan
    count = -(-plan.tracks // rows)

    def part(total: int, number: int) -> tuple[int, int]:
        return total * number // count, total * (number + 1) // count

    for number in range(count):
        yield Chunk(
            number, part(plan.tracks, number), part(plan.albums, number), part(plan.artists, number)
        )


def connected(facts: Facts, memory_mb: int = 2048) -> duckdb.DuckDBPyConnection:
    """Return a connection of one thread that has the lookup tables."""
    connection = duckdb.connect(config={"threads": 1, "memory_limit": f"{memory_mb}MiB"})
    connection.execute("SET enable_progress_bar = false")
    lookups.put(connection, facts.plan)
    return connection


def fill(connection: duckdb.DuckDBPyConnection, facts: Facts, chunk: Chunk) -> None:
    """Make the working tables of a chunk, in place of those of the one before."""
    first, last = chunk.albums
    queries = {
        "facts": facts.tracks(*chunk.tracks),
        "credit_rows": facts.credits("facts"),
        "feature_rows": facts.features("facts"),
        "album_rows": facts.labelled_albums(f"SELECT j FROM range({first}, {last}) r(j)"),
        "artist_rows": facts.artists(*chunk.artists),
        "genre_rows": facts.genres(*chunk.artists),
    }
    for name, query in queries.items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {query}")
