"""``phonoscope copies``: groups of the same recording in a catalogue, plain or altered."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, Quiet, person_path
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.terminal import message, painted, write, write_json
from phonoscope.escape import printable
from phonoscope.text import counted

if TYPE_CHECKING:
    from phonoscope.matching.recording.groups import CopyGroup, Member

EXAMPLES = """\b
Examples:
  phonoscope copies my-catalogue
  phonoscope copies my-catalogue --json | jq -r '.members[].uris[]'
  phonoscope copies my-catalogue --different RECORDING_ID RECORDING_ID
"""
INTERRUPTED = "What was found before is kept; the catalogue is whole."


def copies(
    catalogue: CatalogueArgument,
    *,
    known: Annotated[
        bool, typer.Option("--known", help="Do not search; list what the last search found.")
    ] = False,
    same: Annotated[
        tuple[str, str] | None,
        typer.Option("--same", metavar="ID ID", help="Say that two recordings are the same."),
    ] = None,
    different: Annotated[
        tuple[str, str] | None,
        typer.Option("--different", metavar="ID ID", help="Say that two are not the same."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """List groups of copies: the same recording, plain or altered, and how each one differs.

    Finds copies that were encoded anew, trimmed, made louder, sped up, slowed down, shifted or
    stretched. Other versions of a song (live, remixed, without the voice) are other recordings.
    Nothing is deleted. What you say with --same and --different is kept in the catalogue and
    no search asks again.
    """
    from phonoscope import api

    opened = api.open_catalogue(person_path(catalogue), create=False)
    if same:
        opened.decisions.record(*same, "same")
    if different:
        opened.decisions.record(*different, "different")
    with TerminalProgress(quiet) as progress:
        found = opened.copies(search=not (known or same or different), progress=progress)
    for number, group in enumerate(found, 1):
        if as_json:
            write_json(to_json(group), "phonoscope-copies/1")
        else:
            write(_block(number, group))
    if not found and not as_json:
        write("No two recordings in this catalogue are copies of each other, as far as measured.")
    elif not quiet:
        many = sum(len(group.members) for group in found)
        message(f"{counted(len(found), 'group')} with {counted(many, 'recording')}.")
    return Status.DONE


def to_json(group: CopyGroup) -> dict[str, Any]:
    """Return the documented JSON shape of a group."""
    return {
        "reasons": list(group.reasons),
        "members": [dataclasses.asdict(member) for member in group.members],
    }


def _block(number: int, group: CopyGroup) -> str:
    lines = [painted(f"Group {number}: {counted(len(group.members), 'recording')}", "bold")]
    for member in group.members:
        lines.append(f"  {printable(member.title)}  [{member.recording_id}]")
        lines.append(f"    {_said(member, group)}")
        lines += [f"    {printable(uri)}" for uri in member.uris]
    return "\n".join(lines)


def _said(member: Member, group: CopyGroup) -> str:
    if member.original:
        return f"likely the original: {', '.join(group.reasons)}"
    return ", ".join(member.differs)
