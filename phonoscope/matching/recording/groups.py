"""Groups of copies for a person: the likely original, and how each other one differs from it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from phonoscope.escape import printable
from phonoscope.matching.recording.pairwise import Pair, closest
from phonoscope.matching.recording.stored_fingerprints import StoredFingerprints
from phonoscope.messages import gettext, ngettext
from phonoscope.text import exact_percent, frequency, measured, number, signed

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
    """Choose the recording that the others were likely made from, with the reasons.

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
    reasons: list[str] = []
    if first.get("lossless") and not all(facts.get("lossless") for facts in others):
        reasons.append(gettext("lossless"))
    elif all(facts.get("made_from") for facts in others) and not first.get("made_from"):
        reasons.append(gettext("no sign of an earlier encoding"))
    bandwidth = _number(first, "bandwidth_hz")
    if others and bandwidth > CLEARLY_WIDER * max(_number(f, "bandwidth_hz") for f in others):
        reasons.append(gettext("widest bandwidth ({frequency})", frequency=frequency(bandwidth)))
    duration = _number(first, "duration_s")
    if others and duration > SAME_LENGTH_S + max(_number(f, "duration_s") for f in others):
        reasons.append(gettext("longest ({time})", time=measured(duration, "s", 1)))
    rate = 0.0 if first.get("lossless") else _number(first, "bit_rate_bps")
    if others and not reasons and rate > max(_number(f, "bit_rate_bps") for f in others):
        reasons.append(gettext("highest bit rate ({rate})", rate=measured(rate / 1000, "kbit/s")))
    tuned, off = (
        abs(_number(first, "tuning_cents")),
        min((abs(_number(f, "tuning_cents")) for f in others), default=0.0),
    )
    if off - tuned > WELL_TUNED_CENTS:
        reasons.append(gettext("tuned closest to A440 ({n} cents off)", n=number(tuned)))
    dates = [str(f["tag_date"]) for f in others if f.get("tag_date")]
    if dates and first.get("tag_date") and str(first["tag_date"]) < min(dates):
        when = printable(str(first["tag_date"]))
        reasons.append(gettext("earliest date tag ({date})", date=when))
    return tuple(reasons) or (gettext("no measured difference, so the first by id"),)


def differences(original: Facts, copy: Facts, pair: Pair) -> tuple[str, ...]:
    """Return how a copy differs from the likely original, in words.

    Parameters
    ----------
    pair
        With the original as ``one``.
    """
    found = [*_coding(original, copy), *_playing(pair), *_ends(original, copy, pair)]
    before, after = original.get("loudness_lufs"), copy.get("loudness_lufs")
    if before is not None and after is not None:
        louder = float(after) - float(before)
        amount = measured(abs(louder), "LU", 1)
        if louder >= SAME_LEVEL_LU:
            found.append(gettext("{amount} louder", amount=amount))
        elif louder <= -SAME_LEVEL_LU:
            found.append(gettext("{amount} quieter", amount=amount))
    if not found and pair.bits == 0:
        found.append(gettext("identical audio by every measurement"))
    return tuple(found) or (gettext("same encoding, small differences in the audio"),)


def _ends(original: Facts, copy: Facts, pair: Pair) -> list[str]:
    """Return what was cut off or added at the beginning and the end."""
    found: list[str] = []
    more_s = pair.offset_s
    if more_s < -SAME_LENGTH_S:
        cut = measured(-more_s * pair.speed, "s", 1)
        found.append(gettext("{time} cut off the beginning", time=cut))
    elif more_s > SAME_LENGTH_S:
        found.append(gettext("{time} more at the beginning", time=measured(more_s, "s", 1)))
    end_s = _number(original, "duration_s") / pair.speed + pair.offset_s
    more_s = _number(copy, "duration_s") - end_s
    if more_s < -SAME_LENGTH_S:
        cut = measured(-more_s * pair.speed, "s", 1)
        found.append(gettext("{time} cut off the end", time=cut))
    elif more_s > SAME_LENGTH_S:
        found.append(gettext("{time} more at the end", time=measured(more_s, "s", 1)))
    return found


def _coding(original: Facts, copy: Facts) -> list[str]:
    found: list[str] = []
    mine, theirs = (
        (f.get("codec"), f.get("sample_rate_hz"), f.get("bit_rate_bps")) for f in (original, copy)
    )
    if mine[0] != theirs[0] or (not copy.get("lossless") and mine[2] != theirs[2]):
        codec = printable(str(theirs[0]))
        if theirs[2]:
            rate = measured(theirs[2] / 1000, "kbit/s")
            found.append(gettext("re-encoded as {codec} at {rate}", codec=codec, rate=rate))
        else:
            found.append(gettext("re-encoded as {codec}", codec=codec))
    if mine[1] != theirs[1] and mine[1] and theirs[1]:
        found.append(gettext("resampled to {rate}", rate=frequency(theirs[1])))
    if original.get("channels") != copy.get("channels"):
        after, before = int(copy.get("channels") or 0), int(original.get("channels") or 0)
        found.append(
            ngettext(
                "{n} channel instead of {before}",
                "{n} channels instead of {before}",
                after,
                before=before,
            )
        )
    return found


def _playing(pair: Pair) -> list[str]:
    semitones = 12 * math.log2(pair.pitch)
    faster = pair.speed - 1
    shift, change = signed(semitones, 1), exact_percent(abs(faster), 1)
    if abs(faster) > SAME_SPEED and abs(pair.pitch / pair.speed - 1) < SAME_SPEED:
        if faster > 0:
            return [
                gettext("sped up by {change} ({shift}\u00a0semitones)", change=change, shift=shift)
            ]
        return [
            gettext("slowed down by {change} ({shift}\u00a0semitones)", change=change, shift=shift)
        ]
    found: list[str] = []
    if abs(semitones) > SAME_PITCH_SEMITONES:
        found.append(gettext("pitch shifted by about {shift}\u00a0semitones", shift=shift))
    if faster > SAME_SPEED:
        found.append(gettext("{change} faster at the same pitch", change=change))
    elif faster < -SAME_SPEED:
        found.append(gettext("{change} slower at the same pitch", change=change))
    return found


@dataclass(frozen=True)
class Comparisons:
    """How recordings relate: what a search found, and fingerprints to compare the others."""

    matched: Mapping[tuple[str, str], Pair]
    """By the ids of two recordings, how the second one relates to the first."""
    held: Mapping[str, StoredFingerprints]

    def of(self, one: str, other: str) -> Pair | None:
        """Return how a recording relates to another; ``None`` when nothing lines up."""
        if (one, other) in self.matched:
            return self.matched[one, other]
        if one not in self.held or other not in self.held:
            return None
        return closest(self.held[one], self.held[other])


def unmatched(rows: Sequence[Facts], matched: Mapping[tuple[str, str], Pair]) -> set[str]:
    """Return the recordings of a group whose fingerprints :func:`grouped` compares."""
    first = str(original_of(rows)[0]["recording_id"])
    others = {str(row["recording_id"]) for row in rows} - {first}
    apart = {name for name in others if (first, name) not in matched}
    return apart | {first} if apart else apart


def grouped(
    rows: Sequence[Facts], uris: Mapping[str, Sequence[str]], comparisons: Comparisons
) -> CopyGroup:
    """Describe a group of two or more recordings."""
    first, reasons = original_of(rows)
    members = []
    for row in [first, *(row for row in rows if row is not first)]:
        name = str(row["recording_id"])
        pair = None if row is first else comparisons.of(str(first["recording_id"]), name)
        if row is first:
            differs: tuple[str, ...] = ()
        elif pair is None:
            differs = (gettext("matches through another recording of the group"),)
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
