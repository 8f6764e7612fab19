"""Names that a catalogue had before version 0.2."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phonoscope.deprecation import deprecated, warn_deprecated

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from phonoscope.api.decisions import Decisions
    from phonoscope.api.licences import Licences
    from phonoscope.api.plays import Plays
    from phonoscope.catalogue.schema.play_results import PlaysSummaryRow
    from phonoscope.ingest.summary import IngestSummary


def _table(name: str) -> property:
    """Return a property that is a table under its former name."""

    def read(self: FormerNames) -> ir.Table:
        warn_deprecated(f"Catalogue.{name}", f"Catalogue[{name!r}]", since="0.2")
        return self.table(name)

    return property(read, doc=f"Deprecated: use ``catalogue[{name!r}]``.")


class FormerNames:
    """What a catalogue was called upon by before version 0.2; each works and warns."""

    plays: Plays
    licences: Licences
    decisions: Decisions

    def table(self, name: str) -> ir.Table:
        """Return a table by name."""
        raise NotImplementedError

    files = _table("files")
    recordings = _table("recordings")
    verdicts = _table("verdicts")
    segments = _table("segments")
    declared = _table("declared")
    statements = _table("statements")
    scans = _table("scans")
    tracks = _table("tracks")
    voices = _table("voices")

    @deprecated("Catalogue.plays.ingest", since="0.2")
    def ingest_plays(self, *given: Any, **named: Any) -> IngestSummary:
        """Call ``catalogue.plays.ingest()``, as it is named now."""
        return self.plays.ingest(*given, **named)

    @deprecated("Catalogue.plays.analyse", since="0.2")
    def weigh_plays(self, *given: Any, **named: Any) -> list[PlaysSummaryRow]:
        """Call ``catalogue.plays.analyse()``, as it is named now."""
        return self.plays.analyse(*given, **named)

    @deprecated("Catalogue.licences.add", since="0.2")
    def add_voice(self, *given: Any, **named: Any) -> None:
        """Call ``catalogue.licences.add()``, as it is named now."""
        self.licences.add(*given, **named)

    @deprecated("Catalogue.licences.add_csv", since="0.2")
    def add_voices(self, *given: Any, **named: Any) -> list[tuple[int, str]]:
        """Call ``catalogue.licences.add_csv()``, as it is named now."""
        return self.licences.add_csv(*given, **named)

    @deprecated("Catalogue.licences.end", since="0.2")
    def end_voice(self, *given: Any, **named: Any) -> int:
        """Call ``catalogue.licences.end()``, as it is named now."""
        return self.licences.end(*given, **named)

    @deprecated("Catalogue.licences.refusal", since="0.2")
    def voice_refusal(self, *given: Any, **named: Any) -> str | None:
        """Call ``catalogue.licences.refusal()``, as it is named now."""
        return self.licences.refusal(*given, **named)

    @deprecated("Catalogue.decisions.record", since="0.2")
    def decide(self, *given: Any, **named: Any) -> None:
        """Call ``catalogue.decisions.record()``, as it is named now."""
        self.decisions.record(*given, **named)
