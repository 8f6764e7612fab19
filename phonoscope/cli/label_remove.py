"""``phonoscope label remove``: take declarations out of files."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phonoscope.cli.confirmation import can_ask, confirmed
from phonoscope.cli.exits import Status
from phonoscope.cli.label_run import DryRun, Yes, files_of, run_each, standards_of, worker_on
from phonoscope.cli.options import AsJson, Quiet
from phonoscope.cli.terminal import message, write, write_json
from phonoscope.escape import printable
from phonoscope.messages import gettext, ngettext, sentences

if TYPE_CHECKING:
    from phonoscope.disclosure.removal import Removed
    from phonoscope.scan.limited import LimitedWorker

EXAMPLES = """\b
Examples:
  phonoscope label remove song.mp3 --standard tags --dry-run
  phonoscope label remove album/ --standard tags,gb45438,iptc
  phonoscope label remove song.wav --standard all
"""
INTERRUPTED = gettext(
    "The printed files are done. Every other file is unchanged or without these labels."
)
_ALL = "all"


def remove_labels(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE", help="Audio files, folders of them, lists (.txt), or a catalogue."
        ),
    ],
    *,
    standard: Annotated[
        list[str],
        typer.Option(
            "--standard",
            metavar="NAMES",
            help="Marks to remove: tags (AI_* tags), gb45438, iptc, c2pa, sidecar, or all of "
            "these; several separated by commas.",
        ),
    ],
    break_signature: Annotated[
        bool,
        typer.Option(
            "--break-signature",
            help="Change the tags of a signed file and leave its signature, which is then invalid.",
        ),
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Remove declarations from files and check the result.

    Decoded samples and every other tag and picture stay identical, as with 'label write'. Marks
    in places that the command doesn't edit, such as XMP and comments of generators, stay and are
    named.

    docs/labels.md describes the standards; docs/label-json.md documents the JSON.
    """
    standards = _standards(standard)
    uris = list(dict.fromkeys(files_of(files)))
    asks = len(uris) > 1 and not dry_run and not yes and can_ask()
    if asks and not confirmed(_question(len(uris), standards)):
        message(gettext("No file was changed."))
        return Status.NOT_DONE

    def show(uri: str, removed: Removed | None, error: str | None) -> None:
        if as_json:
            write_json(
                _json_of(uri, standards, removed, error, dry_run), "phonoscope-label-remove/1"
            )
        else:
            _show(uri, removed, error, dry_run=dry_run, quiet=quiet)

    with worker_on(uris) as worker:
        jobs = {
            uri: partial(_one, worker, uri, standards, dry_run, break_signature) for uri in uris
        }
        results, failed = run_each(jobs, show, quiet=quiet)
    if not quiet and len(uris) > 1:
        message(_summary(sum(bool(r.removed) for r in results), failed, dry_run))
    return Status.SOME_UNREADABLE if failed else Status.DONE


def _one(
    worker: LimitedWorker, uri: str, standards: tuple[str, ...], dry_run: bool, breaks: bool
) -> Removed:
    from phonoscope.disclosure.removal import remove_label

    removal = partial(remove_label, dry_run=dry_run, break_signature=breaks)
    removed: Removed = worker.call(removal, uri, standards)
    return removed


def _standards(given: list[str]) -> tuple[str, ...]:
    from phonoscope.disclosure.marked_file import WRITABLE

    found = standards_of(given, _ALL)
    return WRITABLE if _ALL in found else found


def _question(files: int, standards: tuple[str, ...]) -> str:
    return ngettext(
        "Remove these marks from {n} file ({standards})? [y/N]",
        "Remove these marks from {n} files ({standards})? [y/N]",
        files,
        standards=", ".join(standards),
    )


def _summary(changed: int, failed: int, dry_run: bool) -> str:
    done = (
        ngettext("{n} file would lose marks.", "{n} files would lose marks.", changed)
        if dry_run
        else ngettext("Removed marks from {n} file.", "Removed marks from {n} files.", changed)
    )
    unable = ngettext("{n} file can't be changed.", "{n} files can't be changed.", failed)
    return sentences(done, unable if failed else "")


def _json_of(
    uri: str, standards: tuple[str, ...], removed: Removed | None, error: str | None, dry_run: bool
) -> dict[str, Any]:
    import dataclasses

    from phonoscope.files import shown
    from phonoscope.json_values import json_value

    def marks(name: str) -> list[Any]:
        return [json_value(dataclasses.asdict(d)) for d in getattr(removed, name, ())]

    return {
        "file": shown(uri),
        "uri": uri,
        "standards": standards,
        "removed": marks("removed"),
        "left": marks("left"),
        "changed": bool(removed and removed.removed),
        "dry_run": dry_run,
        "error": error,
    }


def _show(
    uri: str, removed: Removed | None, error: str | None, *, dry_run: bool, quiet: bool
) -> None:
    from phonoscope.disclosure.marked_file import named
    from phonoscope.files import shown

    file = shown(uri)
    if error:
        message(gettext("{file}: {reason}", file=file, reason=error))
    elif removed and not removed.removed:
        write(gettext("{file}: unchanged, has none of these marks", file=file))
    elif removed:
        places = printable(", ".join(dict.fromkeys(d.place for d in removed.removed)))
        if dry_run:
            write(gettext("{file}: would lose {places}", file=file, places=places))
        else:
            write(gettext("{file}: removed {places}", file=file, places=places))
    if removed and removed.left and not quiet:
        marks = named(removed.left)
        message(gettext("{file}: other marks stay. {marks}", file=file, marks=marks))
