"""How much of a recording is silence, and where its sound begins and ends."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from phonoscope.audio.block import Block
from phonoscope.audio.stream import Stream
from phonoscope.columns import Statement, column
from phonoscope.features.base import Feature
from phonoscope.messages import gettext
from phonoscope.text import measured

SILENCE_DBFS = -60.0
"""A 10 ms step with a lower RMS level counts as silent; dither is near -96, room tone of a quiet
recording near -60."""
_SILENCE = np.float32(10 ** (SILENCE_DBFS / 20))


@dataclass(frozen=True)
class Silence:
    """Result: silence in steps of 10 ms whose RMS is under -60 dBFS."""

    silence_share: float = column("Share of the recording that is silent (RMS < -60 dBFS), 0 to 1.")
    leading_silence_s: float = column("Silence before the first sound, s.")
    trailing_silence_s: float = column("Silence after the last sound, s.")
    longest_silence_s: float = column("Longest silence between the first and last sound, s.")


class SilenceMeter:
    """Counts silent steps and the gaps between sounding ones."""

    def __init__(self, stream: Stream) -> None:
        self._step_s = max(1, round(stream.sample_rate_hz / 100)) / stream.sample_rate_hz
        self._steps = 0
        self._silent = 0
        self._first: int | None = None
        self._last = -1
        self._longest = 0

    def update(self, block: Block) -> None:
        """Take in the next block."""
        sounding = np.flatnonzero(block.rms >= _SILENCE) + self._steps
        self._steps += block.rms.size
        self._silent += block.rms.size - sounding.size
        if sounding.size == 0:
            return
        if self._first is None:
            self._first = int(sounding[0])
        else:
            self._longest = max(self._longest, int(sounding[0]) - self._last - 1)
        if sounding.size > 1:
            self._longest = max(self._longest, int(np.diff(sounding).max()) - 1)
        self._last = int(sounding[-1])

    def result(self) -> Silence:
        """Return the sums."""
        if self._first is None:
            whole = self._steps * self._step_s
            return Silence(1.0, whole, whole, 0.0)
        return Silence(
            silence_share=self._silent / self._steps,
            leading_silence_s=self._first * self._step_s,
            trailing_silence_s=(self._steps - 1 - self._last) * self._step_s,
            longest_silence_s=self._longest * self._step_s,
        )


def _in_words(result: Silence) -> list[Statement]:
    if result.silence_share < 1.0:
        return []
    text = gettext(
        "The whole recording is silent: its level stays below {level}.",
        level=measured(SILENCE_DBFS, "dBFS"),
    )
    return [Statement("silence", text, 0.0)]


FEATURE = Feature(name="silence", result=Silence, start=SilenceMeter, statements=_in_words)
