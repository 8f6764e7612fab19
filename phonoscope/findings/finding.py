"""A finding, and the decorator that makes one of a function and its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from phonoscope.catalogue.schema.metadata import DERIVED_COLUMNS
from phonoscope.escape import printable
from phonoscope.findings.answer import Answer, cannot_tell
from phonoscope.findings.query_session import QuerySession, Tables
from phonoscope.messages import Message

Compute = Callable[[QuerySession], Answer]

_OUTDATED = (
    "An earlier version of Phonoscope read {}, and kept less than this question needs: ingest it "
    "again."
)
_HEADING = re.compile(r"^(\S.*)\n-{3,}[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    """One question to a whole catalogue."""

    name: str
    title: str
    """Topic in one or two words."""
    question: str
    needs: Mapping[str, tuple[str, ...]]
    """Columns it needs, by table."""
    compute: Compute
    method: str
    """How it was computed, with the paper where there is one."""
    caveats: str
    """What would make a reader believe something false."""

    def answer(self, catalogue: Tables) -> Answer:
        """Ask a catalogue; a catalogue without the columns cannot tell, which is no error."""
        if not isinstance(catalogue, QuerySession):
            with QuerySession(catalogue) as session:
                return self.answer(session)
        missing = [
            f"{table}.{column}"
            for table, columns in self.needs.items()
            for column in columns
            if column not in catalogue.table(table).columns
        ]
        if missing:
            return cannot_tell(f"This catalogue cannot tell: it holds no {', '.join(missing)}.")
        needed = {column for columns in self.needs.values() for column in columns}
        if needed & DERIVED_COLUMNS and catalogue.outdated:
            return cannot_tell(_OUTDATED.format(", ".join(map(printable, catalogue.outdated))))
        return self.compute(catalogue)


def finding(
    *,
    name: str,
    title: str,
    question: str,
    needs: Mapping[str, tuple[str, ...]],
    values: Mapping[str, str | int] | None = None,
) -> Callable[[Compute], Finding]:
    """Make a finding of a function that answers one question to a whole catalogue.

    The function takes a :class:`QuerySession` and returns an :class:`Answer`. It aggregates in
    the database, so that it works for 10^8 rows and gives the same on every backend of Ibis;
    only the few numbers of the answer leave it. Its docstring has two sections that every
    reader of the report sees, ``Method`` and ``Caveats``.

    Parameters
    ----------
    name
        Stable name, unique; JSON, CSV and claims refer to it.
    title
        Topic in one or two words.
    question
        The question, in a sentence.
    needs
        Columns that the function reads, by table. A catalogue without them cannot tell.
    values
        What stands for ``{NAME}`` in the docstring, so that a limit is written down once.

    Returns
    -------
    callable
        Decorator; what it returns is the :class:`Finding`.

    Raises
    ------
    ValueError
        When the docstring lacks a section or has it twice.

    Examples
    --------
    >>> @finding(name="rows", title="Rows", question="How many?", needs={"tracks": ("source",)})
    ... def rows(catalogue):
    ...     '''Count tracks.
    ...
    ...     Method
    ...     ------
    ...     Rows of the table tracks are
    ...     counted.
    ...
    ...     Caveats
    ...     -------
    ...     A track is not a recording.
    ...     '''
    ...     return Answer("...")
    >>> rows.method
    'Rows of the table tracks are counted.'
    """

    def decorate(function: Compute) -> Finding:
        sections = _sections(function, values or {})
        asked = Message(title, "", 1, {}), Message(question, "", 1, {})
        return Finding(name, *asked, needs, function, **sections)

    return decorate


def _sections(function: Compute, values: Mapping[str, str | int]) -> dict[str, str]:
    """Return the method and the caveats in a docstring, each as one paragraph."""
    _, *parts = _HEADING.split(inspect.cleandoc(function.__doc__ or ""))
    found: dict[str, str] = {}
    for heading, body in zip(parts[::2], parts[1::2], strict=True):
        title, text = heading.strip().lower(), " ".join(body.split())
        if title in found:
            raise ValueError(f"{function.__qualname__}: its docstring has '{title}' twice")
        found[title] = Message(text, "", 1, values)
    wanted = ("method", "caveats")
    if missing := [title.capitalize() for title in wanted if not found.get(title)]:
        raise ValueError(
            f"{function.__qualname__}: a finding's docstring needs the section "
            f"{' and the section '.join(missing)}"
        )
    return {title: found[title] for title in wanted}
