"""One container of one audio stream, opened with FFmpeg: a file, or one link of a chained Ogg.

The input is always an open file object. FFmpeg gets no name, so a file called ``http:x`` or
``concat:a|b`` can't make it open something else. Only demuxers of media containers are allowed, so
a playlist can't either.
"""

from __future__ import annotations

import dataclasses
import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import av
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.stream import AudioStream
from av.packet import Packet

from phonoscope.audio.lossless import coding, decoded_bits, refined
from phonoscope.audio.mp3_frames import stated_duration_s
from phonoscope.audio.mp4_length import edited_samples, itunes_samples
from phonoscope.audio.stated_lists import true_sizes
from phonoscope.audio.stated_size import matroska_states_duration, missing_pcm_duration_s
from phonoscope.audio.stream import Stream
from phonoscope.audio.window import Window, size_of
from phonoscope.errors import ErrorKind, OutOfMemoryError, UnreadableError
from phonoscope.files import unreadable
from phonoscope.messages import gettext, ngettext
from phonoscope.text import measured

DEMUXERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,dtshd,eac3,flac,flv,iff,loas,matroska,webm,"
    "mov,mp4,m4a,3gp,3g2,mj2,mp3,mpc,mpc8,mpeg,mpegts,nut,ogg,oma,rm,rso,shn,sox,tak,truehd,tta,"
    "voc,w64,wav,wsd,wv,xwma"
)
"""The allowed media containers. None of them refers to other files or addresses."""

MP4 = "mov,mp4,m4a,3gp,3g2,mj2"

EXACT_DURATION = frozenset({"flac", "wav", "aiff", "ape", "wv", "tta", "ogg", "dsf", "iff", MP4})
"""Containers that state the number of samples, so a shorter stream is truncated.

FFmpeg takes it from the header, in Ogg from the last page. Others state it as well, but FFmpeg
doesn't keep that: :class:`Container` reads it for them.
"""

MAX_CHANNELS = 64
MIN_RATE_HZ, MAX_RATE_HZ = 4_000, 768_000
"""Allowed sample rates. Loudness has no meaning below: its weighting acts around 1.7 kHz."""

MOST_APE_SAMPLES = 1 << 22
"""Samples in a frame of Monkey's Audio. Its encoder writes 73,728 times 16 at most."""

MPEG_LAYERS = frozenset({"mp3", "mp2", "mp1"})


class Container:
    """An open container and its audio stream.

    Parameters
    ----------
    file
        Open binary file that can seek; not closed here.
    start, stop
        The bytes that the container has, as offsets; ``None`` for the end of the file.

    Raises
    ------
    UnreadableError
        As :class:`~phonoscope.audio.decode.Decoder` raises it.
    """

    def __init__(self, file: BinaryIO, start: int = 0, stop: int | None = None) -> None:
        self._bytes = NamelessFile(Window.of(file, start, stop))
        self._container = _opened(self._bytes)
        try:
            self._bytes.raise_failure()
            self._stream = self._choose_stream()
            context = self._stream.codec_context
            self._codec, self._profile = _codec_name(context.name), context.profile or None
            self._coding = coding(
                self._codec, self._profile, context.extradata, decoded_bits(context)
            )
            missing_s = self._missing_pcm_duration_s()
            self.described = self._described(missing_s or self._declared_duration_s())
            self.tags = _text_tags(self._container, self._stream)
            self.stated_duration_s = missing_s or self._stated_duration_s()
            self._bytes.raise_failure()
        except BaseException:
            self._container.close()
            raise
        self.decode_errors = 0

    described: Stream
    """The stream according to the container."""
    tags: dict[str, str]
    """The tags that FFmpeg read, with lower-case names; the stream's tags win."""
    stated_duration_s: float | None
    """Duration that a header states to the sample, s; ``None`` if it is only an estimate."""
    decode_errors: int
    """Packets that couldn't be decoded, so far."""

    def close(self) -> None:
        """Free what FFmpeg holds; the file stays open."""
        self._container.close()

    def frames(self) -> Iterator[AudioFrame]:
        """Yield the decoded frames; parts that can't be decoded are counted and passed over.

        Raises
        ------
        UnreadableError
            ``io`` when the file can't be read to its end.
        """
        packets = self._container.demux(self._stream)
        first = True
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                break
            except MemoryError as error:
                raise OutOfMemoryError from error
            except av.FFmpegError:
                # The container itself is damaged here; everything before still counts.
                self.decode_errors += 1
                yield from self._decoded(None)
                break
            if first and packet.size:
                first = False
                self._look_at(packet)
            yield from self._decoded(packet)
        self._bytes.raise_failure()

    def length_samples(self, rate_hz: int) -> int | None:
        """Return the samples of one channel that belong to the sound, without a codec's padding.

        ``None`` where FFmpeg leaves out the padding itself, or the file doesn't say.
        """
        if self.described.container != MP4:
            return None
        duration, time_base = self._stream.duration, self._stream.time_base
        all_s = duration * time_base if duration and time_base else None
        with self._header() as file:
            edited = edited_samples(file, self._stream.id, rate_hz, all_s)
        return itunes_samples(self._container.metadata.get("iTunSMPB")) or edited

    def _look_at(self, packet: Packet[Any]) -> None:
        if packet.pts and packet.time_base and self.stated_duration_s is not None:
            # A recording that starts in the middle of a broadcast has no sound from before.
            self.stated_duration_s -= max(0.0, float(packet.pts * packet.time_base))
        found = refined(self._coding, self._codec, bytes(packet)[:32])
        if found != self._coding:
            self._coding = found
            self.described = dataclasses.replace(
                self.described, lossless=found.lossless, bit_depth=found.bit_depth
            )

    def _decoded(self, packet: Packet[Any] | None) -> Iterator[AudioFrame]:
        """Yield the frames of a packet, or with ``None`` the rest in the decoder."""
        try:
            if packet is not None and self._codec == "ape":
                _check_ape(packet)
            yield from self._stream.codec_context.decode(packet)
        except MemoryError as error:
            raise OutOfMemoryError from error
        except av.FFmpegError:
            self.decode_errors += 1

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
        check_possible(context.sample_rate or 0, context.channels or 0)
        context.thread_count = 1
        return audio

    def _described(self, declared_duration_s: float | None) -> Stream:
        context = self._stream.codec_context
        bit_rates = (self._stream.bit_rate, context.bit_rate, self._container.bit_rate)
        return Stream(
            container=self._container.format.name,
            codec=self._codec,
            codec_profile=self._profile,
            sample_rate_hz=context.sample_rate,
            channels=context.channels,
            channel_layout=layout_name(context.layout),
            bit_depth=self._coding.bit_depth,
            bit_rate_bps=next((b for b in bit_rates if b and b > 0), None),
            lossless=self._coding.lossless,
            declared_duration_s=declared_duration_s,
        )

    def _declared_duration_s(self) -> float | None:
        if self._stream.duration and self._stream.time_base:
            declared_s = float(self._stream.duration * self._stream.time_base)
        else:
            declared_s = (self._container.duration or 0) / av.time_base
        return declared_s if declared_s > 0 else None

    def _missing_pcm_duration_s(self) -> float | None:
        name, bit_rate_bps = self._container.format.name, self._stream.bit_rate or 0
        with self._header() as file:
            return missing_pcm_duration_s(file, name, bit_rate_bps)

    def _stated_duration_s(self) -> float | None:
        name = self.described.container
        if name in EXACT_DURATION:
            return self.described.declared_duration_s if self._stream.duration else None
        only_sound = all(stream.type == "audio" for stream in self._container.streams)
        with self._header() as file:
            if name == "mp3":
                return stated_duration_s(file)
            if name == "matroska,webm" and only_sound and matroska_states_duration(file):
                return self.described.declared_duration_s
        return None

    @contextmanager
    def _header(self) -> Iterator[BinaryIO]:
        """Return the file for reading its header; FFmpeg finds it where it left it."""
        at = self._bytes.tell()
        try:
            yield cast(BinaryIO, self._bytes)
        finally:
            self._bytes.seek(at)


class NamelessFile:
    """A file object without a name, so that FFmpeg gets none.

    It never raises into FFmpeg, because PyAV keeps one exception and prints the others. A seek to
    an impossible place, from a damaged header, just fails. A failed read looks like the end of the
    file; :meth:`raise_failure` raises it afterwards.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._failure: Exception | None = None
        self._size = size_of(file)
        self._true_sizes: Mapping[int, bytes] = {}
        try:
            self._true_sizes = true_sizes(file)
            file.seek(0)
        except OSError as error:
            self._failure = error

    def read(self, size: int) -> bytes:
        """Read; nothing if that fails.

        FFmpeg asks for as much as a header declares, and Python would make room for all of it.
        """
        try:
            at = self._file.tell()
            data = self._file.read(max(0, min(size, self._size - at)))
            return _corrected(data, at, self._true_sizes) if self._true_sizes else data
        except Exception as error:
            self._failure = self._failure or error
            return b""

    def seek(self, offset: int, whence: int = 0) -> int:
        """Seek; a negative number if that fails."""
        try:
            return self._file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return -errno.EINVAL

    def tell(self) -> int:
        """Return the position."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Return that it can seek."""
        return True

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def writable(self) -> bool:
        """Return that it can't be written."""
        return False

    def raise_failure(self) -> None:
        """Raise the error of a failed read, if there was one."""
        if isinstance(self._failure, MemoryError):
            raise OutOfMemoryError from self._failure
        if self._failure is not None:
            number = self._failure.errno if isinstance(self._failure, OSError) else None
            reason = os.strerror(number) if number else type(self._failure).__name__
            raise unreadable(reason) from self._failure


def _corrected(data: bytes, at: int, sizes: Mapping[int, bytes]) -> bytes:
    """Return bytes that were read at an offset, with other sizes than the file states."""
    made = bytearray(data)
    for start, size in sizes.items():
        first, last = max(start, at), min(start + len(size), at + len(data))
        if first < last:
            made[first - at : last - at] = size[first - start : last - start]
    return bytes(made)


def check_possible(rate_hz: int, channels: int) -> None:
    """Check that sound of this rate and number of channels can be analysed.

    Raises
    ------
    UnreadableError
        ``undecodable`` when it can't.
    """
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


def layout_name(layout: AudioLayout) -> str:
    """Return FFmpeg's name of a layout; one or two channels without a name are mono or stereo.

    A plain wav, aiff or wma doesn't have the positions of its channels.
    """
    usual = {"1 channels": "mono", "2 channels": "stereo"}
    return usual.get(layout.name, layout.name)


def _check_ape(packet: Packet[Any]) -> None:
    """Refuse a frame of Monkey's Audio that decodes to more samples than any encoder writes.

    PyAV decodes all of a packet at once, and a few bytes can claim hours of silence.
    """
    # FFmpeg's demuxer puts the number of samples first.
    samples = int.from_bytes(bytes(packet)[:4], "little")
    if samples > MOST_APE_SAMPLES:
        message = gettext(
            "A frame of the file claims {n} samples. No encoder writes frames that long.",
            n=str(samples),
        )
        raise UnreadableError(ErrorKind.UNDECODABLE, message)


def _opened(file: NamelessFile) -> Any:
    try:
        return av.open(
            file,
            mode="r",
            metadata_errors="replace",
            buffer_size=1 << 16,
            container_options={"format_whitelist": DEMUXERS, "protocol_whitelist": "none"},
        )
    except MemoryError as error:
        raise OutOfMemoryError from error
    except (av.FFmpegError, ValueError) as error:
        file.raise_failure()
        message = gettext("The file isn't in a known audio format.")
        raise UnreadableError(ErrorKind.NOT_AUDIO, message) from error


def _without_audio(container: Any) -> UnreadableError:
    name = container.format.name
    kinds = sorted({stream.type for stream in container.streams if stream.type})
    if "audio" in kinds:
        return _not_opened(container)
    if kinds:
        message = gettext(
            "The {container} file has no audio stream. It only has: {streams}.",
            container=name,
            streams=", ".join(kinds),
        )
    else:
        message = gettext("The {container} file has no audio stream.", container=name)
    return UnreadableError(ErrorKind.NO_AUDIO_STREAM, message)


def _not_opened(container: Any) -> UnreadableError:
    """Return the error of a file whose audio stream has no decoder, or no rate or channels."""
    streams = (stream for stream in container.streams if stream.type == "audio")
    context = next(streams).codec_context
    codec = _codec_name(context.name) if context is not None else None
    if codec is None:
        message = gettext(
            "The {container} file has an audio stream, but there is no decoder for its codec.",
            container=container.format.name,
        )
    else:
        message = gettext(
            "The audio stream ({codec}) of the {container} file can't be opened. Its header is "
            "damaged or incomplete.",
            container=container.format.name,
            codec=codec,
        )
    return UnreadableError(ErrorKind.UNDECODABLE, message)


def _codec_name(decoder: str) -> str:
    """Return FFmpeg's codec name without the name of the implementation."""
    return {"mp3float": "mp3", "libopus": "opus", "libvorbis": "vorbis", "mp4als": "als"}.get(
        decoder, decoder
    )


def _text_tags(container: Any, stream: AudioStream) -> dict[str, str]:
    """Return the tags that FFmpeg read, with lower-case names; the stream's tags win."""
    merged = {**container.metadata, **stream.metadata}
    return {name.lower(): value for name, value in merged.items()}
