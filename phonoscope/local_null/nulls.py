"""The nulls of a catalogue: one for each channel with enough known-human recordings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from phonoscope.detector.empirical_null import ENOUGH, EmpiricalNull
from phonoscope.local_null.channel import EVERY, Channel, Encoding, channels_of


@dataclass(frozen=True, eq=False)
class Nulls:
    """Nulls by channel; :data:`phonoscope.local_null.channel.EVERY` is always one of them."""

    by_channel: Mapping[Channel, EmpiricalNull]

    def channel_for(self, encoding: Encoding) -> Channel:
        """Return the most specific channel of a recording that has a null."""
        return next(one for one in channels_of(encoding) if one in self.by_channel)

    def p_value(self, score: float, encoding: Encoding) -> float:
        """Return the local p-value of one recording that isn't in the null, 0 to 1.

        Parameters
        ----------
        score
            Its log odds.
        encoding
            How it was encoded.
        """
        return float(self.by_channel[self.channel_for(encoding)].p_values(score))


@dataclass(frozen=True, eq=False)
class Judged:
    """Local p-values of recordings, with the nulls behind them."""

    nulls: Nulls
    p_values: NDArray[np.float64]
    """Shape (n,)."""
    channels: tuple[Channel, ...]
    """Channels of nulls, which :attr:`channel` counts."""
    channel: NDArray[np.int64]
    """Index of the channel whose null each recording was judged by, shape (n,)."""


def judged(
    scores: NDArray[np.float64], known: NDArray[np.bool_], encodings: Sequence[Encoding]
) -> Judged:
    """Fit nulls to known-human recordings, and judge all recordings by them.

    A channel with fewer than 200 known-human recordings has no null of its own. Its recordings
    are judged by the null of the next wider channel: the same bandwidth with all lossy codecs,
    then with all codecs, then everything. A known-human recording is judged by the others.

    Parameters
    ----------
    scores
        Log odds, shape (n,).
    known
        Whether a recording is known to be human, shape (n,); at least 50 are.
    encodings
        How each recording was encoded, n of them.

    Raises
    ------
    ValueError
        When fewer than 50 are known to be human.
    """
    codes, distinct = _coded(encodings)
    channels = [channels_of(encoding) for encoding in distinct]
    members = {
        channel: np.flatnonzero(known & np.isin(codes, [i for i, c in enumerate(channels)
                                                        if channel in c]))
        for channel in {one for several in channels for one in several} | {EVERY}
    }  # fmt: skip
    nulls = Nulls({
        channel: EmpiricalNull.of(scores[rows])
        for channel, rows in sorted(members.items())
        if rows.size >= ENOUGH or channel == EVERY
    })  # fmt: skip
    chosen = [nulls.channel_for(encoding) for encoding in distinct]
    kept = tuple(nulls.by_channel)
    channel = np.array([kept.index(one) for one in chosen], np.int64)[codes]
    p_values = np.empty(scores.size)
    for at, (name, null) in enumerate(nulls.by_channel.items()):
        rows = np.flatnonzero(channel == at)
        p_values[rows] = null.p_values(scores[rows])
        mine = members[name][np.argsort(scores[members[name]], kind="stable")]
        alone = null.leave_one_out()
        here = channel[mine] == at
        p_values[mine[here]] = alone[here]
    return Judged(nulls, p_values, kept, channel)


def _coded(encodings: Sequence[Encoding]) -> tuple[NDArray[np.int64], list[Encoding]]:
    """Return a number for each encoding, equal for those of the same channels."""
    numbers: dict[tuple[Channel, ...], int] = {}
    distinct: list[Encoding] = []
    codes = np.empty(len(encodings), np.int64)
    for at, encoding in enumerate(encodings):
        key = channels_of(encoding)
        if key not in numbers:
            numbers[key] = len(distinct)
            distinct.append(encoding)
        codes[at] = numbers[key]
    return codes, distinct
