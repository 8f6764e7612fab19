"""Songs of known key as a band plays them, with and without a bass on the roots, and drums alone.

Chord loops are written here. Tunes of :mod:`scores` get triads that fit their bars. What plays is a
melody, chords, perhaps a bass on the root of each chord, perhaps drums. Loops, soundfonts and drum
kits are in one of two parts: methods are chosen on ``"design"`` and judged on ``"test"``.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence

import scores

Chord = tuple[int, tuple[int, ...]]
"""Root and tones, semitones above the tonic."""

LOOPS: dict[str, dict[str, tuple[str, ...]]] = {
    "design": {
        "major": (
            "I V vi IV",
            "I vi IV V",
            "I IV V I",
            "I iii IV V",
            "I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7",
        ),
        "minor": ("i iv V i", "i VII VI V", "i iv i V", "i VI VII i"),
    },
    "test": {
        "major": (
            "I IV I V",
            "I vi ii V",
            "I V vi iii IV I IV V",
            "ii7 V7 IM7 IM7",
            "I ii IV I",
            "I7 IV7 I7 I7 IV7 IV7 I7 I7 ii7 V7 I7 V7",
        ),
        "minor": ("i VI iv V", "i V i iv", "i iv v i", "i VII i V"),
    },
}
SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
NUMERALS = ("i", "ii", "iii", "iv", "v", "vi", "vii")
BASSES = {"design": (32, 33, 35, 38), "test": (34, 36, 37, 39, 43)}
"""General MIDI: acoustic, finger, fretless and synth; pick, slap, the other synth, double bass."""
CHORDS = {"design": (0, 4, 16, 25, 27, 48, 81, 89), "test": (1, 5, 18, 24, 30, 50, 61, 80, 90)}
MELODIES = {"design": (40, 65, 73, 81, 52), "test": (56, 66, 71, 75, 80, 54)}
BASS_STYLES = ("eighths", "whole", "octaves", "quarters")
MELODY, PAD, BASS = 0, 1, 2


def chord(numeral: str, mode: str) -> Chord:
    """Read a Roman numeral.

    Capitals are major, small letters minor; ``7`` adds a minor seventh, ``M7`` a major one.
    """
    seventh = (11,) if numeral.endswith("M7") else (10,) if numeral.endswith("7") else ()
    letters = numeral.removesuffix("M7").removesuffix("7")
    root = SCALES[mode][NUMERALS.index(letters.lower())]
    third = 4 if letters.isupper() else 3
    return root, (0, third, 7, *seventh)


@dataclasses.dataclass(frozen=True)
class Song:
    """Chords and a melody, in quarter notes and semitones above the tonic."""

    name: str
    mode: str
    melody: tuple[tuple[float, float, int], ...]
    """Start, length and pitch; the tonic in the octave of middle C is 0."""
    chords: tuple[tuple[float, float, Chord], ...]
    """Start, length, chord."""
    beats_in_bar: int = 4


def loop_song(loop: str, mode: str, bars: int, with_melody: bool, chance: random.Random) -> Song:
    """Repeat a loop, a chord a bar, under a melody that walks and rests on chord tones."""
    numerals = loop.split()
    chords = tuple(
        (4.0 * bar, 4.0, chord(numerals[bar % len(numerals)], mode)) for bar in range(bars)
    )
    melody: list[tuple[float, float, int]] = []
    scale = [step + 12 * octave for octave in (0, 1) for step in SCALES[mode]]
    at = chance.randrange(4, 10)
    for start, _, (root, tones) in chords if with_melody else ():
        sounding = {(root + tone) % 12 for tone in tones}
        for half in (0.0, 2.0):
            near = [i for i, p in enumerate(scale) if p % 12 in sounding]
            at = min(near, key=lambda i: (abs(i - at), chance.random()))
            split = chance.choice(((2.0,), (1.0, 1.0), (1.0, 0.5, 0.5)))
            now = start + half
            for length in split:
                melody.append((now, length, scale[at]))
                now += length
                at = max(0, min(len(scale) - 1, at + chance.choice((-2, -1, 1, 2))))
    return Song(loop, mode, tuple(melody), chords)


def harmonised(tune: scores.Tune) -> Song:
    """Put the triad of its scale that fits best under each bar of a tune, I, IV and V first."""
    numerals = (
        ("I", "IV", "V", "vi", "ii") if tune.mode == "major" else ("i", "iv", "V", "VI", "VII")
    )
    triads = [chord(numeral, tune.mode) for numeral in numerals]
    ends = [*tune.bars[1:], tune.bars[-1] + tune.beat * tune.beats_in_bar]
    chords = []
    for start, end in zip(tune.bars, ends, strict=True):
        weight = [0.0] * 12
        for note in tune.notes:
            overlap = min(end, note.start + note.length) - max(start, note.start)
            weight[(note.pitch - tune.tonic) % 12] += max(0.0, overlap)
        fit = [
            sum(weight[(root + tone) % 12] for tone in tones) * (1.0 if i < 3 else 0.9)
            for i, (root, tones) in enumerate(triads)
        ]
        if start >= 0:
            chords.append((start, end - start, triads[fit.index(max(fit))]))
    top = [note for note in tune.notes if note.part == 0]
    down = 60 + tune.tonic + 12 * ((min(note.pitch for note in top) - 60) // 12)
    melody = tuple((n.start, n.length, n.pitch - down) for n in top)
    return Song(tune.name, tune.mode, melody, tuple(chords), tune.beats_in_bar)


@dataclasses.dataclass(frozen=True)
class Arrangement:
    """Who plays a song, and how."""

    tonic: int
    cents: float
    bpm: float
    melody: int
    pad: int
    bass: int | None
    """General MIDI program; ``None`` for no bass."""
    bass_style: str
    bass_velocity: int
    drums: str | None
    drum_kit: int


def random_arrangement(part: str, bass: bool, drums: bool, chance: random.Random) -> Arrangement:
    """Draw an arrangement."""
    return Arrangement(
        tonic=chance.randrange(12),
        cents=chance.uniform(-30, 30),
        bpm=chance.uniform(70, 150),
        melody=chance.choice(MELODIES[part]),
        pad=chance.choice(CHORDS[part]),
        bass=chance.choice(BASSES[part]) if bass else None,
        bass_style=chance.choice(BASS_STYLES),
        bass_velocity=chance.randint(75, 120),
        drums=chance.choice(scores.DRUMS) if drums else None,
        drum_kit=chance.choice((0, 8, 16, 24, 25)),
    )


def perform(
    song: Song, how: Arrangement, seconds: float, chance: random.Random
) -> scores.Performance:
    """Play the first ``seconds`` of a song."""
    base = 60 + how.tonic - (12 if how.tonic > 6 else 0)
    plan = [(s, length, MELODY, base + p, 92) for s, length, p in song.melody]
    for start, length, (root, tones) in song.chords:
        plan += [(start, length, PAD, p, 70) for p in _voicing(base + root, tones)]
        if how.bass is not None:
            plan += _bass(start, length, base + root, how)
    if how.drums:
        bars = tuple(start for start, _, _ in song.chords)
        shape = scores.Tune("", "", 0, song.mode, (), bars, 1.0, song.beats_in_bar)
        plan += [
            (t, 0.2, scores.DRUM_CHANNEL, d, v) for t, d, v in scores.drum_hits(shape, how.drums)
        ]
    return performance(plan, how, seconds, chance)


def performance(
    plan: Sequence[tuple[float, float, int, int, int]],
    how: Arrangement,
    seconds: float,
    chance: random.Random,
) -> scores.Performance:
    """Turn quarter notes into seconds, a little unevenly."""
    quarter_s = 60.0 / how.bpm
    programs = (how.melody, how.pad, how.bass or 0)
    version = scores.Version(
        how.tonic, how.cents, how.bpm, programs, how.drums, drum_kit=how.drum_kit
    )
    played = []
    for start, length, channel, pitch, velocity in plan:
        if 0 <= start * quarter_s < seconds and 0 <= pitch <= 127:
            on = max(0.0, start * quarter_s + chance.gauss(0, version.jitter_s))
            off = on + max(0.02, length * quarter_s - 0.01)
            loud = max(1, min(127, velocity + chance.randint(-8, 8)))
            played.append((on, off, channel, pitch, loud))
    return scores.Performance(version, tuple(played))


def _voicing(root: int, tones: tuple[int, ...]) -> list[int]:
    """Put the tones of a chord between G3 and G4."""
    return [55 + (root + tone - 55) % 12 for tone in tones]


def _bass(
    start: float, length: float, root: int, how: Arrangement
) -> list[tuple[float, float, int, int, int]]:
    """Play the root between E1 and D#2 through one chord."""
    low = 28 + (root - 28) % 12
    step = {"eighths": 0.5, "whole": length, "octaves": 0.5, "quarters": 1.0}[how.bass_style]
    notes = []
    for number in range(round(length / step)):
        up = 12 if how.bass_style == "octaves" and number % 2 else 0
        notes.append((start + number * step, step, BASS, low + up, how.bass_velocity))
    return notes


TOMS = (41, 43, 45, 47, 48, 50)
LATIN = (60, 61, 62, 63, 64, 65, 66, 67, 68, 75, 76, 77, 56, 70)
DRUM_STYLES = (*scores.DRUMS, "toms", "toms and rock", "latin", "latin and rock", "any")


def drum_solo(
    style: str, how: Arrangement, seconds: float, chance: random.Random
) -> scores.Performance:
    """Play drums without music."""
    bars = 2 + int(seconds * how.bpm / 240)
    shape = scores.Tune("", "", 0, "major", (), tuple(4.0 * b for b in range(bars)), 1.0, 4)
    hits: list[tuple[float, int, int]] = []
    if style in scores.DRUMS or "rock" in style:
        hits += scores.drum_hits(shape, style if style in scores.DRUMS else "rock")
    if style not in scores.DRUMS:
        kind = style.split(maxsplit=1)[0]
        drums = {
            "toms": TOMS,
            "latin": chance.sample(LATIN, 4),
            "any": chance.sample(range(35, 82), 6),
        }[kind]
        # One bar, repeated as a loop is.
        pattern = [
            (i / 4, chance.choice(drums), chance.randint(60, 115))
            for i in range(16)
            if chance.random() < 0.6
        ]
        hits += [(4.0 * bar + at, drum, loud) for bar in range(bars) for at, drum, loud in pattern]
    plan = [(at, 0.2, scores.DRUM_CHANNEL, drum, loud) for at, drum, loud in hits]
    return performance(plan, how, seconds, chance)
