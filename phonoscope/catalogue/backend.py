"""What Ibis leaves to the database: keeping a result there, and streaming a column from it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

BATCH_ROWS = 1 << 17
"""Rows of a streamed batch."""


def is_local(table: Any) -> bool:
    """Whether a table is asked on this machine, by DuckDB, and not by a cluster."""
    return bool(table.get_backend().name == "duckdb")


def materialise(table: Any) -> tuple[Any, Callable[[], object]]:
    """Compute an Ibis table once and keep it where it was computed.

    Returns
    -------
    kept, forget
        The same rows as a table, and what lets go of them.
    """
    if not is_local(table):
        return _keep_on_spark(table)
    # Not Ibis' own cache: what drops it again, Ibis 12 writes in a way that DuckDB 2 refuses.
    backend, name = table.get_backend(), f"kept_{secrets.token_hex(6)}"
    kept = backend.create_table(name, obj=table, temp=True)
    return kept, lambda: backend.con.execute(f"DROP TABLE IF EXISTS {name}")


def memtable(table: Any, rows: pa.Table) -> Any:
    """Return Arrow rows as an Ibis table that can be joined with another one, and be kept."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    if is_local(table):
        return ibis.memtable(rows)
    # Not Ibis' own: Spark is not told of them before what they are joined in is kept.
    frame = _session().createDataFrame(rows.to_pandas(), schema=_spark_schema(rows.schema))
    return _named(table, frame)[0]


def _keep_on_spark(table: Any) -> tuple[Any, Callable[[], object]]:
    # Not Ibis' own cache: with it a plan holds those of all that was kept before, each as often as
    # it is used, and a dozen steps fill the driver's memory with text.
    frame = _session().sql(table.get_backend().compile(table)).localCheckpoint()
    kept, name = _named(table, frame)

    def forget() -> None:
        _session().catalog.dropTempView(name)
        frame.unpersist()

    return kept, forget


def _named(table: Any, frame: Any) -> tuple[Any, str]:
    """Return a data frame as a table beside another one, and its name."""
    name = f"kept_{secrets.token_hex(6)}"
    frame.createOrReplaceTempView(name)
    return table.get_backend().table(name), name


def _session() -> Any:
    from pyspark.sql import SparkSession  # noqa: PLC0415

    return SparkSession.getActiveSession()


def _spark_schema(schema: pa.Schema) -> Any:
    from pyspark.sql.pandas.types import from_arrow_schema  # noqa: PLC0415

    return from_arrow_schema(schema)


def stream(table: Any) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a local Ibis table in record batches, in its order if it has one."""
    import ibis  # noqa: PLC0415

    # Not Ibis' own batches: they call what DuckDB 2 no longer has.
    yield from table.get_backend().con.sql(str(ibis.to_sql(table))).to_arrow_reader(BATCH_ROWS)


def microseconds(table: Any, name: str) -> Any:
    """Return a column of times as whole microseconds since 1970, UTC, as an expression.

    Ibis tells whole seconds, with or without their fraction, each backend as it likes; the
    databases' own functions do not differ.
    """
    import ibis  # noqa: PLC0415
    import ibis.expr.datatypes as dt  # noqa: PLC0415

    function = "epoch_us" if is_local(table) else "unix_micros"
    told = ibis.udf.scalar.builtin(
        lambda at: at, name=function, signature=((dt.timestamp,), dt.int64)
    )
    return told(table[name])
