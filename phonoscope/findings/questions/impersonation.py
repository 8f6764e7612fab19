"""Artist names that resemble those of well-known artists."""

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
from phonoscope.findings.shared.lookalikes import COMMON, DELIBERATE, SHORTEST, NamePair, Search
from phonoscope.findings.shared.provenance import Made, made_by
from phonoscope.linking.lookalikes import (
    Likeness,
    hidden_in,
    plain_names,
    strange_letters,
)
from phonoscope.messages import Joined, Message, gettext, ngettext, sentences
from phonoscope.text import count, joined, shortened

LOOKED_AT = 1_000
"""Pairs with the best known artists, whose tracks are looked up."""
LISTED_EACH = 3
"""Most names listed for one known artist."""
YEARS_LATER = 5
"""Years between first releases from which the difference is a reason to look."""
FAR_LESS = 1_000
"""How many times fewer followers or plays are a reason to look."""
SIMILARITIES: Mapping[Likeness, str] = {
    Likeness.HIDDEN: gettext("hidden characters"),
    Likeness.LETTERS: gettext("letters that look alike"),
    Likeness.WORDS: gettext("added words"),
    Likeness.EDIT: gettext("one character apart"),
    Likeness.MARKS: gettext("accents, marks or spaces"),
    Likeness.SAME: gettext("same spelling"),
}
_NOBODY = gettext(
    "No artist counts as well known: none has enough followers, plays or popularity, and no name "
    "has enough chart entries."
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
    title="Similar names",
    question="Which names look like those of well-known artists?",
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
    """Compare names with those of well-known artists.

    Method
    ------
    Well-known artists have {LEAST_FOLLOWERS} followers, {LEAST_PLAYS} plays, a popularity of
    {LEAST_POPULARITY} or {LEAST_ENTRIES} chart entries: at most the {MOST_KNOWN} best known that
    sources describe, and as many that charts name. Every artist name in this catalogue, in charts
    and on lists of machine-made artists is compared with theirs. The other artist must be less
    known, by {TIMES_LESS} times in followers, plays or entries, or clearly in popularity. Two
    names are near-identical if they differ only in invisible characters; if they look the same
    with other letters (Unicode UTS #39: Cyrillic {CYRILLIC_A} for A, capital I for l); if they
    differ in words such as 'Official' and 'Music', or in guests; if they are one character apart
    (known names of {SHORTEST} letters or more, and not a digit); if they differ in accents, marks
    and spaces; or if they are the same. The last two, and added words, count only between artists
    of one source. Invisible characters and other letters look deliberate. Reasons to look are
    counted without weights: a name that looks deliberate; a sign of a machine (on a list,
    declared, or flagged by the detector); {FAR_LESS} times fewer followers or plays; a first
    release at least {YEARS_LATER} years later. The list is sorted by the number of reasons, then
    by similarity, then by how known the other artist is, with at most {LISTED_EACH} names per
    known artist. A known name that more than {COMMON} names resemble is common: those names are
    counted, and listed only if they look deliberate.

    Caveats
    -------
    Most similar names are honest: people share names, tribute bands name whom they honour, and
    one artist may have several pages, or two ids after a change of distributor. Among 4,094 names
    in real charts, 6 pairs of names with eight letters or more were one character apart: five
    were one artist in two spellings, and one of 6 million pairs was chance
    (bench/similar_names.py). At that very rough rate, 20,000 known artists and 15 million names
    give 50,000 pairs by chance alone. A name in the list is a reason to look, not a verdict.
    Followers and popularity are as old as the source. Names that sound alike, translations, and
    symbols for letters that Unicode doesn't list (P!nk) are not found. Nor are imitators of
    artists that this catalogue doesn't show to be well known.
    """
    charted = names_of_charts(catalogue)
    known = known_artists(catalogue, charted)
    if not known:
        described = catalogue.table("artists").limit(1).to_pyarrow().num_rows
        return cannot_tell(_NOBODY, "no-values" if charted or described else "no-data")
    search = Search(known)
    for names in all_names(catalogue, charted):
        search.look(names)
    seen = _seen(catalogue, list(search.pairs()))
    return _answer(search, seen)


def _seen(catalogue: QuerySession, pairs: Sequence[NamePair]) -> list[_Seen]:
    """Return the pairs most worth a look, in order."""
    order = list(Likeness)
    # Pairs that look deliberate come first, then in the order of fame.
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
    """Return the artists who are on a list of machine-made ones, by id or by name."""
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
        _oddity(pair) or SIMILARITIES[pair.likeness] if pair.likeness in DELIBERATE else "",
        _machine(other, is_listed),
        _fewer(pair),
        _later(known, other),
    )
    return _Seen(pair, known, other, tuple(filter(None, reasons)))


def _machine(made: Made, is_listed: bool) -> str:
    declared = ngettext(
        "{n} of {total} tracks declared machine-made",
        "{n} of {total} tracks declared machine-made",
        made.declared,
        total=made.tracks,
    )
    flagged = ngettext(
        "{n} of {total} scored recordings flagged",
        "{n} of {total} scored recordings flagged",
        made.flagged,
        total=made.weighed,
    )
    signs = [
        gettext("on a list of machine-made artists") if is_listed else "",
        declared if made.declared else "",
        flagged if made.flagged else "",
    ]
    found = [sign for sign in signs if sign]
    return joined(found) if found else ""


def _fewer(pair: NamePair) -> Message | str:
    known, other = pair.known, pair.other
    if _far_less(known.followers, other.followers):
        return ngettext(
            "{n} follower, compared with {known}",
            "{n} followers, compared with {known}",
            other.followers or 0,
            known=known.followers or 0,
        )
    if _far_less(known.plays, other.plays):
        return ngettext(
            "{n} play, compared with {known}",
            "{n} plays, compared with {known}",
            other.plays or 0,
            known=known.plays or 0,
        )
    return ""


def _far_less(known: int | None, other: int | None) -> bool:
    return bool(known and other is not None and other * FAR_LESS <= known)


def _later(known: Made, other: Made) -> Message | str:
    if known.first is None or other.first is None or other.first - known.first < YEARS_LATER:
        return ""
    return gettext(
        "first release in {year}, compared with {known}",
        year=str(other.first),
        known=str(known.first),
    )


def _oddity(pair: NamePair) -> str:
    """Return the characters that make a name look deliberate; empty if there are none."""
    if pair.likeness is Likeness.HIDDEN:
        hidden = dict.fromkeys(hidden_in(pair.other.name) or hidden_in(pair.known.name))
        return ", ".join(f"U+{ord(c):04X}" for c in hidden)
    if pair.likeness is Likeness.LETTERS:
        return printable(", ".join(strange_letters(pair.other.name, pair.known.name)[:3]))
    return ""


def _answer(search: Search, seen: Sequence[_Seen]) -> Answer:
    found = search.by_likeness
    share = Share(search.with_any, len(search.known))
    return Answer(
        headline=_headline(share, found),
        note=_note(found, sum(len(one.reasons) > 1 for one in seen), search.common),
        certainty=ngettext(
            "{n} name is compared, so the counts are exact. Most similar names are chance or "
            "honest.",
            "All {n} names are compared, so the counts are exact. Most similar names are chance or "
            "honest.",
            search.names,
        ),
        figures=(
            share.figure("known_with_lookalikes_share"),
            Figure("known_artists", len(search.known), "artists"),
            Figure("names", search.names, "names"),
            *(Figure(f"{kind.value}_pairs", found[kind], "pairs") for kind in Likeness),
            Figure("common_names", search.common, "artists"),
        ),
        tables=(_table(seen),) if seen else (),
    )


def _headline(share: Share, found: Counter[Likeness]) -> str:
    known = ngettext(
        "{share} of {n} well-known artist (95% interval {low} to {high}) has a near-identical name "
        "in this catalogue.",
        "{share} of {n} well-known artists (95% interval {low} to {high}) have a near-identical "
        "name in this catalogue.",
        share.total,
        **share.words,
    )
    total, odd = found.total(), sum(found[kind] for kind in DELIBERATE)
    if not total:
        return known
    none = ngettext(
        "The only pair doesn't look deliberate.", "None of {n} pairs looks deliberate.", total
    )
    some = ngettext(
        "{n} of {total} pairs looks deliberate.",
        "{n} of {total} pairs look deliberate.",
        odd,
        total=total,
    )
    return sentences(known, some if odd else none)


def _note(found: Counter[Likeness], reasoned: int, common: int) -> str:
    kinds = [
        gettext("{similarity} ({n})", similarity=SIMILARITIES[kind], n=found[kind])
        for kind in Likeness
        if found[kind]
    ]
    by_kind = gettext("Pairs by similarity: {kinds}.", kinds=joined(kinds or [""]))
    several = ngettext(
        "{n} name has two or more reasons to look.",
        "{n} names have two or more reasons to look.",
        reasoned,
    )
    crowded = ngettext(
        "{n} known name is common: more than {limit} names resemble it, and they are counted but "
        "not listed.",
        "{n} known names are common: more than {limit} names resemble each, and they are counted "
        "but not listed.",
        common,
        limit=COMMON,
    )
    return sentences(
        by_kind if kinds else "", several if reasoned else "", crowded if common else ""
    )


_COLUMNS = (
    ResultColumn("name", gettext("Name"), "text"),
    ResultColumn("known", gettext("Known artist"), "text"),
    ResultColumn("likeness", gettext("Similarity"), "text"),
    ResultColumn("reasons", gettext("Reasons to look")),
    ResultColumn("why", gettext("Which"), "text"),
    ResultColumn("followers", gettext("Followers"), on_page=False),
    ResultColumn("known_followers", gettext("Followers of the known artist"), on_page=False),
    ResultColumn("tracks", gettext("Tracks"), on_page=False),
    ResultColumn("first", gettext("First year"), "text", on_page=False),
    ResultColumn("artist_id", gettext("Identifier"), "text", on_page=False),
    ResultColumn("source", gettext("Source"), "text", on_page=False),
)


def _table(seen: Sequence[_Seen]) -> ResultTable:
    rows = tuple(_row(one) for one in seen[:LISTED_AT_MOST])
    return ResultTable("similar_names", gettext("Names worth a look"), _COLUMNS, rows)


def _row(one: _Seen) -> tuple[Cell, ...]:
    other = one.pair.other
    return (
        shortened(printable(other.name)),
        shortened(printable(one.pair.known.name)),
        SIMILARITIES[one.pair.likeness],
        len(one.reasons),
        Joined("; ", one.reasons),
        other.followers,
        one.pair.known.followers,
        one.other.tracks,
        str(one.other.first) if one.other.first else None,
        printable(other.artist_id) if other.artist_id else None,
        printable(other.source) if other.source else None,
    )
