"""Whose voices recordings declare, and whether a licence of them is recorded."""

from __future__ import annotations

from collections.abc import Mapping
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
from phonoscope.text import count, counted, joined

if TYPE_CHECKING:
    import ibis.expr.types as ir

STATES: Mapping[str, str] = {
    "no-licence": "No licence recorded",
    "not-allowed": "Owner allows no use",
    "ended": "Licence ended before",
    "not-begun": "Licence begins later",
    "unnamed": "Converted voice, not named",
    "limited": "Licensed for some uses",
    "licensed": "Licensed for every use",
}
"""How a declared voice stands to the table of voices; the first five are missing a licence."""
OPEN = ("no-licence", "not-allowed", "ended", "not-begun", "unnamed")
"""States in which no licence is recorded that could cover the use."""


@finding(
    name="voices",
    title="Voices",
    question="Whose voices do the recordings declare, and is a licence recorded?",
    needs={
        "declared": ("part", "making", "voice", "declared_utc"),
        "voices": ("voice_id", "name", "uses", "commercial", "valid_from", "valid_until"),
        "recordings": ("tag_title", "tag_artist"),
    },
)
def voices(catalogue: QuerySession) -> Answer:
    """Look every declared voice up.

    Method
    ------
    Marks that name a voice are looked up in the table of voices, by the voice's id or its name,
    capitals aside. A licence counts on the day that the mark gives, and where it gives none,
    today. Converted voices of which no mark says whose they are are counted apart. Nothing is
    heard here: who sings is not recognised.

    Caveats
    -------
    The table of voices holds what somebody recorded: a licence that is missing there may exist,
    and one that is there is not examined. A mark may name a voice falsely, and a copied voice
    that nothing declares is not counted. Marks do not say whether a song is a cover or sold, so
    a licence with limits may or may not cover it. Two people may have one name.
    """
    known = catalogue.cached(_standing)
    each = known.select("recording_id", "state").distinct()
    states = {state: n for state, n in tally(each, "state") if state in STATES}
    if not states:
        return cannot_tell(
            "No recording declares whose voice it uses, and none declares a converted voice."
        )
    total = _recordings(known)
    open_ones = _recordings(known.filter(known.state.isin(OPEN)))
    share = Share(open_ones, total)
    voices = tally(known.select("recording_id", "voice", "state").distinct(), "voice", "state")
    bars = [(STATES[s], states[s], count(states[s])) for s in STATES if s in states]
    alt = "Recordings that declare a voice: " + ", ".join(f"{w.lower()} {n:,}" for w, n, _ in bars)
    return Answer(
        headline=_headline(states, open_ones, total),
        note=_note(catalogue, states),
        certainty=share.certainty(),
        claim=f"{counted(open_ones, 'declared voice')} without a licence" if open_ones else "",
        figures=(
            share.figure("voice_without_licence_share"),
            *(Share(n, total).figure(f"voice_{_snake(s)}_share") for s, n in states.items()),
        ),
        chart=horizontal_bars(bars, alt=alt, label_px=200),
        tables=(
            ResultTable(
                "voices",
                "Voices declared",
                (
                    ResultColumn("voice", "Voice named", "text"),
                    ResultColumn("state_words", "Licence", "text"),
                    ResultColumn("state", "Value", "text", on_page=False),
                    ResultColumn("count", "Recordings"),
                ),
                tuple(
                    (printable(voice or "not named"), STATES[state], state, n)
                    for voice, state, n in voices
                    if state in STATES
                ),
            ),
            *((_listed(catalogue, known),) if open_ones else ()),
        ),
    )


def _recordings(rows: ir.Table) -> int:
    return int(rows.recording_id.nunique().to_pyarrow().as_py())


def _snake(state: str) -> str:
    return state.replace("-", "_")


def _headline(states: Mapping[str, int], open_ones: int, total: int) -> str:
    of = counted(total, "recording")
    verb = "declares" if total == 1 else "declare"
    said = f"{of} {verb} a voice of somebody or a converted one"
    if not open_ones:
        return f"{said}; a licence of each is recorded."
    parts = [f"{STATES[s].lower()}: {count(states[s])}" for s in OPEN if s in states]
    return f"{said}; {count(open_ones)} without a licence ({joined(parts)})."


def _note(catalogue: QuerySession, states: Mapping[str, int]) -> str:
    parts = []
    if not int(catalogue.table("voices").count().to_pyarrow().as_py()):
        parts.append("No licence is recorded here yet: 'phonoscope voices CATALOGUE add' does.")
    if limited := states.get("limited"):
        parts.append(
            f"{count(limited)} may or may not be covered: the licence has limits, and a mark does "
            "not say whether a song is a cover or sold."
        )
    return " ".join(parts)


def _standing(catalogue: QuerySession) -> ir.Table:
    """Return one row a mark: ``recording_id``, ``voice`` (empty: not named) and ``state``."""
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
    told = judged.select("recording_id", "voice", state=state)
    every = told.union(_unnamed(marks, voice))
    # A batch that was killed may have left marks of no recording.
    return every.semi_join(catalogue.table("recordings"), "recording_id")


def _unnamed(marks: ir.Table, voice: ir.StringColumn) -> ir.Table:
    """Return recordings with a converted voice of which no mark says whose it is."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    of_voice = marks.part.isin([Part.VOCALS.value, Part.WHOLE.value, Part.UNSPECIFIED.value])
    converted = marks.filter(of_voice & (marks.making == Making.CONVERTED_VOICE.value))
    silent = converted.anti_join(marks.filter(voice.notnull()), "recording_id")
    return silent.select(
        "recording_id", voice=ibis.null("string"), state=ibis.literal("unnamed")
    ).distinct()


def _by_every_name(voices: ir.Table) -> ir.Table:
    """Return licences by what a mark may call the voice, in lower case."""
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
        "Without a licence",
        (
            ResultColumn("recording", "Recording", "text"),
            ResultColumn("voice", "Voice named", "text"),
            ResultColumn("state", "Licence", "text"),
            ResultColumn("file", "File", "text"),
            ResultColumn("recording_id", "Identifier", "text", on_page=False),
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
