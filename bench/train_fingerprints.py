"""Fit what turns patches of sound into fingerprints, and write its weights.

    pip install --group bench .
    python -m bench.train_fingerprints FOLDER [FOLDER ...] --voices SPEECH --seed 1

Each folder holds music of any kind (``bench/human_music.sh`` fetches what the shipped weights
were fitted on); SPEECH holds voices to lay over it (see ``bench/README.md``). The directions
kept are those in which patches of different onsets differ most and those of one onset, altered,
differ least: linear discriminant analysis.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from bench.channels import Sound, coded, equalised
from bench.conditions import overlaid, pink, reverberant, telephoned
from bench.excerpts import Excerpt, folder_excerpts, read
from bench.voices import Voices
from phonoscope.audio.block import Block
from phonoscope.errors import PhonoscopeError
from phonoscope.features.fingerprints import BITS, SEMITONE
from phonoscope.features.patches import (
    CELLS_PER_S,
    Cutter,
    band_matrix,
    bins_needed,
    patches_at,
)

NAME, VERSION = "phonoscope-prints", "1"
OUT = Path(__file__).parent.parent / "phonoscope/features/weights/fingerprints.npz"
KEY_BITS = 32
"""Lowest bits, by which prints are looked up: mixed so that each is as good as the others."""
MISTUNED_SEMITONES, MISTIMED, MISPLACED_S = 0.3, 0.025, 0.012
"""How far off a search may be: half of its steps."""
Rng = np.random.Generator


@dataclass(frozen=True)
class Sheet:
    """Spectra of one sound."""

    power: NDArray[np.float32]
    hop_s: float
    half_s: float
    bin_hz: float

    @classmethod
    def of(cls, sound: Sound) -> Sheet:
        """Compute the spectra that a scan computes."""
        samples, rate_hz = sound
        block = Block(
            np.ascontiguousarray(samples, np.float32),
            np.empty((len(samples), 0), np.float32), 0, rate_hz, True,
        )  # fmt: skip
        coarse = block.coarse
        bins = min(coarse.power.shape[1], bins_needed(coarse.bin_hz, SEMITONE))
        power = np.ascontiguousarray(coarse.power[:, :bins])
        return cls(power, coarse.hop / rate_hz, coarse.size / 2 / rate_hz, coarse.bin_hz)

    def onsets_s(self) -> NDArray[np.float64]:
        """Return where patches lie, s."""
        matrix = band_matrix(self.power.shape[1], self.bin_hz)
        cut = Cutter(self.hop_s, self.half_s).push(self.power @ matrix, last=True)
        return cut.at / CELLS_PER_S

    def patch(self, at_s: float, pitch: float = 1.0, speed: float = 1.0) -> NDArray[np.float32]:
        """Return the patch of a place, a little off in pitch or speed."""
        matrix = band_matrix(self.power.shape[1], self.bin_hz, round(pitch, 3))
        place, timing = np.array([at_s]), (self.hop_s, self.half_s)
        return patches_at(self.power[None], place, timing, matrix, speed)[0]


@cache
def voices_in(folder: Path) -> Voices:
    return Voices(folder)


def altered(sound: Sound, folder: Path, rng: Rng) -> list[Sound]:
    """Return a sound in every alteration that prints should survive."""
    samples, rate_hz = sound
    babble = voices_in(folder).babble(samples.shape[1], rate_hz, rng)[0]
    return [
        sound,
        coded(sound, "mp3", 64_000),
        coded(sound, "opus", 32_000),
        overlaid(sound, pink(samples.shape[1], rng), rng.uniform(5, 12)),
        overlaid(sound, pink(samples.shape[1], rng), rng.uniform(-2, 5)),
        overlaid(sound, babble, rng.uniform(0, 8)),
        telephoned(sound, "pcm_mulaw", "wav"),
        reverberant(sound, rng.uniform(0.3, 0.8), rng),
        equalised(sound, rng),
    ]


def pairs(
    item: Excerpt, folder: Path, seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return patches of a recording as it is, and altered.

    Returns
    -------
    tuple
        Shapes (onsets, values) and (alterations, onsets, values).
    """
    number = int.from_bytes(hashlib.blake2b(Path(item.file).name.encode()).digest()[:4], "little")
    rng = np.random.default_rng([seed, number])
    try:
        samples, rate_hz = read(item)
    except PhonoscopeError:
        return np.empty((0, 0), "f4"), np.empty((0, 0, 0), "f4")
    sound = samples.mean(axis=0, keepdims=True), rate_hz
    sheet = Sheet.of(sound)
    places = sheet.onsets_s()
    if len(places) < 4 or np.abs(sound[0]).max() < 0.01:
        return np.empty((0, 0), "f4"), np.empty((0, 0, 0), "f4")
    plain = np.stack([sheet.patch(at) for at in places])
    rows = []
    for other in altered(sound, folder, rng):
        copy = Sheet.of(other)
        rows.append(
            np.stack(
                [
                    copy.patch(
                        at + rng.uniform(-MISPLACED_S, MISPLACED_S),
                        SEMITONE ** rng.uniform(-MISTUNED_SEMITONES, MISTUNED_SEMITONES),
                        1 + rng.uniform(-MISTIMED, MISTIMED),
                    )
                    for at in places
                ]
            )
        )
    return plain, np.stack(rows)


def fitted(
    plain: NDArray[np.float32], changes: NDArray[np.float32], seed: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the directions, shape (values, BITS), and the medians along them, shape (BITS,).

    Parameters
    ----------
    plain
        Patches as they are, shape (onsets, values).
    changes
        Altered less plain ones, shape (pairs, values).
    """
    between = np.cov(plain.T.astype(np.float64))
    within = np.cov(changes.T.astype(np.float64))
    within += 1e-3 * np.trace(within) / len(within) * np.eye(len(within))
    _, directions = scipy.linalg.eigh(between, within)
    kept = directions[:, ::-1][:, :BITS]
    kept /= np.sqrt(np.einsum("ik,ij,jk->k", kept, between, kept))
    mixed, _ = np.linalg.qr(np.random.default_rng(seed).standard_normal((KEY_BITS, KEY_BITS)))
    kept[:, :KEY_BITS] = kept[:, :KEY_BITS] @ mixed
    matrix = kept.astype(np.float32)
    return matrix, np.median(plain @ matrix, axis=0).astype(np.float32)


def _built(work: tuple[Excerpt, Path, int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    return pairs(*work)


def main(arguments: Sequence[str] | None = None) -> None:
    """Fit and write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="+")
    parser.add_argument("--voices", type=Path, required=True, help="folder of speech")
    parser.add_argument("--most", type=int, default=400, help="recordings to fit on")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args(arguments)
    items = [item for folder in asked.folder for item in folder_excerpts(folder)]
    drawn = np.random.default_rng(asked.seed).permutation(len(items))[: asked.most]
    plain, changes = [], []
    with ProcessPoolExecutor(asked.workers) as pool:
        work = [(items[i], asked.voices, asked.seed) for i in drawn]
        for number, (one, others) in enumerate(pool.map(_built, work, chunksize=2), 1):
            if len(one):
                plain.append(one)
                changes.append((others - one).reshape(-1, one.shape[1]))
            if number % 50 == 0:
                print(f"{number} of {len(work)} recordings", file=sys.stderr, flush=True)
    matrix, offset = fitted(np.concatenate(plain), np.concatenate(changes), asked.seed)
    half = matrix.astype(np.float16)
    digest = hashlib.blake2b(half.tobytes() + offset.tobytes(), digest_size=4).hexdigest()
    out = io.BytesIO()
    np.savez_compressed(
        out, name=np.array(f"{NAME} {VERSION} ({digest})"), matrix=half, offset=offset
    )
    asked.out.parent.mkdir(parents=True, exist_ok=True)
    asked.out.write_bytes(out.getvalue())
    print(f"{asked.out}: {sum(map(len, plain))} onsets, {len(out.getvalue()):,} bytes")


if __name__ == "__main__":
    main()
