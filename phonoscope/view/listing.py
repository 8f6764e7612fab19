"""The list of recordings. The database searches, filters, sorts and pages it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode

from phonoscope.catalogue.declared_vs_detected import declared_vs_detected
from phonoscope.catalogue.locations import Locations
from phonoscope.detector.shipped import is_of_this_model
from phonoscope.escape import printable
from phonoscope.findings.questions.unreadable import reason
from phonoscope.view.queries import Queries, Row, TableOf

if TYPE_CHECKING:
    import ibis.expr.types as ir

Sort = Literal[
    "file",
    "title",
    "artist",
    "p_generated",
    "duration_s",
    "loudness_lufs",
    "tempo_bpm",
    "size_bytes",
]
Order = Literal["up", "down"]
SIZES = (50, 100, 200)
"""Rows of a page that a visitor can choose; the API takes any number up to the largest."""

_COLUMNS = (
    "recording_id",
    "duration_s",
    "size_bytes",
    "codec",
    "loudness_lufs",
    "tempo_bpm",
    "key",
    "mode",
)


@dataclass(frozen=True)
class Filters:
    """What a visitor selected in the list."""

    search: str = ""
    """Text in a file's name, a title or an artist, in any case."""
    verdict: str = ""
    """A verdict; empty for all."""
    declared: bool = False
    """Only recordings that declare how they were made."""
    disagreement: str = ""
    """How declared and detected disagree; empty for all."""
    error: str = ""
    """A kind of error, or ``any``, to list unreadable files instead of recordings."""
    sort: Sort = "file"
    order: Order = "up"
    page: int = 1
    size: int = SIZES[0]

    def address(self, **changes: Any) -> str:
        """Return the query string of these filters, with some changes."""
        changed = replace(self, **changes)
        default = Filters()
        different = {
            name: int(value) if isinstance(value, bool) else value
            for name, value in vars(changed).items()
            if value != getattr(default, name)
        }
        return "?" + urlencode(different)


@dataclass(frozen=True)
class ListingPage:
    """One page of the list."""

    filters: Filters
    count: int
    """Rows in total."""
    rows: tuple[Row, ...]

    @property
    def pages(self) -> int:
        """Number of pages."""
        return max(1, -(-self.count // self.filters.size))

    @property
    def first(self) -> int:
        """Number of the first row, from 1."""
        return (self.filters.page - 1) * self.filters.size + 1

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of ``/api/recordings``."""
        return {
            "format": "phonoscope-recordings/1",
            "count": self.count,
            "page": self.filters.page,
            "size": self.filters.size,
            "recordings": list(self.rows),
        }


def read_page(queries: Queries, filters: Filters) -> ListingPage:
    """Return a page of the list: of recordings, or of unreadable files if an error is selected."""
    locations = queries.locations()
    if filters.error:
        count = queries.rows(lambda t: _counted(_unreadable(t, filters, locations)))[0]["rows"]
        rows = queries.rows(lambda t: _paged(_unreadable(t, filters, locations), filters))
    else:
        # Ordering all rows needs two columns. The others are read only for the rows of the page.
        count = queries.rows(lambda t: _counted(_chosen(t, filters, locations)))[0]["rows"]
        placed = queries.rows(lambda t: _paged(_sortable(t, filters, locations), filters))
        known = [row["recording_id"] for row in placed]
        by_id = read_rows(queries, known)
        return ListingPage(filters, count, tuple(by_id[name] for name in known if name in by_id))
    return ListingPage(filters, count, tuple(_shown(row, locations) for row in rows))


def read_rows(queries: Queries, known: list[str]) -> dict[str, Row]:
    """Return the listed columns of some recordings by their ids, without unknown ones."""
    if not known:
        return {}
    locations = queries.locations()
    found = queries.rows(lambda table: _described(table, known))
    return {row["recording_id"]: _shown(row, locations) for row in found}


def _counted(listed: ir.Table) -> ir.Table:
    return listed.agg(rows=listed.count())


def _paged(listed: ir.Table, filters: Filters) -> ir.Table:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    by = "uri" if filters.sort == "file" or filters.error else filters.sort
    column = listed[by].lower() if by in ("uri", "title", "artist") else listed[by]
    order = ibis.desc(column) if filters.order == "down" else ibis.asc(column)
    # Rows without a value come last in both directions. Equal rows have a fixed order, so that
    # pages don't repeat or lose one.
    ordered = listed.order_by([column.isnull(), order, "uri"])
    return ordered.limit(filters.size, offset=(filters.page - 1) * filters.size)


def _chosen(table: TableOf, filters: Filters, locations: Locations) -> ir.Table:
    """Return the recordings of readable files that pass the filters."""
    recordings, files, verdicts = table("recordings"), table("files"), table("verdicts")
    held = files.filter(files.recording_id.notnull())
    if filters.search:
        text = filters.search.lower()
        named = held.filter(locations.searched(held.uri).lower().contains(text))
        recordings = recordings.filter(
            recordings.tag_title.lower().contains(text).fill_null(False)
            | recordings.tag_artist.lower().contains(text).fill_null(False)
            | recordings.recording_id.isin(named.recording_id)
        )
    if filters.verdict:
        such = verdicts.filter(verdicts.verdict == filters.verdict)
        recordings = recordings.filter(recordings.recording_id.isin(such.recording_id))
    if filters.disagreement:
        both = declared_vs_detected(table)
        such = both.filter(both.disagreement == filters.disagreement)
        recordings = recordings.filter(recordings.recording_id.isin(such.recording_id))
    if filters.declared:
        recordings = recordings.filter(recordings.recording_id.isin(table("declared").recording_id))
    return recordings.filter(recordings.recording_id.isin(held.recording_id))


def _sortable(table: TableOf, filters: Filters, locations: Locations) -> ir.Table:
    """Return the chosen recordings with their first file and the column they are sorted by."""
    chosen = _chosen(table, filters, locations).rename(title="tag_title", artist="tag_artist")
    if filters.sort == "p_generated":
        scored = table("verdicts").select("recording_id", "p_generated")
        chosen = chosen.select("recording_id").left_join(scored, "recording_id")
    columns = ["recording_id"] if filters.sort == "file" else ["recording_id", filters.sort]
    return chosen.select(*columns).inner_join(_places(table("files")), "recording_id")


def _described(table: TableOf, known: list[str]) -> ir.Table:
    """Return the columns that a page shows for some recordings."""
    recordings, files, verdicts = table("recordings"), table("files"), table("verdicts")
    listed = recordings.filter(recordings.recording_id.isin(known))
    shown = listed.select(*_COLUMNS, title="tag_title", artist="tag_artist")
    places = _places(files.filter(files.recording_id.isin(known)))
    mine = verdicts.filter(verdicts.recording_id.isin(known))
    scored = mine.select("recording_id", "verdict", "basis", "p_generated", "model")
    both = declared_vs_detected(lambda name: _mine(table(name), known)).select(
        "recording_id", "disagreement"
    )
    verdict = scored.left_join(both, "recording_id").drop("recording_id_right")
    return shown.inner_join(places, "recording_id").left_join(verdict, "recording_id")


def _mine(rows: ir.Table, known: list[str]) -> ir.Table:
    return rows.filter(rows.recording_id.isin(known))


def _places(files: ir.Table) -> ir.Table:
    held = files.filter(files.recording_id.notnull())
    return held.group_by("recording_id").agg(uri=held.uri.min(), files=held.count())


def _unreadable(table: TableOf, filters: Filters, locations: Locations) -> ir.Table:
    files = table("files")
    failed = files.filter(files.error_kind.notnull())
    if filters.error != "any":
        failed = failed.filter(failed.error_kind == filters.error)
    if filters.search:
        name = locations.searched(failed.uri).lower()
        failed = failed.filter(name.contains(filters.search.lower()))
    return failed.select("uri", "recording_id", "size_bytes", "error_kind", "error")


def _shown(row: Row, locations: Locations) -> Row:
    file = locations.name(row["uri"])
    made = {"file": file, "folder": "/".join(file.split("/")[-3:-1]), **row}
    made["uri"] = locations.uri(row["uri"])
    made.pop("recording_id_right", None)
    for name in ("title", "artist"):
        if made.get(name):
            made[name] = printable(made[name])
    if "model" in made:
        made["of_this_model"] = is_of_this_model(made.pop("model"))
    if made.get("error"):
        made["error"] = locations.cleared(made["error"], row["uri"])
    if "error_kind" in made:
        made["reason"] = reason(made["error_kind"] or "")
    return made
