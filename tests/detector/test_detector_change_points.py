"""Where a score changes: against a plain search, and on simulated recordings."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import pytest
from scipy import stats

from phonoscope.detector.change_points import LEAST_S, SIGNIFICANT, stretches_of
from phonoscope.detector.generated import Band, Detection, judge

OVERLAP, SEGMENT_S, FRAMES = 3, 5.3, 28
HUMAN, NOISE = -2.3, 0.9
"""Median score of human recordings, and of the deviation of a window's score, as measured."""


def windows(segments):
    """Scores of windows of three segments, of which neighbours share two."""
    return np.convolve(segments, np.ones(OVERLAP) / OVERLAP, "valid")


def spans_of(n):
    starts = [0.0, *(SEGMENT_S * np.arange(2, n + 1)), SEGMENT_S * (n + 2)]
    return list(itertools.pairwise(starts))


def null_p(score):
    """A tenth of human music scores -1 or higher, a thousandth 1.5 or higher."""
    return float(min(1.0, 0.1 * 10 ** (-0.8 * (score + 1.0))))


def noise(rng, n, scale=NOISE):
    return rng.normal(0.0, scale * np.sqrt(OVERLAP), n)


def divided(segments, frames=None):
    sounding = np.full(len(segments), FRAMES) if frames is None else frames
    n = len(segments) - OVERLAP + 1
    return stretches_of(
        windows(segments), spans_of(n), OVERLAP * windows(sounding), null_p, overlap=OVERLAP
    )


def band(segments, stretches):
    """The verdict on a recording with these stretches."""
    scores = windows(segments)
    found = Detection(
        p_generated=0.5, p_value=null_p(scores.mean()), generator=None, generator_confidence=None,
        segments=(), lines_hz=(), p_value_part=min(1.0, null_p(scores.max()) * scores.size / 3),
        least_counted=1e-4, model="a model 1 (abcd)", stretches=stretches,
    )  # fmt: skip
    return judge((), found).verdict


def piece(rng):
    """A wholly generated piece with quiet passages of any level, and its sounding spectra."""
    n = int(rng.integers(17, 82))
    level, scale = rng.uniform(0.0, 9.0), rng.uniform(0.5, 1.4)
    mean, frames = np.full(n, level), np.full(n, float(FRAMES))
    for _ in range(rng.integers(0, 4)):
        start = rng.integers(0, n)
        quiet = slice(start, start + rng.integers(1, 12))
        frames[quiet] = FRAMES * rng.uniform()
        mean[quiet] = level * rng.uniform(0.2, 1.0)
    return mean + noise(rng, n, scale) / np.sqrt(np.maximum(frames / FRAMES, 0.05)), frames


def share_partly(pieces):
    rng = np.random.default_rng(1)
    partly = 0
    for _ in range(pieces):
        segments, frames = piece(rng)
        partly += band(segments, divided(segments, frames)) is Band.PARTLY_GENERATED
    return partly / pieces


def test_wholly_generated_pieces_with_quiet_passages_are_not_called_partly_generated():
    assert share_partly(400) <= 0.01


@pytest.mark.slow
def test_that_holds_in_two_thousand_pieces():
    assert share_partly(2_000) <= 0.01


def test_an_insert_of_45_s_is_found_where_it_is():
    rng = np.random.default_rng(2)
    found, errors = 0, []
    for _ in range(200):
        segments = HUMAN + noise(rng, 42)
        first = int(rng.integers(0, 34))
        segments[first : first + 8] += 7.0
        stretches = divided(segments)
        if band(segments, stretches) is Band.PARTLY_GENERATED:
            found += 1
            highest = min(stretches, key=lambda s: s.p_value)
            errors.append(abs(highest.start_s - SEGMENT_S * first))
    assert found >= 0.8 * 200
    assert np.median(errors) <= SEGMENT_S


def test_a_human_part_of_a_generated_piece_is_found():
    rng = np.random.default_rng(3)
    segments = 4.6 + noise(rng, 42)
    segments[20:32] += HUMAN - 4.6
    assert band(segments, divided(segments)) is Band.PARTLY_GENERATED


@pytest.mark.parametrize("draw", ["normal", "laplace"])
def test_noise_alone_hardly_ever_changes(draw):
    rng = np.random.default_rng(4)
    changes = sum(bool(divided(getattr(rng, draw)(size=rng.integers(12, 80)))) for _ in range(400))
    assert changes / 400 <= SIGNIFICANT


def p_of_best_part(scores, spans):
    """Search every part by plain loops: its p-value, and where it begins and ends."""
    n, ends = scores.size, [s[0] for s in spans] + [spans[-1][1]]
    best = (1.0, 0, 0)
    for start, end in itertools.combinations(range(n + OVERLAP), 2):
        seconds = [ends[min(max(b - 1, 0), n)] - ends[min(max(a - 1, 0), n)]
                   for a, b in ((start, end), (0, start), (end, n + 2))]  # fmt: skip
        sides = [s for s, gap in zip(seconds[1:], (start, n + 2 - end), strict=True) if gap]
        if seconds[0] < LEAST_S or not sides or min(sides) < LEAST_S:
            continue
        parts = [
            scores[a : max(a, b - OVERLAP + 1)] for a, b in ((0, start), (start, end), (end, n + 2))
        ]
        inside, outside = parts[1], np.r_[parts[0], parts[2]]
        if not inside.size or not outside.size:
            continue
        deviations = np.r_[inside - inside.mean(), outside - outside.mean()]
        differences = np.concatenate([p[OVERLAP:] - p[:-OVERLAP] for p in parts])
        for squares, freedom in (
            ((deviations**2).sum() / OVERLAP, deviations.size / OVERLAP - 2),
            ((differences**2).mean() / 2 * differences.size * 2 / 3 / OVERLAP if differences.size
             else 0.0, differences.size * 2 / 3 / OVERLAP),
        ):  # fmt: skip
            if freedom >= 1:
                error = squares / freedom * OVERLAP * (1 / inside.size + 1 / outside.size)
                t = abs(inside.mean() - outside.mean()) / np.sqrt(error)
                best = min(best, (4 * stats.t.sf(t, freedom), start, end))
    p_value, start, end = best
    return p_value * (n / OVERLAP) * (n / OVERLAP - 1) / 2, start, end


def test_the_search_is_that_of_plain_loops():
    rng = np.random.default_rng(5)
    segments = noise(rng, 38)
    segments[14:24] += 6.0
    scores = windows(segments)
    p_value, start, end = p_of_best_part(scores, spans_of(scores.size))
    found = divided(segments)
    assert [s.start_s for s in found[1:]] == pytest.approx([SEGMENT_S * start, SEGMENT_S * end])
    # Searched: the recording, and what is before and after the part, which is too short itself.
    assert [s.p_change for s in found] == [None, *[pytest.approx(3 * p_value, rel=1e-9)] * 2]
    inner = [scores[: start - 2].mean(), scores[start : end - 2].mean(), scores[end:].mean()]
    assert [s.p_value for s in found] == pytest.approx([null_p(m) for m in inner])


def test_stretches_follow_one_another_and_the_same_scores_give_the_same():
    rng = np.random.default_rng(6)
    segments = np.repeat([-2.0, 5.0, -2.0, 6.0], 20) + noise(rng, 80)
    found = divided(segments)
    assert len(found) == 4
    assert (found[0].start_s, found[-1].end_s) == (0.0, pytest.approx(80 * SEGMENT_S))
    assert all(a.end_s == b.start_s for a, b in itertools.pairwise(found))
    assert found == divided(segments)
    assert not any(s.called for s in found)


def test_what_is_silent_or_not_a_number_is_ignored():
    rng = np.random.default_rng(7)
    segments, frames = 5.0 + noise(rng, 60), np.full(60, float(FRAMES))
    scores, sounding = windows(segments), OVERLAP * windows(frames)
    scores[20:32], sounding[20:32] = -40.0, 0.0
    assert stretches_of(scores, spans_of(58), sounding, null_p) == ()
    scores[20:32], sounding[20:32] = np.nan, 84.0
    assert stretches_of(scores, spans_of(58), sounding, null_p) == ()
    assert stretches_of(scores, spans_of(58), np.zeros(58), null_p) == ()


@pytest.mark.parametrize("n", [0, 1, 2, 5])
def test_a_short_recording_has_no_stretches(n):
    assert stretches_of(np.arange(n) * 9.0, spans_of(n)[:n], np.full(n, 80), null_p) == ()


def test_what_doesnt_fit_together_is_refused():
    for scores, spans, frames, overlap in (
        (np.zeros(3), spans_of(2), np.ones(3), 3),
        (np.zeros(3), spans_of(3), np.ones(2), 3),
        (np.zeros(3), spans_of(3), np.ones(3), 2),
    ):
        with pytest.raises(ValueError, match="length"):
            stretches_of(scores, spans, frames, null_p, overlap=overlap)


def test_the_work_doesnt_grow_with_the_square_of_the_length():
    rng = np.random.default_rng(8)
    segments = HUMAN + noise(rng, 4_000)
    segments[1_000:1_400] += 7.0
    (_, inserted, _) = divided(segments)
    assert inserted.start_s == pytest.approx(SEGMENT_S * 1_000, abs=SEGMENT_S * 16)


def test_a_stretch_is_called_at_its_share_of_the_false_alarms():
    segments = np.repeat([HUMAN, 6.0], 20) + noise(np.random.default_rng(9), 40)
    first, second = divided(segments)
    rare, rarer = (dataclasses.replace(second, p_value=p) for p in (0.0006, 0.0005))
    assert band(segments, (first, rare)) is not Band.PARTLY_GENERATED
    assert band(segments, (first, rarer)) is Band.PARTLY_GENERATED
    assert band(segments, (dataclasses.replace(first, p_value=0.09), rarer)) is not (
        Band.PARTLY_GENERATED
    )
