"""How often tempo, key, tuning and onset rate are right, on scores with known truth.

    python bench/descriptors.py [--count 100] [--part test] [--seed 1] [--seconds 60]
        [--soundfont FILE ...] [--keep FOLDER] [--json FILE]

Needs the dependency group ``bench`` (music21), FluidSynth and a soundfont
(``apt-get install fluidsynth timgm6mb-soundfont fluid-soundfont-gm``). For each tune it
draws a version at random (key, tuning, tempo, instruments), plays it without and another
with a drum track, and asks Phonoscope. See ``bench/scores.py`` for where the truth comes
from. Methods and constants were chosen on ``--part design``; judge them on ``--part test``.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import scores

from phonoscope.audio.decode import Decoder
from phonoscope.features import rhythm, tonality

SOUNDFONTS = (
    Path("/usr/share/sounds/sf2/TimGM6mb.sf2"),
    Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
)
METRICAL_LEVELS = (1.0, 2.0, 0.5, 3.0, 1 / 3)


@dataclass(frozen=True)
class Trial:
    """One rendered tune: what is true of it and what was measured."""

    name: str
    source: str
    soundfont: str
    drums: str | None
    programs: tuple[int, ...]
    true_bpm: float
    true_key: str
    true_mode: str
    true_cents: float
    true_onset_hz: float
    bpm: float | None
    other_bpm: float | None
    key: str | None
    mode: str | None
    key_strength: float | None
    cents: float | None
    onset_hz: float | None

    def tempo_right(self, levels: Sequence[float] = (1.0,)) -> bool:
        """Whether the tempo is within 4 % of the truth, or of one of its metrical levels."""
        return self.bpm is not None and any(
            abs(self.bpm / self.true_bpm / level - 1) <= 0.04 for level in levels
        )

    def either_tempo_right(self) -> bool:
        """Whether the tempo or its competitor is within 4 % of the truth."""
        return any(
            bpm is not None and abs(bpm / self.true_bpm - 1) <= 0.04
            for bpm in (self.bpm, self.other_bpm)
        )

    def key_score(self) -> float:
        """Score the key as MIREX does."""
        return key_score(self.key, self.mode, self.true_key, self.true_mode)

    def tuning_error(self) -> float:
        """Distance from the true tuning, cents, 0 to 50; 50 when none was measured."""
        if self.cents is None:
            return 50.0
        return abs((self.cents - self.true_cents + 50) % 100 - 50)


def key_score(key: str | None, mode: str | None, true_key: str, true_mode: str) -> float:
    """Score a key as MIREX does: 1, fifth 0.5, relative 0.3, parallel 0.2, other 0."""
    if key is None:
        return 0.0
    up = (tonality.KEYS.index(key) - tonality.KEYS.index(true_key)) % 12
    if mode == true_mode:
        return {0: 1.0, 5: 0.5, 7: 0.5}.get(up, 0.0)
    return {0: 0.2, (9 if true_mode == "major" else 3): 0.3}.get(up, 0.0)


def wilson(right: int, of: int, z: float = 1.96) -> tuple[float, float]:
    """95 % interval of a share (E. B. Wilson, J. American Statistical Association, 1927)."""
    if of == 0:
        return 0.0, 1.0
    share = right / of
    middle = share + z * z / (2 * of)
    half = z * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return (middle - half) / scale, (middle + half) / scale


def measure(wav: Path) -> tuple[rhythm.Rhythm, tonality.Tonality]:
    """Ask Phonoscope for the rhythm and the tonality of a file."""
    with wav.open("rb") as file, Decoder(file) as decoder:
        features = (rhythm.FEATURE, tonality.FEATURE)
        asked = [feature.start(decoder.stream) for feature in features]
        for block in decoder.blocks():
            for accumulator in asked:
                accumulator.update(block)
        heard, tones = (accumulator.result() for accumulator in asked)
    return heard, tones


def attempt(
    tune: scores.Tune, drums: bool, seconds: float, soundfont: Path, wav: Path, seed: str
) -> Trial:
    """Render one version of a tune and measure it."""
    chance = random.Random(seed)
    version = scores.random_version(chance, drums)
    performance = scores.perform(tune, version, seconds, chance)
    scores.render(scores.midi(performance), wav, soundfont)
    heard, tones = measure(wav)
    length_s = max(note[1] for note in performance.played)
    return Trial(
        name=tune.name,
        source=tune.source,
        soundfont=soundfont.stem,
        drums=version.drums,
        programs=version.programs,
        true_bpm=version.bpm,
        true_key=tonality.KEYS[(tune.tonic + version.transpose) % 12],
        true_mode=tune.mode,
        true_cents=version.cents,
        true_onset_hz=performance.onsets() / length_s,
        bpm=heard.tempo_bpm,
        other_bpm=heard.tempo_alternative_bpm,
        key=tones.key,
        mode=tones.mode,
        key_strength=tones.key_strength,
        cents=tones.tuning_cents,
        onset_hz=heard.onset_rate_hz,
    )


def run(arguments: argparse.Namespace, folder: Path) -> list[Trial]:
    """Render and measure every tune twice."""
    trials: list[Trial] = []
    for source in arguments.source:
        chance = random.Random(f"{arguments.seed} {source}")
        tunes = scores.tunes(source, arguments.part, arguments.count, chance)
        for number, tune in enumerate(tunes):
            soundfont = arguments.soundfont[number % len(arguments.soundfont)]
            for drums in (False, True):
                wav = folder / f"{source}-{number}-{'drums' if drums else 'plain'}.wav"
                seed = f"{arguments.seed} {tune.name} {drums}"
                trials.append(attempt(tune, drums, arguments.seconds, soundfont, wav, seed))
                if not arguments.keep:
                    wav.unlink()
            if sys.stderr.isatty():
                print(f"\r{source} {number + 1}", end="", file=sys.stderr)
    return trials


def row(name: str, trials: Sequence[Trial]) -> str:
    """One line of the table: shares with their intervals, in per cent."""
    keys = [trial.key_score() for trial in trials]
    cells = [
        share([score == 1.0 for score in keys]),
        f"{100 * statistics.fmean(keys):5.1f}",
        share([trial.tempo_right() for trial in trials]),
        share([trial.tempo_right(METRICAL_LEVELS) for trial in trials]),
        share([trial.either_tempo_right() for trial in trials]),
    ]
    return f"| {name:<22} | {len(trials):4d} | " + " | ".join(cells) + " |"


def share(right: Sequence[bool]) -> str:
    """Per cent right, with its 95 % interval."""
    low, high = wilson(sum(right), len(right))
    return f"{100 * sum(right) / len(right):5.1f} ({100 * low:.0f}-{100 * high:.0f})"


def table(trials: Sequence[Trial]) -> list[str]:
    """Accuracy by source, mode, drums and soundfont."""
    groups: dict[str, Callable[[Trial], bool]] = {"all": lambda trial: True}
    for source in sorted({trial.source for trial in trials}):
        groups[f"{source}, plain"] = lambda t, s=source: t.source == s and not t.drums
        groups[f"{source}, drums"] = lambda t, s=source: t.source == s and bool(t.drums)
    groups["plain"] = lambda trial: not trial.drums
    groups["drums"] = lambda trial: bool(trial.drums)
    for style in scores.DRUMS:
        groups[f"drums: {style}"] = lambda t, s=style: t.drums == s
    for mode in tonality.MODES:
        groups[mode] = lambda t, m=mode: t.true_mode == m
    for font in sorted({trial.soundfont for trial in trials}):
        groups[font] = lambda t, f=font: t.soundfont == f
    lines = [
        "| group | n | key exact | key MIREX | tempo Acc1 | tempo Acc2 | Acc1, either tempo |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, belongs in groups.items():
        if chosen := [trial for trial in trials if belongs(trial)]:
            lines.append(row(name, chosen))
    return lines


def summary(trials: Sequence[Trial]) -> dict[str, float]:
    """Precision of tempo and tuning, and how onset rates compare."""
    errors = sorted(trial.tuning_error() for trial in trials)
    exact = [abs(t.bpm / t.true_bpm - 1) for t in trials if t.bpm and t.tempo_right()]
    rates = [t.onset_hz / t.true_onset_hz for t in trials if t.onset_hz is not None]
    return {
        "tuning_error_cents_median": statistics.median(errors),
        "tuning_error_cents_p95": errors[int(0.95 * (len(errors) - 1))],
        "tempo_error_percent_median_where_right": 100 * statistics.median(exact),
        "tempo_error_percent_p95_where_right": 100 * sorted(exact)[int(0.95 * (len(exact) - 1))],
        "onset_rate_ratio_median": statistics.median(rates),
        "onset_rate_ratio_p10": sorted(rates)[int(0.1 * (len(rates) - 1))],
        "onset_rate_ratio_p90": sorted(rates)[int(0.9 * (len(rates) - 1))],
    }


def strengths(trials: Sequence[Trial]) -> list[str]:
    """How often the key is right by how strong it was said to be."""
    lines = ["| key_strength | n | key exact |", "|---|---|---|"]
    for low, high in ((0, 0.6), (0.6, 0.8), (0.8, 0.9), (0.9, 1.01)):
        group = [t.key_score() == 1 for t in trials if low <= (t.key_strength or 0) < high]
        if group:
            lines.append(f"| {low} to {min(high, 1)} | {len(group)} | {share(group)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--count", type=int, default=100, help="tunes of each source")
    parser.add_argument("--part", choices=scores.PARTS, default="test")
    parser.add_argument("--source", choices=scores.SOURCES, nargs="+", default=scores.SOURCES)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0, help="longest rendering")
    parser.add_argument("--soundfont", type=Path, nargs="+")
    parser.add_argument("--keep", type=Path, help="keep the renderings in this folder")
    parser.add_argument("--json", type=Path, help="write every trial here")
    arguments = parser.parse_args()
    arguments.soundfont = arguments.soundfont or [p for p in SOUNDFONTS if p.exists()]
    if not arguments.soundfont:
        parser.error("no soundfont found: install timgm6mb-soundfont, or name one")
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        trials = run(arguments, folder)
    drawn = Counter((trial.source, trial.true_mode) for trial in trials)
    print("drawn:", ", ".join(f"{n} {s} in {m}" for (s, m), n in sorted(drawn.items())))
    print("\n".join(table(trials)))
    print("\n".join(strengths(trials)))
    for name, value in summary(trials).items():
        print(f"{name}: {value:.3f}")
    if arguments.json:
        found = {"summary": summary(trials), "trials": [asdict(trial) for trial in trials]}
        arguments.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
