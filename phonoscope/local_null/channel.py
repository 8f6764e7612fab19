"""The channels that recordings came through: bandwidth, and how they were encoded."""

from __future__ import annotations

from typing import NamedTuple

from phonoscope.detector.calibration import GROUPS, group_of
from phonoscope.escape import printable
from phonoscope.messages import Localised, gettext

ANY = "any"
LOSSLESS, LOSSY = "lossless", "lossy"
LOSSLESS_FROM_LOSSY = "lossless-from-lossy"
"""A lossless file whose spectrum ends as an encoder's does."""


class Channel(NamedTuple):
    """What human recordings must share to be a null for each other."""

    bandwidth: str
    """One of :data:`phonoscope.detector.calibration.GROUPS`, or ``"any"``."""
    chain: str
    """A codec, ``"lossless"``, ``"lossless-from-lossy"``, ``"lossy"`` or ``"any"``."""

    def in_words(self) -> Localised:
        """Return the channel as a person reads it.

        >>> Channel("wide", "mp3").in_words()
        'mp3, wide bandwidth'
        """
        if self.bandwidth == ANY:
            return gettext("all recordings")
        chain = _CHAINS.get(self.chain) or gettext("{codec}", codec=printable(self.chain))
        return gettext(
            "{chain}, {bandwidth} bandwidth",
            chain=chain,
            bandwidth=_BANDWIDTHS.get(self.bandwidth, printable(self.bandwidth)),
        )


_CHAINS = {
    LOSSLESS: gettext("lossless"),
    LOSSLESS_FROM_LOSSY: gettext("lossless made from lossy"),
    LOSSY: gettext("all lossy codecs"),
    ANY: gettext("all codecs"),
}
_BANDWIDTHS = {
    "narrow": gettext("narrow"),
    "middle": gettext("medium"),
    "wide": gettext("wide"),
}

EVERY = Channel(ANY, ANY)
"""The channel of all recordings."""


class Encoding(NamedTuple):
    """What a catalogue knows about how a recording was encoded."""

    limit_hz: float | None
    """Highest frequency with sound, Hz: ``trace_limit_hz``."""
    codec: str | None
    lossless: bool | None
    made_from: str | None
    """As in table ``recordings``: ``"lossy"`` where the spectrum shows an earlier encoding."""


def channels_of(encoding: Encoding) -> tuple[Channel, ...]:
    """Return the channels that a recording belongs to, the most specific first.

    Containers and bit rates aren't part of it: a codec leaves the same traces in any container,
    and a low bit rate shows in the bandwidth.

    Examples
    --------
    >>> [tuple(channel) for channel in channels_of(Encoding(16_000.0, "mp3", False, None))]
    [('wide', 'mp3'), ('wide', 'lossy'), ('wide', 'any'), ('any', 'any')]
    """
    if encoding.limit_hz is None or encoding.limit_hz != encoding.limit_hz:
        return (EVERY,)
    band = GROUPS[group_of(encoding.limit_hz)]
    chain = _chain_of(encoding)
    kind = LOSSLESS if chain == LOSSLESS else LOSSY
    chains = dict.fromkeys((chain, kind, ANY) if chain else (ANY,))
    return (*(Channel(band, one) for one in chains), EVERY)


def _chain_of(encoding: Encoding) -> str:
    if encoding.lossless:
        return LOSSLESS_FROM_LOSSY if encoding.made_from == LOSSY else LOSSLESS
    return encoding.codec or ""
