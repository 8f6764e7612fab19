"""The verdicts on the recordings, and their basis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from phonoscope.detector.generated import Band, verdict_kind
from phonoscope.escape import printable
from phonoscope.findings.base import (
    Answer,
    Figure,
    QuerySession,
    ResultColumn,
    ResultTable,
    cannot_tell,
    finding,
)
from phonoscope.findings.plots.bars import horizontal_bars
from phonoscope.findings.questions.generated import TITLE as SHARE
from phonoscope.findings.shared.shares import current_model
from phonoscope.findings.shared.tally import tally
from phonoscope.local_null.calibration import current
from phonoscope.local_null.local_verdicts import local_verdicts, verdict_counts
from phonoscope.messages import gettext, ngettext, sentences
from phonoscope.text import joined, percent

if TYPE_CHECKING:
    import ibis.expr.types as ir

WORDS = {
    Band.GENERATED.value: gettext("Generated"),
    Band.PARTLY_GENERATED.value: gettext("Partly generated"),
    Band.UNDECIDED.value: gettext("Undecided"),
    Band.NO_SIGN_FOUND.value: gettext("No sign found"),
    Band.UNREADABLE.value: gettext("Unreadable"),
    "declared-generated": gettext("Declared machine-made"),
    "declared-partly-generated": gettext("Declared partly machine-made"),
}
"""Verdicts in words, by :func:`phonoscope.detector.generated.verdict_kind`."""
BASES = {
    "declared": gettext("declared"),
    "detected": gettext("detected"),
    "none": gettext("none"),
}
"""Bases of verdicts in words."""


@finding(
    name="verdicts",
    title="Verdicts",
    question="What is the verdict on each recording?",
    needs={"verdicts": ("verdict", "basis")},
    values={"SHARE": SHARE},
)
def verdicts(catalogue: QuerySession) -> Answer:
    """Count verdicts by basis.

    Method
    ------
    Verdicts are counted by their basis: a mark in the file (declared), the detector's result on
    the sound (detected), or neither. The detector calls a recording generated when its p-value is
    at most the scan's limit for false alarms.

    Caveats
    -------
    Counts of verdicts aren't the share of machine-made music: the detector misses some of it and
    flags some human music. “{SHARE}” estimates that share. 'Undecided' and 'no sign found' never
    mean that a person made a recording.
    """
    verdicts = catalogue.table("verdicts")
    found = tally(verdicts, "verdict", "basis")
    total = sum(n for *_, n in found)
    if total == 0:
        return cannot_tell(gettext("No recording could be decoded, so there are no verdicts."))
    order = [band.value for band in Band]
    found.sort(
        key=lambda row: (order.index(row[0]) if row[0] in order else len(order), row[1] or "")
    )
    rows = tuple(
        (
            WORDS.get(verdict_kind(verdict, basis), printable(verdict)),
            BASES.get(basis, printable(basis)),
            verdict,
            n,
            n / total,
        )
        for verdict, basis, n in found
    )
    columns = (
        ResultColumn("verdict_words", gettext("Verdict"), "text"),
        ResultColumn("basis", gettext("Basis"), "text"),
        ResultColumn("verdict", gettext("Value"), "text", on_page=False),
        ResultColumn("count", gettext("Recordings")),
        ResultColumn("share", gettext("Share"), "share"),
    )
    bars = [
        (
            words
            if basis in (BASES["none"], BASES["declared"])
            else gettext("{verdict}, {basis}", verdict=words, basis=basis),
            n,
            gettext("{n} ({share})", n=n, share=percent(share)),
        )
        for words, basis, _, n, share in rows
    ]
    alt = gettext(
        "Recordings by verdict: {verdicts}.",
        verdicts=joined([gettext("{label}: {value}", label=w, value=note) for w, _, note in bars]),
    )
    return Answer(
        headline=_headline(found, total),
        note=sentences(
            _note(verdicts, sum(n for v, basis, n in found if _is_flag(v, basis))),
            _own_null(catalogue),
            _of_other_models(verdicts),
        ),
        certainty=gettext(
            "The counts are exact. Declared marks have no error rate. The detector calls human "
            "music generated as often as the scan's limit for false alarms allows."
        ),
        figures=tuple(
            Figure(f"verdict_{verdict}_{basis}", n, "recordings", n=total)
            for verdict, basis, n in found
        ),
        chart=horizontal_bars(bars, alt=alt, label_px=210),
        tables=(ResultTable("verdicts", gettext("Verdicts"), columns, rows),),
    )


def _own_null(catalogue: QuerySession) -> str:
    """Return how often known-human recordings are called generated, and verdicts by them."""
    calibration = current(catalogue)
    if calibration is None:
        return ""
    counts = verdict_counts(local_verdicts(catalogue, calibration))
    flags = [one for one in counts if one.verdict in (Band.GENERATED, Band.PARTLY_GENERATED)]
    local = ngettext(
        "Judged by this catalogue's own human recordings, {n} recording is generated or partly "
        "generated instead of {shipped}, marks included.",
        "Judged by this catalogue's own human recordings, {n} recordings are generated or partly "
        "generated instead of {shipped}, marks included.",
        sum(one.local for one in flags),
        shipped=sum(one.shipped for one in flags),
    )
    return sentences(calibration.says(), local)


def _is_flag(verdict: str, basis: str) -> bool:
    return basis == "detected" and verdict in (Band.GENERATED, Band.PARTLY_GENERATED)


def _headline(found: list[tuple[Any, ...]], total: int) -> str:
    flagged = sum(n for verdict, basis, n in found if _is_flag(verdict, basis))
    declared = sum(n for _, basis, n in found if basis == "declared")
    no_sign = sum(n for verdict, _, n in found if verdict == Band.NO_SIGN_FOUND)
    undecided = sum(n for verdict, _, n in found if verdict == Band.UNDECIDED)
    if undecided == total:
        return ngettext(
            "{n} recording is undecided, and none declares or shows clear signs of a machine.",
            "All {n} recordings are undecided, and none declares or shows clear signs of a "
            "machine.",
            total,
        )
    counts = [
        gettext("{n} generated or partly generated", n=flagged) if flagged else "",
        gettext("{n} declared machine-made", n=declared) if declared else "",
        gettext("{n} with no sign found", n=no_sign) if no_sign else "",
        gettext("{n} undecided", n=undecided) if undecided else "",
    ]
    return ngettext(
        "{n} recording: {counts}.",
        "{n} recordings: {counts}.",
        total,
        counts=joined([words for words in counts if words] or [gettext("no known verdict")]),
    )


def _of_other_models(verdicts: ir.Table) -> str:
    """Return how many verdicts come from another model than this version's."""
    if "model" not in verdicts.columns:
        return ""
    other = sum(n for name, n in tally(verdicts, "model") if name not in (None, current_model()))
    if not other:
        return ""
    return ngettext(
        "{n} verdict is of another version's model, so this version's error rates don't apply to "
        "it.",
        "{n} verdicts are of other versions' models, so this version's error rates don't apply to "
        "them.",
        other,
    )


def _note(verdicts: ir.Table, flagged: int) -> str:
    """Return what these numbers don't say, and the limit for false alarms behind them."""
    if not flagged:
        return ""
    see = gettext(
        "For the estimated share of machine-made music, see \u201c{title}\u201d.", title=SHARE
    )
    held = tally(verdicts, "false_alarms") if "false_alarms" in verdicts.columns else []
    limits = sorted(share for share, _ in held if share is not None)
    if not limits:
        mixed = gettext("This number includes false alarms and misses what the detector missed.")
        return sentences(mixed, see)
    allowed = gettext(
        "The limit for false alarms was {limit} of human music, so some of these verdicts are "
        "wrong, and the detector missed others.",
        limit=percent(limits[-1]),
    )
    if limits[0] != limits[-1]:
        allowed = gettext(
            "The limit for false alarms was {low} to {high} of human music, so some of these "
            "verdicts are wrong, and the detector missed others.",
            low=percent(limits[0]),
            high=percent(limits[-1]),
        )
    return sentences(allowed, see)
