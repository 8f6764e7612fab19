"""How often keys are right with and without a root bass, and whether drums alone have one.

    python bench/keys.py [--part test] [--loops 30] [--tunes 8] [--drums 55] [--kits 28]
        [--others 32] [--json FILE]

Needs the dependency group ``bench`` (music21), FluidSynth, eSpeak NG and sounds of Debian
(``apt-get install fluidsynth timgm6mb-soundfont fluid-soundfont-gm fluid-soundfont-gs
musescore-general-soundfont-small opl3-soundfont avldrums.lv2-soundfont``, also
``hydrogen-drumkits espeak-ng``). Each song is played four times: with and without a bass on the
roots, with and without drums. See ``bench/bands.py`` and ``bench/unpitched.py``. Methods and
constants were chosen on ``--part design``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import bands
import descriptors
import numpy as np
import scores
import soundfile
import unpitched

from phonoscope.features import tonality

FONTS = Path("/usr/share/sounds")
SOUNDFONTS = {
    "design": ("sf2/TimGM6mb.sf2", "sf2/FluidR3_GM.sf2"),
    "test": ("sf3/MuseScore_General_Lite.sf3", "sf2/OPL-3_FM_128M.sf2", "sf2/FluidR3_GM.sf2"),
}
DRUM_FONTS = {
    "design": ("sf2/TimGM6mb.sf2", "sf2/FluidR3_GM.sf2", "sf2/Red_Zeppelin_4_LV2.sf2"),
    "test": (
        "sf3/MuseScore_General_Lite.sf3",
        "sf2/OPL-3_FM_128M.sf2",
        "sf2/Black_Pearl_4_LV2.sf2",
        "sf2/FluidR3_GS.sf2",
    ),
}
DRUM_KITS = (0, 8, 16, 24, 25, 32, 40)
"""General MIDI programs of kits; the orchestra's is left out, its timpani are tuned."""
SECONDS = 30.0


@dataclass(frozen=True)
class Song:
    """One rendering with a key."""

    source: str
    name: str
    soundfont: str
    bass: bool
    drums: bool
    true_key: str
    true_mode: str
    key: str | None
    mode: str | None
    key_strength: float | None

    def score(self) -> float:
        """Score as MIREX does."""
        return descriptors.key_score(self.key, self.mode, self.true_key, self.true_mode)


@dataclass(frozen=True)
class Noise:
    """One sound without a key."""

    source: str
    name: str
    key: str | None
    key_strength: float | None


def songs(part: str, loops: int, tunes: int) -> Iterator[tuple[str, int, bands.Song, float]]:
    """Yield songs with their source, number and seed."""
    written = [(loop, mode) for mode, all_of in bands.LOOPS[part].items() for loop in all_of]
    for number in range(loops):
        chance = random.Random(f"{part} loops {number}")
        loop, mode = written[number % len(written)]
        melody = number // len(written) % 3 != 0
        yield "loops", number, bands.loop_song(loop, mode, 24, melody, chance), chance.random()
    for source in scores.SOURCES:
        drawn = scores.tunes(source, part, tunes, random.Random(f"{part} bass {source}"))
        for number, tune in enumerate(drawn):
            seed = random.Random(f"{part} {source} {number}").random()
            yield source, number, bands.harmonised(tune), seed


def play_songs(arguments: argparse.Namespace, wav: Path) -> Iterator[Song]:
    """Render each song four times, and measure it."""
    part = arguments.part
    for source, number, song, seed in songs(part, arguments.loops, arguments.tunes):
        soundfont = FONTS / SOUNDFONTS[part][number % len(SOUNDFONTS[part])]
        for bass, drums in ((False, False), (False, True), (True, False), (True, True)):
            how = bands.random_arrangement(part, bass, drums, random.Random(f"{seed}"))
            played = bands.perform(song, how, SECONDS, random.Random(number))
            scores.render(scores.midi(played), wav, soundfont)
            found = descriptors.measure(wav)[1]
            true_key = tonality.KEYS[how.tonic]
            yield Song(
                *(source, song.name, soundfont.stem, bass, drums, true_key, song.mode),
                *(found.key, found.mode, found.key_strength),
            )


def play_noises(arguments: argparse.Namespace, wav: Path) -> Iterator[Noise]:
    """Render drums, noise and speech, and measure them."""
    part = arguments.part
    for number in range(arguments.drums):
        chance = random.Random(f"{part} drums {number}")
        style = bands.DRUM_STYLES[number % len(bands.DRUM_STYLES)]
        soundfont = FONTS / DRUM_FONTS[part][number // 2 % len(DRUM_FONTS[part])]
        how = bands.random_arrangement(part, False, False, chance)
        how = dataclasses.replace(how, drum_kit=chance.choice(DRUM_KITS))
        played = bands.drum_solo(style, how, SECONDS, chance)
        scores.render(scores.midi(played), wav, soundfont)
        yield noise_of("General MIDI kits", f"{style} {soundfont.stem}", wav)
    kits = unpitched.kits(part)
    for number in range(arguments.kits):
        kit = kits[number % len(kits)]
        sound = unpitched.sampled_kit(kit, SECONDS, random.Random(f"{part} kit {number}"))
        soundfile.write(wav, 0.5 * sound / np.abs(sound).max(), unpitched.RATE_HZ)
        yield noise_of("sampled kits", kit.name, wav)
    for number in range(arguments.others):
        kind, sound = unpitched.other(number, part, SECONDS)
        soundfile.write(wav, 0.5 * sound / np.abs(sound).max(), unpitched.RATE_HZ)
        yield noise_of("808" if kind.startswith("808") else "noise and speech", kind, wav)


def noise_of(source: str, name: str, wav: Path) -> Noise:
    """Measure a file that has no key."""
    found = descriptors.measure(wav)[1]
    return Noise(source, name, found.key, found.key_strength)


def table(played: list[Song]) -> list[str]:
    """Accuracy by source, bass, drums and mode."""
    groups: dict[str, Callable[[Song], bool]] = {}
    for bass in (True, False):
        words = "root bass" if bass else "no bass"
        groups[words] = lambda song, b=bass: song.bass == b
        for source in sorted({song.source for song in played}):
            groups[f"{source}, {words}"] = lambda song, s=source, b=bass: (
                song.source == s and song.bass == b
            )
    groups |= {"drums": lambda song: song.drums, "no drums": lambda song: not song.drums}
    for mode in tonality.MODES:
        groups[mode] = lambda song, m=mode: song.true_mode == m
    lines = [
        "| group | n | key exact | key MIREX | a fifth down | no key |",
        "|---|---|---|---|---|---|",
    ]
    for name, belongs in groups.items():
        if chosen := [song for song in played if belongs(song)]:
            lines.append(row(name, chosen))
    return lines


def row(name: str, chosen: list[Song]) -> str:
    """One line of the table, per cent with 95 % intervals (bootstrap for MIREX)."""
    points = np.array([song.score() for song in chosen])
    draws = np.random.default_rng(1).integers(len(points), size=(2000, len(points)))
    low, high = np.percentile(points[draws].mean(axis=1), [2.5, 97.5])
    down = sum(song.mode == song.true_mode and song.key == fifth_down(song) for song in chosen)
    none = sum(song.key is None for song in chosen)
    exact = descriptors.share([point == 1.0 for point in points])
    mean = f"{100 * points.mean():.1f} ({100 * low:.0f}-{100 * high:.0f})"
    return f"| {name} | {len(chosen)} | {exact} | {mean} | {down} | {none} |"


def fifth_down(song: Song) -> str:
    """Return the key a fifth below the true one."""
    return tonality.KEYS[(tonality.KEYS.index(song.true_key) + 5) % 12]


def false_keys(sounds: list[Noise]) -> list[str]:
    """How many sounds without a key were given one."""
    lines = ["| sounds without a key | n | given a key | per cent |", "|---|---|---|---|"]
    for source in (*sorted({noise.source for noise in sounds}), "all"):
        keyed = [noise.key is not None for noise in sounds if source in {noise.source, "all"}]
        lines.append(f"| {source} | {len(keyed)} | {sum(keyed)} | {descriptors.share(keyed)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--part", choices=scores.PARTS, default="test")
    parser.add_argument("--loops", type=int, default=30)
    parser.add_argument("--tunes", type=int, default=8, help="tunes of each source")
    parser.add_argument("--drums", type=int, default=55, help="patterns on General MIDI kits")
    parser.add_argument("--kits", type=int, default=28, help="patterns on sampled kits")
    parser.add_argument("--others", type=int, default=32, help="drum machine, noise, speech")
    parser.add_argument("--json", type=Path, help="write every sound here")
    arguments = parser.parse_args()
    played: list[Song] = []
    unkeyed: list[Noise] = []
    with tempfile.TemporaryDirectory() as folder:
        wav = Path(folder) / "sound.wav"
        for song in play_songs(arguments, wav):
            played.append(song)
            print(f"\r{len(played)}", end="", file=sys.stderr)
        for noise in play_noises(arguments, wav):
            unkeyed.append(noise)
            print(f"\r{len(unkeyed)}", end="", file=sys.stderr)
    if played:
        print("\n".join(table(played)))
    if unkeyed:
        print("\n".join(false_keys(unkeyed)))
    if arguments.json:
        found = {"songs": [asdict(s) for s in played], "noises": [asdict(n) for n in unkeyed]}
        arguments.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
