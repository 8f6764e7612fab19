"""Scores with known key, and their rendering as sound with known tempo and tuning.

Scores come from the corpus that the PyPI package ``music21`` carries; FluidSynth and a
Debian soundfont (``timgm6mb-soundfont`` or ``fluid-soundfont-gm``) make sound of them.

Where the truth about the key comes from
----------------------------------------
- Dance tunes (Ryan's Mammoth Collection): the key that the editors wrote into the ABC
  field ``K:``. Modal tunes (dorian, mixolydian ...) have no major or minor key and are left
  out.
- Bach chorales and folk songs (Essen collection, whose ``K:`` names a signature and not a
  mode): the last note of the lowest part is the tonic, if the key signature agrees that it
  is the tonic of its major or its minor key; others (ends on another degree, modal
  signatures) are left out. The last chord may be major in a minor chorale; the signature
  decides the mode.

No key finder had a hand in it. Pieces that modulate and come back stay in.
"""

from __future__ import annotations

import dataclasses
import random
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TICKS = 480
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
    from music21 import converter, corpus  # noqa: PLC0415

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
    from music21 import meter  # noqa: PLC0415

    notes: list[Note] = []
    for number, part in enumerate(score.parts):
        for element in part.stripTies().flatten().notes:
            length = float(element.quarterLength)
            if length > 0:
                notes += [
                    Note(float(element.offset), length, int(p.midi), number)
                    for p in element.pitches
                ]
    meters = {m.ratioString for m in score.recurse().getElementsByClass(meter.TimeSignature)}
    key = _written_key(score) if source == "dances" else _key_by_ending(score, notes)
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


def _written_key(score: Any) -> tuple[int, str] | None:
    """Tonic and mode of the only key written in the score."""
    from music21 import key  # noqa: PLC0415

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
    from music21 import key  # noqa: PLC0415

    signatures = {k.sharps for k in score.recurse().getElementsByClass(key.KeySignature)}
    if len(signatures) != 1:
        return None
    major = signatures.pop() * 7 % 12
    end = max(n.start for n in notes)
    final = min(n.pitch for n in notes if n.start + n.length > end) % 12
    modes = {major: "major", (major + 9) % 12: "minor"}
    return (final, modes[final]) if final in modes else None


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


def midi(tune: Tune, version: Version, seconds: float, chance: random.Random) -> bytes:
    """Return a standard MIDI file of the first ``seconds`` of a version of a tune."""
    tick_s = 60.0 / version.bpm / tune.beat / TICKS
    events: list[tuple[int, int, bytes]] = []

    def play(start: float, length: float, channel: int, pitch: int, velocity: int) -> None:
        if not 0 <= pitch <= 127 or start * TICKS * tick_s > seconds:
            return
        late = chance.gauss(0, version.jitter_s) / tick_s
        on = max(0, round(start * TICKS + late))
        off = max(on + 1, round((start + length) * TICKS + late) - 10)
        loud = max(1, min(127, velocity + chance.randint(-8, 8)))
        events.append((on, 1, bytes([0x90 | channel, pitch, loud])))
        events.append((off, 0, bytes([0x80 | channel, pitch, 0])))

    for channel in range(len({n.part for n in tune.notes})):
        program = version.programs[channel % len(version.programs)]
        events += [(0, -1, message) for message in _tuned(channel, program, version.cents)]
    for note in tune.notes:
        play(note.start, note.length, note.part, note.pitch + version.transpose, 85)
    if version.drums:
        for at, drum, velocity in drum_hits(tune, version.drums):
            play(at, 0.2, 9, drum, velocity)
    tempo = struct.pack(">I", round(tick_s * TICKS * 1e6))[1:]
    track = b"\x00\xff\x51\x03" + tempo
    now = 0
    for tick, _, message in sorted(events, key=lambda e: e[:2]):
        track += _variable(tick - now) + message
        now = tick
    track += _variable(TICKS) + b"\xff\x2f\x00"
    header = b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS)
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
