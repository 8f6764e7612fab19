"""How the detector's p-values fit this catalogue, by its own human recordings."""

from __future__ import annotations

from phonoscope.detector.empirical_null import ENOUGH, FEWEST
from phonoscope.escape import printable
from phonoscope.findings.base import (
    Answer,
    QuerySession,
    ResultColumn,
    ResultTable,
    Share,
    cannot_tell,
    finding,
)
from phonoscope.findings.questions.verdicts import WORDS
from phonoscope.findings.shared.tally import tally
from phonoscope.local_null.summary import CalibrationSummary, summary_of
from phonoscope.messages import gettext, ngettext, sentences

_FIT = (
    ResultColumn("level", gettext("Promised false alarms"), "share"),
    ResultColumn("hits", gettext("Known-human recordings flagged")),
    ResultColumn("share", gettext("Share"), "share"),
    ResultColumn("low", gettext("At least"), "share"),
    ResultColumn("high", gettext("At most"), "share"),
)
_VERDICTS = (
    ResultColumn("verdict_words", gettext("Verdict"), "text"),
    ResultColumn("verdict", gettext("Value"), "text", on_page=False),
    ResultColumn("shipped", gettext("By the model's null")),
    ResultColumn("local", gettext("By this catalogue's null")),
)
_FLAGGED = (
    ResultColumn("file", gettext("File"), "text"),
    ResultColumn("year", gettext("Year"), "text"),
    ResultColumn("p_value", gettext("Model's p-value"), "decimal"),
    ResultColumn("local_p_value", gettext("Local p-value"), "decimal"),
    ResultColumn("says", gettext("What may explain it"), "text"),
    ResultColumn("recording_id", gettext("Recording"), "text", on_page=False),
)


@finding(
    name="own_null",
    title="Own null",
    question="How well do the detector's error rates fit this catalogue?",
    needs={
        "calibrations": ("calibration_id", "known_human"),
        "local_p_values": ("recording_id", "p_value"),
        "verdicts": ("verdict", "p_value", "p_generated", "model"),
    },
    values={"FEWEST": FEWEST, "ENOUGH": ENOUGH},
)
def own_null(catalogue: QuerySession) -> Answer:
    """Compare the shipped null with known-human recordings of the catalogue.

    Method
    ------
    'phonoscope calibrate' takes recordings that are known to be human, by date or from a list, at
    least {FEWEST} and better {ENOUGH}. Those with a p-value up to a level are counted, with a
    Wilson interval; a null that fits gives the level itself. A local p-value is the share of them
    with the same score or a higher one, among recordings of the same bandwidth and codec, with an
    exponential tail where counts end. A known-human recording is judged by all others. Stored
    verdicts don't change.

    Caveats
    -------
    A date can be older than the recording: a remaster may carry the year of the song, and tools
    that remaster can leave the traces of a generator. Recordings of one artist or album aren't
    independent, so intervals are too narrow where few artists made most of them. The null holds
    for music like the known-human recordings; newer styles may differ.
    """
    found = summary_of(catalogue, catalogue.locations)
    if found is None:
        return cannot_tell(
            gettext(
                "This catalogue has no whole calibration. 'phonoscope calibrate' makes one from "
                "recordings that are known to be human."
            )
        )
    calibration, row = found.calibration, found.calibration.row
    models = [model for model, _ in tally(catalogue.table("verdicts"), "model") if model]
    if row.model not in models:
        return cannot_tell(calibration.ignored(max(models, default=None)), "outdated")
    share = Share(row.called, row.known_human)
    return Answer(
        headline=calibration.says(),
        note=_note(found),
        certainty=share.certainty(),
        figures=(share.figure("known_human_called_share"),),
        tables=_tables(found),
    )


def _note(found: CalibrationSummary) -> str:
    since = ngettext(
        "{n} recording was scanned since and has no local p-value yet.",
        "{n} recordings were scanned since and have no local p-value yet.",
        found.scanned_since,
    )
    flagged = ngettext(
        "{n} known-human recording is called generated. It may have been processed by a neural "
        "tool.",
        "{n} known-human recordings are called generated. They may have been processed by a neural "
        "tool.",
        found.flagged_in_all,
    )
    return sentences(
        found.calibration.fit_says(),
        found.calibration.caveats(),
        flagged if found.flagged_in_all else "",
        since if found.scanned_since else "",
    )


def _tables(found: CalibrationSummary) -> tuple[ResultTable, ...]:
    fit = tuple((one.level, one.hits, one.share, *one.interval) for one in found.calibration.fit)
    verdicts = tuple(
        (WORDS.get(one.verdict, printable(one.verdict)), one.verdict, one.shipped, one.local)
        for one in found.verdicts
    )
    flagged = tuple(
        (
            one.file,
            None if one.year is None else str(one.year),
            one.p_value,
            one.local_p_value,
            one.says,
            one.recording_id,
        )
        for one in found.flagged
    )
    made = (
        ResultTable("own_null_fit", gettext("Fit of the model's null"), _FIT, fit),
        ResultTable("own_null_verdicts", gettext("Verdicts both ways"), _VERDICTS, verdicts),
    )
    if not flagged:
        return made
    title = gettext("Known-human recordings called generated")
    listed = ResultTable("own_null_flagged", title, _FLAGGED, flagged, found.flagged_in_all)
    return (*made, listed)
