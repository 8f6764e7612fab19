"""A catalogue of recordings that a detector has weighed: one of every sort a page must show.

The sounds are real files; the detector's results are written by hand.
"""

import dataclasses

import numpy as np

from phonoscope.catalogue.schema.tables import rows_of
from phonoscope.detector.generated import Detection, Segment, Stretch, judge
from phonoscope.disclosure.model import Declaration, Making, Part
from tests.helpers.catalogues import MemoryCatalogue
from tests.helpers.served import examined_outcome
from tests.helpers.sounds import noise, sine, write

MODEL = "phonoscope-generated 1.0 (3f9c2ab1)"
LEAST_COUNTED = 0.0005
HOSTILE = "<img src=x onerror=alert(1)>\u202e\"'"
SUNO = Declaration("ai-tags", Part.WHOLE, Making.GENERATED, "Suno", None, "ID3 TXXX:AI", "true")
PEOPLE = Declaration("ai-tags", Part.WHOLE, Making.HUMAN, None, None, "ID3 TXXX:AI", "false")
MARKS = {"declared only": (SUNO,), "disagrees": (PEOPLE,)}
HOURS_S = 36_000.0
LINES_HZ = (2000.0, 2100.0, 4000.0, 7900.0)

COMB_HZ = 75.0


def weighed(p_generated, p_value, *, part=None, segments=(), **changes):
    """What a detector makes of a recording."""
    made = Detection(
        p_generated,
        p_value,
        generator="Suno",
        generator_confidence=0.91,
        segments=tuple(segments),
        lines_hz=(),
        p_value_part=p_value if part is None else part,
        least_counted=LEAST_COUNTED,
        model=MODEL,
    )
    return dataclasses.replace(made, **changes)


def stretches(*p_generated, length_s=5.0):
    return [Segment(i * length_s, (i + 1) * length_s, p) for i, p in enumerate(p_generated)]


def long_course():
    """Ten hours of stretches, all quiet but one."""
    rng = np.random.default_rng(3)
    levels = rng.uniform(0.02, 0.3, 7_200)
    levels[5_000] = 0.97
    return stretches(*map(float, levels))


HIGH = stretches(0.91, 0.97, 0.99, 0.88, 0.95, 0.99, 0.93, 0.98)
LOW = stretches(0.04, 0.1, 0.02, 0.07, 0.21, 0.05, 0.03, 0.09)
MIXED = stretches(0.06, 0.11, 0.08, 0.94, 0.98, 0.91, 0.12, 0.05)
"""Eight stretches of the 40 seconds that most of these recordings last."""

PARTS = (
    Stretch(0.0, 15.0, 0.42, None),
    Stretch(15.0, 30.0, 0.0002, 0.004),
    Stretch(30.0, 40.0, 0.36, 0.004),
)

WEIGHED = {
    "generated": weighed(0.982, 0.0002, segments=HIGH, lines_hz=LINES_HZ),
    "unknown family": weighed(1.0, 3e-9, segments=HIGH, generator=None, generator_confidence=None),
    "partly": weighed(0.61, 0.031, part=0.0004, segments=MIXED, stretches=PARTS),
    "undecided": weighed(0.55, 0.021, segments=MIXED),
    "altered": weighed(0.97, 0.03, segments=HIGH, altered="pitch-or-tempo"),
    "disagrees": weighed(0.99, 0.0001, segments=HIGH),
    "just over": weighed(0.71, 0.00102, segments=MIXED),
    "no sign": weighed(0.031, 0.62, segments=LOW),
    "declared only": weighed(0.12, 0.34, segments=LOW),
    "two stretches": weighed(0.04, 0.5, segments=stretches(0.2, 0.7, length_s=20.0)),
    "whole only": weighed(0.04, 0.5),
    "ten hours": weighed(0.09, 0.4, part=0.02, segments=long_course()),
    "hostile": weighed(0.99, 0.0001, segments=HIGH, generator=HOSTILE, model=HOSTILE),
    "unweighed": None,
}


def comb(spacing_hz=COMB_HZ, duration_s=12.0, rate_hz=44_100):
    """Noise with sines at every multiple of a spacing, as a neural decoder may leave them."""
    seconds = np.arange(round(duration_s * rate_hz)) / rate_hz
    teeth = np.arange(np.ceil(2_500 / spacing_hz), 16_000 // spacing_hz) * spacing_hz
    rng = np.random.default_rng(4)
    made = noise(duration_s, rate_hz, 1, 0.02)[0].astype(np.float64)
    for hz, phase in zip(teeth, rng.uniform(0, 6, teeth.size), strict=True):
        made += rng.uniform(2e-4, 1e-3) * np.sin(2 * np.pi * hz * seconds + phase)
    return made[None].astype(np.float32)


def judged_catalogue(folder):
    """A catalogue of these recordings; their files lie in ``folder``."""
    outcomes = [_outcome(folder, i, name) for i, name in enumerate(WEIGHED)]
    write(folder / "comb.wav", comb())
    outcomes.append(examined_outcome(str(folder / "comb.wav")))
    return MemoryCatalogue(path="weighed", **rows_of(outcomes, "scan", "batch"))


def _outcome(folder, seed, name):
    sound = noise(40.0, 16_000, 1, 0.05, seed) + sine(40.0, 16_000, 1, 220.0 + 30 * seed)
    made = examined_outcome(str(write(folder / f"{name}.wav", sound, 16_000)))
    found, declared = WEIGHED[name], MARKS.get(name, ())
    verdict = judge(declared, found)
    if name == "hostile":
        verdict = dataclasses.replace(verdict, says=HOSTILE)
    analysis = dataclasses.replace(
        made.analysis,
        verdict=verdict,
        declared=declared,
        segments=found.segments if found else (),
    )
    if name == "ten hours":
        decoded = dataclasses.replace(analysis.decoded, duration_s=HOURS_S)
        analysis = dataclasses.replace(analysis, decoded=decoded)
    return dataclasses.replace(made, analysis=analysis)
