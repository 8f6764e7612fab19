"""Scores with known key, and their rendering as sound with known tempo and tuning.

Scores come from the corpus that the PyPI package ``music21`` carries; FluidSynth and a
Debian soundfont (``timgm6mb-soundfont`` or ``fluid-soundfont-gm``) make sound of them.

Where the truth about the key comes from
----------------------------------------
- Dance tunes (Ryan's Mammoth Collection): the key that the editors wrote into the ABC
  field ``K:``. Modal tunes (dorian, mixolydian ...) have no major or minor key and are left
  out.
- Bach chorales: the last note of the lowest part is the tonic, if the key signature agrees
  that it is the tonic of its major or its minor key; others (ends on another degree, modal
  signatures) are left out. The last chord may be major in a minor chorale; the signature
  decides the mode.
- Folk songs (Essen collection): ``K:`` names the tonic, always as if it were major, with the
  accidentals of a minor key written before the notes. The tonic is ``K:`` if the song ends on
  it; the mode is that of the third above it, if the song has it at least twice and always
  the same.

No key finder had a hand in it. Pieces that modulate and come back stay in.
"""

from __future__ import annotations

import dataclasses
import math
import random
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DRUM_CHANNEL = 9
PARTS = ("design", "test")
SOURCES = ("chorales", "folksongs", "dances")

PROGRAMS = (0, 4, 6, 11, 19, 21, 24, 25, 29, 40, 48, 52, 61, 65, 71, 73, 75, 81)
"""General MIDI: pianos, harpsichord, vibraphone, organ, guitars, strings, choir, winds, lead."""

KICK, SNARE, CLOSED_HAT, OPEN_HAT, RIDE = 36, 38, 42, 46, 51
DRUMS = ("rock", "disco", "sparse", "busy", "swing", "halftime")


@dataclasses.dataclass(frozen=True)
class Note:
    """One note: start and length in quarter notes, MIDI pitch, part."""

    start: float
    length: float
    pitch: int
    part: int


@dataclasses.dataclass(frozen=True)
class Tune:
    """A score and the truth about it."""

    name: str
    source: str
    tonic: int
    mode: str
    notes: tuple[Note, ...]
    bars: tuple[float, ...]
    """Start of each bar, quarter notes; the first may be negative (an upbeat)."""
    beat: float
    """Length of a beat, quarter notes: 1 in 4/4, 1.5 in 6/8."""
    beats_in_bar: int


@dataclasses.dataclass(frozen=True)
class Version:
    """How a tune is played."""

    transpose: int
    cents: float
    bpm: float
    programs: tuple[int, ...]
    drums: str | None
    jitter_s: float = 0.006
    drum_kit: int = 0
    """General MIDI program of the drums: 0 standard, 24 electronic, 25 TR-808."""


def random_version(chance: random.Random, drums: bool) -> Version:
    """Draw a version: key, tuning within 30 cents, 65 to 165 beats a minute, instruments."""
    return Version(
        transpose=chance.randint(-5, 6),
        cents=chance.uniform(-30, 30),
        bpm=round(65 * (165 / 65) ** chance.random(), 2),
        programs=tuple(chance.choice(PROGRAMS) for _ in range(chance.randint(1, 4))),
        drums=chance.choice(DRUMS) if drums else None,
    )


def tunes(source: str, part: str, count: int, chance: random.Random) -> Iterator[Tune]:
    """Yield up to ``count`` tunes of a source and part, drawn at random.

    Every tune is in one of two parts by a hash of its name: methods are chosen on
    ``"design"`` and judged on ``"test"``.
    """
    found = 0
    for name, score in _scores(source, chance, part):
        if found == count:
            return
        tune = read_tune(name, source, score)
        if tune is not None:
            found += 1
            yield tune


def _scores(source: str, chance: random.Random, part: str) -> Iterator[tuple[str, Any]]:
    """Yield names and parsed scores in random order."""
    from music21 import converter, corpus  # noqa: PLC0415  (group bench has it)

    folder, pattern = {
        "chorales": ("bach", "bwv*.mxl"),
        "folksongs": ("essenFolksong", "*.abc"),
        "dances": ("ryansMammoth", "*.abc"),
    }[source]
    paths = sorted(p for p in corpus.getComposer(folder) if p.match(pattern))
    # An ABC file may hold thousands of songs: cut it, so that only those drawn are parsed.
    songs = [
        (f"{path.stem}{number}", path, song)
        for path in paths
        for number, song in (_songs(path) if path.suffix == ".abc" else (("", ""),))
    ]
    chance.shuffle(songs)
    for name, path, song in songs:
        if PARTS[zlib.crc32(name.encode()) % 2] != part:
            continue
        try:
            parsed = converter.parse(song, format="abc") if song else converter.parse(path)
        except Exception as error:  # a score music21 cannot read is not our subject
            print(f"passed over {name}: {type(error).__name__}", file=sys.stderr)
            continue
        yield name, parsed


def _songs(path: Path) -> Iterator[tuple[str, str]]:
    """Cut an ABC file into its songs, each with its number."""
    text = path.read_text(encoding="utf-8", errors="replace")
    parts = re.split(r"^(?=X:)", text, flags=re.MULTILINE)
    for part in parts:
        if part.startswith("X:"):
            number = part[2:].split("\n", 1)[0].strip()
            yield f"/{number}" if len(parts) > 2 else "", part


def read_tune(name: str, source: str, score: Any) -> Tune | None:
    """Read notes, bars and truth; ``None`` where the score does not settle them."""
    from music21 import meter  # noqa: PLC0415  (group bench has it)

    notes: list[Note] = []
    for number, part in enumerate(score.parts):
        for element in part.stripTies().flatten().notes:
            length = float(element.quarterLength)
            if length > 0:
                notes += [
                    Note(float(element.offset), length, int(p.midi), number % 9)
                    for p in element.pitches
                ]
    meters = {m.ratioString for m in score.recurse().getElementsByClass(meter.TimeSignature)}
    find_key = {"chorales": _key_by_ending, "folksongs": _key_by_third, "dances": _written_key}[
        source
    ]
    key = find_key(score, notes)
    if key is None or len(meters) != 1 or len(notes) < 24:
        return None
    signature = meter.TimeSignature(meters.pop())
    beat = float(signature.beatDuration.quarterLength)
    bars = [float(m.offset) for m in score.parts[0].getElementsByClass("Measure")]
    whole = float(signature.barDuration.quarterLength)
    if len(bars) < 4 or whole < 2 * beat:
        return None
    bars[0] = bars[1] - whole
    return Tune(name, source, *key, tuple(notes), tuple(bars), beat, round(whole / beat))


def _written_key(score: Any, notes: list[Note]) -> tuple[int, str] | None:
    """Tonic and mode of the only key written in the score."""
    del notes
    from music21 import key  # noqa: PLC0415  (group bench has it)

    written = list(score.recurse().getElementsByClass(key.KeySignature))
    named = {
        (k.tonic.pitchClass, k.mode)
        for k in written
        if isinstance(k, key.Key) and k.mode in {"major", "minor"}
    }
    all_named = all(isinstance(k, key.Key) for k in written)
    return named.pop() if len(named) == 1 and all_named else None


def _key_by_ending(score: Any, notes: list[Note]) -> tuple[int, str] | None:
    """Tonic by the last note of the lowest part, mode by the key signature."""
    from music21 import key  # noqa: PLC0415  (group bench has it)

    signatures = {k.sharps for k in score.recurse().getElementsByClass(key.KeySignature)}
    if len(signatures) != 1:
        return None
    major = signatures.pop() * 7 % 12
    end = max(n.start for n in notes)
    final = min(n.pitch for n in notes if n.start + n.length > end) % 12
    modes = {major: "major", (major + 9) % 12: "minor"}
    return (final, modes[final]) if final in modes else None


def _key_by_third(score: Any, notes: list[Note]) -> tuple[int, str] | None:
    """Tonic by signature and last note, mode by the third above it."""
    ending = _key_by_ending(score, notes)
    if ending is None or ending[1] != "major":
        return None
    tonic = ending[0]
    thirds = [(n.pitch - tonic) % 12 for n in notes if (n.pitch - tonic) % 12 in {3, 4}]
    if len(thirds) < 2 or len(set(thirds)) > 1:
        return None
    return tonic, "minor" if thirds[0] == 3 else "major"


def drum_hits(tune: Tune, style: str) -> list[tuple[float, int, int]]:
    """Return (time in quarter notes, drum, velocity) of a drum track under a tune."""
    hits: list[tuple[float, int, int]] = []
    thirds = tune.beat % 1.5 == 0
    for bar in tune.bars:
        for beat in range(tune.beats_in_bar):
            at = bar + beat * tune.beat
            hits += [
                (at + tune.beat * p, d, v) for p, d, v in _beat_hits(style, beat, tune, thirds)
            ]
    return [hit for hit in hits if hit[0] >= 0]


def _beat_hits(style: str, beat: int, tune: Tune, thirds: bool) -> list[tuple[float, int, int]]:
    """Hits within one beat: (position in the beat, drum, velocity)."""
    triple = tune.beats_in_bar == 3
    back = beat > 0 if triple else beat % 2 == 1
    if style == "halftime" and not triple:
        back = beat % 4 == 2
    down = beat == 0 if triple or style in {"halftime", "sparse"} else not back
    hits = [(0.0, SNARE, 100)] if back else []
    if down or style == "disco":
        hits.append((0.0, KICK, 110))
    parts = 3 if thirds else 4 if style == "busy" else 2
    hat = RIDE if style == "swing" else CLOSED_HAT
    if style == "swing" and not thirds:
        hits += [(0.0, hat, 90), (2 / 3, hat, 60)]
    elif style == "disco" and not thirds:
        hits.append((0.5, OPEN_HAT, 80))
    elif style != "sparse":
        hits += [(i / parts, hat, 85 if i == 0 else 60) for i in range(parts)]
    return hits


@dataclasses.dataclass(frozen=True)
class Performance:
    """A version of a tune, note by note."""

    version: Version
    played: tuple[tuple[float, float, int, int, int], ...]
    """Start and end in seconds, channel, MIDI pitch and velocity; channel 9 is drums."""

    def onsets(self, together_s: float = 0.03) -> int:
        """Count onsets; notes that start within ``together_s`` of the first are one."""
        count, first = 0, -math.inf
        for start in sorted(note[0] for note in self.played):
            if start - first > together_s:
                count, first = count + 1, start
        return count


def perform(tune: Tune, version: Version, seconds: float, chance: random.Random) -> Performance:
    """Play the first ``seconds`` of a version of a tune, a little unevenly."""
    quarter_s = 60.0 / version.bpm / tune.beat
    drums = drum_hits(tune, version.drums) if version.drums else []
    plan = [(n.start, n.length, n.part, n.pitch + version.transpose, 85) for n in tune.notes] + [
        (at, 0.2, DRUM_CHANNEL, drum, velocity) for at, drum, velocity in drums
    ]
    played = []
    for start, length, channel, pitch, velocity in plan:
        if start * quarter_s < seconds and 0 <= pitch <= 127:
            on = max(0.0, start * quarter_s + chance.gauss(0, version.jitter_s))
            off = on + max(0.02, length * quarter_s - 0.01)
            loud = max(1, min(127, velocity + chance.randint(-8, 8)))
            played.append((on, off, channel, pitch, loud))
    return Performance(version, tuple(played))


def midi(performance: Performance) -> bytes:
    """Return a performance as a standard MIDI file, one tick a millisecond."""
    version = performance.version
    events: list[tuple[int, int, bytes]] = []
    for channel in {note[2] for note in performance.played} - {DRUM_CHANNEL}:
        program = version.programs[channel % len(version.programs)]
        events += [(0, -1, message) for message in _tuned(channel, program, version.cents)]
    if version.drum_kit:
        events.append((0, -1, bytes([0xC0 | DRUM_CHANNEL, version.drum_kit])))
    for on, off, channel, pitch, velocity in performance.played:
        events.append((round(on * 1000), 1, bytes([0x90 | channel, pitch, velocity])))
        events.append((round(off * 1000), 0, bytes([0x80 | channel, pitch, 0])))
    # 1000 ticks to a quarter note of one second.
    track = b"\x00\xff\x51\x03" + struct.pack(">I", 1_000_000)[1:]
    now = 0
    for tick, _, message in sorted(events, key=lambda event: event[:2]):
        track += _variable(tick - now) + message
        now = tick
    track += _variable(500) + b"\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, 1000)
    return header + b"MTrk" + struct.pack(">I", len(track)) + track


def _tuned(channel: int, program: int, cents: float) -> list[bytes]:
    """Program change and fine tuning (registered parameter 1: 8192 is 100 cents)."""
    value = max(0, min(16383, 8192 + round(cents * 8192 / 100)))
    control = 0xB0 | channel
    return [
        bytes([0xC0 | channel, program]),
        bytes([control, 101, 0]),
        bytes([control, 100, 1]),
        bytes([control, 6, value >> 7]),
        bytes([control, 38, value & 127]),
    ]


def _variable(value: int) -> bytes:
    """MIDI variable-length quantity."""
    out = [value & 127]
    while value := value >> 7:
        out.append(value & 127 | 128)
    return bytes(reversed(out))


def render(data: bytes, wav: Path, soundfont: Path) -> None:
    """Make sound of a MIDI file: 44.1 kHz, 16 bits, stereo, FluidSynth's default reverb."""
    score = wav.with_suffix(".mid")
    score.write_bytes(data)
    subprocess.run(
        ["fluidsynth", "-niq", "-g", "0.6", "-r", "44100", "-F", wav, soundfont, score],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    score.unlink()
