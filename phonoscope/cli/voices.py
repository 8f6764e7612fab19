"""``phonoscope voices``: licences of voices, recorded in a catalogue."""

from __future__ import annotations

import dataclasses
import shutil
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson, CatalogueArgument, Quiet, person_path
from phonoscope.cli.table import write_aligned, write_tabs
from phonoscope.cli.terminal import in_language, message, write_json
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext, ngettext

if TYPE_CHECKING:
    from phonoscope.api import Catalogue
    from phonoscope.disclosure.voice import VoiceRow

EXAMPLES = """\b
Examples:
  phonoscope voices my-catalogue
  phonoscope voices my-catalogue add anna --owner "Anna Ek" --allow covers --commercial \\
      --royalty 0.5 --evidence contracts/anna.pdf --valid-until 2027-12-31
  phonoscope voices my-catalogue add ben --owner "Ben Oh" --allow none
  phonoscope voices my-catalogue add --from licences.csv
  phonoscope voices my-catalogue end anna --on 2026-12-31
"""
INTERRUPTED = gettext("The catalogue is intact, with every licence that was recorded before.")
_COLUMNS: Mapping[str, str] = {
    "voice": gettext("voice"),
    "name": gettext("name"),
    "owner": gettext("owner"),
    "allows": gettext("allows"),
    "commercial": gettext("commercial"),
    "royalty %": gettext("royalty %"),
    "from": gettext("from"),
    "until": gettext("until"),
    "today": gettext("today"),
}
"""Columns of the list: their names in a pipe, and as a person reads them."""
_WORDS: Mapping[str, str] = {
    "none": gettext("none"),
    "yes": gettext("yes"),
    "no": gettext("no"),
    "valid": gettext("valid"),
    "ended": gettext("ended"),
    "not begun": gettext("not begun"),
    "covers": gettext("covers"),
    "original-songs": gettext("original songs"),
}
"""Words in the cells as a person reads them."""


class Action(StrEnum):
    """What to do with the licences."""

    LIST = "list"
    ADD = "add"
    END = "end"


class Allowed(StrEnum):
    """What an owner can allow."""

    NONE = "none"
    COVERS = "covers"
    ORIGINAL_SONGS = "original-songs"


def voices(
    catalogue: CatalogueArgument,
    action: Annotated[
        Action, typer.Argument(help="List all licences, add one, or end those of a voice.")
    ] = Action.LIST,
    voice: Annotated[
        str | None, typer.Argument(metavar="VOICE", help="Name of the voice in the catalogue.")
    ] = None,
    *,
    owner: Annotated[
        str | None, typer.Option("--owner", metavar="NAME", help="Owner of the voice.")
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Public name of the voice."),
    ] = None,
    allow: Annotated[
        list[Allowed] | None,
        typer.Option(
            "--allow",
            help="Use that the owner allows. Can be given several times; 'none' forbids all.",
        ),
    ] = None,
    commercial: Annotated[
        bool, typer.Option("--commercial", help="The owner allows commercial use.")
    ] = False,
    royalty: Annotated[
        float | None,
        typer.Option("--royalty", metavar="SHARE", help="The owner's share of royalties, 0 to 1."),
    ] = None,
    evidence: Annotated[
        str | None,
        typer.Option("--evidence", metavar="TEXT", help="Where the contract is. It isn't opened."),
    ] = None,
    valid_from: Annotated[
        str | None,
        typer.Option("--valid-from", metavar="DAY", help="First day, e.g. 2026-01-31."),
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
        typer.Option(
            "--on", metavar="DAY", help="With end: the last day of the licences. [default: today]"
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> Status:
    """List, add and end licences of voices.

    A licence says what the owner of a voice allows, and from when to when. Ended licences are
    kept. 'phonoscope report' lists recordings that declare a voice without a licence.

    docs/voices.md documents the columns of the CSV file and the JSON.
    """
    from phonoscope import api

    opened = api.open_catalogue(person_path(catalogue), create=False)
    status = Status.DONE
    if action is Action.ADD and from_file is not None:
        _only(voice, owner, name, allow, royalty, evidence, valid_from, valid_until)
        status = _import(opened, person_path(from_file))
    elif action is Action.ADD:
        if not voice or not owner or not allow:
            raise UsageError(
                gettext("A licence needs VOICE, --owner and --allow, or a CSV file with --from."),
                code="incomplete-licence",
            )
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
            raise UsageError(gettext("Give the VOICE whose licences end."), code="no-voice")
        changed = opened.licences.end(voice, on=_day(on))
        if not quiet:
            message(_ended(changed))
    _list(opened, None if action is Action.LIST else voice, as_json, quiet)
    return status


def _ended(changed: int) -> str:
    if not changed:
        return gettext("No licence changed: all of them had already ended.")
    return ngettext("{n} licence ended.", "{n} licences ended.", changed)


def _only(*others: object) -> None:
    if any(other for other in others):
        raise UsageError(
            gettext("--from reads whole licences from a file. Leave out the other options."),
            code="two-sources",
        )


def _uses(allow: list[Allowed]) -> list[str]:
    if Allowed.NONE in allow and len(set(allow)) > 1:
        raise UsageError(
            gettext("--allow none forbids every use. Leave out every other --allow."),
            code="none-and-more",
        )
    return [use.value for use in allow if use is not Allowed.NONE]


def _import(opened: Catalogue, path: str) -> Status:
    rejected = opened.licences.add_csv(path)
    for line, why in rejected:
        message(
            gettext(
                "{file}, line {line}: {reason}", file=printable(path), line=str(line), reason=why
            )
        )
    return Status.SOME_UNREADABLE if rejected else Status.DONE


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            gettext("'{text}' isn't a valid day. Write it as 2026-11-21.", text=printable(text)),
            code="not-a-day",
        ) from None


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
            message(
                gettext(
                    "The catalogue has no licences. Record one with 'phonoscope voices CATALOGUE "
                    "add VOICE --owner NAME --allow USE'."
                )
            )
        return
    rows = [_row(one, day) for one in known]
    if sys.stdout.isatty():
        heading = [in_language(title) for title in _COLUMNS.values()]
        shown = [_in_words(row) for row in rows]
        write_aligned(heading, [shown], shutil.get_terminal_size().columns)
    else:
        write_tabs(list(_COLUMNS), [rows])


def _in_words(row: Sequence[str | float | None]) -> list[str | float | None]:
    """Return a row in the language of the process."""
    voice, name, owner, uses, *rest = row
    allowed = ", ".join(in_language(_WORDS.get(use, use)) for use in str(uses).split(", "))
    return [
        voice,
        name,
        owner,
        allowed,
        *(in_language(_WORDS.get(cell, cell)) if isinstance(cell, str) else cell for cell in rest),
    ]


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
