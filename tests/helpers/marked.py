"""Writers of tagged files, by mutagen and by hand: what other programs would have written."""

from __future__ import annotations

import struct
from pathlib import Path

import mutagen.apev2
import mutagen.asf
import mutagen.flac
import mutagen.id3
import mutagen.mp4
import mutagen.oggopus
import mutagen.oggvorbis

from tests.helpers.sounds import sine, write

CONTAINERS = {
    "mp3": "mp3",
    "flac": "flac-16",
    "ogg": "ogg-vorbis",
    "opus": "opus",
    "m4a": "m4a-aac",
    "wav": "wav-16",
    "aiff": "aiff-16",
    "wma": "wma",
    "ape": "wavpack",
}
"""Kind of tag by a short name, and the sound it is put on."""


def blank(folder: Path, kind: str) -> Path:
    """Write a short sound without tags."""
    rate_hz = 48_000 if kind == "opus" else 44_100
    return write(folder / f"blank.{kind}", sine(0.3, rate_hz), rate_hz, CONTAINERS[kind])


def custom(folder: Path, kind: str, name: str, value: str) -> Path:
    """Write a sound with one tag of a free name, where this container keeps such tags."""
    path = blank(folder, kind)
    if kind == "mp3":
        tags = mutagen.id3.ID3()
        tags.add(mutagen.id3.TXXX(encoding=3, desc=name, text=[value]))
        tags.save(path)
    elif kind in ("flac", "ogg", "opus"):
        kinds = {
            "flac": mutagen.flac.FLAC,
            "ogg": mutagen.oggvorbis.OggVorbis,
            "opus": mutagen.oggopus.OggOpus,
        }
        commented = kinds[kind](path)
        commented[name] = value
        commented.save()
    elif kind == "m4a":
        boxes = mutagen.mp4.MP4(path)
        boxes[f"----:com.apple.iTunes:{name}"] = value.encode()
        boxes.save()
    elif kind in ("wav", "aiff"):
        tags = mutagen.id3.ID3()
        tags.add(mutagen.id3.TXXX(encoding=3, desc=name, text=[value]))
        bare = folder / "bare.id3"
        bare.touch()
        tags.save(bare)
        add_chunk(path, b"id3 " if kind == "wav" else b"ID3 ", bare.read_bytes())
    elif kind == "wma":
        attributes = mutagen.asf.ASF(path)
        attributes[name] = value
        attributes.save()
    else:
        ape = mutagen.apev2.APEv2()
        ape[name] = value
        ape.save(path)
    return path


def add_chunk(path: Path, name: bytes, content: bytes, *, first: bool = False) -> None:
    """Add a chunk to a wav or aiff file, at its end or before everything else."""
    data = path.read_bytes()
    order = ">" if data[:4] == b"FORM" else "<"
    chunk = name + struct.pack(order + "I", len(content)) + content + b"\0" * (len(content) % 2)
    body = data[12:] + b"\0" * (len(data) % 2)
    body = chunk + body if first else body + chunk
    path.write_bytes(data[:4] + struct.pack(order + "I", len(body) + 4) + data[8:12] + body)


def id3(path: Path, *frames: mutagen.id3.Frame, version: int = 4, v1: int = 0) -> Path:
    """Put an ID3 tag on a file."""
    tags = mutagen.id3.ID3()
    for frame in frames:
        tags.add(frame)
    if version == 3:
        tags.update_to_v23()
    tags.save(path, v2_version=version, v1=v1)
    return path


def raw_id3(version: int, frames: bytes, flags: int = 0) -> bytes:
    """Return a whole ID3v2 tag around frames written by hand."""
    size = len(frames)
    safe = bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
    return b"ID3" + bytes([version, 0, flags]) + safe + frames
