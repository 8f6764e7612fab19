"""Write a list to a file, exactly as it is selected: CSV, Parquet or JSON."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from phonoscope.findings.csv_export import harmless
from phonoscope.view.lists.selection import Selection

FORMAT = "phonoscope-list/1"

Batches = Iterator[pa.RecordBatch]
Write = Callable[[Batches, pa.Schema, Selection, BinaryIO], None]


def write_csv(batches: Batches, schema: pa.Schema, _: Selection, file: BinaryIO) -> None:
    """Write CSV; text that a spreadsheet would run as a formula gets an apostrophe in front.

    Text is in quotes, because some spreadsheets also divide lines at semicolons.
    """
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    writer.writerow(schema.names)
    for batch in batches:
        columns = [[harmless(value) for value in column.to_pylist()] for column in batch.columns]
        writer.writerows(zip(*columns, strict=True))
    text.flush()
    text.detach()


def write_parquet(batches: Batches, schema: pa.Schema, _: Selection, file: BinaryIO) -> None:
    """Write Parquet."""
    with pq.ParquetWriter(file, schema) as writer:
        for batch in batches:
            writer.write_batch(batch)


def write_json(batches: Batches, schema: pa.Schema, chosen: Selection, file: BinaryIO) -> None:
    """Write one JSON object with a row a line."""
    head = {"format": FORMAT, "list": chosen.kind.name, "columns": schema.names}
    file.write(json.dumps(head)[:-1].encode() + b', "rows": [')
    is_first = True
    for batch in batches:
        for row in batch.to_pylist():
            plain = {name: _plain(value) for name, value in row.items()}
            line = json.dumps(plain, ensure_ascii=False, default=str)
            file.write(b"\n" if is_first else b",\n")
            file.write(line.encode("utf-8", "backslashreplace"))
            is_first = False
    file.write(b"\n]}\n")


FORMATS: Mapping[str, tuple[str, Write]] = {
    "csv": ("text/csv; charset=utf-8", write_csv),
    "parquet": ("application/vnd.apache.parquet", write_parquet),
    "json": ("application/json", write_json),
}
"""Media type and writer of each format."""


def _plain(value: Any) -> Any:
    # JSON has no numbers that aren't finite.
    return None if isinstance(value, float) and not math.isfinite(value) else value
