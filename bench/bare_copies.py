"""Copies a source to Parquet and does nothing else: what an ingest is compared with.

    python -m bench.bare_copies FORM SOURCE FOLDER

SQLite is read by the same ADBC driver that an ingest uses, all else by DuckDB, on one thread. Each
copy loads the libraries that it needs only.
"""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path

_BATCH_ROWS = "8192"
_READERS = {"CSV": "read_csv", "JSON Lines": "read_json", "Parquet": "read_parquet"}
FORMS = ("SQLite", *_READERS)


def copied(form: str, source: Path, folder: Path) -> None:
    """Copy a source, which is in one of :data:`FORMS`, into a folder."""
    if form == "SQLite":
        _tables_copied(source, folder)
        return
    import duckdb  # noqa: PLC0415  (see above)

    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            f"COPY (FROM {_READERS[form]}('{source}')) TO '{folder}/copy.parquet' "
            "(FORMAT parquet, COMPRESSION zstd)"
        )


def _tables_copied(source: Path, folder: Path) -> None:
    import sqlite3  # noqa: PLC0415  (see above)

    import pyarrow.parquet as pq  # noqa: PLC0415  (see above)
    from adbc_driver_sqlite import dbapi  # noqa: PLC0415  (see above)

    with closing(sqlite3.connect(source)) as opened:
        named = opened.execute("select name from sqlite_master where type = 'table'").fetchall()
    with dbapi.connect(str(source)) as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": _BATCH_ROWS})
        for (name,) in named:
            cursor.execute(f'select * from "{name}"')
            rows = cursor.fetch_record_batch()
            path = folder / f"{name}.parquet"
            with pq.ParquetWriter(path, rows.schema, compression="zstd") as writer:
                for batch in rows:
                    writer.write_batch(batch)


if __name__ == "__main__":
    copied(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
