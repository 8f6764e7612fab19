"""Which rows of a table are valid: the newest row of each key.

The column ``batch`` orders rows by age, see docs/decisions/newest-row.md. Readers of a table, on
this machine or on a Spark cluster, take the same three steps:

1. Of a table with several rows per key, keep the rows of the scan that wrote the valid row of
   ``recordings`` (:data:`SHARED_KEYS`). A recording that was analysed again may have lost its
   marks, and the old ones must not show.
2. If a key may occur twice (:func:`may_repeat`), keep the newest rows (:func:`newest`). That sorts
   all keys, which costs far more than the query itself.
3. Otherwise keep all rows: no part has a key twice, and neither has a deduplicated ingest (see
   :mod:`.deduplicate`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from phonoscope.catalogue.parts import scan_of
from phonoscope.catalogue.store import Store

if TYPE_CHECKING:
    from phonoscope.catalogue.schema.tables import Table

SHARED_KEYS = ("recording_id", "scan_id")
"""Columns that connect a row of a table with several rows per key to one of ``recordings``."""


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
