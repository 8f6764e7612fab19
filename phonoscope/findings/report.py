"""The report: every finding of a catalogue as one HTML page, as JSON or as CSV."""

from __future__ import annotations

import base64
import errno
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
from phonoscope.findings.page import asset, drawn, drawn_pairs, environment
from phonoscope.messages import Message, gettext
from phonoscope.notebook import summary_html, summary_text
from phonoscope.progress import Progress
from phonoscope.text import moment

ReportFormat = Literal["html", "json", "csv"]
JSON_FORMAT = "phonoscope-report/2"
"""Name and version of the JSON shape."""
_SINGLE_FILES = (".zip", ".csv")
"""Endings of CSV reports that are one file; any other CSV report is a folder."""


@dataclass(frozen=True)
class Report:
    """Everything reported about a catalogue: computed once, written in any format."""

    name: str
    found: tuple[Found, ...]
    checks: tuple[Checked, ...] | None = None
    """Checked claims; ``None`` when none were given."""
    comparison: Comparison | None = None
    """The comparison with another catalogue; ``None`` when none was given."""

    def __str__(self) -> str:
        return summary_text(gettext("Report on {name}", name=self.name), self._summary())

    def _repr_html_(self) -> str:
        return summary_html(gettext("Report on {name}", name=self.name), self._summary())

    def _summary(self) -> list[tuple[str, str]]:
        """Return each finding's title and headline."""
        return [(one.finding.title, one.answer.headline) for one in self.found]

    @property
    def standings(self) -> Counter[Standing]:
        """Number of claims by standing."""
        return Counter(check.standing for check in self.checks or ())

    def html(self) -> str:
        """Return the report as one HTML page that loads nothing."""
        if self.comparison is not None:
            charts = drawn_pairs(self.comparison)
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
        """Write the report, whole or not at all.

        Parameters
        ----------
        destination
            File to write; for ``csv`` also a name that ends in ``.zip``, or a folder.
        format
            ``"html"`` (one self-contained page), ``"json"`` or ``"csv"``. The default follows
            from the name, and is ``"html"`` for an unknown ending.

        Returns
        -------
        Path
            The written file or folder.

        Raises
        ------
        UsageError
            When the format is unknown or the destination can't be written.
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
            raise _unwritable(to, error.strerror or str(error)) from error
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
    """Compute everything that a report shows.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    claims
        Published claims to check.
    whole
        Whether the catalogue is everything that the claims are about, not a sample of it.
    other
        A catalogue to compare it with.
    source
        Use only this source of the metadata.
    full_paths
        Whether to show full paths of files instead of paths relative to the scanned folder.
    progress
        Receives the progress.

    Raises
    ------
    UsageError
        When both claims and another catalogue are given, or the source is unknown.
    """
    if claims is not None and other is not None:
        words = gettext(
            "A report either checks claims or compares two catalogues. Make two reports."
        )
        raise UsageError(words, code="claims-and-comparison")
    if source is not None:
        _check_source(catalogue, source)
    found = find(catalogue, source, progress, full_paths=full_paths)
    name = name_of(catalogue)
    if other is not None:
        names = _names_of(catalogue, other, full_paths=full_paths)
        others = find(other, source, progress, full_paths=full_paths)
        made = compare(names, sizes_of(catalogue, other), found, others)
        return Report(name, found, comparison=made)
    checks = None if claims is None else check_claims(claims, found, whole=whole)
    return Report(name, found, checks)


def _check_source(catalogue: Tables, source: str) -> None:
    ingests = catalogue.table("ingests")
    known = sorted(set(ingests.source.to_pyarrow().to_pylist()))
    if source not in known:
        raise UsageError(_no_source(source, known), code="unknown-source")


def _no_source(source: str, known: list[str]) -> Message:
    if not known:
        return gettext(
            "The catalogue has no source named {name}: it has no metadata yet.",
            name=printable(source),
        )
    return gettext(
        "The catalogue has no source named {name}. Its sources are {known}.",
        name=printable(source),
        known=", ".join(map(printable, known)),
    )


def write_report(
    catalogue: Tables, destination: str | os.PathLike[str], format: ReportFormat = "html"
) -> Path:
    """Write all findings of a catalogue, whole or not at all.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    destination
        File to write. For ``csv``: a name that ends in ``.zip`` (one file per table) or in
        ``.csv`` (one file, one row per cell), or a folder, which gets one file per table.
    format
        ``html`` for one self-contained page, ``json`` for one document, ``csv`` for tables.

    Returns
    -------
    Path
        The written file or folder.

    Raises
    ------
    UsageError
        When the format is unknown or the destination can't be written.
    """
    check_destination(destination, format)
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
    """Return every table of numbers as CSV, by file name; ``figures.csv`` has the figures."""
    tables = (table for item in found for table in item.answer.tables)
    return {"figures.csv": figures_of(found), **{f"{t.name}.csv": sheet_of(t) for t in tables}}


def name_of(catalogue: Tables) -> str:
    """Return the name of a catalogue on pages: the last part of its path."""
    path = str(catalogue.path).rstrip("/")
    return shown(path.rsplit("/", 1)[-1] or path)


def dateline() -> str:
    """Return a sentence with the time of counting, which is now."""
    return gettext("Counted on {when}.", when=moment(utc_now()))


def _names_of(one: Tables, other: Tables, *, full_paths: bool) -> tuple[str, str]:
    """Return the names of two catalogues; where they are the same, their paths or numbers."""
    names = name_of(one), name_of(other)
    if names[0] != names[1]:
        return names
    paths = shown(str(one.path)), shown(str(other.path))
    if full_paths and paths[0] != paths[1]:
        return paths
    return gettext("{name} (first)", name=names[0]), gettext("{name} (second)", name=names[1])


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
    """Return the source expression by which a page's policy allows a style or script in it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def format_for(destination: str | os.PathLike[str], format: str | None = None) -> ReportFormat:
    """Return the format of a report: the given one, or the one of its name's ending.

    Raises
    ------
    UsageError
        When the format is unknown.

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
        When it isn't.
    """
    if format not in ("html", "json", "csv"):
        words = gettext(
            "A report can't be written as {format}. Use html, json or csv.", format=format
        )
        raise UsageError(words, code="unknown-format")


def check_destination(destination: str | os.PathLike[str], format: str | None = None) -> None:
    """Check that a report can be written to a place, before minutes of counting.

    Parameters
    ----------
    destination, format
        As in :meth:`Report.write`.

    Raises
    ------
    UsageError
        When the format is unknown, or the place is a folder, has no folder, or isn't writable.
    """
    to = Path(destination)
    in_folder = format_for(destination, format) == "csv" and to.suffix.lower() not in _SINGLE_FILES
    folder = to if in_folder else to.parent
    while in_folder and not folder.exists() and folder != folder.parent:
        folder = folder.parent
    for wrong, error in (
        (not folder.exists(), errno.ENOENT),
        (not folder.is_dir(), errno.ENOTDIR),
        (not os.access(folder, os.W_OK | os.X_OK), errno.EACCES),
        (not in_folder and to.is_dir(), errno.EISDIR),
    ):
        if wrong:
            raise _unwritable(to, os.strerror(error))


def _unwritable(to: Path, why: str) -> UsageError:
    words = gettext("Can't write the report to {file}: {why}.", file=shown(str(to)), why=why)
    return UsageError(words, code="unwritable")


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
