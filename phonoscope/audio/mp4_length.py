"""The length of an mp4 file's sound, to the sample.

AAC comes in whole frames, so the last one has padding. What belongs to the sound is in the track's
table of durations and its edit list (ISO/IEC 14496-12, sections 8.6.1.2 and 8.6.6), or in iTunes'
older tag ``iTunSMPB``. FFmpeg leaves out what comes before the sound, and plays the padding.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import BinaryIO

from phonoscope.audio.chunks import IffChunk, mp4_boxes, mp4_child, payload

_MOST_TRACKS = 100


def edited_samples(
    file: BinaryIO, track_id: int, rate_hz: int, fragments_s: Fraction | None
) -> int | None:
    """Return the samples of a track that its edit list plays.

    Parameters
    ----------
    file
        At any position; only headers and small tables are read.
    track_id
        The track's number in the file.
    rate_hz
        Sample rate of the decoded sound, Hz.
    fragments_s
        Duration of all frames, s, for files that keep their tables in fragments.

    Returns
    -------
    int or None
        Samples of one channel. ``None`` when the file doesn't say, or only in steps longer than a
        sample.
    """
    movie = mp4_child(file, None, b"moov")
    track = _track(file, movie, track_id)
    header = mp4_child(file, track, b"mdia", b"mdhd") if track else None
    table = mp4_child(file, track, b"mdia", b"minf", b"stbl", b"stts") if track else None
    if movie is None or track is None or header is None or table is None:
        return None
    scale = _time_scale(file, header)
    if scale <= 0 or 2 * scale < rate_hz:
        return None
    ticks = _table_ticks(payload(file, table)) or round((fragments_s or 0) * scale)
    edits = mp4_child(file, track, b"edts", b"elst")
    movie_header = mp4_child(file, movie, b"mvhd")
    if ticks > 0 and edits is not None and movie_header is not None:
        ticks = _played_ticks(payload(file, edits), ticks, scale, _time_scale(file, movie_header))
    return round(Fraction(ticks * rate_hz, scale)) if ticks > 0 else None


def itunes_samples(text: str | None) -> int | None:
    """Return the samples that a tag ``iTunSMPB`` states; ``None`` if it states none.

    Examples
    --------
    >>> itunes_samples(" 00000000 00000840 000001C0 00000000002AB1C0 00000000")
    2798016
    """
    numbers = (text or "").split()
    try:
        return int(numbers[3], 16) or None
    except (IndexError, ValueError):
        return None


def _track(file: BinaryIO, movie: IffChunk | None, track_id: int) -> IffChunk | None:
    if movie is None:
        return None
    tracks = [box for box in mp4_boxes(file, movie) if box.name == b"trak"]
    for track in tracks[:_MOST_TRACKS]:
        header = mp4_child(file, track, b"tkhd")
        content = payload(file, header) if header else b""
        at = 20 if content[:1] == b"\1" else 12
        if len(content) >= at + 4 and struct.unpack_from(">I", content, at)[0] == track_id:
            return track
    return None


def _time_scale(file: BinaryIO, header: IffChunk) -> int:
    """Return the ticks of a second in a movie's or a track's header."""
    content = payload(file, header)
    at = 20 if content[:1] == b"\1" else 12
    return int(struct.unpack_from(">I", content, at)[0]) if len(content) >= at + 4 else 0


def _table_ticks(content: bytes) -> int:
    """Return the ticks of all frames, from a table of counts and durations."""
    if len(content) < 8:
        return 0
    entries = struct.unpack_from(">I", content, 4)[0]
    if len(content) < 8 + 8 * entries:
        return 0
    return sum(n * each for n, each in struct.iter_unpack(">II", content[8 : 8 + 8 * entries]))


def _played_ticks(content: bytes, ticks: int, scale: int, movie_scale: int) -> int:
    """Return the ticks that an edit list plays; 0 if it can't be read."""
    form, size = (">Qqi", 20) if content[:1] == b"\1" else (">Iii", 12)
    entries = struct.unpack_from(">I", content, 4)[0] if len(content) >= 8 else 0
    if movie_scale <= 0 or not entries or len(content) < 8 + size * entries:
        return 0
    edits = [e for e in struct.iter_unpack(form, content[8 : 8 + size * entries]) if e[1] >= 0]
    lengths = [Fraction(edit[0] * scale, movie_scale) for edit in edits]
    if len(edits) != 1:
        return round(sum(lengths))
    rest = ticks - edits[0][1]
    # The edit's length is rounded to the movie's time scale, often milliseconds.
    rounding = Fraction(scale, movie_scale) + 1
    return round(lengths[0]) if 0 < lengths[0] < rest - rounding else rest
