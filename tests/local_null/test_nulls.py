"""Nulls by channel: each recording is judged by human recordings that came the same way."""

import numpy as np
import pytest

from phonoscope.detector.empirical_null import EmpiricalNull
from phonoscope.local_null.channel import EVERY, Channel, Encoding, channels_of
from phonoscope.local_null.nulls import judged

MP3 = Encoding(16_000.0, "mp3", False, None)
FLAC = Encoding(20_000.0, "flac", True, None)
FROM_MP3 = Encoding(20_000.0, "flac", True, "lossy")
OPUS = Encoding(20_000.0, "opus", False, None)
NARROW = Encoding(7_000.0, "pcm_s16le", True, None)
UNKNOWN = Encoding(None, None, None, None)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        (FLAC, ["wide lossless", "wide any", "any any"]),
        (FROM_MP3, ["wide lossless-from-lossy", "wide lossy", "wide any", "any any"]),
        (NARROW, ["narrow lossless", "narrow any", "any any"]),
        (UNKNOWN, ["any any"]),
        (Encoding(float("nan"), "mp3", False, None), ["any any"]),
        (Encoding(16_000.0, None, None, None), ["wide any", "any any"]),
    ],
)
def test_channels_go_from_specific_to_all(encoding, expected):
    assert [" ".join(channel) for channel in channels_of(encoding)] == expected


def test_a_channel_with_enough_recordings_has_a_null_of_its_own():
    rng = np.random.default_rng(2)
    encodings = [MP3] * 300 + [FLAC] * 250 + [OPUS] * 60 + [NARROW] * 20 + [MP3] * 50 + [OPUS] * 10
    scores = rng.normal(size=len(encodings))
    scores[:300] += 3.0
    known = np.arange(len(encodings)) < 630
    found = judged(scores, known, encodings)
    nulls = found.nulls.by_channel
    # 60 of Opus and 20 narrow ones are too few: the next wider channel judges them.
    assert {" ".join(c): n.scores.size for c, n in nulls.items()} == {
        "wide mp3": 300,
        "wide lossless": 250,
        "wide lossy": 360,
        "wide any": 610,
        "any any": 630,
    }
    used = [found.channels[at] for at in found.channel]
    assert set(used[:300]) == {Channel("wide", "mp3")}
    assert set(used[550:610]) == set(used[-10:]) == {Channel("wide", "lossy")}
    assert set(used[610:630]) == {EVERY}
    # Recordings outside the null are judged by it, those inside by the others; one by one.
    mp3 = np.sort(scores[:300])
    for at in (630, 650, 679):
        assert found.p_values[at] == EmpiricalNull.of(mp3).p_values(scores[at])
    for at in (0, 17, 299, int(np.argmax(scores[:300]))):
        others = EmpiricalNull.of(np.delete(scores[:300], at))
        assert found.p_values[at] == pytest.approx(float(others.p_values(scores[at])))
    lossy = scores[[*range(300), *range(550, 610)]]
    at = 555
    others = EmpiricalNull.of(np.delete(lossy, 305))
    assert found.p_values[at] == pytest.approx(float(others.p_values(scores[at])))


def test_human_recordings_of_a_shifted_catalogue_get_honest_p_values():
    rng = np.random.default_rng(3)
    scores = rng.logistic(-1.0, 1.0, 6_000)
    known = np.arange(6_000) < 400
    found = judged(scores, known, [MP3] * 6_000)
    for level in (0.01, 0.05):
        assert abs((found.p_values[400:] <= level).mean() / level - 1) < 0.4
