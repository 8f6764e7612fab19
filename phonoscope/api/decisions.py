"""Decisions about copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from phonoscope.catalogue.reader import CatalogueReader
    from phonoscope.catalogue.schema.tables import DecisionRow
    from phonoscope.catalogue.store import Store


class Decisions:
    """People's decisions about copies in a catalogue.

    Made by :attr:`phonoscope.api.Catalogue.decisions`.
    """

    def __init__(self, store: Store, reader: CatalogueReader) -> None:
        self._store, self._reader = store, reader

    def __repr__(self) -> str:
        return f"{self._reader!r}.decisions"

    def rows(self) -> list[DecisionRow]:
        """Return the newest decision on each pair, in order of pairs."""
        from phonoscope.catalogue.schema.tables import DecisionRow

        found = self._reader.table("decisions").drop("scan_id", "batch")
        rows = found.order_by("pair").to_pyarrow().to_pylist()
        return [DecisionRow(**row) for row in rows]

    def record(self, one: str, other: str, decision: str) -> None:
        """Record whether two recordings are the same. No later search overrules it.

        Parameters
        ----------
        one, other
            Recording ids.
        decision
            ``"same"``, ``"different"``, or ``"open"`` to withdraw an earlier decision.

        Raises
        ------
        UsageError
            When the decision is another word (``unknown-decision``), or the ids aren't those of two
            recordings in this catalogue (``not-two-recordings``).
        """
        from phonoscope.matching.recording.match_store import Decision, decide

        if decision not in {*Decision}:
            message = gettext(
                "A decision is one of {decisions}, not '{given}'.",
                decisions=", ".join(Decision),
                given=printable(str(decision)),
            )
            raise UsageError(message, code="unknown-decision")
        known = self._reader.table("recordings")
        ids = known.filter(known["recording_id"].isin([one, other])).count().to_pyarrow().as_py()
        if ids < 2:
            message = gettext(
                "A decision needs the ids of two different recordings in this catalogue."
            )
            raise UsageError(message, code="not-two-recordings")
        decide(self._store, one, other, Decision(decision))
