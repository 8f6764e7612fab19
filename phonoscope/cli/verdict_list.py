"""Analyses of many files: one line each, the generated ones first, and how many of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from phonoscope.cli.quantities import clock
from phonoscope.cli.terminal import data, in_language, painted
from phonoscope.detector.disagreement import DISAGREEMENTS
from phonoscope.detector.generated import verdict_kind
from phonoscope.files import local_path, shown
from phonoscope.messages import Joined, Localised, gettext, ngettext, sentences
from phonoscope.text import joined, percent

if TYPE_CHECKING:
    from phonoscope.analysis import Analysis

VERDICTS = {
    "generated": gettext("generated"),
    "partly-generated": gettext("partly generated"),
    "declared-generated": gettext("declared machine-made"),
    "declared-partly-generated": gettext("declared partly machine-made"),
    "undecided": gettext("undecided"),
    "no-sign-found": gettext("no sign found"),
    "unreadable": gettext("unreadable"),
}
"""Words for each kind of verdict, in the order in which files are listed."""
COLOURS = {
    "generated": ("bold", "red"),
    "partly-generated": ("bold", "yellow"),
    "declared-generated": ("bold", "magenta"),
    "declared-partly-generated": ("bold", "magenta"),
    "undecided": ("bold", "cyan"),
    "no-sign-found": ("bold", "green"),
    "unreadable": ("bold", "red"),
}
_COUNTED: dict[str, Callable[[int], Localised]] = {
    "generated": lambda n: gettext("{n} generated", n=n),
    "partly-generated": lambda n: gettext("{n} partly generated", n=n),
    "declared-generated": lambda n: gettext("{n} declared machine-made", n=n),
    "declared-partly-generated": lambda n: gettext("{n} declared partly machine-made", n=n),
    "undecided": lambda n: gettext("{n} undecided", n=n),
    "no-sign-found": lambda n: gettext("{n} with no sign found", n=n),
    "unreadable": lambda n: gettext("{n} unreadable", n=n),
}
_HEADING = (gettext("Verdict"), gettext("Length"), gettext("File"), gettext("Notes"))
_LEAST_FILE = 20
"""Columns that the name of a file gets at least, however narrow the terminal is."""


class _Line(NamedTuple):
    verdict: str
    length: str
    file: str
    notes: str
    colours: tuple[str, ...] = ()


def ordered(analyses: Sequence[Analysis]) -> list[Analysis]:
    """Return analyses by verdict, then by how few human recordings look like them."""
    ranks = {verdict: rank for rank, verdict in enumerate(VERDICTS)}

    def rank(analysis: Analysis) -> tuple[int, float]:
        p_value = analysis.verdict.p_value
        return ranks[kind_of(analysis)], 1.0 if p_value is None else p_value

    return sorted(analyses, key=rank)


def kind_of(analysis: Analysis) -> str:
    """Return the kind of an analysis's verdict, a key of :data:`VERDICTS`."""
    return verdict_kind(analysis.verdict.verdict.value, analysis.verdict.basis)


def lines_of(analyses: Sequence[Analysis], width: int) -> list[str]:
    """Return a heading and one line for each analysis, in aligned columns.

    Parameters
    ----------
    analyses
        At least one.
    width
        Columns of the terminal; longer lines are cut.
    """
    from rich.cells import cell_len, set_cell_size

    verdict, length, file, notes = map(in_language, _HEADING)
    rows = [_Line(verdict, length, file, notes, ("dim",)), *map(_line_of, analyses)]
    first = max(cell_len(row.verdict) for row in rows)
    second = max(cell_len(row.length) for row in rows)
    # Half of what is left goes to the names of files, which keep their ends.
    most = max(_LEAST_FILE, (width - first - second - 6) // 2)
    files = [_end_of(row.file, most) for row in rows]
    third = max(map(cell_len, files))
    made = []
    for row, file in zip(rows, files, strict=True):
        length = " " * (second - cell_len(row.length)) + row.length
        rest = f"  {length}  {set_cell_size(file, third)}  {row.notes}".rstrip()
        if cell_len(rest) > width - first:
            rest = set_cell_size(rest, width - first - 1).rstrip() + "\u2026"
        made.append(painted(set_cell_size(row.verdict, first), *row.colours) + rest)
    return made


def summary(analyses: Sequence[Analysis]) -> Localised:
    """Return how many files have which verdict."""
    counts = Counter(map(kind_of, analyses))
    named = [_COUNTED[verdict](counts[verdict]) for verdict in VERDICTS if counts[verdict]]
    total = ngettext("{n} file: {counts}.", "{n} files: {counts}.", len(analyses),
                     counts=joined(named))  # fmt: skip
    caveat = gettext("No sign found doesn't mean that a person made it.")
    disagree = sum(analysis.disagreement is not None for analysis in analyses)
    disagreeing = ngettext(
        "Declared and detected disagree in {n} file.",
        "Declared and detected disagree in {n} files.",
        disagree,
    )
    return sentences(
        total, disagreeing if disagree else "", caveat if counts["no-sign-found"] else ""
    )


def _line_of(analysis: Analysis) -> _Line:
    verdict = kind_of(analysis)
    return _Line(
        in_language(VERDICTS[verdict]),
        in_language(clock(analysis.duration_s)),
        in_language(data(_name_of(analysis.file))),
        in_language(Joined(" ", tuple(_notes(analysis)))),
        COLOURS[verdict],
    )


def _name_of(uri: str) -> str:
    """Return the path of a file from here, which is shorter, or its whole URI."""
    path = local_path(uri)
    here = Path.cwd()
    return shown(str(path.relative_to(here)) if path and path.is_relative_to(here) else uri)


def _notes(analysis: Analysis) -> list[str]:
    notes: list[str] = []
    if (disagreed := analysis.disagreement) is not None:
        notes.append(gettext("Disagree: {disagreement}.", disagreement=DISAGREEMENTS[disagreed]))
    if analysis.declared:
        notes.append(gettext("Declared: {marks}.", marks=data(", ".join(_marks(analysis)))))
    if (p_value := analysis.verdict.p_value) is not None:
        notes.append(gettext("Human recordings like this: {share}.", share=percent(p_value)))
    if analysis.error:
        notes.append(gettext("{kind}: {error}", kind=data(str(analysis.error_kind)),
                             error=analysis.error))  # fmt: skip
    return notes


def _marks(analysis: Analysis) -> list[str]:
    return list(dict.fromkeys(d.tool or d.producer or d.standard for d in analysis.declared))


def _end_of(text: str, most: int) -> str:
    """Return the end of a text, with an ellipsis for what was cut."""
    from rich.cells import cell_len

    if cell_len(text) <= most:
        return text
    while cell_len(text) > most - 1:
        text = text[1:]
    return "\u2026" + text
