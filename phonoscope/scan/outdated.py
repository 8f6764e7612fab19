"""Recordings whose stored verdict isn't by the model of this version.

Another model scored them, or none did although there is enough sound to score. A model can't score
a recording from what is stored, so such a recording has to be decoded again
(docs/decisions/again-means-decoding.md).
"""

from __future__ import annotations

import duckdb

from phonoscope.catalogue.schema.tables import tables
from phonoscope.catalogue.store import Store
from phonoscope.catalogue.views import newest_rows, register_parts
from phonoscope.detector.model import model

TABLE = "outdated"
"""Temporary table that :func:`find_outdated` makes; its only column is ``recording_id``."""


def find_outdated(connection: duckdb.DuckDBPyConnection, store: Store) -> None:
    """Find the recordings of a catalogue whose verdict isn't by this version's model.

    A verdict belongs to a recording only if the same batch wrote both: a scan that was killed
    between the two leaves a new verdict next to old measurements, and has to be repeated.

    Without a model there is a verdict where the recording is too short or too quiet to score, which
    its ``trace_limit_hz`` shows, since it is empty. Such a recording isn't outdated, so that no
    scan after scan decodes it in vain.

    Parameters
    ----------
    connection
        A DuckDB connection that can open the catalogue's parts. It gets the temporary table
        :data:`TABLE`, and views of these parts.
    store
        The catalogue.
    """
    # Recordings first: a batch that a scan writes meanwhile has its verdicts before them.
    recordings = store.live_parts("recordings")
    register_parts(connection, store, tables()["recordings"], recordings)
    register_parts(connection, store, tables()["verdicts"], store.live_parts("verdicts"))
    newest = newest_rows(
        tables()["recordings"], repeats=len(recordings) > 1, beside_recordings=False
    )
    connection.execute(
        f"CREATE TEMP TABLE {TABLE} AS SELECT DISTINCT recording_id"  # noqa: S608 - our own names
        f" FROM (SELECT recording_id, batch, trace_frames, trace_limit_hz FROM ({newest}))"
        " LEFT JOIN (SELECT recording_id, batch, model FROM _parts_verdicts)"
        " USING (recording_id, batch)"
        " WHERE coalesce(model != $model, trace_frames IS NULL OR trace_limit_hz IS NOT NULL)",
        {"model": model().name},
    )
