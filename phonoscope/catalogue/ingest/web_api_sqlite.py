"""SQLite files shaped like a streaming service's web API, as one file or several.

Tracks, albums and artists have an id of the service and a row number; row numbers join them.
Labels and dates of release are stated of albums, genres of artists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from phonoscope.catalogue.ingest.base import Chunk, Layout
from phonoscope.catalogue.ingest.cells import MAX_TEXT_BYTES
from phonoscope.catalogue.ingest.columns import Raw, chunk_of, kinds
from phonoscope.catalogue.ingest.sqlite_file import Cell, SqliteFile, SqliteTable, quoted
from phonoscope.catalogue.layout import tables
from phonoscope.errors import SourceError


@dataclass(frozen=True)
class _Join:
    """What a row takes from a row of another table."""

    row: str
    """Column that holds the other row's number."""
    of: str
    """The other table."""
    columns: Mapping[str, str]
    """The other table's columns by columns of the common table."""


@dataclass(frozen=True)
class _Plan:
    """How one table of the source becomes one common table."""

    table: str
    """Table of the source."""
    into: str
    """Common table."""
    needs: str
    """Columns by which it is recognised."""
    columns: Mapping[str, str]
    """Columns of the source by columns of the common table; absent ones stay empty."""
    joins: Sequence[_Join] = ()
    """Other tables that its rows refer to by number."""


_FETCHED = {"fetched_utc": "fetched_at"}
_SAME = (
    "danceability energy key mode speechiness acousticness instrumentalness liveness valence "
    "time_signature null_response"
)
_ARTIST = _Join("artist_rowid", "artists", {"artist_id": "id"})
_PLANS = (
    _Plan(
        "artists",
        "artists",
        "id name popularity",
        {
            "artist_id": "id",
            "name": "name",
            "followers": "followers_total",
            "popularity": "popularity",
            **_FETCHED,
        },
    ),
    _Plan(
        "artist_genres",
        "artist_genres",
        "artist_rowid genre",
        {"genre": "genre"},
        (_ARTIST,),
    ),
    _Plan(
        "albums",
        "albums",
        "id name release_date",
        {
            "album_id": "id",
            "upc": "external_id_upc",
            **{
                name: name
                for name in (
                    *("name", "album_type", "release_date", "release_date_precision", "label"),
                    *("popularity", "total_tracks"),
                )
            },
            **_FETCHED,
        },
    ),
    _Plan(
        "tracks",
        "tracks",
        "id name duration_ms",
        {
            "track_id": "id",
            "isrc": "external_id_isrc",
            **{
                name: name
                for name in (
                    *("name", "disc_number", "track_number", "duration_ms", "explicit"),
                    "popularity",
                )
            },
            **_FETCHED,
        },
        # What is stated of albums is written into each track: every question about labels and
        # dates would else join two of the largest tables.
        (
            _Join(
                "album_rowid",
                "albums",
                {
                    "album_id": "id",
                    **{n: n for n in ("release_date", "release_date_precision", "label")},
                },
            ),
        ),
    ),
    _Plan(
        "track_artists",
        "track_artists",
        "track_rowid artist_rowid",
        {},
        (_Join("track_rowid", "tracks", {"track_id": "id"}), _ARTIST),
    ),
    _Plan(
        "track_audio_features",
        "features",
        "track_id tempo key mode",
        {
            "track_id": "track_id",
            "loudness_db": "loudness",
            "tempo_bpm": "tempo",
            "measured_ms": "duration_ms",
            **{name: name for name in _SAME.split()},
            **_FETCHED,
        },
    ),
)
_ENTITIES = ("tracks", "albums", "track_audio_features")
"""One of these makes the layout; 'artists' alone is too common a table."""


def _plans(source: SqliteFile) -> list[tuple[_Plan, SqliteTable]]:
    found = []
    for plan in _PLANS:
        table = source.tables.get(plan.table)
        if table is not None and set(plan.needs.split()) <= set(table.columns):
            found.append((plan, table))
    return found


def _recognises(source: SqliteFile) -> bool:
    return any(plan.table in _ENTITIES for plan, _ in _plans(source))


def _read(source: SqliteFile) -> Iterator[Chunk]:
    for plan, table in _plans(source):
        cells, joins = _cells(source, plan, table)
        first = _markets(source, plan, table, cells)
        joins += f" {_OF_MARKETS.format(quoted(table.columns[_MARKETS]))}" if first else ""
        first_row = 1
        for batch in source.batches(table, cells, joins, first):
            yield chunk_of(_raw(plan, batch, first_row))
            first_row += batch.num_rows


def _cells(source: SqliteFile, plan: _Plan, table: SqliteTable) -> tuple[list[Cell], str]:
    types = kinds(plan.into)
    cells = [
        Cell(to, types[to], f"t.{quoted(table.columns[name])}", name in table.numeric)
        for to, name in plan.columns.items()
        if name in table.columns
    ]
    joins: list[str] = []
    for join in plan.joins:
        joined = _numbered(source, join.of)
        if joined is None or join.row not in table.columns:
            if set(join.columns) & set(tables()[plan.into].key_columns):
                raise SourceError(
                    f"{source.name} has the table {table.name} but no table {join.of} with the "
                    f"columns id and rowid, which it refers to by {join.row}; ingest the file "
                    "that has both"
                )
            continue
        alias = f"j{len(joins)}"
        joins.append(
            f"LEFT JOIN main.{quoted(joined.name)} AS {alias} "
            f"ON {alias}.{quoted(joined.columns['rowid'])} = t.{quoted(table.columns[join.row])}"
        )
        cells += [
            Cell(to, types[to], f"{alias}.{quoted(joined.columns[name])}", name in joined.numeric)
            for to, name in join.columns.items()
            if name in joined.columns
        ]
    return cells, " ".join(joins)


def _numbered(source: SqliteFile, name: str) -> SqliteTable | None:
    """Return a table that rows can refer to by number.

    Raises
    ------
    SourceError
        When two rows may have the same number: a join would then double rows.
    """
    table = source.tables.get(name)
    if table is None or not {"id", "rowid"} <= set(table.columns):
        return None
    if "rowid" not in table.unique:
        raise SourceError(
            f"{source.name}: {table.name}.rowid is neither a primary key nor unique, so rows "
            "that refer to it may mean several"
        )
    return table


_MARKETS = "available_markets_rowid"
_OF_MARKETS = "LEFT JOIN temp.markets AS m ON m.rowid = t.{}"
_LIST = "available_markets"
"""Table and column of lists of countries; few lists serve many tracks, and a list is long."""


def _markets(
    source: SqliteFile, plan: _Plan, table: SqliteTable, cells: list[Cell]
) -> Sequence[str]:
    """Add what lists of countries come to; return the statements that count them once."""
    lists = source.tables.get(_LIST)
    if plan.into != "tracks" or _MARKETS not in table.columns or lists is None:
        return ()
    if not {"rowid", _LIST} <= set(lists.columns) or "rowid" not in lists.unique:
        return ()
    text, rowid = quoted(lists.columns[_LIST]), quoted(lists.columns["rowid"])
    types = kinds(plan.into)
    cells.append(Cell("market_count", types["market_count"], "m.markets", True))
    cells.append(Cell("only_market", types["only_market"], "m.only_one", False))
    counted = f"length({text}) - length(replace({text}, ',', '')) + ({text} <> '')"
    return (
        "CREATE TEMP TABLE markets (rowid INTEGER PRIMARY KEY, markets INTEGER, only_one TEXT)",
        f"INSERT INTO temp.markets SELECT {rowid}, {counted}, "  # noqa: S608
        f"CASE WHEN {counted} = 1 THEN substr({text}, 1, 20) END "
        f"FROM main.{quoted(lists.name)} WHERE octet_length({text}) <= {MAX_TEXT_BYTES} "
        f"AND typeof({rowid}) = 'integer' AND typeof({text}) = 'text'",
    )


def _raw(plan: _Plan, batch: pa.RecordBatch, first_row: int) -> Raw:
    odd = batch.column("odd")
    columns = {name: batch.column(name) for name in batch.schema.names if name != "odd"}

    def row_text(at: int) -> dict[str, object]:
        cells = {name: _plain(column[at]) for name, column in columns.items()}
        cell = _plain(odd[at])
        return {**cells, "odd": cell} if cell is not None else cells

    reasons = None
    if odd.null_count < len(odd):
        # The cell that was wrong stands behind the reason, see SqliteFile.batches.
        said = [None if c is None else c.split(b"\n")[0].decode() for c in _bytes(odd)]
        reasons = pa.array(said, pa.string())
    rows = {plan.into: columns}
    return Raw(plan.table, first_row, batch.num_rows, rows, row_text, reasons)


def _bytes(column: pa.Array) -> list[bytes | None]:
    return column.cast(pa.binary()).to_pylist()


def _plain(scalar: pa.Scalar) -> object:
    """Return a cell; text as bytes, because it may be no UTF-8."""
    return scalar.cast(pa.binary()).as_py() if pa.types.is_string(scalar.type) else scalar.as_py()


def _ignored(source: SqliteFile) -> list[str]:
    read = {table.name for _, table in _plans(source)}
    read |= {_LIST} if "tracks" in read else set()
    return [table.name for table in source.tables.values() if table.name not in read]


LAYOUT = Layout(
    name="web-api-sqlite",
    opens=SqliteFile,
    looks_for=(
        "an SQLite file with a table "
        + ", ".join(
            f"{plan.table} ({', '.join(plan.needs.split())})"
            for plan in _PLANS
            if plan.table in _ENTITIES
        )
        + ", and with them artists, track_artists and artist_genres"
    ),
    recognises=_recognises,
    read=_read,
    ignored=_ignored,
)
