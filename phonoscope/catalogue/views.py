"""Views of each table's valid rows (see :mod:`.newest_row`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from phonoscope.catalogue import damage
from phonoscope.catalogue.contradictions import consistent_sql
from phonoscope.catalogue.newest_row import SHARED_KEYS, deduplicated_ingests, may_repeat, newest
from phonoscope.catalogue.read_only_parts import ReadOnlyParts
from phonoscope.catalogue.store import Store, tables
from phonoscope.catalogue.valid import DUCKDB, valid_sql
from phonoscope.catalogue.versions import Version
from phonoscope.errors import CatalogueError
from phonoscope.lazy import LazyModule

if TYPE_CHECKING:
    import pyarrow as pa

    from phonoscope.catalogue.schema.tables import Table
else:
    pa = LazyModule("pyarrow")

Parts = Mapping[str, Sequence[str]]
"""Names of the parts to show, by table."""
INTERNAL = frozenset({"prints"})
"""Tables of fingerprints, which only the index reads; it has checks of its own."""
_SQL_TYPES = {
    "string": "VARCHAR",
    "bool": "BOOLEAN",
    "int32": "INTEGER",
    "int64": "BIGINT",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date32[day]": "DATE",
    "timestamp[us]": "TIMESTAMP",
}
"""DuckDB's names of types, by Arrow's names."""


def live_parts(store: Store) -> dict[str, list[str]]:
    """Return the names of the valid parts, by table.

    Raises
    ------
    CatalogueError
        ``vanished``, when the catalogue isn't there any more.
    """
    return parts_of(store.version())


def parts_of(version: Version) -> dict[str, list[str]]:
    """Return the names of the valid parts of a version, by table."""
    return {name: version.live(name) for name in tables()}


def create_views(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    parts: Parts,
    only: frozenset[str] | None = None,
    sealed: ReadOnlyParts | None = None,
    *,
    damaged: dict[str, CatalogueError] | None = None,
) -> None:
    """Make one view for each table on a connection.

    Parameters
    ----------
    connection
        An empty DuckDB connection, which can open these parts.
    store
        The catalogue.
    parts
        The parts to show, see :func:`live_parts`.
    only
        Tables to show, with those that they are joined with; by default all.
    sealed
        Through what DuckDB reads local parts, when it must be unable to write them.
    damaged
        Takes tables with a damaged part, and why: they get no view. By default that is raised.

    Raises
    ------
    CatalogueError
        When a part is damaged or missing.
    """
    if sealed is not None:
        connection.register_filesystem(sealed)
    if only == frozenset():
        return
    shown = [table for table in tables().values() if only is None or table.name in only]
    if any(table.several for table in shown) and tables()["recordings"] not in shown:
        shown.insert(0, tables()["recordings"])
    ingested = any(table.ingested for table in shown)
    unique: frozenset[str] = frozenset()
    with _noted(damaged, "ingests"):
        unique = deduplicated_ingests(store, parts["ingests"]) if ingested else unique
    for table in shown:
        names = parts[table.name]
        with _noted(damaged, table.name):
            if damaged and table.several and "recordings" in damaged:
                raise damaged["recordings"]
            valid = table.name not in INTERNAL
            register_parts(connection, store, table, names, sealed, valid=valid)
            repeats = may_repeat(table, names, unique)
            query = newest_rows(table, repeats=repeats, beside_recordings=True)
            connection.execute(f"CREATE TEMP VIEW {table.name} AS {query}")


@contextmanager
def _noted(damaged: dict[str, CatalogueError] | None, table: str) -> Iterator[None]:
    try:
        yield
    except CatalogueError as error:
        if damaged is None:
            raise
        damaged[table] = error


def empty_cells(store: Store, table: Table, column: str) -> int | None:
    """Return how many rows of a table are empty in a column, from the statistics of its parts.

    ``None`` when that isn't enough: a key may occur twice, or a part has no statistics.
    """
    version = store.version()
    names = version.live(table.name)
    ingests = deduplicated_ingests(store, version.live("ingests"))
    if not table.ingested or may_repeat(table, names, ingests):
        return None
    return _sum(store.empty_cells(table.name, name, column) for name in names)


def _sum(numbers: Iterable[int | None]) -> int | None:
    """Return a sum, or ``None`` if a number is ``None``."""
    total = 0
    for number in numbers:
        if number is None:
            return None
        total += number
    return total


def register_parts(
    connection: duckdb.DuckDBPyConnection,
    store: Store,
    table: Table,
    names: Sequence[str],
    sealed: ReadOnlyParts | None = None,
    *,
    valid: bool = False,
) -> None:
    """Make all rows of some parts known to a connection as ``_parts_<table>``.

    DuckDB opens the files itself where it can, which is several times as fast as through Arrow.

    Parameters
    ----------
    connection, store, table
        See :func:`create_views`.
    names
        The parts.
    sealed
        See :func:`create_views`.
    valid
        Whether impossible values read as empty (:mod:`.valid`). Code that writes the rows again
        needs them as they are.
    """
    name, files = f"_parts_{table.name}", store.files(table.name, names)
    if not names:
        columns = ", ".join(_column(table, field, ()) for field in table.schema)
        connection.sql(f"SELECT {columns} WHERE false").create_view(name)
        return
    if files and sealed is not None:
        files = sealed.add(files)
    try:
        if files:
            found = connection.read_parquet(files, union_by_name=True)
        else:
            # The connection keeps the Python object alive; the view doesn't.
            connection.register(f"_stored{name}", store.dataset(table.name, list(names)))
            found = connection.table(f"_stored{name}")
    except (duckdb.Error, OSError, ValueError, pa.ArrowException) as error:
        raise damage.raised(store.place, table.name, names, error) from error
    found = found.project(", ".join(_column(table, field, found.columns) for field in table.schema))
    if valid:
        # In a second step, because a renamed column is made of two.
        found = found.project(", ".join(_valid(found, field) for field in table.schema))
        if consistent := consistent_sql(table.name, DUCKDB):
            found = found.filter(consistent)
    found.create_view(name)


def _valid(found: duckdb.DuckDBPyRelation, field: pa.Field) -> str:
    """Return SQL for a column whose impossible values are empty, whatever its parts hold."""
    name, wanted = field.name, sql_type(field.type)
    value = name
    if str(found.types[found.columns.index(name)]) != wanted:
        value = f"TRY_CAST({name} AS {wanted})"
        try:
            found.project(value)
        except duckdb.Error:
            return f"NULL::{wanted} AS {name}"
    return f"{valid_sql(name, field.type, value, DUCKDB)} AS {name}"


def _column(table: Table, field: pa.Field, there: Collection[str]) -> str:
    """Return SQL for a column of parts, under its name in their format.

    A column that was added later is empty.
    """
    names = (field.name, table.former_names.get(field.name, ""))
    found = [name for name in names if name in there]
    if not found:
        return f"NULL::{sql_type(field.type)} AS {field.name}"
    # In parts of two formats, one name is empty where the other isn't.
    return field.name if found == [field.name] else f"coalesce({', '.join(found)}) AS {field.name}"


def sql_type(kind: pa.DataType) -> str:
    """Return DuckDB's name of an Arrow type in catalogues.

    DuckDB itself would import pandas to convert an empty table (0.2 s).

    Raises
    ------
    KeyError
        When no table has such a column.
    """
    return f"{sql_type(kind.value_type)}[]" if pa.types.is_list(kind) else _SQL_TYPES[str(kind)]


def newest_rows(table: Table, *, repeats: bool, beside_recordings: bool) -> str:
    """Return DuckDB's query for the valid rows of ``_parts_<table>``.

    Parameters
    ----------
    table
        The table. Its names come from the schema, so they are safe in SQL text.
    repeats
        Whether a key may occur twice, see :func:`.newest_row.may_repeat`.
    beside_recordings
        Whether a table with several rows per recording only keeps those that belong to the valid
        row of ``recordings``, which has to be a view.
    """
    query = f"SELECT * FROM _parts_{table.name}"  # noqa: S608 - our own names
    if table.several and beside_recordings:
        query += f" SEMI JOIN recordings USING ({', '.join(SHARED_KEYS)})"
    return f"{query} QUALIFY {newest(table)}" if repeats else query
