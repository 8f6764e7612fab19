"""Decode a recording once, as blocks of float32 samples, whatever its container.

It uses PyAV (FFmpeg). A chained Ogg is decoded link by link, each with a decoder of its own.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from phonoscope.audio.block import Block
from phonoscope.audio.container import (
    MAX_CHANNELS,
    MPEG_LAYERS,
    Container,
    NamelessFile,
    check_possible,
    layout_name,
)
from phonoscope.audio.id3_prefix import sound_start
from phonoscope.audio.links import links
from phonoscope.audio.sample_queue import SampleQueue
from phonoscope.audio.spectra import fine_size
from phonoscope.audio.stream import Decoded
from phonoscope.columns import Floats
from phonoscope.errors import ErrorKind, OutOfMemoryError, UnreadableError
from phonoscope.messages import gettext

BLOCK_SAMPLES = 1 << 21
"""Samples of all channels in a block: 24 s of stereo at 44.1 kHz, so memory stays flat."""

_PADDED_FRAMES = 4
"""Most codec frames of padding that are cut; a header that says more is wrong about the sound."""


class Decoder:
    """Decode one recording's audio stream.

    Use as a context manager; read :attr:`stream` first, then :meth:`blocks` once, then
    :meth:`outcome`.

    Parameters
    ----------
    file
        Open binary file that can seek, at any position; not closed here.

    Raises
    ------
    UnreadableError
        ``not-audio`` when no container is recognised, ``no-audio-stream`` when it has no audio,
        ``undecodable`` when there is no decoder or the rate or channels are impossible, ``io``
        when the file can't be read.

    Examples
    --------
    >>> import io, wave
    >>> file = io.BytesIO()
    >>> with wave.open(file, "wb") as made:
    ...     made.setparams((2, 2, 44_100, 0, "NONE", ""))
    ...     made.writeframes(bytes(4 * 44_100))
    >>> with Decoder(file) as decoder:
    ...     decoder.stream.codec, [block.samples.shape for block in decoder.blocks()]
    ('pcm_s16le', [(2, 44100)])
    >>> decoder.outcome().duration_s
    1.0
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        scanned = NamelessFile(file)
        start = sound_start(cast(BinaryIO, scanned))
        self._links = links(cast(BinaryIO, scanned), start)
        scanned.raise_failure()
        self._decode_errors = 0
        try:
            self._container = self._first_container()
        except UnreadableError as error:
            if not start or error.kind is not ErrorKind.NOT_AUDIO:
                raise
            # What looks like a tag isn't one, or lies about its size.
            self._links = [0]
            self._container = Container(file)
        self.stream = self._container.described
        self.tags = self._container.tags
        self._stated_duration_s: float | None = 0.0
        self._nonfinite = 0
        self._format_changes = 0
        self._samples = 0
        self._length: int | None = None

    def __enter__(self) -> Decoder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._container.close()

    def blocks(self) -> Iterator[Block]:
        """Yield the recording as consecutive blocks; the last one is marked.

        Yields
        ------
        Block
            About 24 s of stereo at 44.1 kHz, fewer seconds for more channels or higher rates.
            Its samples are an ndarray, shape (channels, n), float32; full scale is 1.0.
            Samples that are not finite or louder than +80 dBFS are 0.

        Raises
        ------
        UnreadableError
            ``undecodable`` when no sound can be decoded, or the first frame has an impossible rate
            or number of channels; ``io`` when the file can't be read to its end.
        """
        pieces = self._pieces()
        # Only the first samples show the number of channels and the rate.
        held = next(pieces, None)
        if held is None:
            message = gettext(
                "No sound could be decoded from this {container} file with codec {codec}.",
                container=self.stream.container,
                codec=self.stream.codec,
            )
            raise UnreadableError(ErrorKind.UNDECODABLE, message)
        lead = np.empty((self.stream.channels, 0), np.float32)
        keep = fine_size(self.stream.sample_rate_hz)
        start = 0
        for samples in pieces:
            yield Block(held, lead, start, self.stream.sample_rate_hz)
            start += held.shape[1]
            lead = held[:, -keep:]
            held = samples
        self._samples = start + held.shape[1]
        yield Block(held, lead, start, self.stream.sample_rate_hz, last=True)

    def outcome(self) -> Decoded:
        """Return facts about the decoding; call it after :meth:`blocks` has ended.

        Returns
        -------
        Decoded
            Duration, s, samples of one channel, and errors. A recording is truncated when its
            header has the number of samples and it is shorter by over 2% and over 1 s.
        """
        duration_s = self._samples / self.stream.sample_rate_hz
        stated_s = self._stated_duration_s
        truncated = stated_s is not None and duration_s < stated_s - max(1.0, 0.02 * stated_s)
        return Decoded(
            duration_s=duration_s,
            samples=self._samples,
            decode_errors=self._decode_errors,
            nonfinite_samples=self._nonfinite,
            format_changes=self._format_changes,
            truncated=truncated,
        )

    def _pieces(self) -> Iterator[Floats]:
        """Yield samples, shape (channels, n), in pieces of the block's length."""
        frames = self._uniform_frames()
        # The first frame settles the number of channels.
        first = next(frames, None)
        if first is None:
            return
        length = max(1 << 17, BLOCK_SAMPLES // self.stream.channels)
        queue = SampleQueue(self.stream.channels, length)
        written, longest, wanted = 0, 0, length
        for frame in itertools.chain((first,), frames):
            queue.add(frame)
            samples = frame.samples
            written += samples
            if samples > longest:
                longest = samples
                # What may turn out to be padding has to stay in the queue.
                wanted = length + (0 if self._length is None else _PADDED_FRAMES * longest)
            while queue.samples >= wanted:
                yield queue.take(length)
            self._nonfinite = queue.nonfinite
        padding = 0 if self._length is None else written - self._length
        if not 0 <= padding <= _PADDED_FRAMES * longest:
            padding = 0
        if queue.samples > padding:
            yield queue.take(queue.samples - padding)
        self._nonfinite = queue.nonfinite

    def _uniform_frames(self) -> Iterator[AudioFrame]:
        """Yield frames that all have the rate and layout of the stream's first."""
        target: tuple[str, str, int] | None = None
        resampler: AudioResampler | None = None
        previous: tuple[str, str, int] | None = None
        for frame in _honest_start(self._frames(), self.stream.codec):
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            if target is None:
                self._settle(frame)
                target = (_READABLE.get(shape[0], shape[0]), *shape[1:])
                resampler = _converter(shape, target)
            elif shape != previous:
                self._format_changes += 1
                yield from self._converted(None, resampler)
                resampler = _converter(shape, target)
            previous = shape
            if resampler is None:
                yield frame
            else:
                yield from self._converted(frame, resampler)
        yield from self._converted(None, resampler)

    def _converted(
        self, frame: AudioFrame | None, resampler: AudioResampler | None
    ) -> Iterator[AudioFrame]:
        """Convert a frame, or with ``None`` return the rest in the resampler."""
        if resampler is None:
            return
        if frame is not None and not _is_like(frame, self.stream.sample_rate_hz):
            self._decode_errors += 1
            return
        try:
            yield from resampler.resample(frame)
        except MemoryError as error:
            raise OutOfMemoryError from error
        except (av.FFmpegError, ValueError):
            self._decode_errors += 1

    def _settle(self, frame: AudioFrame) -> None:
        """Take rate and channels from the first frame: some headers are wrong (AAC with SBR)."""
        check_possible(frame.sample_rate, frame.layout.nb_channels)
        # The first packet has been looked at by now.
        self.stream = dataclasses.replace(
            self._container.described,
            declared_duration_s=self.stream.declared_duration_s,
            sample_rate_hz=frame.sample_rate,
            channels=frame.layout.nb_channels,
            channel_layout=layout_name(frame.layout),
        )
        self._length = self._container.length_samples(frame.sample_rate)

    def _first_container(self) -> Container:
        """Open the first link that has sound; the ones before it count as errors."""
        while True:
            try:
                return Container(self._file, self._links[0], self._stop(0))
            except UnreadableError as error:
                if len(self._links) == 1 or error.kind is ErrorKind.IO:
                    raise
            self._links = self._links[1:]
            self._decode_errors += 1

    def _stop(self, link: int) -> int | None:
        """Return where a link ends, as an offset; ``None`` for the end of the file."""
        return self._links[link + 1] if link + 1 < len(self._links) else None

    def _frames(self) -> Iterator[AudioFrame]:
        yield from self._link_frames()
        for link, start in enumerate(self._links[1:], 1):
            self._container.close()
            try:
                self._container = Container(self._file, start, self._stop(link))
            except UnreadableError as error:
                if error.kind is ErrorKind.IO:
                    raise
                self._decode_errors += 1
                continue
            durations_s = (
                self.stream.declared_duration_s,
                self._container.described.declared_duration_s,
            )
            self.stream = dataclasses.replace(self.stream, declared_duration_s=_sum(*durations_s))
            yield from self._link_frames()

    def _link_frames(self) -> Iterator[AudioFrame]:
        yield from self._container.frames()
        self._decode_errors += self._container.decode_errors
        self._stated_duration_s = _sum(self._stated_duration_s, self._container.stated_duration_s)


def _sum(first_s: float | None, second_s: float | None) -> float | None:
    return None if first_s is None or second_s is None else first_s + second_s


def _honest_start(frames: Iterator[AudioFrame], codec: str) -> Iterator[AudioFrame]:
    """Correct the sample rate of an mp3's first frame.

    FFmpeg's decoder labels each frame with the rate of the one before. If the rate changes within
    the part that it probed, the first frame gets the last rate of that part.
    """
    first, second = next(frames, None), next(frames, None)
    if first is not None and second is not None and codec in MPEG_LAYERS:
        first.sample_rate = second.sample_rate
    yield from (frame for frame in (first, second) if frame is not None)
    yield from frames


_READABLE = {"s64": "dbl", "s64p": "dblp"}
"""Sample formats that numpy frames don't support, and their replacements."""

_MOST_RESAMPLING = 48
"""A stream that changes its rate by more than this factor is damaged; 4 to 192 kHz isn't."""


def _is_like(frame: AudioFrame, rate_hz: int) -> bool:
    rates = sorted((max(frame.sample_rate, 1), rate_hz))
    return rates[1] <= _MOST_RESAMPLING * rates[0] and 1 <= frame.layout.nb_channels <= MAX_CHANNELS


def _converter(shape: tuple[str, str, int], target: tuple[str, str, int]) -> AudioResampler | None:
    return None if shape == target else AudioResampler(*target)
