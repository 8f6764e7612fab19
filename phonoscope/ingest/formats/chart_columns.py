"""Columns of charts: a rank, a title and a performer in each row."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from phonoscope.ingest.convert.column_aliases import fields_by_alias, plain, questions_of
from phonoscope.ingest.convert.headings import read_heading

COLUMN_ALIASES = {
    "rank": "rank current_week current position pos chart_position this_week week_position "
    "this_week_rank rank_on_chart",
    "title": "title track_name song song_name song_title track name album album_name album_title",
    "performer": "performer artist_names artist artists artist_name",
    "chart_date": "chart_date chart_week date week week_date week_id week_ending week_end week_of "
    "week_beginning week_starting week_start week_commencing chart_day day",
    "chart": "chart chart_name",
    "region": "region country country_code market",
    "period": "period",
    "track_id": "uri track_uri spotify_uri track_id spotify_id url",
    "isrc": "isrc",
    "peak_rank": "peak_rank peak_pos peak peak_position pk",
    "previous_rank": "previous_rank last_week previous previous_position last_pos last_week_rank "
    "previous_week_position lw",
    "times_on_chart": "weeks_on_chart wks_on_chart days_on_chart weeks times_on_chart "
    "weeks_in_chart weeks_charted total_weeks woc",
    "streams": "streams plays",
}
"""Aliases of each field, the surest first."""
_NOISE = frozenset(
    {
        *("current", "number", "of", "the", "to", "date", "total"),
        *("itune", "shazam", "spotify", "apple", "music", "deezer", "youtube"),
    }
)
"""Words, singular, that don't say which column it is, such as the name of the service."""
_BY_WEEK = {"chart_week", "current_week", "week", "week_date", "weeks_on_chart", "wks_on_chart",
            "weeks", "last_week", "this_week", "week_ending", "week_end", "week_of",
            "week_beginning", "week_starting", "week_start", "week_commencing", "lw",
            "woc"}  # fmt: skip
NEEDED = frozenset({"rank", "title", "performer"})
"""A table without these isn't a chart."""
_OF_CHARTS_ONLY = {"peak_rank", "previous_rank", "times_on_chart"}


def fields_of_chart(columns: Collection[str]) -> dict[str, str]:
    """Return field by column, for the columns whose name is known."""
    return fields_by_alias(columns, COLUMN_ALIASES, _NOISE)


def questions_on_chart(columns: Collection[str], fields: Mapping[str, str]) -> dict[str, str]:
    """Return columns that look like a field of charts but aren't read, with that field."""
    return questions_of(columns, fields, COLUMN_ALIASES)


def are_like_a_chart(columns: Collection[str]) -> bool:
    """Whether columns are those of a chart, or have something that only charts have."""
    fields = set(fields_of_chart(columns).values())
    return fields >= NEEDED or bool(fields & _OF_CHARTS_ONLY)


def are_of_a_dated_chart(columns: Collection[str]) -> bool:
    """Whether columns are those of a chart and of nothing else."""
    fields = set(fields_of_chart(columns).values())
    return fields >= {*NEEDED, "chart_date"} and bool(fields & _OF_CHARTS_ONLY)


def period_of(columns: Collection[str]) -> str | None:
    """Return the period of a chart by the names of its columns: ``day``, ``week`` or ``None``."""
    names = {plain(name) for name in columns}
    words = {word for name in columns for word in read_heading(name).words}
    if names & {plain(name) for name in _BY_WEEK} or "week" in words:
        return "week"
    return "day" if plain("days_on_chart") in names else None
