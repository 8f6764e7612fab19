"""How many recordings are damaged."""

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
from phonoscope.messages import gettext, ngettext

SIGNS = {
    "truncated": gettext("Ends before its declared duration"),
    "decode_errors": gettext("Has packets that could not be decoded"),
    "nonfinite_samples": gettext("Has samples that are not numbers"),
    "format_changes": gettext("Changes sample rate or channels midway"),
}


@finding(
    name="damaged",
    title="Damaged",
    question="How many recordings are damaged?",
    needs={"recordings": tuple(SIGNS)},
)
def damaged(catalogue: QuerySession) -> Answer:
    """Count recordings with each sign of damage.

    Method
    ------
    Damage is detected while decoding. A recording is damaged when its sound ends more than one
    second and 2% before the exact duration in its header, when the decoder refuses packets, when
    samples are not numbers, or when the sample rate or the channels change midway.

    Caveats
    -------
    A recording that was cut short is only recognised in containers that count their samples; a
    shortened MP3 looks complete. Damaged recordings stay in all other findings, with the sound
    that is left.
    """
    recordings = catalogue.table("recordings")
    any_sign = recordings.truncated.fill_null(False)
    signs = {"truncated": any_sign}
    for name in ("decode_errors", "nonfinite_samples", "format_changes"):
        signs[name] = recordings[name].fill_null(0) > 0
        any_sign = any_sign | signs[name]
    sums = {name: sign.cast("int64").sum() for name, sign in signs.items()}
    asked = recordings.agg(total=recordings.count(), hits=any_sign.cast("int64").sum(), **sums)
    got = asked.to_pyarrow().to_pylist()[0]
    total = got["total"]
    if total == 0:
        return cannot_tell(
            gettext("No recording could be decoded, so none could be checked for damage.")
        )
    share = Share(int(got["hits"]), total)
    rows = tuple((SIGNS[name], name, int(got[name]), int(got[name]) / total) for name in signs)
    columns = (
        ResultColumn("sign", gettext("Sign of damage"), "text"),
        ResultColumn("column", gettext("Column"), "text", on_page=False),
        ResultColumn("count", gettext("Recordings")),
        ResultColumn("share", gettext("Share"), "share"),
    )
    claim = ngettext("{n} damaged recording", "{n} damaged recordings", share.hits)
    return Answer(
        headline=ngettext(
            "{share} of {n} recording (95% interval {low} to {high}) shows signs of damage.",
            "{share} of {n} recordings (95% interval {low} to {high}) show signs of damage.",
            total,
            **share.words,
        ),
        certainty=share.certainty(),
        claim=claim if share.hits else "",
        figures=(share.figure("damaged_share"),),
        tables=(ResultTable("damaged", gettext("Signs of damage"), columns, rows),),
    )
