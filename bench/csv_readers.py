"""Phonoscope's CSV reader compared with DuckDB's ``read_csv``: speed, memory, and hostile files.

    python -m bench.csv_readers --rows 2000000

Makes its files in a temporary folder. Each reader runs in a process of its own, on one thread, and
hands out all columns as Arrow text. DuckDB is asked for ``all_varchar`` and ``store_rejects``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path

HEAD = "id,name,artist,duration_ms\n"
ROWS = [f"t{at},Song {at},Artist {at % 9},{180_000 + at}\n" for at in range(20)]
BATCH_ROWS = 16_384


def _at_5(row: str) -> str:
    return HEAD + "".join([*ROWS[:5], row, *ROWS[5:]])


HOSTILE: dict[str, bytes] = {
    "plain": (HEAD + "".join(ROWS)).encode(),
    "UTF-8 with a mark": (HEAD + "".join(ROWS)).encode("utf-8-sig"),
    "UTF-16 with a mark": (HEAD + "".join(ROWS)).encode("utf-16"),
    "UTF-16 without a mark": (HEAD + "".join(ROWS)).encode("utf-16-le"),
    "UTF-8, one cell in Latin-1": _at_5("t99,Caf\u00e9,A,1\n").encode("latin-1"),
    "a row with too few cells": _at_5("t99,only two\n").encode(),
    "a row with too many cells": _at_5("t99,x,A,1,more,cells\n").encode(),
    "a quote that is never closed": _at_5('t99,"never closed,A,1\n').encode(),
    "quotes that nobody doubled": _at_5('t99,"Missy "M" Elliott, B",A,1\n').encode(),
    "a line break in a cell": _at_5('t99,"two\nlines",A,1\n').encode(),
    "CRLF and LF": _at_5("t99,x,A,1\r\n").encode(),
    "an empty and a quoted empty cell": _at_5('t99,,"",1\n').encode(),
    "blank lines": _at_5("\n\n").encode(),
    "a NUL byte in a cell": _at_5("t99,a\0b,A,1\n").encode(),
    "a line of 2 MB": _at_5(f"t99,{'x' * 2_000_000},A,1\n").encode(),
    "10,000 columns": (",".join(f"c{at}" for at in range(10_000)) + "\n").encode() * 2,
}


def ours(path: str, found: dict[str, object]) -> None:
    """Read a file by Phonoscope."""
    # Each reader is measured with its own modules only.
    from phonoscope.ingest.convert.columns import decodable  # noqa: PLC0415  (see above)
    from phonoscope.ingest.readers.csv_file import CsvFile  # noqa: PLC0415  (see above)

    source = CsvFile(path, path)
    kept, bad, begins = 0, Counter[str](), 0
    places = range(len(source.columns))
    for records in source.chunks(places):
        begins += records.begins is not None
        reasons = records.reject_reasons.to_pylist()
        columns = [decodable(records.column(at)) for at in places]
        found |= _planted(columns[1][0].to_pylist() if records.length < 50 else ())
        for _, undecodable in columns:
            for row, is_bad in enumerate(undecodable.to_pylist() if undecodable else ()):
                reasons[row] = reasons[row] or ("undecodable text" if is_bad else None)
        kept += reasons.count(None)
        bad.update(
            f"row {records.first_row + row}: {reason}"
            for row, reason in enumerate(reasons)
            if reason
        )
    found |= {"kept": kept, "rejected": dict(bad), "places to resume": begins}


def duckdbs(path: str, found: dict[str, object]) -> None:
    """Read a file by DuckDB, which detects its form itself."""
    _by_duckdb(path, found, "")


def duckdbs_lenient(path: str, found: dict[str, object]) -> None:
    """Read a file by DuckDB, with its columns given, in lenient mode."""
    text = Path(path).read_bytes()[:100].replace(b"\0", b"").decode("utf-8", "replace")
    names = text.split("\n", 1)[0].strip("\ufeff\ufffd").split(",")[:4]
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    _by_duckdb(path, found, f", auto_detect=false, strict_mode=false, columns={{{columns}}}")


def _by_duckdb(path: str, found: dict[str, object], options: str) -> None:
    import duckdb  # noqa: PLC0415  (each reader is measured with its own modules only)

    head = Path(path).read_bytes()[:4]
    encoding = "utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") or head[1:2] == b"\0" else "utf-8"
    all_text = "" if options else ", all_varchar=true"
    connection = duckdb.connect(config={"threads": 1})
    reader = connection.sql(
        f"FROM read_csv('{path}', header=true, delim=',', quote='\"', escape='\"', "
        f"store_rejects=true, max_line_size=1048576, encoding='{encoding}'{all_text}{options})"
    ).fetch_record_batch(BATCH_ROWS)
    kept = 0
    for batch in reader:
        kept += batch.num_rows
        found |= _planted(batch.column(1).to_pylist() if batch.num_rows < 50 else ())
    rejects = connection.sql("SELECT line, error_type FROM reject_errors").fetchall()
    found |= {"kept": kept, "rejected": {f"line {line}: {kind}": 1 for line, kind in rejects}}


def _planted(names: Iterable[str | None]) -> dict[str, object]:
    """Return the names that are not ones of the plain file."""
    return {"names": [n and n[:40] for n in names if n is None or not n.startswith("Song ")]}


def measured(
    read: Callable[[str, dict[str, object]], None], path: str, out: multiprocessing.Queue[object]
) -> None:
    """Put what a reader found, or why it stopped, and what it took into a queue."""
    started_s = time.process_time()
    found: dict[str, object] = {}
    try:
        read(path, found)
    except Exception as error:
        found["stopped"] = f"{type(error).__name__}: {str(error).splitlines()[0][:150]}"
    found["cpu_s"] = time.process_time() - started_s
    found["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    out.put(found)


def apart(read: Callable[[str, dict[str, object]], None], path: Path) -> dict[str, object]:
    """Return what :func:`measured` finds in a process of its own."""
    context = multiprocessing.get_context("spawn")
    out: multiprocessing.Queue[object] = context.Queue()
    process = context.Process(target=measured, args=(read, str(path), out))
    process.start()
    found = out.get()
    process.join()
    assert isinstance(found, dict)
    return found


def main() -> None:
    """Measure, and print a line a reader and file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "large.csv"
        with large.open("w", encoding="utf-8") as file:
            file.write(HEAD)
            file.writelines(
                f't{at},"Song {at}, live",Artist {at % 9999},{at}\n' for at in range(rows)
            )
        empty = Path(folder) / "empty.csv"
        empty.write_bytes(HOSTILE["plain"])
        for read in (ours, duckdbs, duckdbs_lenient):
            base, found = apart(read, empty), apart(read, large)
            cpu_s = float(str(found["cpu_s"])) - float(str(base["cpu_s"]))
            print(
                f"{read.__name__}: {rows:,} rows, {rows / cpu_s:,.0f} rows/CPU-s, peak "
                f"{found['peak_mb']:.0f} MB ({base['peak_mb']:.0f} MB for 20 rows)"
            )
        for name, content in HOSTILE.items():
            path = Path(folder) / "hostile.csv"
            path.write_bytes(content)
            for read in (ours, duckdbs, duckdbs_lenient):
                found = apart(read, path)
                result = {k: v for k, v in found.items() if k not in ("cpu_s", "peak_mb")}
                print(f"{name} | {read.__name__} | {result}")


if __name__ == "__main__":
    main()
