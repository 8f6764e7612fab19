"""``phonoscope dossier``: everything known about one recording or group, in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, FullPaths, Quiet, person_path
from phonoscope.cli.terminal import message, write, write_json
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from phonoscope.dossier.content import Dossier
    from phonoscope.dossier.play_group import GroupDossier

EXAMPLES = """\b
Examples:
  phonoscope dossier song.mp3 --in my-catalogue
  phonoscope dossier 1f6c2a90 --in my-catalogue --to takedown.html
  phonoscope dossier song.mp3 --in my-catalogue --json | jq .matches
  phonoscope dossier --group 3 --in my-catalogue
"""
INTERRUPTED = gettext("The dossier wasn't written, and the catalogue is unchanged.")


def dossier(
    recording: Annotated[
        str | None,
        typer.Argument(
            metavar="[RECORDING]",
            show_default=False,
            help="A recording_id, the first digits of one, or the path of a scanned file.",
        ),
    ] = None,
    *,
    catalogue: Annotated[
        str, typer.Option("--in", metavar="CATALOGUE", help="Catalogue made by scan.")
    ],
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="FILE",
            help="File to write. [default: dossier-RECORDING.html, or dossier-group-N.html]",
        ),
    ] = None,
    group: Annotated[
        int | None,
        typer.Option(
            "--group",
            min=1,
            metavar="N",
            help="Write the dossier of a group of accounts, as 'royalties --by group' numbers it.",
        ),
    ] = None,
    log: Annotated[
        str | None,
        typer.Option("--log", metavar="NAME", help="The log that has the group; see --as."),
    ] = None,
    full_paths: FullPaths = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """Write the evidence on a recording or group to one page.

    With --group it is about a group of accounts that play alike: its reasons, its accounts and
    tracks, and how it plays. Otherwise it is about a recording.

    Use it for a takedown or a dispute. It has the hashes, the verdict with its error rates, the
    evidence, declarations, matches with times, licences, versions, and how to check it all. It is
    one HTML file that loads nothing and prints on A4. The same catalogue and files give the same
    bytes. It is evidence, not proof. With --json the content goes to stdout, and a page is only
    written with --to. docs/dossier.md describes the JSON.
    """
    from phonoscope import api
    from phonoscope.dossier.content import dossier_of
    from phonoscope.dossier.page import write as write_page

    if (recording is None) == (group is None):
        raise UsageError(
            gettext("Name a recording, or a group with --group: one of them."),
            code="one-subject",
        )
    opened = api.open_catalogue(person_path(catalogue), create=False)
    if recording is None:
        of_group = opened.plays.dossier(group or 0, source=log, full_paths=full_paths)
        return _of_group(of_group, to, as_json=as_json)
    made = dossier_of(opened, person_path(recording), full_paths=full_paths)
    if as_json:
        write_json(made.to_json())
    if to is not None or not as_json:
        path = write_page(made, person_path(to or f"dossier-{made.record.recording_id[:12]}.html"))
        if not as_json:
            write(printable(str(path)))
    if made.sha256 is None and not quiet:
        message(_why_no_hash(made))
    return Status.DONE


def _of_group(made: GroupDossier, to: str | None, *, as_json: bool) -> Status:
    from phonoscope.dossier.play_group_page import write as write_page

    if as_json:
        write_json(made.to_json())
    if to is not None or not as_json:
        path = write_page(made, person_path(to or f"dossier-group-{made.group['group_id']}.html"))
        if not as_json:
            write(printable(path))
    return Status.DONE


def _why_no_hash(made: Dossier) -> str:
    reason = next((file.why for file in made.files if file.why), "")
    if reason:
        return gettext("The dossier has no SHA-256. {reason}", reason=reason)
    return gettext("The file has changed since the scan, so the dossier has no SHA-256.")
