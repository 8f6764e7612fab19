"""The sources of metadata in a catalogue. Most catalogues have one, and then ids alone are keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from phonoscope.findings.base import QuerySession

_TABLES = ("tracks", "track_artists")


def sources(catalogue: QuerySession) -> ir.Table:
    """Return each ``source`` of tracks and of credits, with its table as ``kind``."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    each = [
        catalogue.table(name).select("source").distinct().mutate(kind=ibis.literal(name))
        for name in _TABLES
    ]
    return ibis.union(*each)


def sources_of(catalogue: QuerySession, table: str) -> set[str | None]:
    """Return the sources of ``tracks`` or of ``track_artists``.

    ``None`` is among them when rows lack one, which no ingest writes.
    """
    rows = catalogue.cached(sources).to_pyarrow().to_pylist()
    return {row["source"] for row in rows if row["kind"] == table}


def track_key(catalogue: QuerySession) -> list[str]:
    """Return the columns by which tracks and credits join.

    Where all are of one source that is the id alone: comparing the source of each row as well takes
    a third more time.
    """
    found = set().union(*(sources_of(catalogue, name) for name in _TABLES))
    return ["track_id"] if len(found) == 1 and None not in found else ["source", "track_id"]
