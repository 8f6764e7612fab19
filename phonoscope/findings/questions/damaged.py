"""What was read, but is damaged."""

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
from phonoscope.text import count, counted

SIGNS = {
    "truncated": "Ends before its declared duration",
    "decode_errors": "Packets that could not be decoded",
    "nonfinite_samples": "Samples that are not numbers",
    "format_changes": "Changes rate or channels midway",
}


@finding(
    name="damaged",
    title="Damaged",
    question="What was read but is damaged?",
    needs={"recordings": tuple(SIGNS)},
)
def damaged(catalogue: QuerySession) -> Answer:
    """Count recordings with each sign of damage.

    Method
    ------
    Counted while decoding: sound that ends more than one second and 2% before the duration that
    an exact header declares; packets the decoder refused; samples that were not numbers;
    changes of rate or channels midway.

    Caveats
    -------
    Only containers that count their samples can be seen to be cut short; a shortened MP3 looks
    whole. Damaged recordings stay in all other findings, with the sound that is left.
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
        return cannot_tell("No recording could be decoded, so none can be called damaged or whole.")
    share = Share(int(got["hits"]), total)
    rows = tuple((SIGNS[name], name, int(got[name]), int(got[name]) / total) for name in signs)
    columns = (
        ResultColumn("sign", "Sign of damage", "text"),
        ResultColumn("column", "Column", "text", on_page=False),
        ResultColumn("count", "Recordings"),
        ResultColumn("share", "Share", "share"),
    )
    headline = f"No sign of damage in {counted(total, 'recording')}."
    claim = ""
    if share.hits:
        headline = (
            f"{count(share.hits)} of {counted(total, 'recording')} ({share}) "
            f"{'shows' if share.hits == 1 else 'show'} damage but could be decoded."
        )
        claim = f"{counted(share.hits, 'recording')} damaged"
    return Answer(
        headline=headline,
        certainty=share.certainty(),
        claim=claim,
        figures=(share.figure("damaged_share"),),
        tables=(ResultTable("damaged", "Signs of damage", columns, rows),),
    )
