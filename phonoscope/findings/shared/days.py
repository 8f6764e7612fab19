"""The tracks by release date as written: one pass for findings on dates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from phonoscope.findings.base import QuerySession


def days(catalogue: QuerySession) -> ir.Table:
    """Return ``tracks`` by ``release_date`` and ``release_date_precision``."""
    tracks = catalogue.table("tracks")
    keys = ("release_date", "release_date_precision")
    return tracks.group_by(*keys).agg(tracks=tracks.count())
