"""The stretches of a recording whose score differs: bars over time, and words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from phonoscope.detector.generated import ORDINARY, Stretch
from phonoscope.messages import Localised, gettext
from phonoscope.view.timeline import span

CALLED, ORDINARY_LOOK, UNUSUAL = "called", "ordinary", "unusual"


class StretchBar(NamedTuple):
    """One stretch as a bar under the timeline."""

    kind: str
    """``called``, ``ordinary`` or ``unusual``."""
    left: float
    """Percent of the timeline's width."""
    width: float
    says: Localised


def kind_of_stretch(stretch: Stretch) -> str:
    """Return what a stretch looks like.

    Returns
    -------
    str
        ``called`` generated on its own, ``ordinary``, or ``unusual`` between the two.

    Examples
    --------
    >>> kind_of_stretch(Stretch(0.0, 40.0, 0.4, None))
    'ordinary'
    """
    if stretch.called:
        return CALLED
    return ORDINARY_LOOK if stretch.p_value >= ORDINARY else UNUSUAL


def stretch_words(stretch: Stretch) -> Localised:
    """Return where a stretch is and what it looks like.

    >>> stretch_words(Stretch(15.0, 60.0, 1e-5, 0.001, called=True))
    '0:15 to 1:00: called generated on its own'
    """
    time = span(stretch.start_s, stretch.end_s)
    kind = kind_of_stretch(stretch)
    if kind == CALLED:
        return gettext("{time}: called generated on its own", time=time)
    if kind == ORDINARY_LOOK:
        return gettext("{time}: looks ordinary", time=time)
    return gettext("{time}: unusual, but not enough to call it generated", time=time)


def stretch_bars(stretches: Sequence[Stretch], duration_s: float | None) -> list[StretchBar]:
    """Lay out stretches over time.

    Parameters
    ----------
    stretches
        In order of time; none if the score doesn't change.
    duration_s
        Duration of the recording, s; that of the last stretch's end by default.
    """
    total_s = duration_s or max((s.end_s for s in stretches), default=0.0)
    bars = []
    for stretch in stretches:
        left = min(100.0, 100 * max(0.0, stretch.start_s) / total_s) if total_s else 0.0
        right = min(100.0, 100 * stretch.end_s / total_s) if total_s else 0.0
        words = stretch_words(stretch)
        bars.append(
            StretchBar(kind_of_stretch(stretch), round(left, 3), round(right - left, 3), words)
        )
    return bars
