"""Groups of copies for a person: the likely original, and how each other one differs from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phonoscope.matching.recording.pairwise import Pair, StoredFingerprints, closest

Facts = Mapping[str, Any]
"""A recording's row of the table ``recordings``."""
SAME_LEVEL_LU = 0.3
SAME_LENGTH_S = 0.5
SAME_SPEED = 0.002
SAME_PITCH_SEMITONES = 0.15
CLEARLY_WIDER = 1.05
WELL_TUNED_CENTS = 15.0


@dataclass(frozen=True)
class Member:
    """One recording of a group."""

    recording_id: str
    uris: tuple[str, ...]
    title: str
    """Artist and title of its tags, or the name of its file."""
    original: bool
    differs: tuple[str, ...]
    """How it differs from the likely original, in words; that one's are empty."""
    pair: Pair | None
    """How it lines up with the likely original; ``None`` for that itself."""


@dataclass(frozen=True)
class CopyGroup:
    """Recordings that are one and the same."""

    members: tuple[Member, ...]
    """The likely original first."""
    reasons: tuple[str, ...]
    """Why the first is likely the original."""


def _number(facts: Facts, name: str, otherwise: float = 0.0) -> float:
    value = facts.get(name)
    return otherwise if value is None else float(value)


def original_of(rows: Sequence[Facts]) -> tuple[Facts, tuple[str, ...]]:
    """Choose the recording that the others were likely made from, and say why.

    What an alteration can only take away decides, in this order: lossless coding that shows no
    earlier lossy generation, bandwidth, length, bit rate; then what it mostly changes, tuning;
    then the earliest date tag. Clipping does not: turned down, a clipped copy no longer looks it.
    """

    def rank(facts: Facts) -> tuple[Any, ...]:
        return (
            not (facts.get("lossless") and not facts.get("made_from")),
            facts.get("made_from") is not None,
            -round(math.log(max(_number(facts, "bandwidth_hz", 1.0), 1.0)) / 0.05),
            -round(_number(facts, "duration_s")),
            0.0 if facts.get("lossless") else -_number(facts, "bit_rate_bps"),
            round(abs(_number(facts, "tuning_cents")) / WELL_TUNED_CENTS),
            str(facts.get("tag_date") or "9999"),
            str(facts["recording_id"]),
        )

    first = min(rows, key=rank)
    others = [facts for facts in rows if facts is not first]
    return first, _reasons(first, others)


def _reasons(first: Facts, others: Sequence[Facts]) -> tuple[str, ...]:
    said = []
    if first.get("lossless") and not all(facts.get("lossless") for facts in others):
        said.append("lossless")
    elif all(facts.get("made_from") for facts in others) and not first.get("made_from"):
        said.append("no sign of an earlier encoding")
    bandwidth = _number(first, "bandwidth_hz")
    if others and bandwidth > CLEARLY_WIDER * max(_number(f, "bandwidth_hz") for f in others):
        said.append(f"widest bandwidth ({bandwidth / 1000:.1f} kHz)")
    duration = _number(first, "duration_s")
    if others and duration > SAME_LENGTH_S + max(_number(f, "duration_s") for f in others):
        said.append(f"longest ({duration:.1f} s)")
    rate = 0.0 if first.get("lossless") else _number(first, "bit_rate_bps")
    if others and not said and rate > max(_number(f, "bit_rate_bps") for f in others):
        said.append(f"highest bit rate ({rate / 1000:.0f} kbit/s)")
    tuned, off = (
        abs(_number(first, "tuning_cents")),
        min((abs(_number(f, "tuning_cents")) for f in others), default=0.0),
    )
    if off - tuned > WELL_TUNED_CENTS:
        said.append(f"tuned nearest to A = 440 Hz ({tuned:.0f} cents off)")
    dates = [str(f["tag_date"]) for f in others if f.get("tag_date")]
    if dates and first.get("tag_date") and str(first["tag_date"]) < min(dates):
        said.append(f"earliest date tag ({first['tag_date']})")
    return tuple(said) or ("nothing tells them apart; it comes first by its id",)


def differences(original: Facts, copy: Facts, pair: Pair) -> tuple[str, ...]:
    """Say how a copy differs from the likely original.

    Parameters
    ----------
    pair
        With the original as ``one``.
    """
    said = [*_coding(original, copy), *_playing(pair)]
    end_s = _number(original, "duration_s") / pair.speed + pair.offset_s
    length_s = _number(copy, "duration_s")
    if pair.offset_s < -SAME_LENGTH_S:
        said.append(f"{-pair.offset_s * pair.speed:.1f} s cut off the beginning")
    elif pair.offset_s > SAME_LENGTH_S:
        said.append(f"{pair.offset_s:.1f} s more at the beginning")
    if end_s - length_s > SAME_LENGTH_S:
        said.append(f"{(end_s - length_s) * pair.speed:.1f} s cut off the end")
    elif length_s - end_s > SAME_LENGTH_S:
        said.append(f"{length_s - end_s:.1f} s more at the end")
    before, after = original.get("loudness_lufs"), copy.get("loudness_lufs")
    if before is not None and after is not None:
        louder = float(after) - float(before)
        if abs(louder) >= SAME_LEVEL_LU:
            said.append(f"{abs(louder):.1f} LU {'louder' if louder > 0 else 'quieter'}")
    if not said and pair.bits == 0:
        said.append("identical audio, as far as measured")
    return tuple(said) or ("the same coding, small differences in the sound",)


def _coding(original: Facts, copy: Facts) -> list[str]:
    said = []
    mine, theirs = (
        (f.get("codec"), f.get("sample_rate_hz"), f.get("bit_rate_bps")) for f in (original, copy)
    )
    if mine[0] != theirs[0] or (not copy.get("lossless") and mine[2] != theirs[2]):
        rate = f" at {theirs[2] / 1000:.0f} kbit/s" if theirs[2] else ""
        said.append(f"encoded anew: {theirs[0]}{rate}")
    if mine[1] != theirs[1] and mine[1] and theirs[1]:
        said.append(f"resampled to {theirs[1] / 1000:g} kHz")
    if original.get("channels") != copy.get("channels"):
        said.append(f"{copy.get('channels')} instead of {original.get('channels')} channels")
    return said


def _playing(pair: Pair) -> list[str]:
    semitones = 12 * math.log2(pair.pitch)
    faster = pair.speed - 1
    together = abs(pair.pitch / pair.speed - 1) < SAME_SPEED
    if abs(faster) > SAME_SPEED and together:
        word = "sped up" if faster > 0 else "slowed down"
        return [f"{word} by {100 * abs(faster):.1f} % ({semitones:+.1f} semitones)"]
    said = []
    if abs(semitones) > SAME_PITCH_SEMITONES:
        said.append(f"pitch shifted by about {semitones:+.1f} semitones")
    if abs(faster) > SAME_SPEED:
        word = "faster" if faster > 0 else "slower"
        said.append(f"{100 * abs(faster):.1f} % {word} at the same pitch")
    return said


def grouped(
    names: set[str],
    facts: Mapping[str, Facts],
    uris: Mapping[str, Sequence[str]],
    held: Mapping[str, StoredFingerprints],
) -> CopyGroup | None:
    """Describe a group; ``None`` when fewer than two of its recordings are known."""
    rows = [facts[name] for name in sorted(names) if name in facts]
    if len(rows) < 2:
        return None
    first, reasons = original_of(rows)
    members = []
    for row in [first, *(row for row in rows if row is not first)]:
        name = str(row["recording_id"])
        pair = None if row is first else closest(held[str(first["recording_id"])], held[name])
        if row is first:
            differs: tuple[str, ...] = ()
        elif pair is None:
            differs = ("joined by way of another member",)
        else:
            differs = differences(first, row, pair)
        places = tuple(sorted(uris.get(name, ())))
        members.append(Member(name, places, _title(row, places), row is first, differs, pair))
    return CopyGroup(tuple(members), reasons)


def _title(facts: Facts, uris: Sequence[str]) -> str:
    artist, title = facts.get("tag_artist"), facts.get("tag_title")
    if title:
        return f"{artist} - {title}" if artist else str(title)
    return uris[0].rsplit("/", 1)[-1] if uris else str(facts["recording_id"])
