"""A recording judged by its catalogue's own human recordings, as a page shows it."""

from __future__ import annotations

import logging

from phonoscope.local_null.local_p_value import LocalPValue, local_p_value
from phonoscope.messages import gettext, ngettext, sentences
from phonoscope.view.queries import Queries
from phonoscope.view.record import Record
from phonoscope.view.verdict import VerdictField, look_alikes

_log = logging.getLogger(__name__)


def read_local_p_value(queries: Queries, record: Record) -> LocalPValue | None:
    """Return the local p-value of a recording; ``None`` where the catalogue has no calibration."""
    try:
        return queries.ask(lambda catalogue: local_p_value(catalogue, record.analysis))
    except (TypeError, ValueError, LookupError, StopIteration, ArithmeticError) as error:
        # Its rows contradict each other. What else is known of the recording is shown all the same.
        _log.warning("the calibration can't be used: %s", type(error).__name__)
        return None


def local_field(found: LocalPValue | None) -> list[VerdictField]:
    """Return the local p-value as a line of what was detected; none without a calibration."""
    if found is None:
        return []
    label = gettext("The same among this catalogue's own human recordings")
    if found.p_value is None:
        return [VerdictField("local", label, gettext("Not known"), found.ignored)]
    return [VerdictField("local", label, look_alikes(found.p_value), local_note(found))]


def local_note(found: LocalPValue) -> str:
    """Return what a local p-value rests on, in sentences."""
    compared = ngettext(
        "Compared with {n} known-human recording ({channel}).",
        "Compared with {n} known-human recordings ({channel}).",
        found.recordings,
        channel=found.channel,
    )
    itself = gettext("This recording is known to be human itself, and the others judge it.")
    return sentences(compared, itself if found.known_human else "", found.says)
