"""How much of a catalogue the largest labels and artists hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from phonoscope.escape import printable
from phonoscope.findings.base import (
    Answer,
    Chart,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.bars import horizontal_bars
from phonoscope.findings.shared.credits import by_artist, by_label, names_of
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks
from phonoscope.text import count, counted, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

LISTED, DRAWN = 50, 10
"""Largest labels and artists that a table lists, and labels that a chart draws."""


@dataclass(frozen=True)
class _Held:
    """How tracks are spread over holders."""

    holders: int
    tracks: int
    hhi: float
    largest: list[tuple[str, int]]

    def top(self, n: int) -> Share:
        return Share(sum(tracks for _, tracks in self.largest[:n]), self.tracks)


@finding(
    name="concentration",
    title="Labels and artists",
    question="How much do the largest labels and artists hold?",
    needs={"tracks": ("label",), "track_artists": ("artist_id",)},
)
def concentration(catalogue: QuerySession) -> Answer:
    """Add up the largest labels and artists.

    Method
    ------
    Tracks are counted by label as written and by artist id; a track of two artists counts for
    both. The Herfindahl-Hirschman index is the sum of squared shares: 1 is a monopoly, 1/n is n
    equal holders.

    Caveats
    -------
    Labels as written are not companies: one company has hundreds of them, one label several
    spellings, and distributors fill the field with the artist's name. So concentration by
    company is higher than this. Ids of artists are a service's: one person may have several,
    'Various Artists' is none. Tracks are not plays.
    """
    total = all_tracks(catalogue)
    if not total:
        return cannot_tell(NO_TRACKS)
    labels = _held(catalogue.cached(by_label), "label")
    artists = _held(catalogue.cached(by_artist), "artist_id")
    if not labels and not artists:
        return cannot_tell("No track of this catalogue names a label, or an artist by id.")
    told: list[str] = []
    figures: list[Figure] = []
    tables: list[ResultTable] = []
    for held, one in ((labels, "label"), (artists, "artist")):
        if held:
            top = held.top(DRAWN)
            told.append(f"the {DRAWN} largest of {counted(held.holders, one)} hold {top}")
            figures += [
                Figure(f"{one}s", held.holders, f"{one}s", None, held.tracks),
                top.figure(f"{one}s_top_10_share"),
                Figure(f"{one}s_hhi", held.hhi, "", None, held.tracks),
            ]
    if labels:
        tables.append(_table("label", labels))
    if artists:
        names = names_of(catalogue, [holder for holder, _ in artists.largest])
        named = [(names.get(holder, holder), n) for holder, n in artists.largest]
        tables.append(_table("artist", _Held(artists.holders, artists.tracks, artists.hhi, named)))
    missing = total - labels.tracks if labels else 0
    text = "; ".join(told)
    return Answer(
        headline=f"{text[0].upper()}{text[1:]} of the tracks.",
        note=f"{counted(missing, 'track')} name no label." if missing else "",
        certainty="Every track was counted; the shares are exact for this catalogue.",
        figures=tuple(figures),
        chart=_chart(labels) if labels else None,
        tables=tuple(tables),
    )


def _held(counts: ir.Table, name: str) -> _Held | None:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    tracks = counts.tracks
    squares = (tracks.cast("float64") * tracks.cast("float64")).sum()
    (whole,) = (
        counts.agg(holders=counts.count(), tracks=tracks.sum(), squares=squares)
        .to_pyarrow()
        .to_pylist()
    )
    if not whole["holders"]:
        return None
    top = counts.order_by([ibis.desc("tracks"), ibis.asc(name)]).limit(LISTED)
    largest = [(row[name], row["tracks"]) for row in top.to_pyarrow().to_pylist()]
    hhi = whole["squares"] / whole["tracks"] ** 2
    return _Held(whole["holders"], whole["tracks"], hhi, largest)


def _chart(held: _Held) -> Chart | None:
    rows: dict[str, tuple[str, int, str]] = {}
    for holder, n in held.largest[:DRAWN]:
        label = printable(holder)
        rows.setdefault(label, (label, n, f"{count(n)} ({percent(n / held.tracks)})"))
    alt = f"Tracks of the largest labels: {', '.join(f'{a} {c}' for a, _, c in rows.values())}."
    return horizontal_bars(list(rows.values()), alt=alt)


def _table(one: str, held: _Held) -> ResultTable:
    columns = (
        ResultColumn(one, one.capitalize(), "text"),
        ResultColumn("tracks", "Tracks"),
        ResultColumn("share", "Share", "share"),
    )
    rows = tuple((printable(holder), n, n / held.tracks) for holder, n in held.largest)
    command = (
        "phonoscope sql CATALOGUE 'select label, count(*) from tracks group by all'"
        if one == "label"
        else "phonoscope sql CATALOGUE 'select artist_id, count(*) from track_artists group by all'"
    )
    return ResultTable(f"largest_{one}s", f"Largest {one}s", columns, rows, held.holders, command)
