"""The list of recordings: searched, filtered, sorted and paged by the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlencode

from phonoscope.audio.source import printable, shown
from phonoscope.findings.unreadable import reason
from phonoscope.web.desk import Desk, Row, Table

Sort = Literal["file", "title", "artist", "duration_s", "loudness_lufs", "tempo_bpm", "size_bytes"]
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
class Wish:
    """What someone wants to see of the list."""

    search: str = ""
    """Text in a file's name, a title or an artist; capitals do not matter."""
    verdict: str = ""
    """A verdict; empty for all."""
    declared: bool = False
    """Only recordings that declare how they were made."""
    error: str = ""
    """A kind of error, or ``any``: lists the files that could not be read instead."""
    sort: Sort = "file"
    order: Order = "up"
    page: int = 1
    size: int = SIZES[0]

    def address(self, **changes: Any) -> str:
        """Return the query string of this wish with some changes."""
        changed = replace(self, **changes)
        plain = Wish()
        said = {
            name: int(value) if isinstance(value, bool) else value
            for name, value in vars(changed).items()
            if value != getattr(plain, name)
        }
        return "?" + urlencode(said)


@dataclass(frozen=True)
class Page:
    """One page of the list."""

    wish: Wish
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


def read_page(desk: Desk, wish: Wish) -> Page:
    """Return a page of the list; of files that could not be read when an error is asked for."""
    listed = _unreadable if wish.error else _recordings
    count = desk.rows(lambda table: _counted(listed(table, wish)))[0]["rows"]
    rows = desk.rows(lambda table: _paged(listed(table, wish), wish))
    return Page(wish, count, tuple(_shown(row) for row in rows))


def _counted(listed: Any) -> Any:
    return listed.agg(rows=listed.count())


def _paged(listed: Any, wish: Wish) -> Any:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    by = "uri" if wish.sort == "file" or wish.error else wish.sort
    column = listed[by].lower() if by in ("uri", "title", "artist") else listed[by]
    order = ibis.desc(column) if wish.order == "down" else ibis.asc(column)
    # Rows without a value come last either way; equal ones in one order, so that pages do
    # not repeat or lose a row.
    ordered = listed.order_by([column.isnull(), order, "uri"])
    return ordered.limit(wish.size, offset=(wish.page - 1) * wish.size)


def _recordings(table: Table, wish: Wish) -> Any:
    recordings, files, verdicts = table("recordings"), table("files"), table("verdicts")
    if wish.search:
        text = wish.search.lower()
        named = files.filter(files.uri.lower().contains(text) & files.recording_id.notnull())
        recordings = recordings.filter(
            recordings.tag_title.lower().contains(text).fill_null(False)
            | recordings.tag_artist.lower().contains(text).fill_null(False)
            | recordings.recording_id.isin(named.recording_id)
        )
    if wish.verdict:
        such = verdicts.filter(verdicts.verdict == wish.verdict)
        recordings = recordings.filter(recordings.recording_id.isin(such.recording_id))
    if wish.declared:
        recordings = recordings.filter(recordings.recording_id.isin(table("declared").recording_id))
    kept = recordings.select(*_COLUMNS, title="tag_title", artist="tag_artist")
    held = files.filter(files.recording_id.notnull())
    places = held.group_by("recording_id").agg(uri=held.uri.min(), files=held.count())
    judged = verdicts.select("recording_id", "verdict", "basis")
    return kept.inner_join(places, "recording_id").left_join(judged, "recording_id")


def _unreadable(table: Table, wish: Wish) -> Any:
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
