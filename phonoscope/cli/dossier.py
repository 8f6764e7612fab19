"""``phonoscope dossier``: all that is known of one recording, as one file to hand over."""

from __future__ import annotations

from typing import Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, FullPaths, Quiet, person_path
from phonoscope.cli.terminal import message, write, write_json
from phonoscope.escape import printable

EXAMPLES = """\b
Examples:
  phonoscope dossier song.mp3 --in my-catalogue
  phonoscope dossier 1f6c2a90 --in my-catalogue --to takedown.html
  phonoscope dossier song.mp3 --in my-catalogue --json | jq .matches
"""
INTERRUPTED = "The dossier was not written; the catalogue is as it was."


def dossier(
    recording: Annotated[
        str,
        typer.Argument(
            metavar="RECORDING",
            help="A recording_id, the first digits of one, or the path of a scanned file.",
        ),
    ],
    *,
    catalogue: Annotated[
        str, typer.Option("--in", metavar="CATALOGUE", help="Catalogue, made by scan.")
    ],
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="FILE", help="Where to write it. [default: dossier-RECORDING.html]"
        ),
    ] = None,
    full_paths: FullPaths = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Write all that is known of one recording to one page, for a takedown or a dispute.

    Hashes, verdict and its error rates, evidence, declarations, matches with times, licences,
    versions, and how somebody else checks it. One HTML file that loads nothing and prints on A4;
    the same catalogue and files give the same bytes. It is evidence, not proof. With --json the
    content goes to stdout, and a page is written only with --to. docs/dossier.md has the JSON.
    """
    from phonoscope import api
    from phonoscope.dossier.content import dossier_of
    from phonoscope.dossier.page import write as write_page

    opened = api.open_catalogue(person_path(catalogue), create=False)
    made = dossier_of(opened, person_path(recording), full_paths=full_paths)
    if as_json:
        write_json(made.to_json())
    if to is not None or not as_json:
        path = write_page(made, person_path(to or f"dossier-{made.record.recording_id[:12]}.html"))
        if not as_json:
            write(printable(str(path)))
    if made.sha256 is None and not quiet:
        message(
            "No file with these bytes could be read again: the dossier has no SHA-256 and says so."
        )
    return Status.DONE
