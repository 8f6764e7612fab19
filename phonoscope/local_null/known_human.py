"""Which recordings of a catalogue are known to be human, by their dates or by a list."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.catalogue.reader import CatalogueReader
from phonoscope.linking.links import links
from phonoscope.linking.years import years_of
from phonoscope.local_null.listed import Entry, entries_of, uris_of

if TYPE_CHECKING:
    import os

_LATEST_YEAR = 2099
_YEAR_IN_TEXT = r"(?:^|[^0-9])(?P<year>20[0-9][0-9])(?:$|[^0-9])"
SHOWN = 20
"""Entries of a list that aren't found and are named."""


@dataclass(frozen=True)
class KnownHuman:
    """Recordings that are known to be human."""

    recording_ids: frozenset[str]
    before_year: int | None = None
    """The rule was a date; ``None``: a list."""
    stated_later: int = 0
    """Recordings dated before that year that are left out, because something states a later one."""
    not_found: int = 0
    """Entries of the list that name no recording of the catalogue."""
    not_found_entries: tuple[Entry, ...] = ()
    """The first of them."""


def by_date(catalogue: CatalogueReader, before_year: int) -> KnownHuman:
    """Return recordings with dates that are all before a year.

    A date tag often states when a song came out first, also on a remaster made decades later with
    tools that leave traces of their own. So the tag, the release dates of all linked tracks, and
    any year in the title or album must be earlier. That leaves out some old recordings that were
    released again, which does no harm.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    before_year
        The year, e.g. 2022.
    """
    columns = ("recording_id", "tag_date", "tag_title", "tag_album")
    rows = catalogue.table("recordings").select(*columns).to_pyarrow()
    tagged = dict(
        zip(rows["recording_id"].to_pylist(), _years(rows["tag_date"]).to_pylist(), strict=True)
    )
    linked = years_of_tracks(catalogue)
    latest = {
        recording_id: max(years)
        for recording_id, year in tagged.items()
        if (years := [*([year] if year else []), *linked.get(recording_id, ())])
    }
    early = {name for name, year in latest.items() if year < before_year}
    first = {
        name
        for name, year in tagged.items()
        if min([*([year] if year else []), *linked.get(name, ())], default=before_year)
        < before_year
    }
    named = {
        name
        for column in ("tag_title", "tag_album")
        for name in _naming_a_year(rows, column, before_year)
    }
    chosen = frozenset(early - named)
    return KnownHuman(chosen, before_year, stated_later=len(first - chosen))


def by_list(catalogue: CatalogueReader, path: str | os.PathLike[str]) -> KnownHuman:
    """Return the recordings that a list names by id or by file.

    Raises
    ------
    UsageError
        When the list can't be read; see :func:`phonoscope.local_null.listed.entries_of`.
    """
    entries = entries_of(path)
    files = catalogue.table("files")
    scanned = files.filter(files["recording_id"].notnull()).select("uri", "recording_id")
    rows = scanned.to_pyarrow()
    by_uri = dict(zip(rows["uri"].to_pylist(), rows["recording_id"].to_pylist(), strict=True))
    known = set(by_uri.values())
    roots = _sources(catalogue)
    found: set[str] = set()
    missing: list[Entry] = []
    for entry in entries:
        if entry.text.strip().lower() in known:
            found.add(entry.text.strip().lower())
            continue
        uri = next((uri for uri in uris_of(entry.text, path, roots) if uri in by_uri), None)
        if uri is None:
            missing.append(entry)
        else:
            found.add(by_uri[uri])
    return KnownHuman(
        frozenset(found), not_found=len(missing), not_found_entries=tuple(missing[:SHOWN])
    )


def _sources(catalogue: CatalogueReader) -> list[str]:
    """Return the folders that were scanned: reports name files relative to them."""
    listed = catalogue.table("scans").select("sources").to_pyarrow()["sources"].to_pylist()
    return sorted({source for sources in listed for source in sources or ()})


def years_of_tracks(
    catalogue: CatalogueReader, recording_ids: Iterable[str] | None = None
) -> Mapping[str, list[int]]:
    """Return the release years of the tracks that recordings are linked with.

    Parameters
    ----------
    catalogue
        An opened catalogue.
    recording_ids
        Only these recordings; by default all.
    """
    tracks = catalogue.table("tracks")
    if not tracks.limit(1).to_pyarrow().num_rows:
        return {}
    recordings: Any = catalogue.table("recordings")
    if recording_ids is not None:
        recordings = recordings.filter(recordings["recording_id"].isin(sorted(recording_ids)))
    linked = links(recordings, catalogue.table("files"), tracks)
    dated = tracks.select("source", "track_id", "release_date")
    joined = linked.inner_join(dated, ["source", "track_id"])
    rows = joined.select("recording_id", "release_date").distinct().to_pyarrow()
    found: dict[str, list[int]] = {}
    years = _years(rows["release_date"]).to_pylist()
    for recording_id, year in zip(rows["recording_id"].to_pylist(), years, strict=True):
        if year is not None:
            found.setdefault(recording_id, []).append(year)
    return found


def _years(dates: pa.ChunkedArray) -> pa.Array:
    return years_of(dates.cast(pa.string()).combine_chunks())


def _naming_a_year(rows: pa.Table, column: str, before_year: int) -> list[str]:
    """Return the recordings whose text has a year from ``before_year`` on."""
    texts = rows[column].cast(pa.string())
    likely = rows.filter(pc.fill_null(pc.match_substring_regex(texts, _YEAR_IN_TEXT), False))
    years = pc.cast(
        pc.struct_field(pc.extract_regex(likely[column].combine_chunks(), _YEAR_IN_TEXT), "year"),
        pa.int64(),
    )
    late = pc.and_(pc.greater_equal(years, before_year), pc.less_equal(years, _LATEST_YEAR))
    return likely.filter(late)["recording_id"].to_pylist()
