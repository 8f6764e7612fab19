"""What ``label write`` and ``label remove`` share: options, and one file after another."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from phonoscope.cli.label_read import catalogue_in, paths_in
from phonoscope.cli.progress import TerminalProgress
from phonoscope.errors import PhonoscopeError, UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from phonoscope.scan.limited import LimitedWorker

T = TypeVar("T")

DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Do everything, including the comparison, but change no file."),
]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Don't ask before several files are changed.")
]

TAGS = "tags"
"""Short for 'ai-tags'."""


def standards_of(given: Iterable[str], *more: str) -> tuple[str, ...]:
    """Return the standards that ``--standard`` names, each once.

    Parameters
    ----------
    given
        Names, several separated by commas.
    more
        Other words that it may have.

    Raises
    ------
    UsageError
        When one isn't known.
    """
    from phonoscope.disclosure.aitags import STANDARD
    from phonoscope.disclosure.marked_file import WRITABLE

    named = [word.strip() for each in given for word in each.split(",") if word.strip()]
    found = tuple(dict.fromkeys(STANDARD if name == TAGS else name for name in named))
    for name in found:
        if name not in (*WRITABLE, *more):
            raise UsageError(
                gettext(
                    "--standard {name} isn't known. Give one or more of {names}.",
                    name=printable(name),
                    names=", ".join((TAGS, *WRITABLE[1:], *more)),
                ),
                code="unknown-standard",
            )
    return found


def files_of(files: list[str]) -> list[str]:
    """Return the files to change: those given, or every readable one of a catalogue."""
    catalogue = catalogue_in(files)
    if catalogue is None:
        return paths_in(files)
    return [file.uri for file in catalogue.labelled() if not file.error]


def run_each(
    jobs: Mapping[str, Callable[[], T]],
    show: Callable[[str, T | None, str | None], None],
    *,
    quiet: bool,
) -> tuple[list[T], int]:
    """Run each job; one that fails is shown with its reason and doesn't stop the others.

    Parameters
    ----------
    jobs
        What to do, by file. It raises an error when the file can't be changed.
    show
        Shows a file with its result or the reason.
    quiet
        Whether to show no progress.

    Returns
    -------
    results
        Of the jobs that succeeded.
    failed
        How many didn't.
    """
    results: list[T] = []
    failed = 0
    with _stopped_by_kill(), TerminalProgress(quiet) as progress:
        progress.start("label", unit="files", total=len(jobs))
        for uri, job in jobs.items():
            result, error = None, None
            try:
                result = job()
                results.append(result)
            except PhonoscopeError as reason:
                failed, error = failed + 1, reason.message
            with progress.aside():
                show(uri, result, error)
            progress.advance(unreadable=int(error is not None))
    return results, failed


@contextmanager
def worker_on(uris: list[str]) -> Iterator[LimitedWorker]:
    """Give a worker that changes these files, and leave no copies next to them."""
    # Imported before the worker is made, which is a copy of this process.
    from phonoscope.disclosure import removal, writing  # noqa: F401
    from phonoscope.scan.limited import LimitedWorker

    _remove_remnants(uris)
    try:
        with LimitedWorker.of_command() as worker:
            yield worker
    finally:
        # It was killed if a file took too long, or at Ctrl-C.
        _remove_remnants(uris)


def _remove_remnants(uris: list[str]) -> None:
    """Remove copies next to these files that a killed process left behind."""
    from phonoscope.disclosure import copy_beside
    from phonoscope.disclosure.marked_file import local

    folders = set()
    for uri in uris:
        try:
            folders.add(local(uri).parent)
        except (PhonoscopeError, OSError, ValueError):
            # Its own job reports that.
            continue
    for folder in sorted(folders):
        copy_beside.remove_remnants(folder)


@contextmanager
def _stopped_by_kill() -> Iterator[None]:
    """Let SIGTERM stop the work as Ctrl-C does, so that no copy stays behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
