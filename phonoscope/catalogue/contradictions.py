"""Rows of results that contradict themselves. A catalogue may come from anyone.

Tables of results hold counts and shares of one analysis: more artificial plays than plays can't
come from one. Such a row reads as if it weren't there, and the analysis that writes it can be run
again. Rows of measurements and metadata are never left out for that; :mod:`.valid` empties cells.
"""

from __future__ import annotations

from phonoscope.catalogue.valid import Dialect

_NEARLY = 1e-6
"""What rounding may do to the ends of an interval."""

_SHARES = (
    f"share_low - {_NEARLY} <= artificial_share AND artificial_share <= share_high + {_NEARLY}"
)
_RULES: dict[str, tuple[str, ...]] = {
    "plays_summary": (
        "plays >= 1",
        "accounts BETWEEN 1 AND plays",
        "tracks BETWEEN 1 AND plays",
        "artificial_plays >= 0 AND undecided_plays >= 0",
        "artificial_plays + undecided_plays <= plays",
        "artificial_accounts >= 0 AND undecided_accounts >= 0",
        "artificial_accounts + undecided_accounts <= accounts",
        "artificial_tracks BETWEEN 0 AND tracks",
        _SHARES,
    ),
    "played_tracks": (
        "plays >= 1",
        "accounts BETWEEN 1 AND plays",
        "artificial_plays >= 0 AND undecided_plays >= 0",
        "artificial_plays + undecided_plays <= plays",
        _SHARES,
    ),
    "play_groups": (
        "accounts >= 1 AND tracks >= 0 AND plays >= 0",
        "reasons IS NOT NULL",
    ),
    "calibrations": (
        "known_human >= 1",
        "called BETWEEN 0 AND known_human",
        "up_to_001 BETWEEN 0 AND up_to_01",
        "up_to_01 <= up_to_05",
        "up_to_05 <= known_human",
        "artists BETWEEN 0 AND known_human",
        "of_one_artist BETWEEN 0 AND known_human",
        "judged >= 0",
        "calibration_id IS NOT NULL AND model IS NOT NULL AND rule IS NOT NULL",
        "made_utc IS NOT NULL AND widened IS NOT NULL",
    ),
    "calibration_nulls": (
        "bandwidth IS NOT NULL AND chain IS NOT NULL",
        "tail_scale > 0 AND tail_share BETWEEN 0 AND 1 AND tail_start IS NOT NULL",
        "{count}(scores) >= 1 AND scores = array_sort(scores)",
    ),
    "local_p_values": ("p_value IS NOT NULL",),
    "matches": (
        "one IS NOT NULL AND other IS NOT NULL AND copy IS NOT NULL",
        "speed IS NOT NULL AND pitch IS NOT NULL AND offset_s IS NOT NULL",
        "begin_s <= end_s",
        "covers IS NOT NULL AND alike IS NOT NULL AND bits IS NOT NULL AND score IS NOT NULL",
    ),
}  # fmt: skip


def consistent_sql(table: str, dialect: Dialect) -> str:
    """Return the SQL condition that rows of a table fulfil, or nothing where there is none.

    Parameters
    ----------
    table
        Name of the table.
    dialect
        Of the database.
    """
    rules = (rule.format(count=dialect.items_of) for rule in _RULES.get(table, ()))
    return " AND ".join(f"({rule})" for rule in rules)
