"""Decode a recording once, as blocks of float32 samples, whatever its container.

It uses PyAV (FFmpeg). The input is always an open file object. FFmpeg gets no name, so a file
called ``http:x`` or ``concat:a|b`` can't make it open something else. Only demuxers of media
containers are allowed, so a playlist can't either.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from types import TracebackType
from typing import Any, BinaryIO, cast

import av
import numpy as np
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.packet import Packet
from numpy.typing import NDArray

from phonoscope.audio.block import Block
from phonoscope.audio.chunks import iff_chunks
from phonoscope.audio.spectra import fine_size
from phonoscope.audio.stream import Decoded, Stream
from phonoscope.columns import Floats
from phonoscope.errors import ErrorKind, UnreadableError
from phonoscope.files import unreadable
from phonoscope.messages import gettext, ngettext
from phonoscope.text import measured

DEMUXERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,iff,loas,matroska,webm,"
    "mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,mpeg,mpegts,nut,ogg,oma,rm,rso,shn,sox,tak,truehd,tta,"
    "voc,w64,wav,wsd,wv,xwma"
)
"""The allowed media containers. None of them refers to other files or addresses."""

EXACT_DURATION = frozenset({"flac", "wav", "w64", "aiff", "mov,mp4,m4a,3gp,3g2,mj2", "ape", "wv"})
"""Containers whose header has the number of samples, so a shorter stream is truncated."""

MAX_CHANNELS = 64
MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 768_000
"""Allowed sample rates. Loudness has no meaning below: its weighting acts around 1.7 kHz."""

BLOCK_SAMPLES = 1 << 21
"""Samples of all channels in a block: 24 s of stereo at 44.1 kHz, so memory stays flat."""

LOUDEST = np.float32(1e4)
"""Samples beyond +80 dBFS are damage and count as not finite."""


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
        self._bytes = _Bytes(file)
        try:
            self._container = av.open(
                self._bytes,
                mode="r",
                metadata_errors="replace",
                buffer_size=1 << 16,
                container_options={"format_whitelist": DEMUXERS, "protocol_whitelist": "none"},
            )
        except MemoryError:
            raise
        except (av.FFmpegError, ValueError) as error:
            self._bytes.raise_failure()
            message = gettext("The file isn't in a known audio format.")
            raise UnreadableError(ErrorKind.NOT_AUDIO, message) from error
        try:
            self._bytes.raise_failure()
            self._stream = self._choose_stream()
            self.stream = _described(self._container, self._stream, file)
            self.tags = _text_tags(self._container, self._stream)
        except BaseException:
            self._container.close()
            raise
        self._decode_errors = 0
        self._nonfinite = 0
        self._format_changes = 0
        self._samples = 0
        self._time_base = self._stream.time_base

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
        declared_s = self.stream.declared_duration_s
        truncated = (
            self.stream.container in EXACT_DURATION
            and declared_s is not None
            and duration_s < declared_s - max(1.0, 0.02 * declared_s)
        )
        return Decoded(
            duration_s=duration_s,
            samples=self._samples,
            decode_errors=self._decode_errors,
            nonfinite_samples=self._nonfinite,
            format_changes=self._format_changes,
            truncated=truncated,
        )

    def _choose_stream(self) -> AudioStream:
        stream = self._container.streams.best("audio")
        if stream is None:
            raise _without_audio(self._container)
        audio = cast(AudioStream, stream)
        context = audio.codec_context
        if context is None:
            raise UnreadableError(
                ErrorKind.UNDECODABLE, gettext("There is no decoder for the file's audio codec.")
            )
        _check_possible(context.sample_rate or 0, context.channels or 0)
        context.thread_count = 1
        return audio

    def _pieces(self) -> Iterator[Floats]:
        """Yield samples, shape (channels, n), in pieces of the block's length."""
        fifo = AudioFifo()
        for frame in self._uniform_frames():
            frame.pts = None
            fifo.write(frame)
            length = max(1 << 17, BLOCK_SAMPLES // self.stream.channels)
            while (full := fifo.read(length)) is not None:
                yield self._sanitised(full)
        if (rest := fifo.read(0, partial=True)) is not None:
            yield self._sanitised(rest)

    def _uniform_frames(self) -> Iterator[AudioFrame]:
        """Yield frames that all have the rate and layout of the stream's first."""
        target: tuple[str, str, int] | None = None
        resampler: AudioResampler | None = None
        previous: tuple[str, str, int] | None = None
        for frame in _honest_start(self._frames(), self.stream.codec):
            shape = (frame.format.name, frame.layout.name, frame.sample_rate)
            if target is None:
                self._settle(frame)
                self._time_base = frame.time_base
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
            for converted in resampler.resample(frame):
                # The queue of samples only takes frames of one time base.
                converted.time_base = self._time_base
                yield converted
        except MemoryError:
            raise
        except (av.FFmpegError, ValueError):
            self._decode_errors += 1

    def _settle(self, frame: AudioFrame) -> None:
        """Take rate and channels from the first frame: some headers are wrong (AAC with SBR)."""
        _check_possible(frame.sample_rate, frame.layout.nb_channels)
        if (frame.sample_rate, frame.layout.nb_channels) != (
            self.stream.sample_rate_hz,
            self.stream.channels,
        ):
            facts = dict(vars(self.stream))
            facts.update(
                sample_rate_hz=frame.sample_rate,
                channels=frame.layout.nb_channels,
                channel_layout=_layout_name(frame.layout),
            )
            self.stream = Stream(**facts)

    def _frames(self) -> Iterator[AudioFrame]:
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except MemoryError:
                raise
            except av.FFmpegError:
                # The container itself is damaged here; everything before still counts.
                self._decode_errors += 1
                yield from self._decoded(None)
                break
            yield from self._decoded(packet)
        self._bytes.raise_failure()

    def _decoded(self, packet: Packet[Any] | None) -> Iterator[AudioFrame]:
        """Yield the frames of a packet, or with ``None`` the rest in the decoder."""
        try:
            yield from self._stream.codec_context.decode(packet)
        except MemoryError:
            raise
        except av.FFmpegError:
            self._decode_errors += 1

    def _sanitised(self, frame: AudioFrame | None) -> Floats:
        if frame is None:
            raise AssertionError("the FIFO promised samples and gave none")
        samples = _as_floats(frame)
        peak = np.abs(samples).max(initial=0.0)
        if not peak <= LOUDEST:
            bad = ~(np.abs(samples) <= LOUDEST)
            self._nonfinite += int(bad.sum())
            samples[bad] = 0.0
        return samples


class _Bytes:
    """A file object without a name, so that FFmpeg gets none.

    It never raises into FFmpeg, because PyAV keeps one exception and prints the others. A seek to
    an impossible place, from a damaged header, just fails. A failed read looks like the end of the
    file; :meth:`raise_failure` raises it afterwards.
    """

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._file = file
        self._failure: Exception | None = None

    def read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except Exception as error:
            self._failure = self._failure or error
            return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError):
            return -errno.EINVAL

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return False

    def raise_failure(self) -> None:
        """Raise the error of a failed read, if there was one."""
        if isinstance(self._failure, MemoryError):
            raise self._failure
        if self._failure is not None:
            number = self._failure.errno if isinstance(self._failure, OSError) else None
            reason = os.strerror(number) if number else type(self._failure).__name__
            raise unreadable(reason) from self._failure


def _without_audio(container: Any) -> UnreadableError:
    kinds = sorted({stream.type for stream in container.streams if stream.type})
    if kinds:
        message = gettext(
            "The {container} file has no audio stream. It only has: {streams}.",
            container=container.format.name,
            streams=", ".join(kinds),
        )
    else:
        message = gettext(
            "The {container} file has no audio stream.", container=container.format.name
        )
    return UnreadableError(ErrorKind.NO_AUDIO_STREAM, message)


def _honest_start(frames: Iterator[AudioFrame], codec: str) -> Iterator[AudioFrame]:
    """Correct the sample rate of an mp3's first frame.

    FFmpeg's decoder labels each frame with the rate of the one before. If the rate changes within
    the part that it probed, the first frame gets the last rate of that part.
    """
    first, second = next(frames, None), next(frames, None)
    if first is not None and second is not None and codec in _MPEG_LAYERS:
        first.sample_rate = second.sample_rate
    yield from (frame for frame in (first, second) if frame is not None)
    yield from frames


def _check_possible(rate_hz: int, channels: int) -> None:
    if not MIN_RATE_HZ <= rate_hz <= MAX_RATE_HZ:
        message = gettext(
            "The sample rate is {rate}. Rates from {lowest} to {highest} can be analysed.",
            rate=measured(rate_hz, "Hz"),
            lowest=measured(MIN_RATE_HZ, "Hz"),
            highest=measured(MAX_RATE_HZ, "Hz"),
        )
        raise UnreadableError(ErrorKind.UNDECODABLE, message)
    if not 1 <= channels <= MAX_CHANNELS:
        message = ngettext(
            "The file has {n} channel. Files with 1 to {most} channels can be analysed.",
            "The file has {n} channels. Files with 1 to {most} channels can be analysed.",
            channels,
            most=MAX_CHANNELS,
        )
        raise UnreadableError(ErrorKind.UNDECODABLE, message)


_MPEG_LAYERS = frozenset({"mp3", "mp2", "mp1"})

_READABLE = {"s64": "dbl", "s64p": "dblp"}
"""Sample formats that numpy frames don't support, and their replacements."""

_MOST_RESAMPLING = 48
"""A stream that changes its rate by more than this factor is damaged; 4 to 192 kHz isn't."""


def _is_like(frame: AudioFrame, rate_hz: int) -> bool:
    rates = sorted((max(frame.sample_rate, 1), rate_hz))
    return rates[1] <= _MOST_RESAMPLING * rates[0] and 1 <= frame.layout.nb_channels <= MAX_CHANNELS


def _converter(shape: tuple[str, str, int], target: tuple[str, str, int]) -> AudioResampler | None:
    return None if shape == target else AudioResampler(*target)


def _as_floats(frame: AudioFrame) -> Floats:
    """Return the samples of a frame, shape (channels, n), full scale 1.0; writable."""
    data: NDArray[Any] = frame.to_ndarray()
    if not frame.format.is_planar:
        data = np.ascontiguousarray(data.reshape(-1, frame.layout.nb_channels).T)
    if data.dtype == np.uint8:
        return (data.astype(np.float32) - np.float32(128)) * np.float32(1 / 128)
    if data.dtype.kind == "i":
        full_scale = float(1 << (8 * data.dtype.itemsize - 1))
        return data.astype(np.float32) * np.float32(1.0 / full_scale)
    # Values too large for float32 become infinite. Those and NaN are replaced later.
    with np.errstate(over="ignore", invalid="ignore"):
        return data.astype(np.float32, copy=not data.flags.writeable)


def _described(container: Any, stream: AudioStream, file: BinaryIO) -> Stream:
    context = stream.codec_context
    name = context.name
    bit_rates = (stream.bit_rate, context.bit_rate, container.bit_rate)
    return Stream(
        container=container.format.name,
        codec=_codec_name(name),
        codec_profile=context.profile or None,
        sample_rate_hz=context.sample_rate,
        channels=context.channels,
        channel_layout=_layout_name(context.layout),
        bit_depth=_bit_depth(context, name),
        bit_rate_bps=next((b for b in bit_rates if b and b > 0), None),
        lossless=_is_lossless(name),
        declared_duration_s=_declared_duration_s(container, stream, file),
    )


def _layout_name(layout: AudioLayout) -> str:
    """Return FFmpeg's name of a layout; one or two channels without a name are mono or stereo.

    A plain wav, aiff or wma doesn't have the positions of its channels.
    """
    usual = {"1 channels": "mono", "2 channels": "stereo"}
    return usual.get(layout.name, layout.name)


def _codec_name(decoder: str) -> str:
    """Return FFmpeg's codec name without the name of the implementation."""
    return {"mp3float": "mp3", "libopus": "opus", "libvorbis": "vorbis"}.get(decoder, decoder)


_LOSSLESS = frozenset({"flac", "alac", "ape", "wavpack", "tta", "tak", "shorten", "truehd", "mlp"})


def _is_lossless(codec: str) -> bool:
    # A-law, mu-law and ADPCM are PCM in name but keep 8 bits or fewer of 13.
    return codec in _LOSSLESS or (codec.startswith("pcm_") and codec[4:] not in {"alaw", "mulaw"})


_PCM_BITS = re.compile(r"pcm_[a-z](\d+)")


def _bit_depth(context: Any, codec: str) -> int | None:
    """Return the bits of a coded sample; FFmpeg decodes 24 bits into 32."""
    if not _is_lossless(codec):
        return None
    if pcm := _PCM_BITS.match(codec):
        return int(pcm[1])
    extradata = context.extradata or b""
    coded = 0
    if codec == "flac" and len(extradata) >= 18:
        # STREAMINFO (RFC 9639, section 8.2): five bits across two bytes, less one.
        coded = ((extradata[12] & 1) << 4 | extradata[13] >> 4) + 1
    elif codec == "alac" and len(extradata) >= 18:
        # The magic cookie after 12 bytes of atom header; bitDepth is its sixth byte.
        coded = extradata[17]
    elif codec == "tta" and len(extradata) >= 10:
        coded = int.from_bytes(extradata[8:10], "little")
    bits = int(context.format.bits) if context.format else 32
    # 32 decoded bits may be 24 coded ones, so without a header the number is unknown.
    return coded if 0 < coded <= 64 else bits if bits < 32 else None


_STREAMED_BYTES = 0x7FFF0000
"""Programs that don't know the data size yet write this or more."""


def _declared_duration_s(container: Any, stream: AudioStream, file: BinaryIO) -> float | None:
    if container.format.name == "wav" and (declared_s := _wav_duration_s(stream, file)):
        return declared_s
    if stream.duration and stream.time_base:
        declared_s = float(stream.duration * stream.time_base)
    else:
        declared_s = (container.duration or 0) / av.time_base
    return declared_s if declared_s > 0 else None


def _wav_duration_s(stream: AudioStream, file: BinaryIO) -> float | None:
    """Return the duration from the size in the header, which FFmpeg cuts to the file's size.

    ``None`` where the file is as long as its header says, or the header doesn't say.
    """
    at = file.tell()
    data = next((chunk for chunk in iff_chunks(file) if chunk.name == b"data"), None)
    file.seek(at)
    if data is None or not data.size < data.declared < _STREAMED_BYTES or not stream.bit_rate:
        return None
    return data.declared * 8 / stream.bit_rate


def _text_tags(container: Any, stream: AudioStream) -> dict[str, str]:
    """Return the tags that FFmpeg read, with lower-case names; the stream's tags win."""
    merged = {**container.metadata, **stream.metadata}
    return {name.lower(): value for name, value in merged.items()}
