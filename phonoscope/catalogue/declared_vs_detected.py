"""What recordings declare and what was detected in them, over whole tables.

The rules are those of :func:`phonoscope.disclosure.declared_status.declared_status_of`,
:func:`phonoscope.detector.generated.detected_band` and
:func:`phonoscope.detector.disagreement.disagreement_of`, as Ibis expressions, so that a database
applies them to 10^8 rows; a test compares the two. docs/decisions/declared-status.md says why
they are not stored.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from phonoscope.detector.disagreement import disagreement_of
from phonoscope.detector.generated import ORDINARY, Band
from phonoscope.disclosure.declared_status import (
    MACHINE_MAKING,
    WHOLE_PARTS,
    WRITTEN_PARTS,
    DeclaredStatus,
)
from phonoscope.disclosure.model import Making, Part

if TYPE_CHECKING:
    import ibis.expr.types as ir


def detected(verdicts: ir.Table) -> ir.StringValue:
    """Return the band of the sound alone as a column of ``verdicts``; empty: not scored."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    rests_on_sound = (verdicts["basis"] == "detected").fill_null(False)
    # What is not a number was not measured.
    p_value = verdicts["p_value"].nullif(float("nan"))
    part = verdicts["p_value_part"].nullif(float("nan"))
    open_ = verdicts["altered"].notnull() | (part <= verdicts["false_alarms"]).fill_null(False)
    made: ir.StringValue = ibis.cases(
        (rests_on_sound, verdicts["verdict"]),
        (p_value.notnull() & open_, Band.UNDECIDED.value),
        (p_value >= ORDINARY, Band.NO_SIGN_FOUND.value),
        (p_value < ORDINARY, Band.UNDECIDED.value),
        else_=ibis.null("string"),
    )
    return made


def declared_statuses(declared: ir.Table) -> ir.Table:
    """Return ``recording_id`` and ``declared_status`` of every recording that carries a mark."""
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    part = ibis.cases((declared["part"].isin(_texts(WHOLE_PARTS)), Part.WHOLE.value),
                      else_=declared["part"])  # fmt: skip
    making = declared["making"].fill_null("")
    marks = declared.select(
        "recording_id",
        part=part.fill_null(""),
        machine=making.isin(_texts(MACHINE_MAKING)),
        human=making == Making.HUMAN.value,
        assisted=making == Making.ASSISTED.value,
    )
    parts = marks.group_by(["recording_id", "part"]).agg(
        machine=marks.machine.any(), human=marks.human.any(), assisted=marks.assisted.any()
    )
    audible = ~parts.part.isin(_texts(WRITTEN_PARTS))
    each = parts.group_by("recording_id").agg(
        contradictory=(parts.machine & parts.human).any(),
        audible=(parts.machine & audible).any(),
        machine=parts.machine.any(),
        assisted=parts.assisted.any(),
        human=(parts.human & (parts.part == Part.WHOLE.value)).any(),
    )
    status = ibis.cases(
        (each.contradictory, DeclaredStatus.CONTRADICTORY.value),
        (each.audible, DeclaredStatus.MACHINE.value),
        (each.machine, DeclaredStatus.MACHINE_WRITTEN.value),
        (each.assisted, DeclaredStatus.ASSISTED.value),
        (each.human, DeclaredStatus.HUMAN.value),
        else_=DeclaredStatus.UNCLEAR.value,
    )
    return each.select("recording_id", declared_status=status)


def declared_vs_detected(table: Callable[[str], ir.Table]) -> ir.Table:
    """Return one row a recording that has a verdict: both facts, and whether they disagree.

    Parameters
    ----------
    table
        Hands out the tables of a catalogue by name.

    Returns
    -------
    ibis.expr.types.Table
        ``recording_id``, ``declared_status``, ``detected`` (empty: not scored), ``p_value`` and
        ``disagreement`` (empty: none).
    """
    verdicts = table("verdicts")
    judged = verdicts.select("recording_id", "p_value", detected=detected(verdicts))
    declared = declared_statuses(table("declared")).rename(marked_id="recording_id")
    both = judged.left_join(declared, judged.recording_id == declared.marked_id)
    both = both.select(
        "recording_id",
        "p_value",
        "detected",
        declared_status=both.declared_status.fill_null(DeclaredStatus.NOTHING.value),
    )
    return both.mutate(disagreement=_disagreement(both))


def _disagreement(both: ir.Table) -> Any:
    import ibis  # noqa: PLC0415  (heavy: 0.8 s)

    rules = [
        ((both.declared_status == status.value) & (both.detected == band.value), found.value)
        for status in DeclaredStatus
        for band in Band
        if (found := disagreement_of(status, band)) is not None
    ]
    return ibis.cases(*rules, else_=ibis.null("string"))


def _texts(members: frozenset[Any]) -> list[str]:
    return sorted(member.value for member in members)
