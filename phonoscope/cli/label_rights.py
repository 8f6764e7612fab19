"""``rights``: which rights a use of music touches, as a check-list for a person."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Annotated, Any

import typer

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson
from phonoscope.cli.terminal import columns, painted, wrapped, write, write_json
from phonoscope.errors import UsageError
from phonoscope.escape import printable

if TYPE_CHECKING:
    from phonoscope.disclosure.rights import Right

EXAMPLES = """\b
Examples:
  phonoscope label rights
  phonoscope label rights --use cover-cloned-voice
  phonoscope label rights --use training --json | jq -r '.rights[].question'
"""
INTERRUPTED = "Nothing was written."


def rights(
    use: Annotated[
        str | None,
        typer.Option("--use", metavar="USE", help="What is to be done. [default: list all uses]"),
    ] = None,
    *,
    as_json: AsJson = False,
) -> Status:
    """Print which rights a use touches: what to ask, who usually holds it, what to keep.

    A check-list for people, not legal advice. Public rules come with their source and date.
    docs/rights.md documents the JSON.
    """
    from phonoscope.disclosure.rights import rights_of

    if use is None:
        _list_uses(as_json)
        return Status.DONE
    try:
        found = rights_of(use)
    except ValueError as error:
        raise UsageError(str(error)) from error
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
    """Return the check-list as text."""
    from phonoscope.disclosure.rights import CHECKED, NOT_ADVICE, USES

    parts = [painted(f"{USES[use]} ({use})", "bold"), wrapped(NOT_ADVICE, indent=0), ""]
    for right in found:
        parts += [_block(right), ""]
    parts.append(wrapped(f"Rules looked up on {CHECKED}; they change.", indent=0))
    return "\n".join(parts)


def _block(right: Right) -> str:
    mark = "touched" if right.touched == "yes" else "perhaps touched"
    rows = [("usually of", right.holder), ("keep", right.evidence)]
    rows += [
        ("rule", f"{rule.says} {rule.where}: {rule.source}, {rule.since}.") for rule in right.rules
    ]
    head = f"[ ] {painted(right.kind.value, 'bold')}, {mark}: "
    question = wrapped(right.question, indent=4).replace("\n", "\n    ")
    return f"{head}\n    {question}\n" + columns(
        [(label, wrapped(printable(text), indent=18)) for label, text in rows], indent="    "
    )


def _list_uses(as_json: bool) -> None:
    from phonoscope.disclosure.rights import USES

    if as_json:
        for use, says in USES.items():
            write_json({"use": use, "says": says}, "phonoscope-label-uses/1")
        return
    write(columns((use, wrapped(says, indent=28)) for use, says in USES.items()))
