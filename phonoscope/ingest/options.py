"""How the user wants a source to be read."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class SourceOptions:
    """What the user says of a source, in addition to where it is."""

    mapping: Mapping[str, str] | None = None
    """Field by column of a CSV file."""
    constants: Mapping[str, str] | None = None
    """Values for all rows of a chart, by field; ``None`` where nobody says it is a chart."""
    id_from: tuple[str, ...] = ()
    """Fields whose text makes the id of a track; see :mod:`.convert.derived_ids`."""
    only: Collection[str] | None = None
    """Names of the formats that the command reads; ``None`` for all."""
    command: str = "ingest"
    """What reads it: ``ingest``, ``charts``, ``plays``, or ``artists`` for a list of artists. A
    refusal gives advice for it."""
    catalogue: str = "CATALOGUE"
    """The catalogue as the user named it, for a command that a refusal shows."""
    encoding: str | None = None
    """Python's name of the encoding of text files; detected without."""
    decimal: str | None = None
    """The decimal sign, ``.`` or ``,``; detected for each column without."""
    dates: str | None = None
    """Which comes first in dates such as 5/6/2024: ``dmy`` or ``mdy``; detected without."""
