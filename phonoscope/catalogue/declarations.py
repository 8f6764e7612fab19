"""What every file of a catalogue declares, file by file."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from phonoscope.catalogue.backend import stream
from phonoscope.catalogue.declared_vs_detected import detected
from phonoscope.columns import columns_in
from phonoscope.disclosure.model import Declaration, Making, Part, Signature

_COLUMNS = tuple(f.name for f in columns_in(Declaration))


@dataclass(frozen=True)
class Labelled:
    """One file of a scan."""

    uri: str
    declared: tuple[Declaration, ...]
    detected: str | None
    """Band of the sound alone; ``None`` when it wasn't scored."""
    error: str | None
    """Why it couldn't be analysed; ``None`` when it could."""


def labelled(table: Callable[[str], Any]) -> Iterator[Labelled]:
    """Yield each file, in order of URI, in bounded memory.

    Parameters
    ----------
    table
        Returns the tables of a catalogue by name, as Ibis tables.
    """
    files = table("files").select("uri", "recording_id", "error")
    verdicts = table("verdicts")
    scored = verdicts.select(scored_id="recording_id", detected=detected(verdicts))
    marks = table("declared").select("recording_id", *_COLUMNS).rename(marked_id="recording_id")
    both = files.left_join(scored, files.recording_id == scored.scored_id)
    joined = both.left_join(marks, both.recording_id == marks.marked_id)
    wanted = joined.select("uri", "error", "detected", *_COLUMNS)
    rows = (
        row
        for batch in stream(wanted.order_by("uri", "standard", "place", "part"))
        for row in batch.to_pylist()
    )
    for uri, several in itertools.groupby(rows, key=lambda row: row["uri"]):
        mine = list(several)
        declared = tuple(declaration_of(row) for row in mine if row["standard"] is not None)
        yield Labelled(uri, declared, mine[0]["detected"], mine[0]["error"])


def declaration_of(row: Mapping[str, Any]) -> Declaration:
    """Return the declaration in a row of the table ``declared``.

    A value of another version that this one doesn't know is kept as text.
    """
    said: dict[str, Any] = {name: row.get(name) for name in _COLUMNS}
    for name, kind in (("part", Part), ("making", Making), ("signature", Signature)):
        said[name] = _known(kind, said[name])
    return Declaration(**said)


def _known(kind: type[StrEnum], value: Any) -> Any:
    return kind(value) if value in {member.value for member in kind} else value
