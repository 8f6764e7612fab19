"""The list of recordings: searched, filtered, sorted and paged by the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlencode

from phonoscope.catalogue.declared_vs_detected import declared_vs_detected
from phonoscope.files import printable, shown
from phonoscope.findings.questions.unreadable import reason
from phonoscope.view.queries import Queries, Row, TableOf

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
"""Rows of a page that a person may choose; the API takes any number up to the largest."""

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
    """What someone wants to see of the list."""

    search: str = ""
    """Text in a file's name, a title or an artist; capitals do not matter."""
    verdict: str = ""
    """A verdict; empty for all."""
    declared: bool = False
    """Only recordings that declare how they were made."""
    disagreement: str = ""
    """How declared and detected disagree; empty for all."""
    error: str = ""
    """A kind of error, or ``any``: lists the files that could not be read instead."""
    sort: Sort = "file"
    order: Order = "up"
    page: int = 1
    size: int = SIZES[0]

    def address(self, **changes: Any) -> str:
        """Return the query string of this wish with some changes."""
        changed = replace(self, **changes)
        plain = Filters()
        said = {
            name: int(value) if isinstance(value, bool) else value
            for name, value in vars(changed).items()
            if value != getattr(plain, name)
        }
        return "?" + urlencode(said)


@dataclass(frozen=True)
class ListingPage:
    """One page of the list."""

    wish: Filters
    count: int
    """Rows there are in all."""
    rows: tuple[Row, ...]

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return max(1, -(-self.count // self.wish.size))

    @property
    def first(self) -> int:
        """Place of the first row, counted from 1."""
        return (self.wish.page - 1) * self.wish.size + 1

    def to_json(self) -> dict[str, Any]:
        """Return the documented shape of ``/api/recordings``."""
        return {
            "count": self.count,
            "page": self.wish.page,
            "size": self.wish.size,
            "recordings": list(self.rows),
        }


def read_page(desk: Queries, wish: Filters) -> ListingPage:
    """Return a page of the list; of files that could not be read when an error is asked for."""
    if wish.error:
        count = desk.rows(lambda table: _counted(_unreadable(table, wish)))[0]["rows"]
        rows = desk.rows(lambda table: _paged(_unreadable(table, wish), wish))
    else:
        # All rows are ordered by the two columns that this needs; what a page shows of a
        # recording is read only of those that are on it.
        count = desk.rows(lambda table: _counted(_chosen(table, wish)))[0]["rows"]
        placed = desk.rows(lambda table: _paged(_sortable(table, wish), wish))
        known = [row["recording_id"] for row in placed]
        by_id = read_rows(desk, known)
        return ListingPage(wish, count, tuple(by_id[name] for name in known if name in by_id))
    return ListingPage(wish, count, tuple(_shown(row) for row in rows))


def read_rows(desk: Queries, known: list[str]) -> dict[str, Row]:
    """Return what a list shows of these recordings, by their ids; unknown ones are left out."""
    found = desk.rows(lambda table: _described(table, known)) if known else []
    return {row["recording_id"]: _shown(row) for row in found}


def _counted(listed: Any) -> Any:
    return listed.agg(rows=listed.count())


def _paged(listed: Any, wish: Filters) -> Any:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    by = "uri" if wish.sort == "file" or wish.error else wish.sort
    column = listed[by].lower() if by in ("uri", "title", "artist") else listed[by]
    order = ibis.desc(column) if wish.order == "down" else ibis.asc(column)
    # Rows without a value come last either way; equal ones in one order, so that pages do
    # not repeat or lose a row.
    ordered = listed.order_by([column.isnull(), order, "uri"])
    return ordered.limit(wish.size, offset=(wish.page - 1) * wish.size)


def _chosen(table: TableOf, wish: Filters) -> Any:
    """Return the recordings that fit a wish and lie in a file."""
    recordings, files, verdicts = table("recordings"), table("files"), table("verdicts")
    held = files.filter(files.recording_id.notnull())
    if wish.search:
        text = wish.search.lower()
        named = held.filter(held.uri.lower().contains(text))
        recordings = recordings.filter(
            recordings.tag_title.lower().contains(text).fill_null(False)
            | recordings.tag_artist.lower().contains(text).fill_null(False)
            | recordings.recording_id.isin(named.recording_id)
        )
    if wish.verdict:
        such = verdicts.filter(verdicts.verdict == wish.verdict)
        recordings = recordings.filter(recordings.recording_id.isin(such.recording_id))
    if wish.disagreement:
        both = declared_vs_detected(table)
        such = both.filter(both.disagreement == wish.disagreement)
        recordings = recordings.filter(recordings.recording_id.isin(such.recording_id))
    if wish.declared:
        recordings = recordings.filter(recordings.recording_id.isin(table("declared").recording_id))
    return recordings.filter(recordings.recording_id.isin(held.recording_id))


def _sortable(table: TableOf, wish: Filters) -> Any:
    """Return the chosen recordings with their first file and what they are sorted by."""
    chosen = _chosen(table, wish).rename(title="tag_title", artist="tag_artist")
    if wish.sort == "p_generated":
        judged = table("verdicts").select("recording_id", "p_generated")
        chosen = chosen.select("recording_id").left_join(judged, "recording_id")
    columns = ["recording_id"] if wish.sort == "file" else ["recording_id", wish.sort]
    return chosen.select(*columns).inner_join(_places(table("files")), "recording_id")


def _described(table: TableOf, known: list[str]) -> Any:
    """Return what a page shows of these recordings."""
    recordings, files, verdicts = table("recordings"), table("files"), table("verdicts")
    kept = recordings.filter(recordings.recording_id.isin(known))
    shown = kept.select(*_COLUMNS, title="tag_title", artist="tag_artist")
    places = _places(files.filter(files.recording_id.isin(known)))
    mine = verdicts.filter(verdicts.recording_id.isin(known))
    judged = mine.select("recording_id", "verdict", "basis", "p_generated")
    both = declared_vs_detected(lambda name: _mine(table(name), known)).select(
        "recording_id", "disagreement"
    )
    facts = judged.left_join(both, "recording_id").drop("recording_id_right")
    return shown.inner_join(places, "recording_id").left_join(facts, "recording_id")


def _mine(rows: Any, known: list[str]) -> Any:
    return rows.filter(rows.recording_id.isin(known))


def _places(files: Any) -> Any:
    held = files.filter(files.recording_id.notnull())
    return held.group_by("recording_id").agg(uri=held.uri.min(), files=held.count())


def _unreadable(table: TableOf, wish: Filters) -> Any:
    files = table("files")
    failed = files.filter(files.error_kind.notnull())
    if wish.error != "any":
        failed = failed.filter(failed.error_kind == wish.error)
    if wish.search:
        failed = failed.filter(failed.uri.lower().contains(wish.search.lower()))
    return failed.select("uri", "recording_id", "size_bytes", "error_kind", "error")


def _shown(row: Row) -> Row:
    file = shown(row["uri"])
    made = {"file": file, "folder": "/".join(file.split("/")[-3:-1]), **row}
    made.pop("recording_id_right", None)
    for name in ("title", "artist", "error"):
        if made.get(name):
            made[name] = printable(made[name])
    if made.get("error_kind"):
        made["reason"] = reason(made["error_kind"])
    return made
