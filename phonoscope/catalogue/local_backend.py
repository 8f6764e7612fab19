"""Ibis' DuckDB backend over the views of a catalogue, without what takes long in each query."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis.expr.schema as sch
import pyarrow as pa
from ibis.backends.duckdb import Backend
from ibis.formats.pyarrow import PyArrowData

from phonoscope.catalogue.schema.tables import tables

if TYPE_CHECKING:
    import duckdb
    import ibis.expr.datatypes as dt
    import ibis.expr.types as ir


class LocalBackend(Backend):  # type: ignore[misc]  # Ibis has no types
    """A connection with one view per table.

    Ibis' own backend imports pandas for every result (0.4 CPU-s), and asks the database for the
    columns of each view (7 ms).
    """

    def get_schema(self, table_name: str, **where: Any) -> sch.Schema:
        """Return the columns of a table; those of views are known."""
        view = tables().get(table_name)
        if view is None or any(where.values()):
            return super().get_schema(table_name, **where)
        return sch.Schema.from_pyarrow(view.schema)

    def to_pyarrow(
        self, expr: ir.Expr, /, *, params: Any = None, limit: Any = None, **options: Any
    ) -> Any:
        """Return an Arrow table, column or value."""
        self._run_pre_execute_hooks(expr)
        query = self.compile(expr.as_table(), params=params, limit=limit, **options)
        return expr.__pyarrow_result__(self.con.sql(query).to_arrow_table(), data_mapper=_ArrowData)


class _ArrowData(PyArrowData):  # type: ignore[misc]  # as above
    """As in Ibis' backend: DuckDB's columns without a type are of Arrow's null type."""

    @classmethod
    def convert_scalar(cls, scalar: pa.Scalar, dtype: dt.DataType) -> pa.Scalar:
        return pa.scalar(None) if dtype.is_null() else super().convert_scalar(scalar, dtype)

    @classmethod
    def convert_column(cls, column: pa.Array, dtype: dt.DataType) -> pa.Array:
        return pa.nulls(len(column)) if dtype.is_null() else super().convert_column(column, dtype)


def local_backend(connection: duckdb.DuckDBPyConnection) -> LocalBackend:
    """Return the backend of a connection from :func:`phonoscope.catalogue.query.connect`."""
    made: LocalBackend = LocalBackend.from_connection(connection)
    return made
