import io
import struct
import threading
import zlib

import numpy as np
import pytest

from phonoscope.errors import ErrorKind, UnreadableError
from phonoscope.view.scale import frequency_ticks, time_ticks
from phonoscope.web.cache import BusyError, OverviewCache
from phonoscope.web.overview import COLUMNS, LOWEST_HZ, ROWS, paint
from phonoscope.web.png import as_png
from tests.helpers.sounds import sine, write


def overview_of(path, samples, rate_hz=44_100, limit_s=60.0):
    write(path, samples, rate_hz)
    with open(path, "rb") as file:
        return paint(file, samples.shape[1], limit_s)


def row_of(hertz, highest_hz):
    up = np.log(hertz / LOWEST_HZ) / np.log(highest_hz / LOWEST_HZ)
    return ROWS - 1 - int(up * ROWS)


@pytest.mark.parametrize("hertz", [100.0, 440.0, 997.0, 5_000.0, 15_000.0])
def test_a_tone_is_bright_where_it_is(tmp_path, hertz):
    overview = overview_of(tmp_path / "x.wav", sine(4.0, channels=1, frequency_hz=hertz))
    brightest = overview.picture.mean(axis=1).argmax()
    assert abs(int(brightest) - row_of(hertz, 22_050)) <= 2
    peak_hz = overview.mean_level_db.argmax() * overview.bin_hz
    assert peak_hz == pytest.approx(hertz, abs=overview.bin_hz)


def test_time_runs_from_left_to_right(tmp_path):
    sound = sine(8.0, channels=1)
    sound[:, : sound.shape[1] // 2] = 0.0
    overview = overview_of(tmp_path / "x.wav", sound)
    half = COLUMNS // 2
    assert overview.picture[:, : half - 10].max() < overview.picture[:, half + 10 :].max()
    assert overview.outline[: half - 1].max() == 0.0
    assert overview.outline[half + 1 :].min() > 0.4
    assert overview.duration_s == pytest.approx(8.0)


def test_a_long_recording_is_drawn_from_a_few_frames(tmp_path):
    rate_hz = 8_000
    sound = sine(2_400.0, rate_hz, 1, 440.0)
    sound[:, -rate_hz * 600 :] = 0.0
    overview = overview_of(tmp_path / "x.wav", sound, rate_hz)
    assert overview.frames < 4_100
    assert abs(int(overview.picture[:, :800].mean(axis=1).argmax()) - row_of(440.0, 4_000)) <= 3
    assert overview.picture[:, 905:].max() == 0
    assert overview.outline[:895].min() > 0.4


@pytest.mark.parametrize("samples", [1, 100, 5_000])
def test_the_shortest_recordings_are_drawn(tmp_path, samples):
    overview = overview_of(tmp_path / "x.wav", np.full((1, samples), 0.5, np.float32))
    assert overview.picture.shape == (ROWS, COLUMNS)
    assert overview.outline.max() == pytest.approx(0.5, abs=1e-4)


@pytest.mark.parametrize("rate_hz", [4_000, 8_000, 192_000])
def test_any_rate_is_drawn(tmp_path, rate_hz):
    tone = sine(2.0, rate_hz, 1, rate_hz / 8)
    overview = overview_of(tmp_path / "x.wav", tone, rate_hz)
    peak_hz = overview.mean_level_db.argmax() * overview.bin_hz
    assert peak_hz == pytest.approx(rate_hz / 8, abs=overview.bin_hz)
    assert frequency_ticks(rate_hz / 2)


def test_a_wrong_count_of_samples_is_survived(tmp_path):
    path = write(tmp_path / "x.wav", sine(2.0))
    for samples in (1, 10**9):
        with open(path, "rb") as file:
            assert paint(file, samples, 60.0).duration_s == pytest.approx(2.0)


def test_it_gives_up_in_time(tmp_path):
    with pytest.raises(UnreadableError) as caught:
        overview_of(tmp_path / "x.wav", sine(1.0), limit_s=0.0)
    assert caught.value.kind is ErrorKind.TIME_LIMIT


def test_png_is_read_back(tmp_path):
    picture = np.random.default_rng(1).integers(0, 256, (7, 11), dtype=np.uint8)
    png = as_png(picture)
    width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
    assert (width, height, depth, colour) == (11, 7, 8, 3)
    at = png.index(b"IDAT")
    (length,) = struct.unpack(">I", png[at - 4 : at])
    rows = np.frombuffer(zlib.decompress(png[at + 4 : at + 4 + length]), np.uint8).reshape(7, 12)
    assert (rows[:, 1:] == picture).all()
    import av

    with av.open(io.BytesIO(png)) as container:
        assert next(container.decode(video=0)).width == 11


def test_scales_stay_inside_the_picture():
    for duration_s in (0.0, 0.3, 4.0, 61.0, 3_600.0, 36_000.0, 10**7):
        for tick in time_ticks(duration_s):
            assert 0 < tick.percent < 100
    for highest_hz in (500, 4_000, 22_050, 96_000):
        ticks = frequency_ticks(highest_hz)
        assert all(0 < tick.percent < 100 for tick in ticks)


class Here:
    """Paints in this process."""

    def call(self, function, *arguments):
        return function(*arguments)

    def close(self):
        pass


def test_the_gallery_keeps_few_and_paints_each_once():
    cache, painted = OverviewCache(size=2, workers=[Here()]), []

    def paint_as(name):
        def painter(_):
            painted.append(name)
            return name

        return painter

    for name in ("a", "b", "a", "c", "b"):
        assert cache.get(name, paint_as(name)) == name
    assert painted == ["a", "b", "c", "b"]
    cache.close()


def test_the_gallery_refuses_a_crowd_and_shares_work():
    cache, go, painted = OverviewCache(waiting=1, workers=[Here()]), threading.Event(), []

    def slow(_):
        painted.append(1)
        go.wait(10)
        return "done"

    results = []
    threads = [
        threading.Thread(target=lambda: results.append(cache.get("x", slow))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    while not painted:
        pass
    with pytest.raises(BusyError):
        cache.get("other", slow)
    go.set()
    for thread in threads:
        thread.join()
    assert results == ["done"] * 3
    assert painted == [1]
    cache.close()


def test_a_failure_is_not_kept():
    cache = OverviewCache(workers=[Here()])

    def fails(_):
        raise UnreadableError(ErrorKind.VANISHED, "gone")

    with pytest.raises(UnreadableError):
        cache.get("x", fails)
    assert cache.get("x", lambda _: "back") == "back"
    cache.close()
