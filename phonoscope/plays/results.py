"""Plays of a catalogue: each log weighed, and what it came to kept there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

import pyarrow as pa

from phonoscope.catalogue.derived import replace
from phonoscope.catalogue.schema.play_results import PlaysSummaryRow
from phonoscope.catalogue.schema.tables import columns_of, phonoscope_version
from phonoscope.catalogue.store import Store
from phonoscope.clock import utc_now
from phonoscope.errors import UsageError
from phonoscope.plays.log import Log
from phonoscope.plays.play_analysis import PlayAnalysis


class Tables(Protocol):
    """What weighing needs of a catalogue."""

    def table(self, name: str) -> Any:
        """Return an Ibis table by name."""


def weigh(
    store: Store,
    tables: Tables,
    *,
    source: str | None,
    memory_mb: int,
    tell: Callable[[str], None],
) -> list[PlaysSummaryRow]:
    """Weigh the plays of a catalogue; see :meth:`phonoscope.api.Catalogue.weigh_plays`.

    Parameters
    ----------
    store
        Where to write.
    tables
        The same catalogue as an engine asks it.
    source, memory_mb, tell
        As there.
    """
    listens = tables.table("listens")
    rows = listens.select("source").distinct().to_pyarrow()
    sources = sorted(rows["source"].to_pylist())
    if source is not None and source not in sources:
        there = ", ".join(sources) or "none: phonoscope plays reads them"
        raise UsageError(f"there are no plays of {source!r}; there are of {there}")
    chosen = sources if source is None else [source]
    # Asked for once: what is written below makes a catalogue open anew for the next question.
    tracks, found = tables.table("tracks"), []
    for one in chosen:
        own = listens.filter(listens.source == one)
        tell("numbering accounts and tracks")
        with Log(own, tracks) as log:
            found.append(_keep(store, one, PlayAnalysis(own, log, tell), memory_mb))
    return found


def _keep(store: Store, source: str, weighing: PlayAnalysis, memory_mb: int) -> PlaysSummaryRow:
    """Write what plays came to; the summary last: where it is, the rest is."""
    summary = PlaysSummaryRow(
        source=source,
        **weighing.summary(),
        weighed_utc=utc_now(),
        phonoscope_version=phonoscope_version(),
    )
    rows = {**weighing.rows(), "plays_summary": iter([_row(summary)])}
    replace(store, source, rows, memory_mb=memory_mb)
    return summary


def _row(summary: PlaysSummaryRow) -> pa.RecordBatch:
    schema = pa.schema([(c.name, c.type) for c in columns_of(PlaysSummaryRow)])
    return pa.RecordBatch.from_pylist([asdict(summary)], schema=schema)
