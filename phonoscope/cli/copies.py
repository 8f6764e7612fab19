"""``phonoscope copies``: groups of copies in a catalogue, exact or altered."""

from __future__ import annotations

import dataclasses
import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, Quiet, person_path
from phonoscope.cli.progress import TerminalProgress
from phonoscope.cli.terminal import (
    data,
    in_language,
    message,
    painted,
    program,
    wrapped,
    write,
    write_json,
)
from phonoscope.escape import printable
from phonoscope.messages import Joined, Localised, gettext, ngettext
from phonoscope.text import joined

if TYPE_CHECKING:
    from phonoscope.matching.recording.groups import CopyGroup, Member

EXAMPLES = """\b
Examples:
  phonoscope copies my-catalogue
  phonoscope copies my-catalogue --json | jq -r '.members[].uris[]'
  phonoscope copies my-catalogue --different 1f6c2a90 8d0b77e1
"""
INTERRUPTED = gettext("The copies found before are kept.")


def copies(
    catalogue: CatalogueArgument,
    *,
    known: Annotated[
        bool, typer.Option("--known", help="List what the last search found; don't search.")
    ] = False,
    same: Annotated[
        tuple[str, str] | None,
        typer.Option("--same", metavar="ID ID", help="Record that two recordings are the same."),
    ] = None,
    different: Annotated[
        tuple[str, str] | None,
        typer.Option("--different", metavar="ID ID", help="Record that two recordings differ."),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """List recordings that are copies of each other.

    Finds copies that were re-encoded, trimmed, made louder, sped up, slowed down, pitch-shifted or
    time-stretched, and shows how they differ. Live versions and remixes are other recordings.

    No file is deleted. Decisions made with --same and --different are stored in the catalogue and
    override later searches.
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
        write(gettext("No copies found."))
    if found and not quiet:
        message(_total(found))
        if not as_json:
            message(_next(catalogue, found))
    return Status.DONE


def _total(found: list[CopyGroup]) -> Localised:
    recordings = sum(len(group.members) for group in found)
    return ngettext(
        "{n} group with {recordings} recordings.",
        "{n} groups with {recordings} recordings.",
        len(found),
        recordings=recordings,
    )


def _next(catalogue: str, found: list[CopyGroup]) -> Localised:
    first, second, *_ = (member.recording_id for member in found[0].members)
    command = f"{program()} copies {shlex.quote(catalogue)} --different {first} {second}"
    return gettext(
        "Next: if two recordings are not the same, record it with '{command}'.",
        command=printable(command),
    )


def to_json(group: CopyGroup) -> dict[str, Any]:
    """Return the documented JSON shape of a group."""
    return {
        "reasons": list(group.reasons),
        "members": [dataclasses.asdict(member) for member in group.members],
    }


def _block(number: int, group: CopyGroup) -> str:
    title = ngettext(
        "Group {number}: {n} recording",
        "Group {number}: {n} recordings",
        len(group.members),
        number=number,
    )
    parts = [painted(title, "bold")]
    for member in group.members:
        name = data(member.title)
        parts.append(f"  {in_language(name)}  [{in_language(data(member.recording_id))}]")
        parts.append(f"    {wrapped(_relation(member, group), indent=4)}")
        parts += [f"    {in_language(data(uri))}" for uri in member.uris]
    return "\n".join(parts)


def _relation(member: Member, group: CopyGroup) -> Localised:
    if member.original:
        return gettext("Likely the original: {reasons}", reasons=joined(group.reasons))
    return Joined(", ", member.differs)
