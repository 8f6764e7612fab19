"""In which keys the recordings are."""

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
from phonoscope.messages import ngettext
from phonoscope.text import counted, percent

KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
MODES = ("major", "minor")


def sharp(key: str) -> str:
    """Return a key with a true sharp sign."""
    return key.replace("#", "\u266f")


@finding(
    name="tonality",
    title="Key and mode",
    question="In which keys are the recordings?",
    needs={"recordings": ("key", "mode")},
)
def tonality(catalogue: QuerySession) -> Answer:
    """Count keys and modes.

    Method
    ------
    One key a recording, from the pitch classes of its whole spectrum, measured by Phonoscope
    and never mixed with a service's own column; counted by key and mode.

    Caveats
    -------
    A major key and its relative minor share their notes and are the most frequent confusion;
    music without a key, or with several, is forced into one or has none. Sharps stand for flats
    too.
    """
    recordings = catalogue.table("recordings")
    found = {(key, mode): n for key, mode, n in tally(recordings, "key", "mode")}
    keyed = {pair: n for pair, n in found.items() if pair[0] in KEYS and pair[1] in MODES}
    every, total = sum(found.values()), sum(keyed.values())
    if total == 0:
        return cannot_tell("No recording has a key: none was decoded, or none has clear pitches.")
    rows = [(mode, key, keyed.get((key, mode), 0)) for mode in MODES for key in KEYS]
    major = Share(sum(n for mode, _, n in rows if mode == "major"), total)
    (top_key, top_mode), most = max(keyed.items(), key=lambda item: item[1])
    top = f"{sharp(top_key)} {top_mode}"
    alt = (
        f"Bars for the twelve keys in major and in minor, {counted(total, 'recording')}; the most "
        f"frequent is {top} with {most:,}."
    )
    columns = (
        ResultColumn("mode", "Mode", "text"),
        ResultColumn("key", "Key", "text"),
        ResultColumn("count", "Recordings"),
        ResultColumn("share", "Share", "share"),
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
        headline=f"{major} are in a major key; the most frequent key is {top} "
        f"({percent(most / total)}).",
        note=rest if unclear else "",
        certainty=f"Major: {major.certainty()}",
        figures=(major.figure("major_share"),),
        chart=grid_of_bars(
            [(mode, sharp(key), n) for mode, key, n in rows],
            [sharp(key) for key in KEYS],
            noun=RECORDINGS,
            alt=alt,
        ),
        tables=(
            ResultTable(
                "key_by_mode",
                "Keys",
                columns,
                tuple((m, sharp(k), n, n / total) for m, k, n in rows),
            ),
        ),
    )
