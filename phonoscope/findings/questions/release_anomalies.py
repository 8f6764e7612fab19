"""Releases that disagree with everything else on their artist's page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from phonoscope.catalogue.backend import memtable
from phonoscope.escape import printable
from phonoscope.findings.base import (
    LISTED_AT_MOST,
    Answer,
    Cell,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.shared.marks import NO_TRACKS, all_tracks
from phonoscope.findings.shared.releases import (
    DIFFERENCES,
    FEW_MARKETS,
    HEARD,
    LEAST_HEARD,
    LEAST_RELEASES,
    MOST_ARTISTS,
    RELEASE,
    SILENCE_MONTHS,
    STATED,
    STEADY,
    SUNG,
    chosen,
    described,
    releases,
    usual,
)
from phonoscope.linking.isrc import code_of
from phonoscope.text import count, counted, joined, number, percent, shortened

if TYPE_CHECKING:
    import ibis.expr.types as ir

RARE = 0.005
"""Share of the examined releases up to which differences are rare enough to be listed."""
FEW = 3
"""Releases that may differ as much in a small catalogue, where fewer than this is RARE."""
LOOKED_AT = 2_000
"""Releases whose titles and credits are looked up, the rarest differences first."""
LISTED_EACH = 3
"""Releases listed of one artist at most."""
_TOO_FEW = (
    f"No artist here has {LEAST_RELEASES} releases that state a label, an ISRC, territories or a "
    f"month, nor {LEAST_HEARD} of which anything was heard: there is nothing to hold a release "
    "against."
)
_EXPLAINED: Mapping[str, str] = {
    "shared": "with other artists",
    "gathered": "a compilation or tribute",
    "again": "a re-issue or version",
    "newest": "the newest: perhaps a new deal",
}
_MARKETS = ("one country", f"fewer than {FEW_MARKETS} countries", "many countries")
_PREFIXED = 10**7
_HEARD_BITS = sum(DIFFERENCES[name] for name in HEARD)


@dataclass(frozen=True)
class _Rates:
    """How many of the examined releases differ in what."""

    by_pattern: Mapping[int, int]

    @property
    def total(self) -> int:
        """Releases that were examined."""
        return sum(self.by_pattern.values())

    def at_least(self, pattern: int) -> int:
        """Return how many differ in all of these things, and perhaps in more."""
        return sum(n for other, n in self.by_pattern.items() if other & pattern == pattern)

    def rare(self) -> list[int]:
        """Return the patterns that are listed, the rarest first."""
        most = max(FEW, int(RARE * self.total))
        some = [p for p in self.by_pattern if p and self.at_least(p) <= most]
        return sorted(some, key=lambda p: (self.at_least(p), p))


@finding(
    name="pages",
    title="Artist pages",
    question="Which releases disagree with everything else of their artist?",
    needs={
        "tracks": ("label", "isrc_code", "market_count", "release_date", "album_id"),
        "track_artists": ("artist_id",),
    },
    values={
        "LEAST_RELEASES": LEAST_RELEASES,
        "MOST_ARTISTS": count(MOST_ARTISTS),
        "FEW_MARKETS": FEW_MARKETS,
        "SILENCE_MONTHS": SILENCE_MONTHS,
        "STEADY": percent(STEADY),
        "LEAST_HEARD": LEAST_HEARD,
        "SUNG": number(SUNG, 1),
        "RARE": percent(RARE),
        "FEW": FEW,
    },
)
def pages(catalogue: QuerySession) -> Answer:
    """Hold releases against the others of their artists.

    Method
    ------
    A release is what has one album id, or else one label and month. Of each artist with
    {LEAST_RELEASES} releases or more that state it (of the {MOST_ARTISTS} with the most
    followers), each release is held against all others of the same artist: label, ISRC
    registrant (five characters), ISRC prefix (two), territories (one country, fewer than
    {FEW_MARKETS}, or more), and {SILENCE_MONTHS} months or more of silence before it, once
    only. It differs in one of them when no other release of the artist says the same and
    {STEADY} of the others agree among themselves. Likewise, from {LEAST_HEARD} releases on of
    which it is known: declared machine-made, flagged by the detector, a voice taken for
    converted or synthetic (p_voice {SUNG} or more; experimental), and a declared voice, in
    linked recordings. How unusual it is, is counted: the share of all examined releases that
    differ from their artists' others in at least the same things. Up to {RARE}, or {FEW}
    releases, it is listed, the rarest first. Nothing is taken to be independent: label,
    registrant and prefix mostly change together, and the count knows.

    Caveats
    -------
    A difference is no hijack. A new label deal changes label, registrant and prefix at once; a
    guest's track is on another artist's label; a compilation, a tribute, a soundtrack and a
    re-issue are on whoever's that is. Where titles, credits, album types or dates tell of one,
    the list says which, and puts the release behind all others unless what was heard differs
    too. The newest release of an artist may be the first of a new deal, and nothing here can
    tell. Where albums say nothing of their kind, compilations are found by their names only.
    Several ISRC prefixes may be of one country. Artists with few releases, or who were always
    with many labels, are not examined: of them nothing would be unusual. Hijackers who use the
    usual label's name, or more than one release under their own, are not found by that. A page
    that holds two artists of one name shows up too.
    """
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    table = catalogue.cached(releases)
    patterns = table.group_by("pattern").agg(n=table.count()).to_pyarrow().to_pylist()
    rates = _Rates({row["pattern"]: row["n"] for row in patterns})
    if not rates.total:
        return cannot_tell(_TOO_FEW)
    artists = int(table.who.nunique().to_pyarrow().as_py())
    rare = rates.rare()
    some = table.filter(table.pattern.isin(rare or [-1]))
    with_any = int(some.who.nunique().to_pyarrow().as_py())
    rows = _rows(catalogue, some, rates, rare) if rare else []
    return _answer(rates, Share(sum(rates.by_pattern[p] for p in rare), rates.total),
                   Share(with_any, artists), rows)  # fmt: skip


def _rows(
    catalogue: QuerySession, some: ir.Table, rates: _Rates, rare: Sequence[int]
) -> list[tuple[Cell, ...]]:
    """Return the rows of the list: what nothing explains first, then the rarest."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    order = ibis.cases(*((some.pattern == p, at) for at, p in enumerate(rare)))
    looked = some.order_by(order, *RELEASE).limit(LOOKED_AT).to_pyarrow()
    keys = memtable(some, looked.select(list(RELEASE)))
    more = {
        (row["who"], row["release"]): row
        for row in described(catalogue, keys).to_pyarrow().to_pylist()
    }
    usuals = {name: _usual(catalogue, looked, name) for name in STATED}
    names = _names(catalogue, looked)
    found = []
    for row in looked.to_pylist():
        told = {**more[row["who"], row["release"]], **row}
        heard = row["pattern"] & _HEARD_BITS
        explained = [says for name, says in _EXPLAINED.items() if told[name] and not heard]
        found.append((told, explained))
    found.sort(key=lambda item: (bool(item[1]), rates.at_least(item[0]["pattern"])))
    each: Counter[int] = Counter()
    rows: list[tuple[Cell, ...]] = []
    for told, explained in found:
        each[told["who"]] += 1
        if each[told["who"]] <= LISTED_EACH and len(rows) < LISTED_AT_MOST:
            rows.append(_row(told, explained, usuals, names[told["who"]], rates))
    return rows


def _usual(catalogue: QuerySession, looked: pa.Table, name: str) -> dict[int, Any]:
    """Return what most releases of each artist say of one thing."""
    who = looked.select(["who"]).group_by("who").aggregate([])
    some = memtable(catalogue.cached(releases), who)
    rows = usual(catalogue, some, name).to_pyarrow().to_pylist()
    # Where two are as usual, either may be named; the same one every time.
    return {row["who"]: row[name] for row in sorted(rows, key=lambda r: r[name], reverse=True)}


def _names(catalogue: QuerySession, looked: pa.Table) -> dict[int, dict[str, Any]]:
    artists = catalogue.cached(chosen)
    some = artists.filter(artists.who.isin(sorted({*looked["who"].to_pylist()})))
    rows = some.select("who", "source", "artist_id", "name").to_pyarrow().to_pylist()
    return {row["who"]: row for row in rows}


def _differs(row: Mapping[str, Any], usuals: Mapping[str, Mapping[int, Any]]) -> list[str]:
    """Say in what a release differs, the facts heard first."""
    who, told = row["who"], []
    for name in (*HEARD, *STATED, "silence"):
        if not row["pattern"] & DIFFERENCES[name]:
            continue
        if name in HEARD:
            told.append(f"{_of_heard(name, row)}; no other of {row[f'of_{name}']} is")
        elif name == "silence":
            burst = f", then {row['together']} in a month" if row["together"] > 1 else ""
            told.append(f"after {row['gap'] / 12:.0f} years without a release{burst}")
        elif name != "prefix" or not row["pattern"] & DIFFERENCES["registrant"]:
            # The registrant begins with the prefix.
            one = (row["written"] or row[name]) if name == "label" else row[name]
            other = _stated(name, usuals[name][who])
            share = f"{row[f'most_{name}']} of {row[f'of_{name}']}"
            told.append(f"{_SUBJECT[name]}{_stated(name, one)} ({other} in {share})")
    return told


def _of_heard(name: str, row: Mapping[str, Any]) -> str:
    return {
        "declared": "declared machine-made",
        "detected": "flagged by the detector",
        "sung": "its voice is taken for converted or synthetic",
        "voice": f"declares the voice \u201c{row['voice']}\u201d",
    }[name]


_SUBJECT = {
    "label": "label ",
    "registrant": "ISRC registrant ",
    "prefix": "ISRC prefix ",
    "markets": "in ",
}


def _stated(name: str, value: Any) -> str:
    if name == "markets":
        return _MARKETS[value]
    if name == "registrant":
        return code_of(value * _PREFIXED)[:5]
    if name == "prefix":
        return code_of(value * 36**3 * _PREFIXED)[:2]
    return f"\u201c{shortened(str(value))}\u201d"


_COLUMNS = (
    ResultColumn("artist", "Artist", "text"),
    ResultColumn("release", "Release", "text"),
    ResultColumn("differs", "Differs from all others", "text"),
    ResultColumn("as_much", "As much", "share"),
    ResultColumn("perhaps", "Perhaps", "text"),
    ResultColumn("tracks", "Tracks", on_page=False),
    ResultColumn("month", "Month", "text"),
    ResultColumn("artist_id", "Artist's identifier", "text", on_page=False),
    ResultColumn("track_id", "Identifier of a track", "text", on_page=False),
    ResultColumn("source", "Source", "text", on_page=False),
)


def _row(
    told: Mapping[str, Any],
    explained: Sequence[str],
    usuals: Mapping[str, Mapping[int, Any]],
    artist: Mapping[str, Any],
    rates: _Rates,
) -> tuple[Cell, ...]:
    number = told["number"]
    return (
        shortened(printable(artist["name"] or artist["artist_id"])),
        shortened(printable(told["album"] or told["title"] or told["track_id"])),
        printable("; ".join(_differs(told, usuals))),
        rates.at_least(told["pattern"]) / rates.total,
        joined(list(explained)) if explained else "",
        told["tracks"],
        None if number is None else f"{number // 12}-{number % 12 + 1:02}",
        printable(artist["artist_id"]),
        printable(told["track_id"]),
        printable(told["source"]),
    )


def _answer(rates: _Rates, rare: Share, artists: Share, rows: Sequence[tuple[Cell, ...]]) -> Answer:
    each = {name: Share(rates.at_least(bit), rates.total) for name, bit in DIFFERENCES.items()}
    common = [f"{share} in {_WORDS[name]}" for name, share in each.items() if share.hits]
    of = f"{counted(rates.total, 'release')} of {counted(artists.total, 'artist')}"
    told = (
        f"{rare} of {of} ({count(rare.hits)}) differ from all others of their artist in a way "
        f"that at most {percent(max(RARE, FEW / rates.total))} of them do; "
        f"{counted(artists.hits, 'artist')} ({artists}) "
        f"{'has' if artists.hits == 1 else 'have'} such a release."
        if rare.hits
        else f"None of {of} differs from all others of its artist in a rare way."
    )
    return Answer(
        headline=told,
        note=f"How usual it is to differ: {joined(common)}." if common else "",
        certainty="Exact: every release of the artists examined was held against the others. "
        "The shares are base rates of this catalogue, hijacked or not, and no chances of a hijack.",
        figures=(
            rare.figure("rare_release_share"),
            artists.figure("artists_with_rare_release_share"),
            Figure("releases", rates.total, "releases"),
            *(share.figure(f"differs_in_{name}_share") for name, share in each.items()),
        ),
        tables=(ResultTable("odd_releases", "Releases worth a look", _COLUMNS, tuple(rows)),)
        if rows
        else (),
    )


_WORDS: Mapping[str, str] = {
    "label": "label",
    "registrant": "ISRC registrant",
    "prefix": "ISRC prefix",
    "markets": "territories",
    "silence": "a silence before",
    "declared": "being declared machine-made",
    "detected": "being flagged",
    "sung": "the kind of voice",
    "voice": "the declared voice",
}
