"""Babble: several people speaking at once, mixed from recordings of real speech.

No speech is shipped or fetched here. Debian has some, recorded by professional speakers for
telephone exchanges (CC-BY-SA-3.0; Russian CC-BY-3.0), three women and a man, up to 7 kHz::

    apt-get install --no-install-recommends asterisk-core-sounds-en-g722 \
        asterisk-core-sounds-fr-g722 asterisk-core-sounds-it-g722 asterisk-core-sounds-ru-g722

Any folder of speech will do (``--voices``).
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import av
import numpy as np

from bench.channels import Sound, decoded, resampled

USUAL_PLACE = Path("/usr/share/asterisk/sounds")
RATE_HZ = 16_000
SPEAKERS = 6
ENDINGS = {".g722", ".wav", ".flac", ".ogg", ".opus", ".mp3"}
SMALLEST_BYTES = 16_000
"""Shorter files hold single words and digits."""


class Voices:
    """Recordings of speech, by the folder they lie in: one speaker a folder, as far as is known.

    Parameters
    ----------
    folder
        Searched with all folders below it.
    """

    def __init__(self, folder: Path) -> None:
        self._speakers: dict[Path, list[Path]] = defaultdict(list)
        for path in sorted(folder.rglob("*")):
            if path.suffix in ENDINGS and path.stat().st_size >= SMALLEST_BYTES:
                self._speakers[path.parent].append(path)
        # Small folders next to large ones contain silences, letters and the like.
        most = max(map(len, self._speakers.values()), default=0)
        self._folders = [f for f, paths in self._speakers.items() if len(paths) >= most / 5]

    def __bool__(self) -> bool:
        return bool(self._folders)

    def babble(self, length: int, rate_hz: int, rng: np.random.Generator) -> Sound:
        """Mix speakers that are equally loud and never pause for long.

        Parameters
        ----------
        length, rate_hz
            Of the result, samples of one channel.

        Returns
        -------
        Sound
            Shape (1, length).
        """
        seconds = length / rate_hz
        mix = np.zeros(int(seconds * RATE_HZ) + RATE_HZ, np.float32)
        for number in range(SPEAKERS):
            spoken = self._spoken(mix.size, self._folders[number % len(self._folders)], rng)
            mix += spoken / (np.sqrt(np.mean(spoken**2)) + 1e-9)
        samples, _ = resampled((mix[None] / SPEAKERS, RATE_HZ), rate_hz)
        return np.ascontiguousarray(samples[:, :length]), rate_hz

    def _spoken(self, length: int, folder: Path, rng: np.random.Generator) -> np.ndarray:
        """Speech of one speaker, prompt after prompt, beginning inside one."""
        pieces: list[np.ndarray] = []
        while sum(map(len, pieces)) < length + RATE_HZ:
            paths = self._speakers[folder]
            samples, rate_hz = spoken_in(paths[rng.integers(len(paths))])
            mono = resampled((samples.mean(axis=0, keepdims=True), rate_hz), RATE_HZ)[0][0]
            loud = np.flatnonzero(np.abs(mono) > 0.02 * np.abs(mono).max(initial=1e-9))
            pieces.append(mono[loud[0] : loud[-1]] if loud.size else mono)
        return np.concatenate(pieces)[RATE_HZ // 2 :][:length]


def spoken_in(path: Path) -> Sound:
    """Decode a file of speech; bare G.722 has no container and only its name tells."""
    if path.suffix != ".g722":
        return decoded(path.read_bytes())
    with av.open(str(path), format="g722") as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1).astype(np.float32) / 32768, RATE_HZ
