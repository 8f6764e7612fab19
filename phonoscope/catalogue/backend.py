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


def keep(table: Any) -> tuple[Any, Callable[[], object]]:
    """Compute an Ibis table once and keep it where it was computed.

    Returns
    -------
    kept, forget
        The same rows as a table, and what lets go of them.
    """
    if not is_local(table):
        kept = table.cache()
        return kept, kept.release
    # Not Ibis' own cache: what drops it again, Ibis 12 writes in a way that DuckDB 2 refuses.
    backend, name = table.get_backend(), f"kept_{secrets.token_hex(6)}"
    kept = backend.create_table(name, obj=table, temp=True)
    return kept, lambda: backend.con.execute(f"DROP TABLE IF EXISTS {name}")


def stream(table: Any) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a local Ibis table in record batches, in its order if it has one."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    # Not Ibis' own batches: they call what DuckDB 2 no longer has.
    yield from table.get_backend().con.sql(str(ibis.to_sql(table))).to_arrow_reader(BATCH_ROWS)
