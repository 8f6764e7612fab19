"""What Ibis leaves to the database: keeping results, and streaming rows."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

BATCH_ROWS = 1 << 17
"""Rows of a streamed batch."""


def is_local(table: Any) -> bool:
    """Whether DuckDB on this machine reads a table, and not a cluster."""
    return bool(table.get_backend().name == "duckdb")


def materialise(table: Any) -> tuple[Any, Callable[[], object]]:
    """Compute an Ibis table once and keep the rows in the database.

    Returns
    -------
    kept, forget
        The rows as a table, and a function that drops them.
    """
    if not is_local(table):
        return _keep_on_spark(table)
    # Not Ibis' own cache: Ibis 12 drops it with a statement that DuckDB 2 refuses.
    backend, name = table.get_backend(), f"kept_{secrets.token_hex(6)}"
    kept = backend.create_table(name, obj=table, temp=True)
    return kept, lambda: backend.con.execute(f"DROP TABLE IF EXISTS {name}")


def memtable(table: Any, rows: pa.Table) -> Any:
    """Return Arrow rows as an Ibis table that can be joined with another table."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    if is_local(table):
        return ibis.memtable(rows)
    # Not Ibis' own: Spark doesn't know it when a table that uses it is materialised.
    frame = _session().createDataFrame(rows.to_pandas(), schema=_spark_schema(rows.schema))
    return _named(table, frame)[0]


def _keep_on_spark(table: Any) -> tuple[Any, Callable[[], object]]:
    # Not Ibis' own cache: with it, every plan includes those of all earlier results, each as often
    # as it is used, and a dozen steps fill the driver's memory.
    frame = _session().sql(table.get_backend().compile(table)).localCheckpoint()
    kept, name = _named(table, frame)

    def forget() -> None:
        _session().catalog.dropTempView(name)
        frame.unpersist()

    return kept, forget


def _named(table: Any, frame: Any) -> tuple[Any, str]:
    """Return a data frame as a table of the same backend as another table, and its name."""
    name = f"kept_{secrets.token_hex(6)}"
    frame.createOrReplaceTempView(name)
    return table.get_backend().table(name), name


def _session() -> Any:
    from pyspark.sql import SparkSession  # noqa: PLC0415  (an extra)

    return SparkSession.getActiveSession()


def _spark_schema(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415  (an extra)

    return from_arrow_schema(schema)


def temporary_table(table: Any, rows: pa.Table) -> tuple[Any, Callable[[], object]]:
    """Return Arrow rows as a table in the database of a local table, and what drops it.

    A query that is streamed can use it, and can't use :func:`memtable`.
    """
    backend, name = table.get_backend(), f"given_{secrets.token_hex(6)}"
    # Not Ibis' own: what Ibis 12 ends with is a statement that DuckDB 2 refuses.
    backend.con.register(name, rows)
    return backend.table(name), lambda: backend.con.unregister(name)


def stream(table: Any, most_rows: int = BATCH_ROWS) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a local Ibis table in record batches, in its order if it has one."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    # Not Ibis' own batches: they call a function that DuckDB 2 no longer has.
    yield from table.get_backend().con.sql(str(ibis.to_sql(table))).to_arrow_reader(most_rows)


def microseconds(table: Any, name: str) -> Any:
    """Return a column of times as whole microseconds since 1970, UTC, as an expression.

    Ibis' backends differ in whether seconds include their fraction; the databases' own functions
    don't.
    """
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)
    import ibis.expr.datatypes as dt  # noqa: PLC0415  (as above)

    function = "epoch_us" if is_local(table) else "unix_micros"
    whole = ibis.udf.scalar.builtin(
        lambda at: at, name=function, signature=((dt.timestamp,), dt.int64)
    )
    return whole(table[name])
