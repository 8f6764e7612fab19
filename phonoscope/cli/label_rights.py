"""``phonoscope label rights``: the rights that a use of music touches, as a checklist."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson
from phonoscope.cli.terminal import columns, painted, wrapped, write, write_json
from phonoscope.messages import gettext, sentences
from phonoscope.text import day

if TYPE_CHECKING:
    from phonoscope.disclosure.rights import Right, RightsRule

EXAMPLES = """\b
Examples:
  phonoscope label rights
  phonoscope label rights --use cover-cloned-voice
  phonoscope label rights --use training --json | jq -r '.rights[].question'
"""
INTERRUPTED = gettext("No file was written.")


def rights(
    use: Annotated[
        str | None,
        typer.Option("--use", metavar="USE", help="The planned use. [default: list all uses]"),
    ] = None,
    *,
    as_json: AsJson = False,
) -> Status:
    """Print the rights that a use of music touches.

    For each right: the question to answer, the usual holder and the evidence to keep. Public
    rules come with their source and date. This checklist isn't legal advice.

    docs/rights.md documents the JSON.
    """
    from phonoscope.disclosure.rights import rights_of

    if use is None:
        _list_uses(as_json)
        return Status.DONE
    found = rights_of(use)
    if as_json:
        write_json(to_json(use, found), "phonoscope-label-rights/1")
    else:
        write(as_text(use, found))
    return Status.DONE


def to_json(use: str, found: tuple[Right, ...]) -> dict[str, Any]:
    """Return the documented JSON shape of the rights that a use touches."""
    from phonoscope.disclosure.rights import CHECKED, NOT_ADVICE, USES

    return {
        "use": use,
        "says": USES[use],
        "not_advice": NOT_ADVICE,
        "checked": CHECKED.isoformat(),
        "rights": [
            {
                **dataclasses.asdict(right),
                "rules": [
                    {**dataclasses.asdict(rule), "since": rule.since.isoformat()}
                    for rule in right.rules
                ],
            }
            for right in found
        ],
    }


def as_text(use: str, found: tuple[Right, ...]) -> str:
    """Return the checklist as text."""
    from phonoscope.disclosure.rights import CHECKED, NOT_ADVICE, USES

    title = gettext("{description} ({use})", description=USES[use], use=use)
    parts = [painted(title, "bold"), wrapped(NOT_ADVICE, indent=0), ""]
    for right in found:
        parts += [_block(right), ""]
    checked = gettext("The rules were looked up on {day}. Rules change.", day=day(CHECKED))
    return "\n".join([*parts, wrapped(checked, indent=0)])


KINDS: Mapping[str, str] = {
    "voice": gettext("voice"),
    "name": gettext("name"),
    "composition": gettext("composition"),
    "lyrics": gettext("lyrics"),
    "recording": gettext("recording"),
    "performance": gettext("performance"),
    "training": gettext("training"),
    "disclosure": gettext("disclosure"),
}
"""Kinds of rights in words."""


def _block(right: Right) -> str:
    kind = KINDS[right.kind]
    title = (
        gettext("{kind} (affected)", kind=kind)
        if right.touched == "yes"
        else gettext("{kind} (perhaps affected)", kind=kind)
    )
    rows: list[tuple[str, str]] = [
        (gettext("holder"), right.holder),
        (gettext("keep"), right.evidence),
    ]
    rows += [(gettext("rule"), _rule(rule)) for rule in right.rules]
    question = wrapped(right.question, indent=4).replace("\n", "\n    ")
    lines = columns([(name, wrapped(text, indent=18)) for name, text in rows], indent="    ")
    return f"[ ] {painted(title, 'bold')}\n    {question}\n{lines}"


def _rule(rule: RightsRule) -> str:
    source = gettext(
        "{where}: {source}, {day}.", where=rule.where, source=rule.source, day=day(rule.since)
    )
    return sentences(rule.says, source)


def _list_uses(as_json: bool) -> None:
    from phonoscope.disclosure.rights import USES

    if as_json:
        for use, says in USES.items():
            write_json({"use": use, "says": says}, "phonoscope-label-uses/1")
        return
    write(columns((use, wrapped(says, indent=28)) for use, says in USES.items()))
