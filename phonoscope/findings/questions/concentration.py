"""How many tracks the largest labels and artists have."""

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
from phonoscope.messages import Message, gettext, ngettext, sentences
from phonoscope.text import joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

LISTED, DRAWN = 50, 10
"""Largest labels and artists that a table lists, and labels that a plot draws."""


@dataclass(frozen=True)
class _Held:
    """How tracks are spread over labels or artists."""

    holders: int
    tracks: int
    hhi: float
    largest: list[tuple[str, int]]

    def top(self, n: int) -> Share:
        return Share(sum(tracks for _, tracks in self.largest[:n]), self.tracks)


@finding(
    name="concentration",
    title="Labels and artists",
    question="How many tracks do the largest labels and artists have?",
    needs={"tracks": ("label",), "track_artists": ("artist_id",)},
)
def concentration(catalogue: QuerySession) -> Answer:
    """Add up the largest labels and artists.

    Method
    ------
    Tracks are counted by label as written and by artist id; a track by two artists counts for
    both. The Herfindahl-Hirschman index (HHI) is the sum of squared shares: 1 is a monopoly, and
    1/n means n equal shares.

    Caveats
    -------
    Labels as written are not companies: one company has hundreds of labels, one label has several
    spellings, and distributors fill in the artist's name. So concentration by company is higher
    than this. Artist ids come from a service: one person may have several, and 'Various Artists'
    isn't an artist. Tracks are not plays.
    """
    total = all_tracks(catalogue)
    if not total:
        return cannot_tell(NO_TRACKS)
    labels = _held(catalogue.cached(by_label), "label")
    artists = _held(catalogue.cached(by_artist), "artist_id")
    if not labels and not artists:
        return cannot_tell(
            gettext("No track of this catalogue has a label or an artist id."), "no-values"
        )
    figures: list[Figure] = []
    tables: list[ResultTable] = []
    for held, one in ((labels, "label"), (artists, "artist")):
        if held:
            top = held.top(DRAWN)
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
    return Answer(
        headline=sentences(
            _of_labels(labels) if labels else "", _of_artists(artists) if artists else ""
        ),
        note=ngettext("{n} track has no label.", "{n} tracks have no label.", missing)
        if missing
        else "",
        certainty=gettext(
            "Every track is counted, so the shares are exact for this catalogue. The intervals "
            "apply if it is a sample of a larger collection."
        ),
        figures=tuple(figures),
        chart=_chart(labels) if labels else None,
        tables=tuple(tables),
    )


def _of_labels(held: _Held) -> Message:
    top = held.top(DRAWN)
    return ngettext(
        "{share} of {n} track with a label (95% interval {low} to {high}) is on the {top} largest "
        "of {labels}.",
        "{share} of {n} tracks with a label (95% interval {low} to {high}) are on the {top} "
        "largest of {labels}.",
        held.tracks,
        top=min(DRAWN, held.holders),
        labels=ngettext("{n} label", "{n} labels", held.holders),
        **top.words,
    )


def _of_artists(held: _Held) -> Message:
    top = held.top(DRAWN)
    return ngettext(
        "{share} of {n} track credit (95% interval {low} to {high}) belongs to the {top} largest "
        "of {artists}.",
        "{share} of {n} track credits (95% interval {low} to {high}) belong to the {top} largest "
        "of {artists}.",
        held.tracks,
        top=min(DRAWN, held.holders),
        artists=ngettext("{n} artist", "{n} artists", held.holders),
        **top.words,
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
        share = gettext("{n} ({share})", n=n, share=percent(n / held.tracks))
        rows.setdefault(label, (label, n, share))
    each = [gettext("{label}: {value}", label=a, value=c) for a, _, c in rows.values()]
    alt = gettext("Tracks of the largest labels: {labels}.", labels=joined(each))
    return horizontal_bars(list(rows.values()), alt=alt)


def _table(one: str, held: _Held) -> ResultTable:
    columns = (
        ResultColumn(one, gettext("Label") if one == "label" else gettext("Artist"), "text"),
        ResultColumn("tracks", gettext("Tracks")),
        ResultColumn("share", gettext("Share"), "share"),
    )
    rows = tuple((printable(holder), n, n / held.tracks) for holder, n in held.largest)
    command = (
        "phonoscope sql CATALOGUE 'select label, count(*) from tracks group by all'"
        if one == "label"
        else "phonoscope sql CATALOGUE 'select artist_id, count(*) from track_artists group by all'"
    )
    title = gettext("Largest labels") if one == "label" else gettext("Largest artists")
    return ResultTable(f"largest_{one}s", title, columns, rows, held.holders, command)
