"""The compiled loops give what slow code of other people, or plain arithmetic, gives."""

from __future__ import annotations

import importlib.util
import itertools
import subprocess
from pathlib import Path

import numpy as np
import pytest
import scipy.fft
import scipy.signal
from av.audio.frame import AudioFrame
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phonoscope import compiled
from phonoscope.audio.block import Block
from phonoscope.audio.links import marks_in
from phonoscope.audio.loudness import k_weighting, true_peak
from phonoscope.audio.sample_queue import SampleQueue
from phonoscope.audio.spectra import Spectra, paired_spectra, power_spectra
from phonoscope.audio.step_power import StepPower
from phonoscope.detector import features
from phonoscope.detector.trees import Trees
from phonoscope.features.artefacts import excess_db
from phonoscope.features.patches import BANDS, CELLS_PER_S, MOMENTS, patches_at
from phonoscope.features.traces import REACHES, TraceSegment, votes

ROOT = Path(__file__).resolve().parents[2]
WITH_FIXTURE = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="session")
def libraries(tmp_path_factory):
    """Compile the loops as an installation does."""
    root = tmp_path_factory.mktemp("built")
    folder = root / "phonoscope/compiled"
    folder.mkdir(parents=True)
    (folder / "loops.c").write_bytes((ROOT / "phonoscope/compiled/loops.c").read_bytes())
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    assert build.compile_loops(root), "install a C compiler: apt-get install gcc libc6-dev"
    return folder


@pytest.fixture(params=["any processor", "this processor", "numpy"])
def way(request, libraries, monkeypatch):
    """Run a test with each way to compute."""
    loops = {
        "any processor": lambda: compiled._library(libraries / f"loops{compiled.SUFFIX}"),
        "this processor": lambda: compiled.loaded(libraries),
        "numpy": lambda: None,
    }[request.param]()
    assert loops is not None or request.param == "numpy"
    monkeypatch.setattr(compiled, "loops", lambda: loops)
    return request.param


def noise(*shape, seed=1):
    return np.random.default_rng(seed).normal(0, 0.2, shape).astype(np.float32)


@pytest.mark.parametrize("size", [64, 128, 1024, 2048, 16_384, 131_072])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_power_spectra_are_those_of_a_transform_in_double_precision(way, size, count):
    hop = size // 4
    signal = noise(size + hop * (count - 1)) + np.float32(0.1)
    frames = np.lib.stride_tricks.sliding_window_view(signal, size)[::hop]
    window = scipy.signal.windows.hann(size, sym=False)
    bins = scipy.fft.rfft(frames.astype(np.float64) * window * 2 / window.sum())
    found = power_spectra(frames)
    assert found.shape == bins.shape
    np.testing.assert_allclose(found, np.abs(bins) ** 2, rtol=1e-4, atol=1e-10)


def test_spectra_of_a_loud_signal_do_not_leak_into_those_of_a_quiet_one(way):
    loud, quiet = noise(3, 16_384), noise(3, 16_384, seed=2) * np.float32(1e-4)
    alone = power_spectra(quiet)
    together = paired_spectra(loud, quiet)[1]
    # Single precision leaves 2e-7 of the loud one's amplitude at most: its level less 130 dB.
    np.testing.assert_allclose(np.sqrt(together), np.sqrt(alone), atol=1e-7 * np.sqrt(loud.var()))


def test_the_spectrum_of_digital_silence_is_zero_beside_any_other(way):
    frames = np.zeros((2, 2048), np.float32)
    frames[0] = noise(2048)
    assert not power_spectra(frames)[1].any()
    assert not paired_spectra(frames, frames[::-1].copy())[0][1].any()


def test_frames_too_short_or_of_an_odd_length_are_transformed_too(way):
    for size in (32, 100):
        frames = noise(3, size)
        window = scipy.signal.windows.hann(size, sym=False)
        expected = np.abs(scipy.fft.rfft(frames * window * 2 / window.sum())) ** 2
        np.testing.assert_allclose(power_spectra(frames), expected, rtol=1e-3, atol=1e-9)


def test_the_sum_of_levels_is_that_of_each_level(way):
    power = noise(70, 1025) ** 2
    power[10, 5:90] = 1e-30
    power[:, 200] = 1e-16
    power[:, 300] = 3e7
    power[3] = 0.0
    spectra = Spectra(power, 2048, 1024, 44_100, 0)
    heard = power.sum(axis=1) > 3e-7
    assert 0 < heard.sum() < 70
    expected = 10 * np.log10(np.maximum(power[heard].astype(np.float64), 1e-16)).sum(axis=0)
    found, frames = spectra.level_sum
    assert frames == heard.sum()
    np.testing.assert_allclose(found, expected, atol=2e-3)


@WITH_FIXTURE
@given(bins=st.integers(1, 700), frames=st.integers(0, 6), seed=st.integers(0, 99))
def test_a_bin_gets_a_vote_when_it_is_the_first_of_the_highest_around(way, bins, frames, seed):
    # Few different values, so that many neighbours are equal.
    power = np.random.default_rng(seed).integers(0, 4, (frames, bins)).astype(np.float32)
    expected = np.zeros((len(REACHES), bins), int)
    for row, reach in enumerate(REACHES):
        for at in range(reach, bins - reach):
            around = power[:, at - reach : at + reach + 1]
            expected[row, at] = (around.argmax(axis=1) == reach).sum() if frames else 0
    np.testing.assert_array_equal(votes(power), expected)


@WITH_FIXTURE
@given(
    cuts=st.lists(st.integers(0, 400_000), max_size=4),
    rate_hz=st.sampled_from([8000, 44_100, 96_000]),
    seed=st.integers(0, 99),
)
def test_step_powers_are_those_of_scipys_filter_however_the_signal_is_cut(way, cuts, rate_hz, seed):
    step = rate_hz // 10
    signal = np.random.default_rng(seed).normal(0.3, 0.2, (2, 400_000)).astype(np.float32)
    signal[1, 100_000:] *= np.float32(1e-3)
    power = StepPower(k_weighting(rate_hz), 2, step)
    edges = [0, *sorted(cuts), signal.shape[1]]
    found = [power(signal[:, a:b]) for a, b in itertools.pairwise(edges)]
    filtered = scipy.signal.sosfilt(k_weighting(rate_hz), signal.astype(np.float64), axis=-1)
    whole = signal.shape[1] // step * step
    expected = (filtered[:, :whole] ** 2).reshape(2, -1, step).mean(axis=2)
    # The numpy way filters in single precision.
    exact = {"rtol": 2e-2, "atol": 1e-7} if way == "numpy" else {"rtol": 1e-6, "atol": 1e-14}
    np.testing.assert_allclose(np.concatenate(found, axis=1), expected, **exact)
    rest, share = power.rest
    assert share == (signal.shape[1] - whole) / step
    if share:
        np.testing.assert_allclose(rest, (filtered[:, whole:] ** 2).mean(axis=1), **exact)


@pytest.mark.parametrize("size", [1, 31, 33, 5000])
@pytest.mark.parametrize("factor", [1, 2, 4])
def test_the_true_peak_is_the_largest_value_of_the_interpolated_signal(way, size, factor):
    samples = noise(2, size)
    taps, padded = 12, np.pad(samples.astype(np.float64), ((0, 0), (12, 12)))
    offsets = np.arange(-taps * factor // 2, taps * factor // 2 + 1) / factor
    prototype = np.sinc(offsets) * np.kaiser(offsets.size, 5.0)
    largest = float(np.abs(samples).max())
    for phase in range(1, factor):
        filter_ = prototype[phase : phase + taps * factor : factor]
        between = [np.convolve(channel, filter_ / filter_.sum()) for channel in padded]
        largest = max(largest, float(np.abs(between).max()))
    assert true_peak(samples, factor, 0.0) == pytest.approx(largest, rel=1e-6)
    assert true_peak(samples, factor, 9.0) == 9.0


def test_mid_and_side_of_a_block_are_the_spectra_of_both(way):
    samples = noise(2, 100_000)
    block = Block(samples, np.empty((2, 0), np.float32), 0, 44_100, last=True)
    for signal, spectra in ((block.mono, block.fine), (block.side, block.fine_side)):
        frames, _ = block.frames(signal, 16_384, 8_192)
        np.testing.assert_allclose(spectra.power, power_spectra(frames), rtol=1e-3, atol=1e-9)


@WITH_FIXTURE
@given(
    form=st.sampled_from(
        [name + end for name in ("u8", "s16", "s32", "flt", "dbl") for end in ("", "p")]
    ),
    channels=st.sampled_from([1, 2, 6]),
    lengths=st.lists(st.integers(1, 300), min_size=1, max_size=150),
    takes=st.lists(st.integers(0, 5000), max_size=3),
    seed=st.integers(0, 99),
)
def test_frames_of_any_format_become_the_samples_that_they_hold(
    way, form, channels, lengths, takes, seed
):
    rng, kind = np.random.default_rng(seed), form.removesuffix("p")
    whole = rng.integers(-100, 100, (channels, sum(lengths)))
    values, full_scale = {
        "u8": (whole + 128, 128.0), "s16": (whole * 300, 32_768.0), "s32": (whole << 24, 2.0**31),
        "flt": (whole / 100, 1.0), "dbl": (whole / 100, 1.0),
    }[kind]  # fmt: skip
    dtype = {"u8": "u1", "s16": "i2", "s32": "i4", "flt": "f4", "dbl": "f8"}[kind]
    values = values.astype(dtype)
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[channels]
    queue, taken, at = SampleQueue(channels, 1000), [], 0
    for length in lengths:
        piece = values[:, at : at + length]
        planes = piece if form.endswith("p") else piece.T.reshape(1, -1)
        queue.add(AudioFrame.from_ndarray(np.ascontiguousarray(planes), form, layout))
        at += length
        if takes and queue.samples >= takes[-1]:
            taken.append(queue.take(takes.pop()))
    taken.append(queue.take(queue.samples))
    expected = (values.astype(np.float64) - (128 if kind == "u8" else 0)) / full_scale
    found = np.concatenate(taken, axis=1)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-8)
    assert (queue.nonfinite, queue.samples) == (0, 0)


@pytest.mark.parametrize("form", ["flt", "fltp", "dbl", "dblp"])
def test_damaged_samples_become_silence_and_are_counted(way, form):
    values = np.array([[0.5, np.nan, np.inf, -1e5], [-np.inf, 1.5, 9999.0, 1e30]])
    values = values.astype("f8" if form.startswith("dbl") else "f4")
    planes = values if form.endswith("p") else values.T.reshape(1, -1)
    queue = SampleQueue(2, 10)
    with np.errstate(over="ignore"):
        queue.add(AudioFrame.from_ndarray(np.ascontiguousarray(planes), form, "stereo"))
        assert queue.take(4).tolist() == [[0.5, 0, 0, 0], [0, 1.5, 9999.0, 0]]
    assert queue.nonfinite == 5


@WITH_FIXTURE
@given(size=st.integers(3, 400), share=st.floats(0, 1), levels=st.integers(1, 50))
def test_quantiles_and_peaks_are_those_of_their_definition(way, size, share, levels):
    values = np.random.default_rng(size).integers(0, levels, size).astype(np.float32) / levels
    assert features._quantile(values, share) == pytest.approx(
        np.percentile(values.astype(np.float64), 100 * share), abs=1e-6
    )
    middle = np.median(values.astype(np.float64))
    distance = np.median(np.abs(values - middle))
    assert features._median_and_spread(values) == pytest.approx((middle, distance), abs=1e-6)
    weights = features.peak_weights(values)
    for at in range(size):
        peak = 0 < at < size - 1 and values[at - 1] < values[at] >= values[at + 1]
        over = (values[at] - middle) / (1.4826 * distance + 0.02) - 1 if peak else 0
        assert weights[at] == pytest.approx(min(4, max(0, over)), abs=1e-4)


def test_a_shape_is_the_same_whoever_computes_it(way, monkeypatch):
    rng = np.random.default_rng(5)
    segments = [
        TraceSegment(
            i * 5.3, i * 5.3 + 5.3, 28, *rng.binomial(28, 0.2, (1, 3, 8193)).astype(np.uint32),
            44_100 / 16_384, 17_000.0, 28, *rng.binomial(28, 0.2, (1, 3, 8193)).astype(np.uint32),
            16_500.0,
        )
        for i in range(3)
    ]  # fmt: skip
    found = features.window_shape(segments)
    monkeypatch.setattr(compiled, "loops", lambda: None)
    np.testing.assert_allclose(found, features.window_shape(segments), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("size", [1, 5, 41, 300])
def test_the_excess_is_that_over_the_seventh_lowest_of_41_bins(way, size):
    level_db = np.random.default_rng(size).integers(-60, -50, size).astype(np.float32)
    padded = np.pad(level_db, 20, mode="edge")
    hull = [np.sort(padded[at : at + 41])[6] for at in range(size)]
    np.testing.assert_array_equal(excess_db(level_db), np.maximum(level_db - hull, 0))


def test_patches_at_any_speed_are_cut_from_the_power_around_them(way):
    rng, hop_s = np.random.default_rng(3), 512 / 44_100
    power = rng.random((3, 230, 60)).astype(np.float32)
    at = np.array([0.4, 1.3, 1.31])
    matrix = rng.random((60, BANDS)).astype(np.float32)
    for speed in (1.0, 1.3):
        found = patches_at(power, at, (hop_s, 2 * hop_s), matrix, speed)
        # Frame k has the power from hop k + 1.5 to hop k + 2.5; outside there is silence.
        edges = at[:, None] + (np.arange(MOMENTS + 1) - MOMENTS / 2) * 4 / CELLS_PER_S * speed
        begins = (np.arange(230) + 1.5) * hop_s
        for place, patch in zip(edges, found.reshape(3, MOMENTS, BANDS), strict=True):
            low, high = place[:-1, None], place[1:, None]
            inside = np.minimum(high, begins + hop_s) - np.maximum(low, begins)
            weight = np.maximum(inside, 0) / (high - low)
            which = int(np.flatnonzero((edges == place).all(axis=1))[0])
            expected = ((weight @ power[which]) @ matrix) ** 0.4
            np.testing.assert_allclose(patch, expected / expected.mean(), rtol=2e-5, atol=1e-6)


def test_a_forest_adds_up_the_leaves_that_each_row_reaches(way):
    rng = np.random.default_rng(8)
    # Complete trees of three levels of questions: node n is followed by 2 n + 1 and 2 n + 2.
    asked = rng.integers(0, 5, (20, 7)).astype(np.int16)
    nodes = np.arange(7, dtype=np.int16)
    ends = np.zeros((20, 8), np.int16)
    forest = Trees(
        feature=np.concatenate([asked, ends - 1], axis=1),
        threshold=rng.random((20, 15)),
        left=np.concatenate([np.tile(2 * nodes + 1, (20, 1)), ends], axis=1),
        right=np.concatenate([np.tile(2 * nodes + 2, (20, 1)), ends], axis=1),
        empty_left=rng.random((20, 15)) < 0.5,
        value=rng.normal(size=(20, 15)).astype(np.float32),
        depth=3,
    )
    rows = rng.random((30, 5)).astype(np.float32)
    rows[rng.random((30, 5)) < 0.2] = np.nan
    for row, found in zip(rows, forest(rows), strict=True):
        total = 0.0
        for tree in range(20):
            node = 0
            for _ in range(3):
                value = row[forest.feature[tree, node]]
                left = forest.empty_left[tree, node] if np.isnan(value) else (
                    value <= forest.threshold[tree, node]
                )  # fmt: skip
                node = 2 * node + (1 if left else 2)
            total += float(forest.value[tree, node])
        assert found == pytest.approx(total, abs=1e-5)
    with pytest.raises(IndexError):
        forest(rows[:, :3])


def test_a_tree_that_leads_out_of_its_nodes_is_refused(way):
    forest = Trees(
        feature=np.array([[0, -1]], np.int16), threshold=np.zeros((1, 2)),
        left=np.array([[1, 0]], np.int16), right=np.array([[2, 0]], np.int16),
        empty_left=np.zeros((1, 2), bool), value=np.zeros((1, 2), np.float32), depth=1,
    )  # fmt: skip
    # Either way the answer is an error, and not what lies behind the arrays.
    with pytest.raises(IndexError):
        forest(np.ones((1, 1), np.float32))


def test_a_library_of_another_version_is_not_used(libraries, tmp_path):
    source = (ROOT / "phonoscope/compiled/loops.c").read_text()
    older = source.replace(
        f"int version(void) {{ return {compiled.VERSION}; }}", "int version(void) { return 0; }"
    )
    assert older != source
    (tmp_path / "loops.c").write_text(older)
    target = tmp_path / f"loops{compiled.SUFFIX}"
    subprocess.run(
        [
            "cc",
            "-shared",
            "-fPIC",
            "-Wno-psabi",
            str(tmp_path / "loops.c"),
            "-o",
            str(target),
            "-lm",
        ],
        check=True,
    )
    assert compiled.loaded(tmp_path) is None
    assert compiled.loaded(tmp_path / "nothing") is None


@pytest.mark.usefixtures("way")
@given(st.binary(max_size=300), st.binary(min_size=1, max_size=4), st.integers(0, 5))
@WITH_FIXTURE
def test_marks(text, mark, times):
    text = (text + mark) * times
    expected = [at for at in range(len(text)) if text.startswith(mark, at)]
    assert marks_in(text, mark) == expected[:1_000]
