"""The tables of a catalogue on a Spark cluster, for analyses through Ibis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from phonoscope.catalogue.contradictions import consistent_sql
from phonoscope.catalogue.damage import reason_for
from phonoscope.catalogue.newest_row import SHARED_KEYS, deduplicated_ingests, may_repeat, newest
from phonoscope.catalogue.schema.tables import Table, tables, unknown_table
from phonoscope.catalogue.store import Store
from phonoscope.catalogue.valid import SPARK, valid_sql
from phonoscope.catalogue.views import INTERNAL, live_parts
from phonoscope.errors import CatalogueError, UsageError
from phonoscope.messages import gettext

if TYPE_CHECKING:
    import ibis.expr.types as ir

_PATTERN_SIGNS = "*?[]{}"
"""Characters that are patterns in a path for Spark."""


class SparkTables:
    """A catalogue on Spark: the same rows by the same rules, on many machines.

    The executors have to reach the catalogue under the same name.

    Parameters
    ----------
    store
        The catalogue.
    session
        A Spark session.
    path
        The catalogue's path, as the user gave it.

    Raises
    ------
    UsageError
        When the catalogue's path has characters that are patterns for Spark (``spark-path``).
    """

    def __init__(self, store: Store, session: Any, path: str) -> None:
        import ibis

        if any(sign in store.uri for sign in _PATTERN_SIGNS):
            message = gettext(
                "The engine 'spark' can't read {path}: for Spark, each of {characters} in a path "
                "is a pattern. Rename the catalogue.",
                path=store.name,
                characters=_PATTERN_SIGNS,
            )
            raise UsageError(message, code="spark-path")
        self.path = path
        self._store, self._session = store, session
        self._backend = ibis.pyspark.connect(session)
        self._parts = live_parts(store)
        self._deduplicated = deduplicated_ingests(store, self._parts["ingests"])
        self._made: dict[str, Any] = {}

    def table(self, name: str) -> ir.Table:
        """Return a table by name, with the rows from when this object was made.

        Raises
        ------
        UsageError
            When there is no such table (``unknown-table``).
        """
        if name not in tables():
            raise unknown_table(name)
        if name not in self._made:
            self._frame(tables()[name]).createOrReplaceTempView(f"phonoscope_{name}")
            self._made[name] = self._backend.table(f"phonoscope_{name}")
        return self._made[name]

    def damage(self, error: Exception) -> CatalogueError | None:
        """Return the damage to this catalogue that an error comes from, or ``None``."""
        return reason_for(error, [self._store])

    def _frame(self, table: Table) -> Any:
        """Return the valid rows of a table, as a Spark data frame."""
        names = self._parts[table.name]
        frame = self._read(table, names)
        if table.several:
            scans = self._frame(tables()["recordings"]).select(*SHARED_KEYS)
            frame = frame.join(scans, [*SHARED_KEYS], "left_semi")
        return _newest(frame, table) if may_repeat(table, names, self._deduplicated) else frame

    def _read(self, table: Table, names: Sequence[str]) -> Any:
        from pyspark.sql.pandas.types import from_arrow_schema

        if not names:
            return self._session.createDataFrame([], from_arrow_schema(table.schema))
        base = self._store.uri.rstrip("/")
        paths = [f"{base}/{table.name}/{name}" for name in names]
        # A column that a part lacks is empty; of a renamed column, a part has one of two names.
        frame = self._session.read.schema(from_arrow_schema(table.stored_schema)).parquet(*paths)
        frame = frame.select(*(_column(table, name) for name in table.schema.names))
        return _valid(frame, table)


def _column(table: Table, name: str) -> Any:
    from pyspark.sql import functions as f

    former = table.former_names.get(name)
    return f.col(name) if former is None else f.coalesce(name, former).alias(name)


def _valid(frame: Any, table: Table) -> Any:
    """Return rows as :mod:`phonoscope.catalogue.views` shows them: impossible values are empty."""
    if table.name not in INTERNAL:
        frame = frame.selectExpr(
            *(f"{valid_sql(f.name, f.type, f.name, SPARK)} AS {f.name}" for f in table.schema)
        )
        if consistent := consistent_sql(table.name, SPARK):
            frame = frame.filter(consistent)
    return frame


def _newest(frame: Any, table: Table) -> Any:
    """Return the newest row of each key; Spark has no QUALIFY, and no windows in WHERE."""
    from pyspark.sql import functions as f

    return frame.withColumn("_newest", f.expr(newest(table))).filter("_newest").drop("_newest")
