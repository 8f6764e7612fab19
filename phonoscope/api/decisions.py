"""What people decided about copies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from phonoscope.errors import UsageError

if TYPE_CHECKING:
    from phonoscope.catalogue.reader import CatalogueReader
    from phonoscope.catalogue.schema.tables import DecisionRow
    from phonoscope.catalogue.store import Store


class Decisions:
    """What people decided about copies in a catalogue.

    Made by :attr:`phonoscope.api.Catalogue.decisions`.
    """

    def __init__(self, store: Store, reader: CatalogueReader) -> None:
        self._store, self._reader = store, reader

    def __repr__(self) -> str:
        return f"{self._reader!r}.decisions"

    def rows(self) -> list[DecisionRow]:
        """Return what was decided, by pair; of a pair the newest decision."""
        from phonoscope.catalogue.schema.tables import DecisionRow

        found = self._reader.table("decisions").drop("scan_id", "batch")
        rows = found.order_by("pair").to_pyarrow().to_pylist()
        return [DecisionRow(**row) for row in rows]

    def record(self, one: str, other: str, decision: str) -> None:
        """Record whether two recordings are the same; no later search overrules it.

        Parameters
        ----------
        one, other
            Recording ids.
        decision
            ``"same"``, ``"different"``, or ``"open"`` to withdraw an earlier decision.

        Raises
        ------
        UsageError
            When a recording is not here, both are one, or the decision is another word.
        """
        from phonoscope.matching.recording.match_store import Decision, decide

        if decision not in {*Decision}:
            raise UsageError(f"a decision is one of {', '.join(Decision)}, not {decision!r}")
        known = self._reader.table("recordings")
        ids = known.filter(known["recording_id"].isin([one, other])).count().to_pyarrow().as_py()
        if ids < 2:
            raise UsageError("a decision takes the ids of two recordings of this catalogue")
        decide(self._store, one, other, Decision(decision))
