"""What ``label write`` is to write into each file: from ``--what``, or from a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext, lines, sentences

if TYPE_CHECKING:
    from phonoscope.disclosure.model import Declaration
    from phonoscope.disclosure.rows import FileRows
    from phonoscope.disclosure.writing import Labelling

_HUMAN = "human"


@dataclass(frozen=True)
class Job:
    """What to write into one file."""

    labelling: Labelling | None
    """``None`` if there is nothing to write, or an error."""
    error: UsageError | None = None
    """Why nothing can be written."""
    passed_over: tuple[str, ...] = ()
    """Standards of rows that aren't written."""


def declared_by(
    what: list[str], tool: str | None, producer: str | None, voice: str | None, date: str | None
) -> tuple[Declaration, ...]:
    """Return what ``--what`` and the options with it declare.

    Raises
    ------
    UsageError
        When a word isn't known, or an option fits none of the parts.
    """
    from phonoscope.disclosure.merging import SUNG
    from phonoscope.disclosure.rows import declaration_of

    same = {"producer": producer, "declared_utc": date}
    rows = [word.strip() for each in what for word in each.split(",") if word.strip()]
    made = [(part, how) for row in rows for part, _, how in [row.partition("=")]]
    _check_every_how(made)
    declared = tuple(
        declaration_of(
            {
                "part": part,
                "making": how or "generated",
                "tool": None if how == _HUMAN else tool,
                "voice": voice if part in SUNG else None,
                **same,
            },
            "--what",
        )
        for part, how in made
    )
    if tool and made and not any(d.tool for d in declared):
        raise UsageError(
            gettext("--tool names the tool of a machine, but every part is human. Leave it out."),
            code="tool-of-humans",
        )
    if voice and made and not any(d.voice for d in declared):
        raise UsageError(
            gettext(
                "--voice needs a part that is sung. Give --what {parts}.",
                parts=" or ".join(SUNG),
            ),
            code="nothing-sung",
        )
    return declared


def _check_every_how(made: list[tuple[str, str]]) -> None:
    """Refuse parts with and without HOW in one command.

    ``vocals,lyrics=human`` leaves open how the vocals were made, and a label is never a guess.
    """
    without = [part for part, how in made if not how]
    hows = list(dict.fromkeys(how for _, how in made if how))
    if without and hows:
        meant = ",".join(f"{part}={how or hows[0]}" for part, how in made)
        raise UsageError(
            gettext(
                "--what gives no HOW for {parts}. No file was changed.\n"
                "Give every part its own HOW, for example: --what {example}",
                parts=printable(", ".join(without)),
                example=printable(meant),
            ),
            code="how-missing",
        )


def job_of_rows(rows: FileRows, template: Labelling, *, chosen: bool) -> Job:
    """Return what to write into the file of some rows of a table.

    Parameters
    ----------
    rows
        Its rows.
    template
        Everything else: standards, numbers, signer.
    chosen
        Whether the template's standards were chosen. All rows are then written together in these;
        else each in the standard that it names, and in the template's if it names none.
    """
    from phonoscope.disclosure.marked_file import named
    from phonoscope.disclosure.merging import conflicts, merged

    if rows.errors:
        return Job(None, UsageError(lines(rows.errors), code="bad-row"))
    if against := conflicts(rows.declared):
        message = sentences(gettext("The rows of this file contradict each other."), named(against))
        return Job(None, UsageError(message, code="rows-contradict"))
    passed: tuple[str, ...] = ()
    if chosen:
        labelling = replace(template, declared=merged(rows.declared))
    else:
        labelling, passed = _as_read(rows.declared, template)
    if not labelling.declared:
        return Job(None, None, passed)
    try:
        labelling.texts()
    except UsageError as error:
        return Job(None, error, passed)
    return Job(labelling, None, passed)


def _as_read(
    declared: Sequence[Declaration], template: Labelling
) -> tuple[Labelling, tuple[str, ...]]:
    """Return rows in the standards that they name, and the standards that can't be written."""
    from phonoscope.disclosure.marked_file import WRITABLE
    from phonoscope.disclosure.merging import by_standard

    kept: list[Declaration] = []
    passed: list[str] = []
    for standard, group in by_standard(declared).items():
        if not standard:
            kept += [replace(d, standard=name) for name in template.standards for d in group]
        elif standard in WRITABLE and _is_writable(standard, group, template):
            kept += group
        else:
            passed.append(standard)
    standards = {d.standard for d in kept}
    chosen = tuple(name for name in WRITABLE if name in standards)
    return replace(template, declared=tuple(dict.fromkeys(kept)), standards=chosen), tuple(passed)


def _is_writable(standard: str, group: Sequence[Declaration], template: Labelling) -> bool:
    from phonoscope.disclosure import c2pa, gb45438, iptc
    from phonoscope.disclosure.model import Making

    if standard == c2pa.STANDARD and template.signer is None:
        return False
    # A mark that doesn't say how something was made can be read, but these can't say so.
    says = any(d.making is not Making.UNSPECIFIED for d in group)
    return says or standard not in (c2pa.STANDARD, gb45438.STANDARD, iptc.STANDARD)
