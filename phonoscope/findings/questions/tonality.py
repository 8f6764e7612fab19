"""The keys and modes of the recordings."""

from __future__ import annotations

from phonoscope.findings.base import (
    Answer,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.bars import grid_of_bars
from phonoscope.findings.plots.noun import RECORDINGS
from phonoscope.findings.shared.tally import tally
from phonoscope.messages import gettext, ngettext
from phonoscope.text import percent

KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MODES = {"major": gettext("major"), "minor": gettext("minor")}
"""Modes in words."""


def sharp(key: str) -> str:
    """Return a key with a true sharp sign."""
    return key.replace("#", "\u266f")


@finding(
    name="tonality",
    title="Key and mode",
    question="Which keys are the recordings in?",
    needs={"recordings": ("key", "mode")},
)
def tonality(catalogue: QuerySession) -> Answer:
    """Count keys and modes.

    Method
    ------
    Phonoscope measures one key per recording from the pitch classes of its whole spectrum.
    Recordings are counted by key and mode. The key column of a service is never mixed in.

    Caveats
    -------
    A major key and its relative minor share their notes and are confused most often. Music
    without a key, or with several, gets one key or none. Sharps include flats: D♯ is also E♭.
    """
    recordings = catalogue.table("recordings")
    found = {(key, mode): n for key, mode, n in tally(recordings, "key", "mode")}
    keyed = {pair: n for pair, n in found.items() if pair[0] in KEYS and pair[1] in MODES}
    every, total = sum(found.values()), sum(keyed.values())
    if total == 0:
        return cannot_tell(
            gettext(
                "No recording has a key, because none could be decoded or none has clear pitches."
            )
        )
    rows = [(mode, key, keyed.get((key, mode), 0)) for mode in MODES for key in KEYS]
    major = Share(sum(n for mode, _, n in rows if mode == "major"), total)
    (top_key, top_mode), most = max(keyed.items(), key=lambda item: item[1])
    top = gettext("{key} {mode}", key=sharp(top_key), mode=MODES[top_mode])
    columns = (
        ResultColumn("mode", gettext("Mode"), "text"),
        ResultColumn("key", gettext("Key"), "text"),
        ResultColumn("count", gettext("Recordings")),
        ResultColumn("share", gettext("Share"), "share"),
    )
    unclear = every - total
    rest = ngettext(
        "{n} of {total} recordings ({share}) has no clear key.",
        "{n} of {total} recordings ({share}) have no clear key.",
        unclear,
        total=every,
        share=percent(unclear / every),
    )
    return Answer(
        headline=ngettext(
            "{share} of {n} recording (95% interval {low} to {high}) is in a major key; the most "
            "frequent key is {key} ({top}).",
            "{share} of {n} recordings (95% interval {low} to {high}) are in a major key; the most "
            "frequent key is {key} ({top}).",
            total,
            key=top,
            top=percent(most / total),
            **major.words,
        ),
        note=rest if unclear else "",
        certainty=major.certainty(),
        figures=(major.figure("major_share"),),
        chart=grid_of_bars(
            [(MODES[mode], sharp(key), n) for mode, key, n in rows],
            [sharp(key) for key in KEYS],
            noun=RECORDINGS,
            alt=gettext(
                "Recordings by key, in major and minor, {n} in total; the most frequent is {key} "
                "with {top}.",
                n=total,
                key=top,
                top=most,
            ),
        ),
        tables=(
            ResultTable(
                "key_by_mode",
                gettext("Keys"),
                columns,
                tuple((MODES[m], sharp(k), n, n / total) for m, k, n in rows),
            ),
        ),
    )
