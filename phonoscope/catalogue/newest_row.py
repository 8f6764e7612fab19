"""The rule by which a row of a table counts: of rows with one key, the newest.

How old a row is says its column ``batch``, see docs/decisions/newest-row.md. Whoever reads a
table, on this machine or on a Spark cluster, takes the same three steps:

1. Of a table with several rows a key, only rows that the same scan wrote as the row of
   ``recordings`` that counts (:data:`BESIDE`): a recording that was examined again may have no
   mark any more, and its old marks must not show.
2. Where a key may be there twice (:func:`may_repeat`), only rows that are the newest
   (:func:`newest`). Finding those costs a sort of all keys, far more than the question itself.
3. Otherwise all rows: within one part no key is written twice, and neither is one in what an
   ingest wrote, once that is deduplicated (see :mod:`.deduplicate`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from phonoscope.catalogue.parts import scan_of
from phonoscope.catalogue.store import Store

if TYPE_CHECKING:
    from phonoscope.catalogue.schema.tables import Table

BESIDE = ("recording_id", "scan_id")
"""Columns by which a row of a table with several a key belongs to one of ``recordings``."""


def newest(table: Table) -> str:
    """Return the SQL condition, with a window, that only the newest row of each key meets.

    DuckDB and Spark both take it. Its names come from the layout, so they are safe in SQL text.

    Examples
    --------
    >>> from phonoscope.catalogue.schema.tables import tables
    >>> newest(tables()["files"])
    'row_number() OVER (PARTITION BY uri ORDER BY batch DESC) = 1'

    Of a table with several rows a key the newest batch's whole set is the newest:

    >>> newest(tables()["declared"])
    'batch = max(batch) OVER (PARTITION BY recording_id)'
    """
    if table.several:
        return f"batch = max(batch) OVER (PARTITION BY {table.key})"
    return f"row_number() OVER (PARTITION BY {table.key} ORDER BY batch DESC) = 1"


def may_repeat(table: Table, names: Sequence[str], ingests: frozenset[str]) -> bool:
    """Whether a key may be there twice in live parts of a table.

    Parameters
    ----------
    table
        The table.
    names
        Names of its live parts.
    ingests
        Those that are deduplicated, see :func:`deduplicated_ingests`.
    """
    if len(names) < 2:
        return False
    # A compacted part holds no key twice, and an ingest is deduplicated against those too.
    return not table.ingested or any(scan_of(name) not in {"", *ingests} for name in names)


def deduplicated_ingests(store: Store, names: Sequence[str]) -> frozenset[str]:
    """Return the ingests that ended well, so that no key occurs twice in what they wrote.

    Parameters
    ----------
    store
        The catalogue.
    names
        Live parts of its table ``ingests``.
    """
    rows = store.rows("ingests", names, ["scan_id", "deduplicated"])
    return frozenset(row["scan_id"] for row in rows if row["deduplicated"])
