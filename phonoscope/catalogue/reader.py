"""What a computation needs from a catalogue: its tables by name, on any engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ibis.expr.types as ir


class CatalogueReader(Protocol):
    """Returns the tables of a catalogue.

    :class:`phonoscope.api.Catalogue` is one, and so is a session that caches what several queries
    need, or one that reads on Spark.
    """

    @property
    def path(self) -> str | Path:
        """Where the catalogue is."""

    def table(self, name: str, /) -> ir.Table:
        """Return a table by name."""
