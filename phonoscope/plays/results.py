"""The plays of a catalogue: analyses each log and writes its results there."""

from __future__ import annotations

import logging
from dataclasses import asdict

import pyarrow as pa

from phonoscope.catalogue.derived import replace
from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.catalogue.schema.play_results import PlaysSummaryRow
from phonoscope.catalogue.schema.tables import columns_of, phonoscope_version
from phonoscope.catalogue.store import Store
from phonoscope.clock import utc_now
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext
from phonoscope.plays.log import Log
from phonoscope.plays.play_analysis import STEPS, PlayAnalysis
from phonoscope.progress import Progress
from phonoscope.text import joined

_log = logging.getLogger(__name__)


def analyse_plays(
    store: Store,
    catalogue: CatalogueReader,
    *,
    source: str | None,
    memory_mb: int,
    progress: Progress,
) -> list[PlaysSummaryRow]:
    """Analyse the plays of a catalogue; see :meth:`phonoscope.api.Plays.analyse`.

    Parameters
    ----------
    store
        Where to write.
    catalogue
        The same catalogue, read by an engine.
    source, memory_mb, progress
        As in that method.
    """
    listens = catalogue.table("listens")
    rows = listens.select("source").distinct().to_pyarrow()
    sources = sorted(rows["source"].to_pylist())
    if source is not None and source not in sources:
        wanted = printable(source)
        if not sources:
            raise UsageError(
                gettext(
                    "The catalogue has no plays of '{source}', nor any others. Read a log with "
                    "phonoscope plays LOG.",
                    source=wanted,
                ),
                code="no-plays",
            )
        raise UsageError(
            gettext(
                "The catalogue has no plays of '{source}'. It has plays of {sources}.",
                source=wanted,
                sources=joined([printable(each) for each in sources]),
            ),
            code="unknown-source",
        )
    chosen = sources if source is None else [source]
    # Opened once, because the writes below make the catalogue open again for each query.
    tracks, found = catalogue.table("tracks"), []
    progress.start("plays", unit="steps", total=STEPS * len(chosen))
    for one in chosen:
        own = listens.filter(listens.source == one)
        progress.step(gettext("numbering accounts and tracks"))
        with Log(own, tracks) as log:
            progress.advance()
            _log.info("accounts and tracks numbered")
            found.append(_write(store, one, PlayAnalysis(own, log, progress), memory_mb))
        progress.advance()
    return found


def _write(store: Store, source: str, analysis: PlayAnalysis, memory_mb: int) -> PlaysSummaryRow:
    """Write the results; the summary last, so that it shows that the rest is complete."""
    summary = PlaysSummaryRow(
        source=source,
        **analysis.summary(),
        weighed_utc=utc_now(),
        phonoscope_version=phonoscope_version(),
    )
    rows = {**analysis.rows(), "plays_summary": iter([_row(summary)])}
    replace(store, source, rows, memory_mb=memory_mb)
    _log.info(
        "plays analysed: %d accounts, %d tracks, %d groups",
        summary.accounts, summary.tracks, len(analysis.groups),
    )  # fmt: skip
    return summary


def _row(summary: PlaysSummaryRow) -> pa.RecordBatch:
    schema = pa.schema([(c.name, c.type) for c in columns_of(PlaysSummaryRow)])
    return pa.RecordBatch.from_pylist([asdict(summary)], schema=schema)
