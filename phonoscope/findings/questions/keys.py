"""The keys and modes of tracks, as measured by a service."""

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
from phonoscope.findings.plots.noun import TRACKS
from phonoscope.findings.questions.tonality import KEYS, MODES, sharp
from phonoscope.messages import gettext, ngettext
from phonoscope.text import percent

NO_FEATURES = gettext(
    "This catalogue has no audio features from a service. Import them with 'phonoscope ingest "
    "SOURCE --into CATALOGUE'."
)
_MODE = {"major": 1, "minor": 0}


@finding(
    name="keys",
    title="Service keys",
    question="Which keys does the streaming service report for the tracks?",
    needs={"features": ("key", "mode")},
)
def keys(catalogue: QuerySession) -> Answer:
    """Count keys and modes.

    Method
    ------
    The key and mode that a service reports for each track are counted by pair. Tracks for which
    it reports no key are left out. Phonoscope's own measurements are under 'Key and mode'.

    Caveats
    -------
    The service's method is secret, and it makes errors: two providers agreed on key and mode for
    35% of 230 songs. A major key is often confused with its relative minor. Speech, noise and
    drums get a key as well. Results of different providers must not be mixed.
    """
    features = catalogue.table("features")
    found = features.group_by("key", "mode").agg(n=features.count()).to_pyarrow().to_pylist()
    every = sum(row["n"] for row in found)
    if not every:
        return cannot_tell(NO_FEATURES)
    counts = {
        (row["key"], row["mode"]): row["n"]
        for row in found
        if row["key"] in range(12) and row["mode"] in (0, 1)
    }
    total = sum(counts.values())
    if not total:
        return cannot_tell(
            gettext("The audio features in this catalogue have no keys."), "no-values"
        )
    rows = [
        (mode, key, counts.get((at, _MODE[mode]), 0))
        for mode in MODES
        for at, key in enumerate(KEYS)
    ]
    major = Share(sum(n for mode, _, n in rows if mode == "major"), total)
    top_mode, top_key, most = max(rows, key=lambda row: row[2])
    top = gettext("{key} {mode}", key=sharp(top_key), mode=MODES[top_mode])
    columns = (
        ResultColumn("mode", gettext("Mode"), "text"),
        ResultColumn("key", gettext("Key"), "text"),
        ResultColumn("tracks", gettext("Tracks")),
        ResultColumn("share", gettext("Share"), "share"),
    )
    keyless = every - total
    rest = ngettext("{n} track has no key or mode.", "{n} tracks have no key or mode.", keyless)
    return Answer(
        headline=ngettext(
            "{share} of {n} track (95% interval {low} to {high}) is in a major key, according to "
            "the service; the most frequent key is {key} ({top}).",
            "{share} of {n} tracks (95% interval {low} to {high}) are in a major key, according to "
            "the service; the most frequent key is {key} ({top}).",
            total,
            key=top,
            top=percent(most / total),
            **major.words,
        ),
        note=rest if keyless else "",
        certainty=major.certainty(),
        figures=(
            major.figure("major_share"),
            *(
                Share(n, total).figure(f"{key.lower().replace('#', '_sharp')}_{mode}_share")
                for mode, key, n in rows
            ),
        ),
        chart=grid_of_bars(
            [(MODES[mode], sharp(key), n) for mode, key, n in rows],
            [sharp(key) for key in KEYS],
            noun=TRACKS,
            alt=gettext(
                "Tracks by key, in major and minor, {n} in total; the most frequent is {key} with "
                "{top}.",
                n=total,
                key=top,
                top=most,
            ),
        ),
        tables=(
            ResultTable(
                "service_keys",
                gettext("Keys"),
                columns,
                tuple((MODES[m], sharp(k), n, n / total) for m, k, n in rows),
            ),
        ),
        claim=gettext("{share} of tracks in a major key", share=major.text),
    )
