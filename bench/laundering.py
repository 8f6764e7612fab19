"""Treatments that promise to remove the traces of a generator, as sellers describe them.

    python -m bench.laundering LIST [LIST ...] --rows FOLDER

They measure the detector: nothing is trained on them. ``bench/train_generated.py`` with the same
folder then scores the treated recordings by parts that had not seen their source, and
``bench/evaluate_generated.py`` prints what became of them. Neural re-encoding isn't among them,
because no codec's weights can be had offline; copies of human music through neural codecs are in
the training set as ``codec``.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import scipy.signal

from bench.channels import Sound, Step, apply, coded, equalised, filtered, limited, noisy, sped
from bench.generated_set import (
    ALTERED_S,
    LAUNDERED,
    Item,
    Row,
    excerpt,
    middle,
    read_rows,
    seen,
    write_rows,
)

MOST_EACH, MOST_HUMAN = 4, 50
"""Recordings of each family of generators, and of human music, at most two a source."""


def notched(sound: Sound) -> Sound:
    """Cut a narrow notch into each multiple of 86.13 and 100 Hz up to 15 kHz, the usual combs."""
    samples, rate_hz = sound
    size = 1 << 15
    frequency_hz = np.fft.rfftfreq(size, 1 / rate_hz)
    gain = np.ones(frequency_hz.size)
    for spacing_hz in (44_100 / 512, 100.0):
        off_hz = np.abs((frequency_hz + spacing_hz / 2) % spacing_hz - spacing_hz / 2)
        gain[(off_hz < 3.0) & (frequency_hz > 1_000) & (frequency_hz < 15_000)] = 0.1
    taps = np.roll(np.fft.irfft(gain), size // 2)[None]
    return scipy.signal.oaconvolve(samples, taps, "same", axes=-1).astype(np.float32), rate_hz


def scrambled(sound: Sound, rng: np.random.Generator) -> Sound:
    """Turn the phase of each short spectrum's bins by up to 0.8 rad, at random."""
    samples, rate_hz = sound
    _, _, spectrum = scipy.signal.stft(samples, rate_hz, nperseg=2048)
    turned = spectrum * np.exp(1j * rng.uniform(-0.8, 0.8, spectrum.shape))
    _, back = scipy.signal.istft(turned, rate_hz, nperseg=2048)
    return np.ascontiguousarray(back[:, : samples.shape[1]], np.float32), rate_hz


def drifting(sound: Sound) -> Sound:
    """Let pitch and time drift slowly, by up to 0.4 %, as on a worn tape."""
    return filtered(sound, ("vibrato", "f=0.25:d=0.05"))


def remastered(sound: Sound, rng: np.random.Generator) -> Sound:
    """Equalise, limit, and encode."""
    return coded(limited(equalised(sound, rng), 8.0), "mp3", 192_000)


def treatments(rng: np.random.Generator) -> list[Step]:
    """Return all treatments, each a step."""
    return [
        Step("laundering", "speed +0.4 %", lambda s: sped(s, 1.004)),
        Step("laundering", "noise at 35 dB, MP3 128 kbit/s",
             lambda s: coded(noisy(s, 35, rng), "mp3", 128_000)),
        Step("laundering", "notches at 86.13 and 100 Hz", notched),
        Step("laundering", "equaliser, limiter, MP3 192 kbit/s", lambda s: remastered(s, rng)),
        Step("laundering", "phase scrambling", lambda s: scrambled(s, rng)),
        Step("laundering", "slow drift of pitch and time", drifting),
        Step("laundering", "all but the notches together",
             lambda s: remastered(scrambled(drifting(noisy(s, 35, rng)), rng), rng)),
    ]  # fmt: skip


def treated(item: Item, seed: int) -> list[Row]:
    """Return what the detector sees of a recording after each treatment."""
    whole = middle(excerpt(item), ALTERED_S)
    name = zlib.crc32((Path(item.file).name + item.label).encode())
    rows = []
    for number in range(len(treatments(np.random.default_rng(0)))):
        step = treatments(np.random.default_rng([seed, name, LAUNDERED + number]))[number]
        sound = apply(whole, [step])
        if (found := seen(sound)) is not None:
            steps = ((step.kind, step.name),)
            seconds = sound[0].shape[1] / sound[1]
            rows.append(Row(item, LAUNDERED + number, steps, seconds, *found))
    return rows


def chosen(items: Sequence[Item], seed: int) -> list[Item]:
    """Choose recordings: some of each family, and human ones of many sources."""
    rng = np.random.default_rng(seed)
    by_family: dict[str, int] = {}
    some = []
    for index in rng.permutation(len(items)):
        item = items[index]
        most = MOST_EACH if item.label == "ai" else 2
        humans = sum(i.label == "human" for i in some)
        if item.label == "codec" or (item.label == "human" and humans >= MOST_HUMAN):
            continue
        if item.duration_s >= ALTERED_S and by_family.get(item.family, 0) < most:
            by_family[item.family] = by_family.get(item.family, 0) + 1
            some.append(item)
    return some


def main() -> None:
    """Treat recordings and keep their rows."""
    from bench.train_generated import items_of, options  # noqa: PLC0415  (it imports this module)

    arguments = options(__doc__).parse_args()
    items = chosen(items_of(arguments.lists), arguments.seed)
    done = {row.item.file for row in read_rows(arguments.rows) if row.draw >= LAUNDERED}
    todo = [item for item in items if item.file not in done]
    write_rows(todo, treated, (arguments.seed,), arguments.workers, arguments.rows)


if __name__ == "__main__":
    main()
