"""A catalogue on disk in which recordings are copies of each other, found by the real search."""

import numpy as np
from scipy.signal import resample_poly

import phonoscope as ps
from phonoscope.settings import Settings
from tests.helpers.music import chord
from tests.helpers.served import HOSTILE
from tests.helpers.sounds import write

RATE_HZ = 22_050
TITLE = "<b>Bold</b> & \u202eplain"
OFFSET_S = 4.0
SPEED = 1.1


def tune(seed, duration_s=36.0):
    """A tune of its own for each seed, shape (1, n)."""
    chance = np.random.default_rng(seed)
    parts, long_s = [], 0.0
    while long_s < duration_s:
        note_s = float(chance.choice([0.25, 0.3, 0.5, 0.7]))
        pitches = [int(p) for p in chance.integers(45, 84, chance.integers(1, 4))]
        parts.append(chord(pitches, note_s, RATE_HZ) * chance.uniform(0.3, 1.0))
        long_s += note_s
    return np.concatenate(parts)[None, : round(duration_s * RATE_HZ)].astype(np.float32)


def faster(sound):
    """The same sped up by 10 %, pitch and all."""
    return resample_poly(sound, 10, 11, axis=1).astype(np.float32)


def later(sound):
    """The same after four seconds of another tune."""
    return np.concatenate([tune(99, OFFSET_S), sound], axis=1)


SOUNDS = {
    "song.flac": lambda: tune(1),
    "song fast.mp3": lambda: later(faster(tune(1))),
    "song soft.mp3": lambda: 0.25 * tune(1),
    "song cut.aiff": lambda: tune(1)[:, 8 * RATE_HZ : 26 * RATE_HZ],
    "other.flac": lambda: tune(2),
    HOSTILE: lambda: 0.5 * tune(2),
    "alone.wav": lambda: tune(3),
}
FORMS = {"flac": "flac-16", "mp3": "mp3", "aiff": "aiff-16", "wav": "wav-16"}
TAGS = {
    "song.flac": {"title": "A song", "artist": "First Artist"},
    "song soft.mp3": {"title": "A song", "artist": "Second Artist"},
    "other.flac": {"title": TITLE, "artist": "<i>Nobody</i>"},
}


def copied_catalogue(folder, *, search=True):
    """Scan these sounds into a catalogue; returns it."""
    music = folder / "music"
    music.mkdir()
    for name, made in SOUNDS.items():
        form = FORMS[name.rsplit(".", 1)[-1]]
        write(music / name, made(), RATE_HZ, form=form, tags=TAGS.get(name))
    (music / "again").mkdir()
    (music / "again" / "same bytes.flac").write_bytes((music / "song.flac").read_bytes())
    catalogue = ps.open_catalogue(folder / "my catalogue", create=True)
    catalogue.scan(music, settings=Settings(workers=2))
    if search:
        catalogue.copies()
    return catalogue
