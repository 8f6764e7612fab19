"""Which voices recordings declare, and whether the catalogue has a licence for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from phonoscope.clock import utc_today
from phonoscope.disclosure.model import Making, Part
from phonoscope.disclosure.voice import Use
from phonoscope.escape import printable
from phonoscope.findings.base import (
    LISTED_AT_MOST,
    Answer,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.bars import horizontal_bars
from phonoscope.findings.shared.tally import tally
from phonoscope.messages import gettext, ngettext, sentences
from phonoscope.text import count, joined

if TYPE_CHECKING:
    import ibis.expr.types as ir

STATES: Mapping[str, str] = {
    "no-licence": gettext("No licence recorded"),
    "not-allowed": gettext("Owner allows no use"),
    "ended": gettext("Licence expired before"),
    "not-begun": gettext("Licence starts later"),
    "unnamed": gettext("Converted voice, not named"),
    "limited": gettext("Licensed for some uses"),
    "licensed": gettext("Licensed for every use"),
}
"""Licence states of a declared voice in words; the first five mean that a licence is missing."""
OPEN: Mapping[str, Callable[[int], str]] = {
    "no-licence": lambda n: gettext("{n} without a recorded licence", n=n),
    "not-allowed": lambda n: gettext("{n} whose owner allows no use", n=n),
    "ended": lambda n: gettext("{n} with an expired licence", n=n),
    "not-begun": lambda n: gettext("{n} with a licence that starts later", n=n),
    "unnamed": lambda n: gettext("{n} with an unnamed converted voice", n=n),
}
"""States without a recorded licence that could cover the use, as counts in words."""


@finding(
    name="voices",
    title="Voices",
    question="Are the voices that recordings declare licensed?",
    needs={
        "declared": ("part", "making", "voice", "declared_utc"),
        "voices": ("voice_id", "name", "uses", "commercial", "valid_from", "valid_until"),
        "recordings": ("tag_title", "tag_artist"),
    },
)
def voices(catalogue: QuerySession) -> Answer:
    """Look up every declared voice.

    Method
    ------
    Marks that name a voice are looked up in the table of voices by id or name, ignoring case. A
    licence must be valid on the date of the mark, or today when the mark has no date. Converted
    voices without a name are counted separately. This finding reads marks only: it doesn't
    recognise singers, and synthetic voices aren't measured in the sound.

    Caveats
    -------
    The table of voices has only the licences that someone added: a missing licence may exist, and
    recorded ones aren't verified. A mark may name the wrong voice, and an undeclared copy of a
    voice isn't counted. Marks don't show whether a song is a cover or for sale, so a limited
    licence may or may not cover it. Two people may have the same name.
    """
    known = catalogue.cached(_standing)
    each = known.select("recording_id", "state").distinct()
    states = {state: n for state, n in tally(each, "state") if state in STATES}
    if not states:
        return cannot_tell(gettext("No recording declares a named or converted voice."))
    total = _recordings(known)
    open_ones = _recordings(known.filter(known.state.isin(OPEN)))
    share = Share(open_ones, total)
    voices = tally(known.select("recording_id", "voice", "state").distinct(), "voice", "state")
    bars = [(STATES[s], states[s], count(states[s])) for s in STATES if s in states]
    alt = gettext(
        "Recordings that declare a voice, by licence: {licences}.",
        licences=joined([gettext("{label}: {value}", label=w, value=n) for w, n, _ in bars]),
    )
    return Answer(
        headline=_headline(states, share),
        note=_note(catalogue, states),
        certainty=share.certainty(),
        claim=ngettext(
            "{n} recording with an unlicensed voice",
            "{n} recordings with an unlicensed voice",
            open_ones,
        )
        if open_ones
        else "",
        figures=(
            share.figure("voice_without_licence_share"),
            *(Share(n, total).figure(f"voice_{_snake(s)}_share") for s, n in states.items()),
        ),
        chart=horizontal_bars(bars, alt=alt, label_px=200),
        tables=(
            ResultTable(
                "voices",
                gettext("Declared voices"),
                (
                    ResultColumn("voice", gettext("Voice"), "text"),
                    ResultColumn("state_words", gettext("Licence"), "text"),
                    ResultColumn("state", gettext("Value"), "text", on_page=False),
                    ResultColumn("count", gettext("Recordings")),
                ),
                tuple(
                    (printable(voice) if voice else _UNNAMED, STATES[state], state, n)
                    for voice, state, n in voices
                    if state in STATES
                ),
            ),
            *((_listed(catalogue, known),) if open_ones else ()),
        ),
    )


_UNNAMED = gettext("not named")


def _recordings(rows: ir.Table) -> int:
    return int(rows.recording_id.nunique().to_pyarrow().as_py())


def _snake(state: str) -> str:
    return state.replace("-", "_")


def _headline(states: Mapping[str, int], share: Share) -> str:
    if not share.hits:
        return ngettext(
            "0 of {n} recording that declares a voice lacks a licence.",
            "0 of {n} recordings that declare a voice lack a licence.",
            share.total,
        )
    return ngettext(
        "{share} of {n} recording that declares a voice (95% interval {low} to {high}) lacks a "
        "licence: {kinds}.",
        "{share} of {n} recordings that declare a voice (95% interval {low} to {high}) lack a "
        "licence: {kinds}.",
        share.total,
        kinds=joined([words(states[state]) for state, words in OPEN.items() if state in states]),
        **share.words,
    )


def _note(catalogue: QuerySession, states: Mapping[str, int]) -> str:
    empty = not int(catalogue.table("voices").count().to_pyarrow().as_py())
    add = gettext(
        "The catalogue has no licences yet. Add them with 'phonoscope voices CATALOGUE add'."
    )
    limited = states.get("limited", 0)
    unclear = ngettext(
        "{n} recording has a licence with limits, which may not cover it.",
        "{n} recordings have licences with limits, which may not cover them.",
        limited,
    )
    return sentences(add if empty else "", unclear if limited else "")


def _standing(catalogue: QuerySession) -> ir.Table:
    """Return one row per mark: ``recording_id``, ``voice`` (empty: not named) and ``state``."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    marks, licences = catalogue.table("declared"), _by_every_name(catalogue.table("voices"))
    voice = marks.voice.strip().nullif("")
    named = marks.mutate(voice=voice, key=voice.lower()).filter(voice.notnull())
    day = named.declared_utc.date().coalesce(ibis.literal(utc_today()).cast("date"))
    named = named.select("recording_id", "voice", "key", day=day).distinct()
    both = named.left_join(licences, "key")
    begun = (both.valid_from.isnull() | (both.valid_from <= both.day)) & both.allowed.notnull()
    valid = begun & (both.valid_until.isnull() | (both.valid_until >= both.day))
    valid = valid.fill_null(False)
    found = both.mutate(
        known=both.allowed.notnull(),
        begun=begun.fill_null(False),
        valid=valid,
        forbids=valid & (both.allowed == 0).fill_null(False),
        covers_all=valid & both.every_use.fill_null(False),
    )
    judged = found.group_by(["recording_id", "voice", "day"]).agg(
        known=found.known.any(),
        begun=found.begun.any(),
        valid=found.valid.any(),
        forbids=found.forbids.any(),
        covers_all=found.covers_all.any(),
    )
    state = ibis.cases(
        (~judged.known, "no-licence"),
        (judged.forbids, "not-allowed"),
        (judged.covers_all, "licensed"),
        (judged.valid, "limited"),
        (judged.begun, "ended"),
        else_="not-begun",
    )
    known = judged.select("recording_id", "voice", state=state)
    every = known.union(_unnamed(marks, voice))
    # A batch that was killed may have left marks of no recording.
    return every.semi_join(catalogue.table("recordings"), "recording_id")


def _unnamed(marks: ir.Table, voice: ir.StringColumn) -> ir.Table:
    """Return recordings with a converted voice that no mark names."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    of_voice = marks.part.isin([Part.VOCALS.value, Part.WHOLE.value, Part.UNSPECIFIED.value])
    converted = marks.filter(of_voice & (marks.making == Making.CONVERTED_VOICE.value))
    silent = converted.anti_join(marks.filter(voice.notnull()), "recording_id")
    return silent.select(
        "recording_id", voice=ibis.null("string"), state=ibis.literal("unnamed")
    ).distinct()


def _by_every_name(voices: ir.Table) -> ir.Table:
    """Return licences by the names that a mark may use, in lower case."""
    allowed = voices.uses.length().cast("int64")
    facts = {
        "allowed": allowed,
        "every_use": (allowed == len(Use)) & voices.commercial,
    }
    parts = [
        voices.select("valid_from", "valid_until", key=column.strip().lower(), **facts)
        for column in (voices.voice_id, voices.name)
    ]
    both = parts[0].union(parts[1])
    return both.filter(both.key.notnull()).distinct()


def _listed(catalogue: QuerySession, known: ir.Table) -> ResultTable:
    """List recordings without a licence, with what they declare."""
    wanted = known.filter(known.state.isin(OPEN)).distinct()
    rows = wanted.order_by(["state", "voice", "recording_id"]).limit(LISTED_AT_MOST)
    found = rows.select("recording_id", "voice", "state").to_pyarrow().to_pylist()
    ids = sorted({row["recording_id"] for row in found})
    files, tags = catalogue.table("files"), catalogue.table("recordings")
    held = files.filter(files.recording_id.isin(ids))
    places = held.group_by("recording_id").agg(uri=held.uri.min()).to_pyarrow().to_pylist()
    uris = {row["recording_id"]: catalogue.locations.name(row["uri"]) for row in places}
    named = tags.filter(tags.recording_id.isin(ids)).select(
        "recording_id", "tag_title", "tag_artist"
    )
    titles = {row["recording_id"]: row for row in named.to_pyarrow().to_pylist()}

    def title(name: str) -> str:
        row = titles.get(name, {})
        parts = [row.get("tag_artist"), row.get("tag_title")]
        known_by = " - ".join(printable(part) for part in parts if part)
        return known_by or uris.get(name, "").rsplit("/", 1)[-1]

    in_all = int(wanted.count().to_pyarrow().as_py())
    return ResultTable(
        "voices_without_licence",
        gettext("Without a licence"),
        (
            ResultColumn("recording", gettext("Recording"), "text"),
            ResultColumn("voice", gettext("Voice"), "text"),
            ResultColumn("state", gettext("Licence"), "text"),
            ResultColumn("file", gettext("File"), "text"),
            ResultColumn("recording_id", gettext("Id"), "text", on_page=False),
        ),
        tuple(
            (
                title(row["recording_id"]),
                printable(row["voice"] or ""),
                STATES[row["state"]],
                uris.get(row["recording_id"], ""),
                row["recording_id"],
            )
            for row in found
        ),
        in_all,
        "phonoscope sql CATALOGUE \"select recording_id, voice from declared where voice <> ''\"",
    )
