"""Names of artists that look like those of known artists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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
from phonoscope.findings.shared.known_artists import (
    LEAST_ENTRIES,
    LEAST_FOLLOWERS,
    LEAST_PLAYS,
    LEAST_POPULARITY,
    MOST_KNOWN,
    TIMES_LESS,
    Artist,
    all_names,
    known_artists,
    names_of_charts,
)
from phonoscope.findings.shared.lookalikes import COMMON, HARDLY_CHANCE, SHORTEST, NamePair, Search
from phonoscope.findings.shared.provenance import Made, made_by
from phonoscope.linking.lookalikes import (
    Likeness,
    hidden_in,
    plain_names,
    strange_letters,
)
from phonoscope.text import count, counted, joined, shortened

LOOKED_AT = 1_000
"""Pairs of which tracks are looked up, those of the best known artists."""
LISTED_EACH = 3
"""Names listed of one known artist at most."""
YEARS_LATER = 5
"""Years by which a catalogue must be younger for that to be a reason to look."""
FAR_LESS = 1_000
"""How many times fewer followers, or plays, are a reason to look."""
LIKENESSES: Mapping[Likeness, str] = {
    Likeness.HIDDEN: "hidden characters",
    Likeness.LETTERS: "letters that look alike",
    Likeness.WORDS: "added words",
    Likeness.EDIT: "one edit apart",
    Likeness.MARKS: "accents, marks or blanks",
    Likeness.SAME: "written the same",
}
_NOBODY = (
    "Who is well known cannot be told: no artist has the followers, plays or popularity, and no "
    "name the entries of charts, to be called known."
)


@dataclass(frozen=True)
class _Seen:
    """A pair with its reasons to look."""

    pair: NamePair
    known: Made
    other: Made
    reasons: tuple[str, ...]


@finding(
    name="names",
    title="Names alike",
    question="Whose names look like those of known artists?",
    needs={
        "artists": ("name", "followers", "popularity"),
        "chart_entries": ("performer",),
        "tracks": ("plays",),
        "machine_artists": ("name", "artist_id"),
    },
    values={
        "LEAST_FOLLOWERS": count(LEAST_FOLLOWERS),
        "LEAST_PLAYS": count(LEAST_PLAYS),
        "LEAST_POPULARITY": LEAST_POPULARITY,
        "LEAST_ENTRIES": LEAST_ENTRIES,
        "MOST_KNOWN": count(MOST_KNOWN),
        "TIMES_LESS": TIMES_LESS,
        "SHORTEST": SHORTEST[Likeness.EDIT],
        "FAR_LESS": count(FAR_LESS),
        "YEARS_LATER": YEARS_LATER,
        "LISTED_EACH": LISTED_EACH,
        "COMMON": COMMON,
        "CYRILLIC_A": "\u0410",
    },
)
def names(catalogue: QuerySession) -> Answer:
    """Compare names with those of known artists.

    Method
    ------
    Known artists are those with {LEAST_FOLLOWERS} followers, {LEAST_PLAYS} plays, a popularity
    of {LEAST_POPULARITY} or {LEAST_ENTRIES} entries of charts: at most the {MOST_KNOWN} best
    known that sources describe, and as many that charts name. Every name of an artist here, of
    charts and of lists of machine-made artists is compared with theirs in one pass; the other
    must be less known, by {TIMES_LESS} times in followers, plays or entries, or clearly in
    popularity. Alike are names that are the same but for characters that show nothing; that
    look the same though other letters are in them (Unicode UTS #39: Cyrillic {CYRILLIC_A} for
    A, capital I for l); that differ in words such as 'Official' and 'Music', or in guests; that
    are one character apart (known names of {SHORTEST} letters and more, and not by a digit
    only); that differ in accents, marks and blanks; or in nothing. The last two, and added
    words, count only between artists of one source. Reasons to look are counted, not weighed: a
    likeness that is hardly chance (hidden characters, other letters); something known to be
    machine-made (on a list, declared, or flagged by the detector); {FAR_LESS} times fewer
    followers or plays; a first release {YEARS_LATER} years later or more. The list is ordered
    by their number, then by likeness, then by how known the other is, with {LISTED_EACH} names
    of one known artist at most. A known name with more than {COMMON} names alike is a common
    one: they are counted and not listed, but for what is hardly chance.

    Caveats
    -------
    Most names alike are honest: people share names, tribute bands say whom they honour, and one
    artist may have several pages, or two ids after a change of distributor. Among 4,094 names
    of real charts, 6 pairs with eight letters or more were one edit apart: five were one artist
    in two spellings, one was chance, of 6 million pairs (bench/similar_names.py). At that rate,
    known very roughly, 20,000 known artists and 15 million names make 50,000 by chance alone. A
    name in the list is a reason to look, no verdict. Followers and popularity are as old as the
    source. Names that sound alike, translations, and signs for letters that Unicode does not
    list (P!nk) are not found; nor is whoever imitates an artist that nothing here says is
    known.
    """
    charted = names_of_charts(catalogue)
    known = known_artists(catalogue, charted)
    if not known:
        return cannot_tell(_NOBODY)
    search = Search(known)
    for names in all_names(catalogue, charted):
        search.look(names)
    seen = _seen(catalogue, list(search.pairs()))
    return _answer(search, seen)


def _seen(catalogue: QuerySession, pairs: Sequence[NamePair]) -> list[_Seen]:
    """Return the pairs most worth a look, in order."""
    order = list(Likeness)
    # What is hardly chance comes first, then as pairs come: by fame.
    looked = sorted(pairs, key=lambda pair: order.index(pair.likeness))[:LOOKED_AT]
    ids = {a.artist_id for pair in looked for a in (pair.known, pair.other) if a.artist_id}
    made = made_by(catalogue, sorted(ids))
    listed = _listed(catalogue, [pair.other for pair in looked])
    seen = [_reasoned(pair, made, pair.other in listed) for pair in looked]
    # Sorting keeps the order of fame among equals.
    seen.sort(key=lambda one: (-len(one.reasons), order.index(one.pair.likeness)))
    each: Counter[Artist] = Counter()
    kept = []
    for one in seen:
        each[one.pair.known] += 1
        if each[one.pair.known] <= LISTED_EACH:
            kept.append(one)
    return kept


def _listed(catalogue: QuerySession, artists: Sequence[Artist]) -> set[Artist]:
    """Return those of some artists who are on a list of machine-made ones, by id or by name."""
    rows = catalogue.table("machine_artists").select("name", "artist_id").to_pyarrow()
    ids = {value for value in rows["artist_id"].to_pylist() if value}
    names = {*plain_names([value for value in rows["name"].to_pylist() if value])} - {None}
    plain = plain_names([artist.name for artist in artists])
    return {
        artist
        for artist, name in zip(artists, plain, strict=True)
        if artist.artist_id in ids or name in names
    }


def _reasoned(pair: NamePair, made: Mapping[str, Made], is_listed: bool) -> _Seen:
    known, other = (made.get(a.artist_id or "", Made()) for a in (pair.known, pair.other))
    reasons = (
        _told(pair) or LIKENESSES[pair.likeness] if pair.likeness in HARDLY_CHANCE else "",
        _machine(other, is_listed),
        _fewer(pair),
        _later(known, other),
    )
    return _Seen(pair, known, other, tuple(filter(None, reasons)))


def _machine(made: Made, is_listed: bool) -> str:
    told = [
        "on a list of machine-made artists" if is_listed else "",
        f"{counted(made.declared, 'track')} of {count(made.tracks)} declared machine-made"
        if made.declared
        else "",
        f"{count(made.flagged)} of {counted(made.weighed, 'recording')} weighed flagged"
        if made.flagged
        else "",
    ]
    return ", ".join(filter(None, told))


def _fewer(pair: NamePair) -> str:
    for what in ("followers", "plays"):
        known, other = getattr(pair.known, what), getattr(pair.other, what)
        if known and other is not None and other * FAR_LESS <= known:
            return f"{count(other)} {what}, the other {count(known)}"
    return ""


def _later(known: Made, other: Made) -> str:
    if known.first is None or other.first is None or other.first - known.first < YEARS_LATER:
        return ""
    return f"first release {other.first}, the other's {known.first}"


def _told(pair: NamePair) -> str:
    """Say what stands in a name that hardly stands there by chance; else nothing."""
    if pair.likeness is Likeness.HIDDEN:
        hidden = dict.fromkeys(hidden_in(pair.other.name) or hidden_in(pair.known.name))
        return ", ".join(f"U+{ord(c):04X}" for c in hidden)
    if pair.likeness is Likeness.LETTERS:
        return printable(", ".join(strange_letters(pair.other.name, pair.known.name)[:3]))
    return ""


def _answer(search: Search, seen: Sequence[_Seen]) -> Answer:
    found = search.by_likeness
    share = Share(search.with_any, len(search.known))
    kinds = [f"{LIKENESSES[kind]} ({count(found[kind])})" for kind in Likeness if found[kind]]
    chance = sum(found[kind] for kind in HARDLY_CHANCE)
    artists = _artists(len(search.known))
    told = (
        f"{share} of {artists} have names like theirs beside them, of artists far less known; "
        f"{count(chance) if chance else 'none'} of {counted(found.total(), 'such pair')} "
        f"{'is' if chance < 2 else 'are'} hardly chance."
        if kinds
        else f"No name of {count(search.names)} looks like one of {artists}."
    )
    reasoned = sum(len(one.reasons) > 1 for one in seen)
    common = search.common
    return Answer(
        headline=told,
        note=" ".join(
            filter(
                None,
                (
                    f"Pairs by likeness: {joined(kinds)}." if kinds else "",
                    f"{counted(reasoned, 'of those looked at has', 'of those looked at have')} two "
                    "reasons to look or more."
                    if reasoned
                    else "",
                    f"{counted(common, 'known name is', 'known names are')} common: more than "
                    f"{COMMON} names look like it, which are counted and not listed."
                    if common
                    else "",
                ),
            )
        ),
        certainty=f"Every one of {counted(search.names, 'name')} was compared; the counts are "
        "exact, and most of what they count is chance or honest.",
        figures=(
            share.figure("known_with_lookalikes_share"),
            Figure("known_artists", len(search.known), "artists"),
            Figure("names", search.names, "names"),
            *(Figure(f"{kind.value}_pairs", found[kind], "pairs") for kind in Likeness),
            Figure("common_names", common, "artists"),
        ),
        tables=(_table(seen),) if seen else (),
    )


def _artists(number: int) -> str:
    return counted(number, "known artist")


_COLUMNS = (
    ResultColumn("name", "Name", "text"),
    ResultColumn("known", "Known artist", "text"),
    ResultColumn("likeness", "Alike", "text"),
    ResultColumn("reasons", "Reasons to look"),
    ResultColumn("why", "In words", "text"),
    ResultColumn("followers", "Followers", on_page=False),
    ResultColumn("known_followers", "Of the known", on_page=False),
    ResultColumn("tracks", "Tracks", on_page=False),
    ResultColumn("first", "First year", "text", on_page=False),
    ResultColumn("artist_id", "Identifier", "text", on_page=False),
    ResultColumn("source", "Source", "text", on_page=False),
)


def _table(seen: Sequence[_Seen]) -> ResultTable:
    rows = tuple(_row(one) for one in seen[:LISTED_AT_MOST])
    return ResultTable("similar_names", "Names worth a look", _COLUMNS, rows)


def _row(one: _Seen) -> tuple[Cell, ...]:
    other = one.pair.other
    return (
        shortened(printable(other.name)),
        shortened(printable(one.pair.known.name)),
        LIKENESSES[one.pair.likeness],
        len(one.reasons),
        "; ".join(one.reasons),
        other.followers,
        one.pair.known.followers,
        one.other.tracks,
        str(one.other.first) if one.other.first else None,
        printable(other.artist_id) if other.artist_id else None,
        printable(other.source) if other.source else None,
    )
