"""What a scan costs, as a ratio to decoding alone, in one run.

    python bench/throughput.py MUSIC_FOLDER [--hours 10] [--repeats 3] [--json FILE]

Decodes every recording of a folder with PyAV alone (the floor), scans the same folder with
one worker and with two, and scans one very long file for its memory. Rounds alternate, so
that a machine that grows busy slows both sides; medians of ratios are printed. CPU seconds
are the operating system's for the whole process tree, start-up included.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import av
import threadpoolctl

from phonoscope.audio.decode import Decoder
from phonoscope.features.base import features

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def music_in(folder: Path) -> list[Path]:
    """Every file below a folder that PyAV opens as audio."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        try:
            with av.open(str(path)) as container:
                if container.streams.audio:
                    found.append(path)
        except (av.FFmpegError, OSError):
            continue
    return found


def measured(command: list[str]) -> dict[str, float]:
    """Run a command to its end; CPU and wall seconds and the largest process's memory, MB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=os.environ | ONE_THREAD)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} exited {process.returncode}")
    return {
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "wall_s": time.perf_counter() - start,
        "peak_mb": usage.ru_maxrss / 1024,
    }


def decode_all(listing: Path) -> None:
    """Decode each file named in a listing and print the seconds of sound."""
    seconds = 0.0
    for path in listing.read_text().splitlines():
        with av.open(path) as container:
            stream = container.streams.audio[0]
            stream.codec_context.thread_count = 1
            samples = sum(frame.samples for frame in container.decode(stream))
            seconds += samples / stream.codec_context.sample_rate
    print(seconds)


def floor(listing: Path) -> dict[str, float]:
    """Cost of decoding alone."""
    return measured([sys.executable, __file__, "--decode", str(listing)])


def scan(listing: Path, workers: int) -> dict[str, float]:
    """Cost of a whole scan into a new catalogue."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "phonoscope.cli.main", "scan", str(listing), "--quiet"]
        return measured([*command, "--into", f"{folder}/catalogue", "--workers", str(workers)])


def where_time_goes(paths: list[Path]) -> dict[str, float]:
    """CPU seconds an hour of sound of each step, measured in this process."""
    spent: dict[str, float] = defaultdict(float)
    clock = time.process_time
    sound_s = 0.0

    def timed(name, function):
        start = clock()
        value = function()
        spent[name] += clock() - start
        return value

    for path in paths:
        with path.open("rb") as file, Decoder(file) as decoder:
            blocks = decoder.blocks()
            accumulators = None
            while (block := timed("decode", lambda b=blocks: next(b, None))) is not None:
                if accumulators is None:
                    accumulators = {q.name: q.start(decoder.stream) for q in features()}
                for shared in ("joined", "mono", "fine", "coarse", "rms", "peak"):
                    timed(f"shared: {shared}", lambda b=block, s=shared: getattr(b, s))
                timed("shared: mean level", lambda b=block: b.fine.level_sum)
                for name, accumulator in accumulators.items():
                    timed(name, lambda a=accumulator, b=block: a.update(b))
            for name, accumulator in (accumulators or {}).items():
                timed(name, accumulator.result)
            sound_s += decoder.outcome().duration_s
    return {name: value / sound_s * 3600 for name, value in spent.items()}


def long_file(source: Path, folder: Path, hours: float) -> Path:
    """Make a long MP3 by repeating the frames of a short one: MP3 frames stand alone."""
    short = folder / "short.mp3"
    with av.open(str(source)) as given:
        options = {"write_xing": "0", "id3v2_version": "0"}
        with av.open(str(short), "w", format="mp3", options=options) as made:
            stream = made.add_stream("libmp3lame", rate=44_100, layout="stereo")
            stream.bit_rate = 64_000
            resampler = av.AudioResampler(stream.format.name, "stereo", 44_100)
            samples = 0
            for frame in given.decode(audio=0):
                for part in resampler.resample(frame):
                    samples += part.samples
                    made.mux(stream.encode(part))
            made.mux(stream.encode(None))
    frames = short.read_bytes()
    path = folder / "long.mp3"
    with path.open("wb") as file:
        for _ in range(int(hours * 3600 / (samples / 44_100)) + 1):
            file.write(frames)
    short.unlink()
    return path


def ratios(listing: Path, repeats: int) -> dict[str, float]:
    """Alternate floor and scans; medians of the ratios of each round."""
    rounds = defaultdict(list)
    for _ in range(repeats):
        base, one, two = floor(listing), scan(listing, 1), scan(listing, 2)
        rounds["floor_cpu_s"].append(base["cpu_s"])
        rounds["scan_cpu_over_floor"].append(one["cpu_s"] / base["cpu_s"])
        rounds["scan_two_workers_cpu_over_floor"].append(two["cpu_s"] / base["cpu_s"])
        rounds["speed_up_of_two_workers"].append(one["wall_s"] / two["wall_s"])
        rounds["two_workers_wall_s"].append(two["wall_s"])
        rounds["worker_peak_mb"].append(max(one["peak_mb"], two["peak_mb"]))
    return {name: statistics.median(values) for name, values in rounds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("music", type=Path, nargs="?", help="folder of real music")
    parser.add_argument(
        "--hours", type=float, default=10.0, help="length of the long file; 0: none"
    )
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    parser.add_argument("--decode", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.decode:
        decode_all(options.decode)
        return
    if options.music is None:
        parser.error("name a folder of music")
    with tempfile.TemporaryDirectory() as scratch:
        paths = music_in(options.music)
        listing = Path(scratch) / "music.txt"
        listing.write_text("".join(f"{path.resolve()}\n" for path in paths))
        sound_s = float(
            subprocess.check_output([sys.executable, __file__, "--decode", str(listing)])
        )
        figures = ratios(listing, options.repeats)
        figures |= {"files": len(paths), "sound_h": sound_s / 3600}
        figures["realtime_factor_two_workers"] = sound_s / figures["two_workers_wall_s"]
        figures["floor_cpu_s_per_hour"] = figures["floor_cpu_s"] / sound_s * 3600
        for name, value in figures.items():
            print(f"{name:36s} {value:10.2f}")
        print("\nCPU seconds an hour of sound, by step:")
        with threadpoolctl.threadpool_limits(1):
            steps = where_time_goes(paths[:12])
        for name, value in sorted(steps.items(), key=lambda item: -item[1]):
            print(f"  {name:34s} {value:10.2f}")
        if options.hours:
            path = long_file(paths[0], Path(scratch), options.hours)
            (Path(scratch) / "long.txt").write_text(f"{path}\n")
            long = scan(Path(scratch) / "long.txt", 1)
            figures |= {f"long_file_{name}": value for name, value in long.items()}
            print(
                f"\n{options.hours:g}-hour file: {long['peak_mb']:.0f} MB, {long['wall_s']:.0f} s"
            )
    if options.json:
        options.json.write_text(json.dumps({**figures, "steps_cpu_s_per_hour": steps}, indent=2))


if __name__ == "__main__":
    main()
