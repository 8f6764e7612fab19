"""Columns of charts: a rank, a title and a performer in each row."""

from __future__ import annotations

from collections.abc import Collection

from phonoscope.ingest.convert.column_aliases import fields_by_alias, plain

COLUMN_ALIASES = {
    "rank": "rank current_week current position pos chart_position this_week",
    "title": "title track_name song song_name track name album album_name",
    "performer": "performer artist_names artist artists artist_name",
    "chart_date": "chart_date chart_week date week week_date week_id",
    "chart": "chart chart_name",
    "region": "region country country_code market",
    "period": "period",
    "track_id": "uri track_uri spotify_uri track_id spotify_id url",
    "isrc": "isrc",
    "peak_rank": "peak_rank peak_pos peak peak_position",
    "previous_rank": "previous_rank last_week previous previous_position last_pos",
    "times_on_chart": "weeks_on_chart wks_on_chart days_on_chart weeks times_on_chart",
    "streams": "streams plays",
}
"""Aliases of each field, the surest first."""
_BY_WEEK = {"chart_week", "current_week", "week", "week_date", "weeks_on_chart", "wks_on_chart",
            "weeks", "last_week", "this_week"}  # fmt: skip
_NEEDED = {"rank", "title", "performer"}
_OF_CHARTS_ONLY = {"peak_rank", "previous_rank", "times_on_chart"}


def fields_of_chart(columns: Collection[str]) -> dict[str, str]:
    """Return field by column, for the columns whose name is known."""
    return fields_by_alias(columns, COLUMN_ALIASES)


def are_of_a_chart(columns: Collection[str]) -> bool:
    """Whether columns can be those of a chart; lists of tracks can have ranks too."""
    return set(fields_of_chart(columns).values()) >= _NEEDED


def are_like_a_chart(columns: Collection[str]) -> bool:
    """Whether columns are those of a chart, or have something that only charts have."""
    fields = set(fields_of_chart(columns).values())
    return fields >= _NEEDED or bool(fields & _OF_CHARTS_ONLY)


def are_of_a_dated_chart(columns: Collection[str]) -> bool:
    """Whether columns are those of a chart and of nothing else."""
    fields = set(fields_of_chart(columns).values())
    return fields >= {*_NEEDED, "chart_date"} and bool(fields & _OF_CHARTS_ONLY)


def period_of(columns: Collection[str]) -> str | None:
    """Return the period of a chart by the names of its columns: ``day``, ``week`` or ``None``."""
    names = {plain(name) for name in columns}
    if names & {plain(name) for name in _BY_WEEK}:
        return "week"
    return "day" if plain("days_on_chart") in names else None
