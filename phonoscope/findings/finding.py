"""A finding, and the decorator that makes one from a function and its docstring."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from phonoscope.catalogue.schema.metadata import DERIVED_COLUMNS
from phonoscope.findings.answer import Answer, cannot_tell
from phonoscope.findings.query_session import QuerySession, Tables
from phonoscope.messages import Message, gettext, ngettext

Compute = Callable[[QuerySession], Answer]

_HEADING = re.compile(r"^(\S.*)\n-{3,}[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Finding:
    """One question about a whole catalogue."""

    name: str
    title: str
    """Topic in one or two words."""
    question: str
    needs: Mapping[str, tuple[str, ...]]
    """Columns that it reads, by table."""
    compute: Compute
    method: str
    """How it was computed, with the paper where there is one."""
    caveats: str
    """What could mislead a reader."""

    def answer(self, catalogue: Tables) -> Answer:
        """Return the answer of a catalogue; lacking columns are a reason, not an error."""
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
            return cannot_tell(_lacking(missing), "missing-columns")
        needed = {column for columns in self.needs.values() for column in columns}
        if needed & DERIVED_COLUMNS and catalogue.outdated:
            sources = [catalogue.locations.source(name) for name in catalogue.outdated]
            return cannot_tell(_outdated(sources), "outdated")
        return self.compute(catalogue)


def _lacking(columns: list[str]) -> Message:
    return ngettext(
        "This catalogue lacks the column {columns}, so there is no answer.",
        "This catalogue lacks the columns {columns}, so there is no answer.",
        len(columns),
        columns=", ".join(columns),
    )


def _outdated(sources: list[str]) -> Message:
    return gettext(
        "An earlier version of Phonoscope read {sources} and kept too little for this answer. "
        "Ingest it again.",
        sources=", ".join(sources),
    )


def finding(
    *,
    name: str,
    title: str,
    question: str,
    needs: Mapping[str, tuple[str, ...]],
    values: Mapping[str, str | int] | None = None,
) -> Callable[[Compute], Finding]:
    """Make a finding from a function that answers one question about a whole catalogue.

    The function takes a :class:`QuerySession` and returns an :class:`Answer`. It aggregates in the
    database, so that it works for 10^8 rows and returns the same on every backend of Ibis; only
    the few numbers of the answer leave the database. Its docstring has two sections that every
    reader of the report sees, ``Method`` and ``Caveats``.

    Parameters
    ----------
    name
        Stable, unique name; JSON, CSV and claims refer to it.
    title
        Topic in one or two words.
    question
        The question as people ask it.
    needs
        Columns that the function reads, by table.
    values
        Values for ``{NAME}`` in the docstring, so that a limit is written once.

    Returns
    -------
    callable
        Decorator that returns the :class:`Finding`.

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
            raise ValueError(f"{function.__qualname__}: the docstring has '{title}' twice")
        found[title] = Message(text, "", 1, values)
    wanted = ("method", "caveats")
    if missing := [title.capitalize() for title in wanted if not found.get(title)]:
        raise ValueError(
            f"{function.__qualname__}: the docstring of a finding lacks {' and '.join(missing)}"
        )
    return {title: found[title] for title in wanted}
