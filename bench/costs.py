"""What scans and commands cost, line by line, as ratios measured in one run, against a baseline.

    python -m bench.costs --short                     # what CI runs: made sound, under a minute
    python -m bench.costs MUSIC_FOLDER [--repeats 3]  # real music, a 10-hour file, two workers
    python -m bench.costs --short --write             # the baseline is now what was measured

CPU seconds are user and system, without start-up: the same process decodes a file with PyAV alone
and analyses it, in turns, and the least of several repetitions counts on both sides. A machine
that is busy slows both, so ratios stay when seconds double. ``--short`` ends with status 1 when a
ratio is over 1.3 times that in ``costs_baseline.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import soundfile

from bench import command_costs, ingest_costs
from bench.throughput import long_file, scan
from phonoscope import compiled
from phonoscope.analysis import analyse
from phonoscope.scan import pool, work

BASELINE = Path(__file__).with_name("costs_baseline.json")
WORSE = 1.3
"""A ratio that is this many times the baseline's fails."""
RATE_HZ = 44_100
CODECS = {
    "Vorbis": ("ogg", "libvorbis", None),
    "MP3": ("mp3", "libmp3lame", 192_000),
    "FLAC": ("flac", "flac", None),
    "AAC": ("m4a", "aac", 192_000),
    "Opus": ("opus", "libopus", 128_000),
}
"""Extension, encoder and bit rate. PyAV brings no Vorbis encoder; libsndfile has one."""


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    name: str
    value: float
    limit: float
    """The most that the value should be."""
    unit: str = "x"
    at_least: bool = False
    """Whether ``limit`` is the least that it should be."""

    @property
    def reached(self) -> bool:
        """Whether the value is what it should be."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        words = "reached" if self.reached else "not reached"
        return f"{self.name:44s} {self.value:8.2f} {self.unit:4s} {sign} {self.limit:g}  {words}"


def made_music(seconds: float) -> np.ndarray:
    """Return sound with chords, drums, noise and a stereo image, shape (n, 2), always the same."""
    rng = np.random.default_rng(17)
    time_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    sound = rng.normal(0, 0.01, (len(time_s), 2))
    for bar, start_s in enumerate(np.arange(0, seconds, 2.0)):
        at = slice(int(start_s * RATE_HZ), int((start_s + 2) * RATE_HZ))
        for note in (0, 4, 7, 12):
            hz = 220 * 2 ** ((note + (0, 5, 7, -3)[bar % 4]) / 12)
            tone = sum(np.sin(2 * np.pi * hz * k * time_s[at]) / k**1.5 for k in range(1, 9))
            sound[at] += 0.05 * tone[:, None] * rng.uniform(0.4, 1, 2)
    for beat_s in np.arange(0, seconds - 0.2, 0.5):
        at = int(beat_s * RATE_HZ)
        hit = rng.normal(0, 0.3, 4000) * np.exp(-np.arange(4000) / 600)
        sound[at : at + 4000] += hit[:, None]
    return np.clip(sound, -1, 1).astype(np.float32)


def encoded(sound: np.ndarray, codec: str, folder: Path, name: str) -> Path:
    """Write stereo sound at 44.1 kHz, shape (n, 2), with a codec."""
    extension, encoder, bit_rate = CODECS[codec]
    path = folder / f"{name}.{extension}"
    if encoder == "libvorbis":
        soundfile.write(path, sound, RATE_HZ, format="OGG", subtype="VORBIS")
        return path
    rate_hz = 48_000 if codec == "Opus" else RATE_HZ
    kind = {"m4a": "mp4", "opus": "ogg"}.get(extension, extension)
    with av.open(str(path), "w", format=kind) as made:
        stream = made.add_stream(encoder, rate=rate_hz, layout="stereo")
        if bit_rate:
            stream.bit_rate = bit_rate
        form = "s16" if codec == "FLAC" else stream.format.name
        resampler = av.AudioResampler(form, "stereo", rate_hz)
        queue = av.AudioFifo()
        planes = np.ascontiguousarray(sound.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(planes, "flt", "stereo")
        frame.sample_rate = RATE_HZ
        for part in [*resampler.resample(frame), *resampler.resample(None)]:
            part.pts = None
            queue.write(part)
        size = stream.codec_context.frame_size or 4096
        while (frame := queue.read(size) or queue.read(0, partial=True)) is not None:
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return path


def music_of(folder: Path, seconds: float) -> Iterator[np.ndarray]:
    """Yield up to two minutes of each file of a folder as stereo at 44.1 kHz, until it suffices."""
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        resampler, parts, count = av.AudioResampler("flt", "stereo", RATE_HZ), [], 0
        try:
            with av.open(str(path)) as given:
                for frame in given.decode(audio=0):
                    parts += [p.to_ndarray().reshape(-1, 2) for p in resampler.resample(frame)]
                    count = sum(map(len, parts))
                    if count > 120 * RATE_HZ:
                        break
        except (av.FFmpegError, IndexError, OSError):
            continue
        if count > 20 * RATE_HZ:
            yield np.concatenate(parts)
            seconds -= count / RATE_HZ
            if seconds <= 0:
                return


def bare(path: Path) -> None:
    """Decode a file and do nothing with it."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        stream.codec_context.thread_count = 1
        for _ in container.decode(stream):
            pass


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def least(actions: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Return the least CPU seconds of each action, in turns."""
    found = [float("inf")] * len(actions)
    for _ in range(repeats):
        for i, action in enumerate(actions):
            before = cpu_s()
            action()
            found[i] = min(found[i], cpu_s() - before)
    return found


def examined(path: Path) -> None:
    found = analyse(path)
    if found.error is not None:
        raise SystemExit(f"{path}: {found.error}")


def ratio(paths: Sequence[Path], repeats: int) -> float:
    """Return the CPU seconds of a scan of files over those of decoding them."""
    decoding = scanning = 0.0
    for path in paths:
        costs = least([lambda p=path: bare(p), lambda p=path: examined(p)], repeats)
        decoding, scanning = decoding + costs[0], scanning + costs[1]
    return scanning / decoding


def short_file(folder: Path, repeats: int) -> float:
    """Return the CPU milliseconds of one more file of five seconds."""
    path = encoded(made_music(5.0), "Vorbis", folder, "five")
    examined(path)
    return 1000 * least([lambda: examined(path)], repeats)[0]


def listed(paths: Sequence[Path], folder: Path) -> Path:
    listing = folder / "files.txt"
    listing.write_text("".join(f"{path}\n" for path in paths))
    return listing


def short_lines(folder: Path, repeats: int) -> Iterator[Line]:
    """Yield the lines that CI compares, on made sound."""
    sound = made_music(40.0)
    for codec in CODECS:
        path = encoded(sound, codec, folder, "made")
        examined(path)
        yield Line(f"scan / decoding, {codec}", ratio([path], repeats), 4.0)
    path = encoded(made_music(5.0), "Vorbis", folder, "five")
    yield Line("scan / decoding, Vorbis, 5 s", ratio([path], 4 * repeats), 5.0)
    yield from command_lines(folder, 1 + repeats // 3)
    yield from ingest_lines(50_000, folder, 1 + repeats // 3, ingest_costs.of_calls)


def command_lines(folder: Path, repeats: int) -> Iterator[Line]:
    """Yield what commands cost over loading the libraries that they use."""
    whole, excerpt = made_excerpt(folder)
    limits = {
        "report, 10,000 tracks / loading": 4.0,
        "find, 10 s / loading": 1.0,
        "copies, 500 recordings / loading": 4.0,
        "rescan, 10,000 files / loading": 2.5,
    }
    found = command_costs.ratios(excerpt, [whole], folder, repeats)
    for (name, limit), value in zip(limits.items(), found, strict=True):
        yield Line(name, value, limit)


def ingest_lines(
    tracks: int, folder: Path, repeats: int, measure: ingest_costs.Measure
) -> Iterator[Line]:
    """Yield what an ingest costs over a bare copy, by format."""
    for form, value in ingest_costs.ratios(tracks, folder, repeats, measure):
        yield Line(f"ingest / bare copy, {form}", value, ingest_costs.LIMITS[form])


def made_excerpt(folder: Path) -> tuple[Path, Path]:
    """Write made sound, and ten seconds of it."""
    sound = made_music(40.0)
    part = sound[15 * RATE_HZ : 25 * RATE_HZ]
    return encoded(sound, "Vorbis", folder, "whole"), encoded(part, "Vorbis", folder, "excerpt")


def long_lines(music: Path, folder: Path, repeats: int, hours: float) -> Iterator[Line]:
    """Yield every line, on real music."""
    sounds = list(music_of(music, 600.0))
    if not sounds:
        raise SystemExit(f"no music of 20 s or more in {music}")
    files = []
    for codec in CODECS:
        paths = [encoded(s, codec, folder, f"{codec}-{i}") for i, s in enumerate(sounds)]
        examined(paths[0])
        yield Line(f"scan / decoding, {codec}", ratio(paths, repeats), 4.0)
        files += paths
    yield Line("a 5-second file", short_file(folder, 10 * repeats), 15.0, "ms")
    if hours:
        path = long_file(files[0], folder, hours)
        peak_mb = scan(listed([path], folder), 1)["peak_mb"]
        yield Line(f"a {hours:g}-hour file, memory", peak_mb, 300.0, "MB")
        path.unlink()
    yield from ingest_lines(500_000, folder, repeats, ingest_costs.of_commands)
    report_s = command_costs.report_s(1_000_000, folder, repeats)
    yield Line("report, 1 M tracks", report_s, 6.0, "s")
    _, excerpt = made_excerpt(folder)
    found_s = command_costs.find_s(excerpt, files, folder, repeats)
    yield Line("find, 10 s", found_s, 0.9, "s")
    for recordings, limit_s in ((5_000, 15.0), (20_000, 70.0)):
        spent_s = command_costs.spent_s(command_costs.copies_of(recordings, folder))
        yield Line(f"copies, {recordings:,} recordings", spent_s, limit_s, "s")
    spent_s = command_costs.spent_s(command_costs.rescan_of(1_000_000, folder))
    yield Line("rescan, 1,000,000 files", spent_s, 60.0, "s")
    listing = listed(files, folder)
    pairs = [(scan(listing, 1), scan(listing, 2)) for _ in range(repeats)]
    faster = max(one["wall_s"] / two["wall_s"] for one, two in pairs)
    yield Line("two workers, times faster (idle machine)", faster, 1.8, at_least=True)


def worse(found: dict[str, float]) -> list[str]:
    """Return the ratios that are worse than the baseline allows, in words."""
    baseline: dict[str, float] = json.loads(BASELINE.read_text())
    return [
        f"{name}: {value:.2f}, and {baseline[name]:.2f} in {BASELINE.name}"
        for name, value in found.items()
        if name in baseline and value > WORSE * baseline[name]
    ]


def as_a_worker() -> None:
    """Start again in a worker's environment, which glibc and numpy read when they are loaded."""
    wanted = pool.ENVIRONMENT
    if any(os.environ.get(name) != value for name, value in wanted.items()):
        command = [sys.executable, "-m", "bench.costs", *sys.argv[1:]]
        os.execve(sys.executable, command, os.environ | wanted)


def measured(lines: Iterator[Line]) -> dict[str, float]:
    """Print lines as they come; return their values by name."""
    found = {}
    for line in lines:
        print(line, flush=True)
        found[line.name] = round(line.value, 3)
    return found


def short(folder: Path, repeats: int) -> dict[str, float]:
    """Measure what CI compares; once more where a busy neighbour may have made it worse."""
    found = measured(short_lines(folder, repeats))
    if BASELINE.exists() and worse(found):
        again = measured(short_lines(folder, 3 * repeats))
        found = {name: min(value, again[name]) for name, value in found.items()}
    return found


def main() -> int:
    as_a_worker()
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("music", type=Path, nargs="?", help="folder of real music")
    parser.add_argument("--short", action="store_true", help="made sound, and the baseline")
    parser.add_argument("--write", action="store_true", help="write the baseline of --short")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--hours", type=float, default=10.0, help="of the long file; 0: none")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    options = parser.parse_args()
    if options.short == (options.music is not None):
        parser.error("name a folder of music, or --short")
    if compiled.loops() is None:
        print("The compiled loops are missing: run `python hatch_build.py`.", file=sys.stderr)
        return 1
    work.prepare()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        if options.short:
            found = short(folder, options.repeats)
        else:
            lines = long_lines(options.music, folder, options.repeats, options.hours)
            found = measured(lines)
    text = json.dumps(found, indent=2) + "\n"
    if options.json:
        options.json.write_text(text)
    if options.write:
        BASELINE.write_text(text)
    faults = worse(found) if options.short else []
    if faults:
        print(*faults, f"Over {WORSE} times the baseline.", sep="\n", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
