"""What a computation needs of a catalogue: its tables by name, whichever engine reads them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import ibis.expr.types as ir


class CatalogueReader(Protocol):
    """Hands out the tables of a catalogue.

    :class:`phonoscope.api.Catalogue` is one; so is a session that caches what several queries
    need, or one that reads by Spark.
    """

    @property
    def path(self) -> str | Path:
        """Where the catalogue is."""

    def table(self, name: str, /) -> ir.Table:
        """Return a table by name."""
