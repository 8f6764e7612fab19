"""The report: every finding of a catalogue as one HTML page, as JSON, or as CSV."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast

from phonoscope.atomic import write_whole
from phonoscope.catalogue.schema.tables import phonoscope_version
from phonoscope.clock import utc_now, utc_text
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.files import shown
from phonoscope.findings.base import Found, Tables, find
from phonoscope.findings.claim import Checked, Claim, Standing, check_claims
from phonoscope.findings.comparison import Comparison, compare, sizes_of
from phonoscope.findings.csv_export import checked_sheet, figures_of, long_sheet, sheet_of
from phonoscope.findings.page import asset, drawn, drawn_beside, environment
from phonoscope.notebook import summary_html, summary_text
from phonoscope.progress import Progress

ReportFormat = Literal["html", "json", "csv"]
JSON_FORMAT = "phonoscope-report/2"
"""Name and version of the JSON shape."""


@dataclass(frozen=True)
class Report:
    """What is reported of a catalogue: asked once, written in any form."""

    name: str
    found: tuple[Found, ...]
    checks: tuple[Checked, ...] | None = None
    """Claims held against it; ``None`` when none were asked for."""
    comparison: Comparison | None = None
    """The catalogue beside another; ``None`` when none was named."""

    def __str__(self) -> str:
        return summary_text(f"Report on {self.name}", self._summary())

    def _repr_html_(self) -> str:
        return summary_html(f"Report on {self.name}", self._summary())

    def _summary(self) -> list[tuple[str, str]]:
        """Return each finding's title and headline."""
        return [(one.finding.title, one.answer.headline) for one in self.found]

    @property
    def standings(self) -> Counter[Standing]:
        """How many claims hold, do not, and cannot be told."""
        return Counter(check.standing for check in self.checks or ())

    def html(self) -> str:
        """Return the report as one HTML page that loads nothing."""
        if self.comparison is not None:
            charts = drawn_beside(self.comparison)
            return _page("compare.html", comparison=self.comparison, charts=charts)
        return _page(
            "report.html",
            found=self.found,
            charts=drawn(self.found),
            name=self.name,
            checks=self.checks,
            figures=figures_of(self.found),
        )

    def json(self) -> dict[str, Any]:
        """Return the report in its documented JSON shape."""
        made = shape(self.name, self.found)
        if self.checks is not None:
            made["claims"] = [check.to_json() for check in self.checks]
        if self.comparison is not None:
            made["comparison"] = self.comparison.to_json()
        return made

    def csv(self) -> dict[str, str]:
        """Return every table of numbers as CSV, by file name."""
        sheets = as_csv(self.found)
        if self.checks is not None:
            sheets["claims.csv"] = checked_sheet(self.checks)
        if self.comparison is not None:
            sheets["compared.csv"] = sheet_of(self.comparison.table())
        return sheets

    def write(
        self, destination: str | os.PathLike[str], format: ReportFormat | None = None
    ) -> Path:
        """Write the report; the file is there whole or not at all.

        Parameters
        ----------
        destination
            Where to; for ``csv`` a name ending in ``.zip`` or a folder.
        format
            ``"html"`` (one self-contained page), ``"json"`` or ``"csv"``; by default what the
            name ends in, and else ``"html"``.

        Returns
        -------
        Path
            What was written.

        Raises
        ------
        UsageError
            When the format is unknown or the destination cannot be written.
        """
        writers: dict[str, Callable[[Path], None]] = {
            "html": lambda to: write_whole(to, self.html().encode()),
            "json": lambda to: write_whole(to, json.dumps(self.json(), indent=1).encode()),
            "csv": lambda to: _write_csv(self.csv(), to),
        }
        chosen = format_for(destination, format)
        to = Path(destination)
        try:
            writers[chosen](to)
        except OSError as error:
            why = error.strerror or str(error)
            raise UsageError(f"cannot write the report to {shown(str(to))}: {why}") from error
        return to


def report_of(
    catalogue: Tables,
    *,
    claims: Iterable[Claim] | None = None,
    whole: bool = False,
    other: Tables | None = None,
    source: str | None = None,
    full_paths: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Ask a catalogue everything that a report tells.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    claims
        Published claims to hold against it.
    whole
        Whether it is all that the claims speak of, not a sample.
    other
        A catalogue to put beside it.
    source
        Of the metadata, look at this source only.
    full_paths
        Whether to show full paths of files, not those relative to the scanned folder.
    progress
        Takes in how far it is.

    Raises
    ------
    UsageError
        When claims and another catalogue are asked for at once, or there is no such source.
    """
    if claims is not None and other is not None:
        raise UsageError("a report checks claims or compares two catalogues, not both at once")
    if source is not None:
        _check_source(catalogue, source)
    found = find(catalogue, source, progress, full_paths=full_paths)
    name = name_of(catalogue)
    if other is not None:
        names = _names_of(catalogue, other, full_paths=full_paths)
        others = find(other, source, progress, full_paths=full_paths)
        beside = compare(names, sizes_of(catalogue, other), found, others)
        return Report(name, found, comparison=beside)
    checks = None if claims is None else check_claims(claims, found, whole=whole)
    return Report(name, found, checks)


def _check_source(catalogue: Tables, source: str) -> None:
    ingests = catalogue.table("ingests")
    known = sorted(set(ingests.source.to_pyarrow().to_pylist()))
    if source not in known:
        there = ", ".join(printable(name) for name in known) or "none"
        raise UsageError(f"there is no source {source!r} here; there are: {there}")


def write_report(
    catalogue: Tables, destination: str | os.PathLike[str], format: ReportFormat = "html"
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
    check_format(format)
    return report_of(catalogue).write(destination, format)


def as_html(catalogue: Tables) -> str:
    """Return the report as one HTML page that loads nothing."""
    return report_of(catalogue).html()


def as_json(catalogue: Tables) -> dict[str, Any]:
    """Return the report in its documented JSON shape."""
    return report_of(catalogue).json()


def shape(name: str, found: Sequence[Found]) -> dict[str, Any]:
    """Return findings in the documented JSON shape of a report."""
    return {
        "format": JSON_FORMAT,
        "catalogue": name,
        "written_utc": utc_text(),
        "phonoscope_version": phonoscope_version(),
        "findings": [item.to_json() for item in found],
    }


def as_csv(found: Sequence[Found]) -> dict[str, str]:
    """Return every table of numbers as CSV, by file name; ``figures.csv`` has the key numbers."""
    tables = (table for item in found for table in item.answer.tables)
    return {"figures.csv": figures_of(found), **{f"{t.name}.csv": sheet_of(t) for t in tables}}


def name_of(catalogue: Tables) -> str:
    """Return the name of a catalogue as it stands on a page: the last part of its path."""
    path = str(catalogue.path).rstrip("/")
    return shown(path.rsplit("/", 1)[-1] or path)


def dateline() -> str:
    """Return when the numbers were counted."""
    now = utc_now()
    return f"Counted on {now.day} {now:%B %Y} at {now:%H:%M} UTC."


def _names_of(one: Tables, other: Tables, *, full_paths: bool) -> tuple[str, str]:
    """Return the names of two catalogues; where they are the same, their paths or numbers."""
    names = name_of(one), name_of(other)
    if names[0] != names[1]:
        return names
    paths = shown(str(one.path)), shown(str(other.path))
    if full_paths and paths[0] != paths[1]:
        return paths
    return f"{names[0]} (first)", f"{names[1]} (second)"


def _page(template: str, **content: Any) -> str:
    style, script = asset("style.css"), asset("charts.js")
    policy = (
        f"default-src 'none'; style-src {hash_source(style)}; script-src {hash_source(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        environment()
        .get_template(template)
        .render(
            dateline=dateline(),
            version=phonoscope_version(),
            policy=policy,
            style=style,
            script=script,
            **content,
        )
    )


def hash_source(text: str) -> str:
    """Return by what a page's policy knows a stylesheet or script in the page itself."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def format_for(destination: str | os.PathLike[str], format: str | None = None) -> ReportFormat:
    """Return the format of a report: the one that is named, or else what its name ends in.

    Raises
    ------
    UsageError
        When there is no such format.

    Examples
    --------
    >>> format_for("report.zip")
    'csv'
    """
    ending = os.path.splitext(destination)[1].lower()
    by_ending: dict[str, ReportFormat] = {".json": "json", ".csv": "csv", ".zip": "csv"}
    if format is not None:
        check_format(format)
        return cast("ReportFormat", format)
    return by_ending.get(ending, "html")


def check_format(format: str) -> None:
    """Check that a format is known.

    Raises
    ------
    UsageError
        When it is not.
    """
    if format not in ("html", "json", "csv"):
        raise UsageError(f"a report is html, json or csv, not {format!r}")


def _write_csv(sheets: dict[str, str], to: Path) -> None:
    if to.suffix.lower() == ".zip":
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, text in sheets.items():
                archive.writestr(name, text)
        write_whole(to, packed.getvalue())
        return
    if to.suffix.lower() == ".csv":
        write_whole(to, long_sheet(sheets).encode())
        return
    to.mkdir(parents=True, exist_ok=True)
    for name, text in sheets.items():
        write_whole(to / name, text.encode())
