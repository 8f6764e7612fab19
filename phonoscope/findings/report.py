"""The report: every finding of a catalogue as one HTML page, as JSON, or as CSV."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import secrets
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from phonoscope.audio.source import shown
from phonoscope.catalogue.layout import phonoscope_version
from phonoscope.errors import UsageError
from phonoscope.findings.base import Found, Tables, find
from phonoscope.findings.page import asset, drawn, environment

Format = Literal["html", "json", "csv"]
JSON_FORMAT = "phonoscope-report/1"
"""Name and version of the JSON shape."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""First characters that make a spreadsheet run a cell as a formula."""


def write_report(
    catalogue: Tables, destination: str | os.PathLike[str], format: Format = "html"
) -> Path:
    """Write all findings of a catalogue.

    The file is there whole or not at all.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    destination
        File to write. For ``csv`` a name ending in ``.zip`` (one table a file), or in ``.csv``
        (one file, one cell a row), or else a folder, which gets one file for each table and is
        made when it is not there.
    format
        ``html``: one self-contained page; ``json``: one document; ``csv``: the tables.

    Returns
    -------
    Path
        What was written.

    Raises
    ------
    UsageError
        When the format is unknown or the destination cannot be written.
    """
    writers: dict[str, Callable[[Tables, Path], None]] = {
        "html": lambda c, to: _write(to, as_html(c).encode()),
        "json": lambda c, to: _write(to, json.dumps(as_json(c), indent=1).encode()),
        "csv": _write_csv,
    }
    if format not in writers:
        raise UsageError(f"a report is html, json or csv, not {format!r}")
    to = Path(destination)
    try:
        writers[format](catalogue, to)
    except OSError as error:
        why = error.strerror or str(error)
        raise UsageError(f"cannot write the report to {shown(str(to))}: {why}") from error
    return to


def as_html(catalogue: Tables) -> str:
    """Return the report as one HTML page that loads nothing."""
    found = find(catalogue)
    style, script = asset("style.css"), asset("charts.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        environment()
        .get_template("report.html")
        .render(
            found=found,
            charts=drawn(found),
            name=name_of(catalogue),
            dateline=dateline(),
            version=phonoscope_version(),
            policy=policy,
            style=style,
            script=script,
        )
    )


def as_json(catalogue: Tables) -> dict[str, Any]:
    """Return the report in its documented JSON shape."""
    return shape(name_of(catalogue), find(catalogue))


def shape(name: str, found: Sequence[Found]) -> dict[str, Any]:
    """Return findings in the documented JSON shape of a report."""
    return {
        "format": JSON_FORMAT,
        "catalogue": name,
        "written_utc": datetime.now(UTC).isoformat(timespec="seconds"),
        "phonoscope_version": phonoscope_version(),
        "findings": [item.to_json() for item in found],
    }


def as_csv(found: Sequence[Found]) -> dict[str, str]:
    """Return every table of numbers as CSV, by file name; ``figures.csv`` has the key numbers."""
    sheets = {
        f"{table.name}.csv": _sheet([c.name for c in table.columns], table.rows)
        for item in found
        for table in item.answer.tables
    }
    head = ["finding", "figure", "value", "unit", "low", "high", "of", "headline"]
    rows: list[tuple[Any, ...]] = []
    for item in found:
        for figure in item.answer.figures:
            low, high = figure.interval or (None, None)
            numbers = (figure.value, figure.unit, low, high, figure.of)
            rows.append((item.finding.name, figure.name, *numbers, item.answer.headline))
        if not item.answer.figures:
            rows.append((item.finding.name, *[None] * 6, item.answer.headline))
    return {"figures.csv": _sheet(head, rows), **sheets}


def name_of(catalogue: Tables) -> str:
    """Return the name of a catalogue as it stands on a page: the last part of its path."""
    path = str(catalogue.path).rstrip("/")
    return shown(path.rsplit("/", 1)[-1] or path)


def dateline() -> str:
    """Return when the numbers were counted."""
    now = datetime.now(UTC)
    return f"Counted on {now.day} {now:%B %Y} at {now:%H:%M} UTC."


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _sheet(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([_harmless(value) for value in row] for row in rows)
    return text.getvalue()


def _long(sheets: dict[str, str]) -> str:
    """Put tables of different columns into one: table, row, column, value."""
    rows = [
        (name.removesuffix(".csv"), at, column, value)
        for name, text in sheets.items()
        for at, row in enumerate(csv.DictReader(io.StringIO(text)), 1)
        for column, value in row.items()
    ]
    return _sheet(["table", "row", "column", "value"], rows)


def _harmless(value: Any) -> Any:
    """Keep a name such as ``=cmd|...`` from being run by a spreadsheet."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _write_csv(catalogue: Tables, to: Path) -> None:
    sheets = as_csv(find(catalogue))
    if to.suffix.lower() == ".zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in sheets.items():
                archive.writestr(name, text)
        _write(to, packed.getvalue())
        return
    if to.suffix.lower() == ".csv":
        _write(to, _long(sheets).encode())
        return
    to.mkdir(parents=True, exist_ok=True)
    for name, text in sheets.items():
        _write(to / name, text.encode())


def _write(to: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    temporary = to.with_name(f".{to.name[:80]}.{secrets.token_hex(6)}")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, to)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
