"""Releases that differ from all others by their artist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
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
    analysed,
    chosen,
    described,
    differing,
    grouped,
    usual,
)
from phonoscope.linking.isrc import code_of
from phonoscope.messages import Joined, gettext, ngettext
from phonoscope.text import count, joined, number, percent, shortened

if TYPE_CHECKING:
    import ibis.expr.types as ir

RARE = 0.005
"""Share of the analysed releases up to which a difference is rare enough to be listed."""
FEW = 3
"""Releases up to which a difference is rare in a small catalogue."""
LOOKED_AT = 2_000
"""Releases whose titles and credits are read, the rarest differences first."""
LISTED_EACH = 3
"""Most releases listed per artist."""
_TOO_FEW = gettext(
    "No artist has enough releases to compare: {releases} with a label, an ISRC, territories or a "
    "month, or {analysed} with analysed recordings.",
    releases=LEAST_RELEASES,
    analysed=LEAST_HEARD,
)
EXPLAINED: Mapping[str, str] = {
    "shared": gettext("other artists are credited"),
    "gathered": gettext("compilation or tribute"),
    "again": gettext("re-issue or other version"),
    "newest": gettext("newest release, perhaps a new deal"),
}
_MARKETS = (
    gettext("one country"),
    gettext("fewer than {n} countries", n=FEW_MARKETS),
    gettext("many countries"),
)
_PREFIXED = 10**7
_DETECTED_BITS = sum(DIFFERENCES[name] for name in HEARD)


@dataclass(frozen=True)
class _Rates:
    """Number of analysed releases by what they differ in."""

    total: int
    """All analysed releases."""
    by_pattern: Mapping[int, int]
    """Of those, the ones that differ."""

    def at_least(self, pattern: int) -> int:
        """Return how many differ in all of these things, and possibly in more."""
        return sum(n for other, n in self.by_pattern.items() if other & pattern == pattern)

    def rare(self) -> list[int]:
        """Return the rare patterns, the rarest first."""
        most = max(FEW, int(RARE * self.total))
        some = [p for p in self.by_pattern if self.at_least(p) <= most]
        return sorted(some, key=lambda p: (self.at_least(p), p))


@finding(
    name="pages",
    title="Artist pages",
    question="Which releases may be on the wrong artist's page?",
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
        "RARE": percent(RARE),
        "FEW": FEW,
    },
)
def pages(catalogue: QuerySession) -> Answer:
    """Compare releases with the others of their artists.

    Method
    ------
    A release is everything with one album id, or otherwise with one label and month. Each release
    is compared with all others by the same artist, for the {MOST_ARTISTS} artists with the most
    followers. Artists with {LEAST_RELEASES} or more releases are compared by label, ISRC
    registrant (five characters), ISRC prefix (two), territories (one country, fewer than
    {FEW_MARKETS}, or more), and the one time that {SILENCE_MONTHS} months or more passed without a
    release. A release differs when no other has the same value and {STEADY} of the others agree.
    Artists with {LEAST_HEARD} or more releases with linked recordings are also compared by three
    results: declared machine-made, flagged by the detector, and a declared voice. Converted and
    synthetic voices aren't measured in the sound. Rarity is the share of all analysed releases
    that differ in at least the same things. Releases are listed, the rarest first, up to a share
    of {RARE}, or {FEW} releases. Label, registrant and prefix usually change together, so they are
    counted together and not treated as independent.

    Caveats
    -------
    A difference doesn't mean that a page was hijacked. A new label deal changes label, registrant
    and prefix at once. A guest's track is on another artist's label, and compilations, tributes,
    soundtracks and re-issues have labels of their own. Where titles, credits, album types or dates
    suggest such a reason, the list names it and shows the release last, unless its recordings
    differ too. The newest release may be the first of a new deal. Without album types,
    compilations are recognised only by name. A country can have several ISRC prefixes. Artists
    with few releases, or with many labels, aren't analysed. Hijackers who use the usual label's
    name, or who add several releases, aren't found by label. A page that mixes two artists with
    the same name is listed as well.
    """
    if not all_tracks(catalogue):
        return cannot_tell(NO_TRACKS)
    everybody = catalogue.cached(analysed)
    (known,) = everybody.agg(
        artists=everybody.count(), releases=everybody.releases.sum()
    ).to_pyarrow().to_pylist()  # fmt: skip
    artists = known["artists"]
    if not artists:
        return cannot_tell(_TOO_FEW, "no-values")
    table = catalogue.cached(differing)
    patterns = table.group_by("pattern").agg(n=table.count()).to_pyarrow().to_pylist()
    rates = _Rates(int(known["releases"]), {row["pattern"]: row["n"] for row in patterns})
    rare = rates.rare()
    some = table.filter(table.pattern.isin(rare or [-1]))
    with_any = int(some.who.nunique().to_pyarrow().as_py())
    rows = _rows(catalogue, some, rates, rare) if rare else []
    return _answer(rates, Share(sum(rates.by_pattern[p] for p in rare), rates.total),
                   Share(with_any, artists), rows)  # fmt: skip


def _rows(
    catalogue: QuerySession, some: ir.Table, rates: _Rates, rare: Sequence[int]
) -> list[tuple[Cell, ...]]:
    """Return the rows of the list: unexplained releases first, then the rarest."""
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
        known = {**more[row["who"], row["release"]], **row}
        detected = row["pattern"] & _DETECTED_BITS
        explained = [words for name, words in EXPLAINED.items() if known[name] and not detected]
        found.append((known, explained))
    found.sort(key=lambda item: (bool(item[1]), rates.at_least(item[0]["pattern"])))
    each: Counter[int] = Counter()
    rows: list[tuple[Cell, ...]] = []
    for known, explained in found:
        each[known["who"]] += 1
        if each[known["who"]] <= LISTED_EACH and len(rows) < LISTED_AT_MOST:
            rows.append(_row(known, explained, usuals, names[known["who"]], rates))
    return rows


def _usual(catalogue: QuerySession, looked: pa.Table, name: str) -> dict[int, Any]:
    """Return the most frequent value of one field, by artist."""
    who = looked.select(["who"]).group_by("who").aggregate([])
    some = memtable(catalogue.cached(grouped), who)
    rows = usual(catalogue, some, name).to_pyarrow().to_pylist()
    # Of two equally frequent values, the same one is named every time.
    return {row["who"]: row[name] for row in sorted(rows, key=lambda r: r[name], reverse=True)}


def _names(catalogue: QuerySession, looked: pa.Table) -> dict[int, dict[str, Any]]:
    artists = catalogue.cached(chosen)
    some = artists.filter(artists.who.isin(sorted({*looked["who"].to_pylist()})))
    rows = some.select("who", "source", "artist_id", "name").to_pyarrow().to_pylist()
    return {row["who"]: row for row in rows}


def _differs(row: Mapping[str, Any], usuals: Mapping[str, Mapping[int, Any]]) -> list[str]:
    """Return the differences of a release in words, those of its recordings first."""
    found = [
        _DETECTED[name](printable(str(row["voice"])), int(row[f"of_{name}"]))
        for name in HEARD
        if row["pattern"] & DIFFERENCES[name]
    ]
    for name in STATED:
        # The registrant begins with the prefix.
        repeated = name == "prefix" and row["pattern"] & DIFFERENCES["registrant"]
        if row["pattern"] & DIFFERENCES[name] and not repeated:
            own = row["written"] if name == "label" else row[name]
            found.append(
                _STATED[name](
                    _value(name, own),
                    _value(name, usuals[name][row["who"]]),
                    int(row[f"most_{name}"]),
                    int(row[f"of_{name}"]),
                )
            )
    if row["pattern"] & DIFFERENCES["silence"]:
        found.append(_silence(row))
    return found


def _silence(row: Mapping[str, Any]) -> str:
    years = number(row["gap"] / 12)
    if row["together"] > 1:
        return gettext(
            "after {years} years without a release, then {n} in one month",
            years=years,
            n=int(row["together"]),
        )
    return gettext("after {years} years without a release", years=years)


_DETECTED: Mapping[str, Callable[[str, int], str]] = {
    "declared": lambda _, n: gettext("declared machine-made; none of {n} others is", n=n - 1),
    "detected": lambda _, n: gettext("flagged by the detector; none of {n} others is", n=n - 1),
    "voice": lambda voice, n: gettext(
        "declares the voice \u201c{voice}\u201d; none of {n} others does", voice=voice, n=n - 1
    ),
}
_STATED: Mapping[str, Callable[[str, str, int, int], str]] = {
    "label": lambda own, usual, most, n: gettext(
        "label {own} ({usual} in {most} of {n})", own=own, usual=usual, most=most, n=n
    ),
    "registrant": lambda own, usual, most, n: gettext(
        "ISRC registrant {own} ({usual} in {most} of {n})", own=own, usual=usual, most=most, n=n
    ),
    "prefix": lambda own, usual, most, n: gettext(
        "ISRC prefix {own} ({usual} in {most} of {n})", own=own, usual=usual, most=most, n=n
    ),
    "markets": lambda own, usual, most, n: gettext(
        "in {own} ({usual} in {most} of {n})", own=own, usual=usual, most=most, n=n
    ),
}


def _value(name: str, value: Any) -> str:
    if name == "markets":
        return _MARKETS[value]
    if name == "registrant":
        return code_of(value * _PREFIXED)[:5]
    if name == "prefix":
        return code_of(value * 36**3 * _PREFIXED)[:2]
    return gettext("\u201c{label}\u201d", label=printable(shortened(str(value))))


_COLUMNS = (
    ResultColumn("artist", gettext("Artist"), "text"),
    ResultColumn("release", gettext("Release"), "text"),
    ResultColumn("differs", gettext("Difference from all others"), "text"),
    ResultColumn("as_much", gettext("Share of releases like this"), "share"),
    ResultColumn("perhaps", gettext("Possible reason"), "text"),
    ResultColumn("tracks", gettext("Tracks"), on_page=False),
    ResultColumn("month", gettext("Month"), "text"),
    ResultColumn("artist_id", gettext("Artist id"), "text", on_page=False),
    ResultColumn("track_id", gettext("Track id"), "text", on_page=False),
    ResultColumn("source", gettext("Source"), "text", on_page=False),
)


def _row(
    known: Mapping[str, Any],
    explained: Sequence[str],
    usuals: Mapping[str, Mapping[int, Any]],
    artist: Mapping[str, Any],
    rates: _Rates,
) -> tuple[Cell, ...]:
    month = known["number"]
    return (
        shortened(printable(artist["name"] or artist["artist_id"])),
        shortened(printable(known["album"] or known["title"] or known["track_id"])),
        Joined("; ", tuple(_differs(known, usuals))),
        rates.at_least(known["pattern"]) / rates.total,
        joined(list(explained)) if explained else "",
        known["tracks"],
        None if month is None else f"{month // 12}-{month % 12 + 1:02}",
        printable(artist["artist_id"]),
        printable(known["track_id"]),
        printable(known["source"]),
    )


def _answer(rates: _Rates, rare: Share, artists: Share, rows: Sequence[tuple[Cell, ...]]) -> Answer:
    each = {name: Share(rates.at_least(bit), rates.total) for name, bit in DIFFERENCES.items()}
    common = [
        gettext("{what} {share}", what=_WORDS[name], share=share.text)
        for name, share in each.items()
        if share.hits
    ]
    listed = ResultTable("odd_releases", gettext("Releases worth a look"), _COLUMNS, tuple(rows))
    return Answer(
        headline=_headline(rates, rare, artists),
        note=gettext("Releases that differ, by kind: {kinds}.", kinds=joined(common))
        if common
        else "",
        certainty=gettext(
            "Every release of the analysed artists was compared, so the numbers are exact. They "
            "are base rates of this catalogue, not the probability of a hijacked page."
        ),
        figures=(
            rare.figure("rare_release_share"),
            artists.figure("artists_with_rare_release_share"),
            Figure("releases", rates.total, "releases"),
            *(share.figure(f"differs_in_{name}_share") for name, share in each.items()),
        ),
        tables=(listed,) if rows else (),
    )


def _headline(rates: _Rates, rare: Share, artists: Share) -> str:
    if not rare.hits:
        return gettext(
            "0 of {releases} releases by {artists} artists are unusual for their artist.",
            releases=rates.total,
            artists=artists.total,
        )
    return ngettext(
        "{n} of {releases} releases ({share}) by {artists} artists is unusual for its artist; "
        "{with_one} artists ({artist_share}) have such a release.",
        "{n} of {releases} releases ({share}) by {artists} artists are unusual for their artist; "
        "{with_one} artists ({artist_share}) have such a release.",
        rare.hits,
        releases=rates.total,
        share=rare.text,
        artists=artists.total,
        with_one=artists.hits,
        artist_share=artists.text,
    )


_WORDS: Mapping[str, str] = {
    "label": gettext("label"),
    "registrant": gettext("ISRC registrant"),
    "prefix": gettext("ISRC prefix"),
    "markets": gettext("territories"),
    "silence": gettext("years without a release"),
    "declared": gettext("declared machine-made"),
    "detected": gettext("flagged by the detector"),
    "voice": gettext("declared voice"),
}
