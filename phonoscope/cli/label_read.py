"""``phonoscope label read``: print what files declare about themselves."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, Quiet, person_path
from phonoscope.cli.terminal import columns, message, painted, wrapped, write, write_json
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext, ngettext

if TYPE_CHECKING:
    from phonoscope.api import Catalogue
    from phonoscope.disclosure.model import Declaration
    from phonoscope.disclosure.read import Labels

EXAMPLES = """\b
Examples:
  phonoscope label read song.mp3
  phonoscope label read album/ --json | jq -r 'select(.declared == []) | .file'
  phonoscope label read my-catalogue --csv > declared.csv
"""
INTERRUPTED = gettext("The printed results are complete. No file was changed.")

CSV_COLUMNS = (
    "file",
    "part",
    "making",
    "tool",
    "producer",
    "voice",
    "declared_utc",
    "standard",
    "place",
    "signer",
    "signature",
    "value",
)
"""``label write --from`` reads all but place, signer and signature."""

Files = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE",
        help="Audio or video files, folders of them, lists (.txt), DDEX messages, or a catalogue.",
    ),
]


def read_labels(
    files: Files,
    *,
    as_json: AsJson = False,
    as_csv: Annotated[
        bool,
        typer.Option(
            "--csv", help="Write CSV with a row for each declaration, which 'write --from' reads."
        ),
    ] = False,
    quiet: Quiet = False,
) -> Status:
    """Print the declarations in files and their sidecars.

    The command reads tags and manifests. It doesn't analyse the sound. From a catalogue, it prints
    what the scan stored, without opening the files.

    docs/labels.md describes the standards; docs/label-json.md documents the JSON.
    """
    seen = Seen(files)
    if as_csv:
        from phonoscope.cli.table import write_csv

        write_csv(CSV_COLUMNS, (rows_of(labels) for _, labels, _ in seen if labels))
    else:
        for uri, labels, error in seen:
            if as_json:
                write_json(json_of(uri, labels, error), "phonoscope-label-read/1")
            elif labels:
                write(_block(labels))
    if not quiet and seen.files > 1:
        message(
            ngettext(
                "{declaring} of {n} file has declarations.",
                "{declaring} of {n} files have declarations.",
                seen.files,
                declaring=seen.declaring,
            )
        )
    return Status.SOME_UNREADABLE if seen.unreadable else Status.DONE


class Seen:
    """Reads files once, counts them, and reports those that can't be read."""

    def __init__(self, files: list[str]) -> None:
        self._kept = catalogue_in(files)
        self._paths = [] if self._kept else paths_in(files)
        self.files = self.declaring = self.unreadable = 0

    def __iter__(self) -> Iterator[tuple[str, Labels | None, str | None]]:
        for uri, labels, error in _kept(self._kept) if self._kept else labels_of(self._paths):
            if error:
                message(gettext("{file}: {reason}", file=printable(uri), reason=error))
            self.files += 1
            self.unreadable += error is not None
            self.declaring += bool(labels and labels.declared)
            yield uri, labels, error


def catalogue_in(files: list[str]) -> Catalogue | None:
    """Return the catalogue that was given instead of files; ``None`` if files were given.

    Raises
    ------
    UsageError
        When a catalogue and something else are given.
    """
    from phonoscope import api
    from phonoscope.catalogue.store import MARKER

    given = [person_path(file) for file in files]
    if not any(os.path.isfile(os.path.join(path, MARKER)) for path in given):
        return None
    if len(given) > 1:
        raise UsageError(gettext("Give either files or one catalogue."), code="catalogue-and-files")
    return api.open_catalogue(given[0], create=False)


def paths_in(files: list[str]) -> list[str]:
    """Return the given files as URIs, with the contents of folders and lists."""
    from phonoscope import api

    return api.listed([person_path(file) for file in files])


def _kept(catalogue: Catalogue) -> Iterator[tuple[str, Labels | None, str | None]]:
    from phonoscope.disclosure.model import Tags
    from phonoscope.disclosure.read import Labels

    for file in catalogue.labelled():
        labels = None if file.error else Labels(file.uri, Tags(), file.declared)
        yield file.uri, labels, file.error


def labels_of(paths: list[str]) -> Iterator[tuple[str, Labels | None, str | None]]:
    """Yield each file with its declarations, or with the reason why it can't be read."""
    from phonoscope.disclosure import read
    from phonoscope.errors import UnreadableError
    from phonoscope.scan.limited import LimitedWorker

    with LimitedWorker.of_command() as worker:
        for uri in paths:
            try:
                yield uri, worker.call(read.read_labels, uri), None
            except UnreadableError as error:
                yield uri, None, error.message


def json_of(uri: str, labels: Labels | None, error: str | None) -> dict[str, Any]:
    """Return the documented JSON shape of one file."""
    import dataclasses

    from phonoscope.files import shown
    from phonoscope.json_values import json_value

    return {
        "file": shown(uri),
        "uri": uri,
        "declared": [json_value(dataclasses.asdict(d)) for d in labels.declared] if labels else [],
        "tag_error": labels.tags.error if labels else None,
        "error": error,
    }


def _block(labels: Labels) -> str:
    from phonoscope.files import shown

    rows = [(d.standard, _entry(d)) for d in labels.declared]
    if not rows:
        nothing = gettext("Nothing. That doesn't mean that a person made it.")
        rows = [(gettext("declared"), nothing)]
    if labels.tags.error:
        rows.append((gettext("not read"), wrapped(printable(labels.tags.error))))
    return f"{painted(shown(labels.uri), 'bold')}\n{columns(rows)}"


def _entry(declared: Declaration) -> str:
    from phonoscope.disclosure.model import sentence

    place = gettext("in {place}", place=printable(declared.place))
    return f"{wrapped(sentence(declared))}\n{painted(wrapped(place), 'dim')}"


def rows_of(labels: Labels) -> list[list[str | None]]:
    """Return a row of :data:`CSV_COLUMNS` for each declaration of a file."""
    from phonoscope.disclosure.sidecar import row_of

    return [
        [labels.uri, *row_of(d).values(), d.standard, d.place, d.signer, d.signature, d.value]
        for d in labels.declared
    ]
