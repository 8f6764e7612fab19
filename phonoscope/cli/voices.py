"""``phonoscope voices``: whose voice may be used for what, recorded in a catalogue."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, Quiet, person_path
from phonoscope.cli.table import write_aligned, write_tabs
from phonoscope.cli.terminal import message, write_json
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.text import counted

if TYPE_CHECKING:
    from phonoscope.api import Catalogue
    from phonoscope.disclosure.voice import VoiceRow

EXAMPLES = """\b
Examples:
  phonoscope voices my-catalogue
  phonoscope voices my-catalogue add anna --owner "Anna Ek" --allow covers --commercial
      --royalty 0.5 --evidence contracts/anna.pdf --valid-until 2027-12-31
  phonoscope voices my-catalogue add ben --owner "Ben Oh" --allow none
  phonoscope voices my-catalogue add --from licences.csv
  phonoscope voices my-catalogue end anna --on 2026-12-31
"""
INTERRUPTED = "What was recorded before is kept; the catalogue is whole."
_HEADING = ("voice", "name", "owner", "allows", "commercial", "royalty %", "from", "until", "today")


class Action(StrEnum):
    """What to do with the table of voices."""

    LIST = "list"
    ADD = "add"
    END = "end"


class Allowed(StrEnum):
    """What an owner may allow."""

    NONE = "none"
    COVERS = "covers"
    ORIGINAL_SONGS = "original-songs"


def voices(
    catalogue: CatalogueArgument,
    action: Annotated[
        Action, typer.Argument(help="List all licences, add one, or end those of a voice.")
    ] = Action.LIST,
    voice: Annotated[
        str | None, typer.Argument(metavar="VOICE", help="What the voice is called here.")
    ] = None,
    *,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="NAME", help="Who owns the voice.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Name of the voice as people know it."),
    ] = None,
    allow: Annotated[
        list[Allowed] | None,
        typer.Option(
            "--allow",
            help="What the owner allows; may be given several times. 'none': no use at all.",
        ),
    ] = None,
    commercial: Annotated[
        bool, typer.Option("--commercial", help="The owner allows it commercially too.")
    ] = False,
    royalty: Annotated[
        float | None,
        typer.Option(
            "--royalty", metavar="SHARE", help="Share of royalties that is the owner's, 0 to 1."
        ),
    ] = None,
    evidence: Annotated[
        str | None,
        typer.Option("--evidence", metavar="TEXT", help="Where the contract is; not opened."),
    ] = None,
    valid_from: Annotated[
        str | None, typer.Option("--valid-from", metavar="DAY", help="First day, as 2026-01-31.")
    ] = None,
    valid_until: Annotated[
        str | None, typer.Option("--valid-until", metavar="DAY", help="Last day.")
    ] = None,
    from_file: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="Add the licences of a CSV file."),
    ] = None,
    on: Annotated[
        str | None,
        typer.Option("--on", metavar="DAY", help="Last day of what is ended. [default: today]"),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """List, add and end licences of voices: whose voice may be used for what.

    A licence says what the owner of a voice allows and from when to when. What ended is kept.
    'phonoscope report' lists recordings that declare a voice without a licence. docs/voices.md
    has the columns of the CSV file and of the JSON.
    """
    from phonoscope import api

    opened = api.open_catalogue(person_path(catalogue), create=False)
    status = Status.DONE
    if action is Action.ADD and from_file is not None:
        _only(voice, owner, name, allow, royalty, evidence, valid_from, valid_until)
        status = _import(opened, person_path(from_file))
    elif action is Action.ADD:
        if not voice or not owner or not allow:
            raise UsageError("to add a licence, name VOICE, --owner and --allow (or --from FILE)")
        opened.licences.add(
            voice,
            owner=owner,
            uses=_uses(allow),
            commercial=commercial,
            name=name,
            royalty_share=royalty,
            evidence=evidence,
            valid_from=_day(valid_from),
            valid_until=_day(valid_until),
        )
    elif action is Action.END:
        if not voice:
            raise UsageError("name the VOICE whose licences end")
        changed = opened.licences.end(voice, on=_day(on))
        if not quiet:
            message(f"{counted(changed, 'licence')} ended." if changed else "All had ended before.")
    _list(opened, None if action is Action.LIST else voice, as_json, quiet)
    return status


def _only(*others: object) -> None:
    if any(other for other in others):
        raise UsageError("--from FILE records what the file says; give nothing else of a licence")


def _uses(allow: list[Allowed]) -> list[str]:
    if Allowed.NONE in allow and len(set(allow)) > 1:
        raise UsageError("--allow none goes with no other use")
    return [use.value for use in allow if use is not Allowed.NONE]


def _import(opened: Catalogue, path: str) -> Status:
    rejected = opened.licences.add_csv(path)
    for line, why in rejected:
        message(f"{path}, line {line}: {why}")
    return Status.SOME_UNREADABLE if rejected else Status.DONE


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"a day is written as 2026-11-21, not {text!r}") from None


def _list(opened: Catalogue, voice: str | None, as_json: bool, quiet: bool) -> None:
    from phonoscope.clock import utc_today

    day = utc_today()
    known = opened.licences.rows(voice)
    if as_json:
        for one in known:
            shape = {**dataclasses.asdict(one), "standing": one.standing(day)}
            recorded = f"{one.recorded_utc:%Y-%m-%dT%H:%M:%SZ}"
            write_json({**shape, "recorded_utc": recorded}, "phonoscope-voices/1")
        return
    if not known:
        if not quiet:
            message("No licence of a voice is recorded here.")
        return
    lines = [_row(one, day) for one in known]
    if sys.stdout.isatty():
        write_aligned(_HEADING, [lines], shutil.get_terminal_size().columns)
    else:
        write_tabs(_HEADING, [lines])


def _row(one: VoiceRow, day: date) -> tuple[str | float | None, ...]:
    share = None if one.royalty_share is None else round(100 * one.royalty_share, 2)
    return (
        printable(one.voice_id),
        printable(one.name or ""),
        printable(one.owner),
        ", ".join(one.uses) or "none",
        "yes" if one.commercial else "no",
        share,
        str(one.valid_from or ""),
        str(one.valid_until or ""),
        one.standing(day).replace("-", " "),
    )
