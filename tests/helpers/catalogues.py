"""Small catalogues in memory, with the columns of the real layout."""

import random
import threading

import ibis
import pyarrow as pa

from phonoscope.catalogue.schema.tables import tables

KEYS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


class MemoryCatalogue:
    """Ibis tables over rows or Arrow tables given by table name; absent tables are empty.

    Like a real catalogue it has a connection for each thread that asks: DuckDB refuses a
    second question on one that is busy.
    """

    def __init__(self, path="memory", **rows):
        self.path = path
        self.rows = rows
        self._here = threading.local()

    def state(self):
        """Its rows don't change: a connection keeps those it was made with."""
        return self.path

    def table(self, name):
        if not hasattr(self._here, "connection"):
            self._here.connection, self._here.described = self._connected(), {}
        described = self._here.described
        if name not in described:
            # Ibis asks for the columns of each table it is given, and parses their types.
            described[name] = self._here.connection.table(name)
        return described[name]

    def _connected(self):
        connection = ibis.duckdb.connect()
        for name, table in tables().items():
            given = self.rows.get(name, [])
            held = given if isinstance(given, pa.Table) else table.arrow(given)
            connection.con.register(f"_{name}", held)
            connection.con.execute(f"CREATE VIEW {name} AS SELECT * FROM _{name}")
        return connection


def recording_rows(count, seed=7):
    """Plausible recordings; some columns are empty now and then."""
    rng = random.Random(seed)
    return [_recording(rng, i) for i in range(count)]


def _recording(rng, i):
    lossless = rng.random() < 0.3
    silent = rng.random() < 0.03
    keyed, pulsed = rng.random() < 0.9, rng.random() < 0.85
    return {
        "recording_id": f"{i:032x}",
        "size_bytes": rng.randrange(1_000_000, 60_000_000),
        "container": "flac" if lossless else "mp3",
        "codec": "flac" if lossless else rng.choice(["mp3", "mp3", "vorbis", "aac"]),
        "sample_rate_hz": rng.choice([44_100, 44_100, 44_100, 48_000, 96_000]),
        "channels": rng.choice([1, 2, 2, 2, 2]),
        "channel_layout": "stereo",
        "lossless": lossless,
        "duration_s": max(0.5, rng.gauss(205, 60)) if rng.random() < 0.98 else 4_000.0,
        "samples": 1,
        "decode_errors": int(rng.random() < 0.02),
        "nonfinite_samples": 0,
        "format_changes": 0,
        "truncated": rng.random() < 0.01,
        "loudness_lufs": None if silent else rng.gauss(-11, 4),
        "true_peak_dbtp": None if silent else rng.gauss(-0.2, 0.8),
        "tempo_bpm": rng.gauss(118, 28) if pulsed else None,
        "key": rng.choice(KEYS) if keyed else None,
        "mode": rng.choice(["major", "major", "minor"]) if keyed else None,
        "bandwidth_hz": None if silent else rng.gauss(18_000, 1_800),
        "made_from": "lossy" if rng.random() < 0.05 else None,
        "tag_title": f"Song {i}",
        "tag_artist": rng.choice(["Anna", "The Fakes", "中文"]),
    }


def file_row(uri, recording_id=None, kind=None, error=None, size_bytes=1_000):
    return {
        "uri": uri,
        "size_bytes": size_bytes,
        "mtime_ns": 0,
        "recording_id": recording_id,
        "error_kind": kind,
        "error": error,
    }


def verdict_row(recording_id, verdict="undecided", basis="none", says="Undecided."):
    return {"recording_id": recording_id, "verdict": verdict, "basis": basis, "says": says}


def mark_row(recording_id, tool="Suno", making="generated", value="made with suno"):
    return {
        "recording_id": recording_id,
        "standard": "generator-comment",
        "part": "whole",
        "making": making,
        "tool": tool,
        "producer": None,
        "place": "Vorbis comment COMMENT",
        "value": value,
    }


def plausible(count=400, seed=7):
    """A catalogue of ``count`` recordings, a few unreadable files, and a few marks."""
    recordings = recording_rows(count, seed)
    files = [file_row(f"/music/{r['recording_id']}.mp3", r["recording_id"]) for r in recordings]
    files += [file_row("/music/again.mp3", recordings[0]["recording_id"])]
    files += [
        file_row(f"/music/broken {i}.mp3", None, kind, f"because of {kind}")
        for i, kind in enumerate(["not-audio"] * 7 + ["empty"] * 3 + ["time-limit"])
    ]
    marks = [mark_row(recordings[i]["recording_id"]) for i in (1, 2, 2, 3)]
    marks.append(mark_row(recordings[4]["recording_id"], "Udio"))
    marked = {mark["recording_id"] for mark in marks}
    verdicts = [
        verdict_row(r["recording_id"], "generated", "declared", "Declared, not detected.")
        if r["recording_id"] in marked
        else verdict_row(r["recording_id"])
        for r in recordings
    ]
    return MemoryCatalogue(recordings=recordings, files=files, declared=marks, verdicts=verdicts)


MODEL = "detector 1 (abc)"
MONTHS = ("2024-01-05", "2024-02", "2024/3/1", "20240411")


def weighed(count=2_000, seed=3, model=MODEL):
    """A catalogue that a detector weighed: a fifth of 2024 is machine-made, nothing before."""
    rng = random.Random(seed)
    recordings = recording_rows(count, seed)
    verdicts = []
    for row in recordings:
        date = rng.choice([*MONTHS, *MONTHS, "2023-12", "2023", "spring", None])
        row |= {"tag_date": date, "tag_label": rng.choice(["Big", "Big", "Small", " ", None])}
        machine = rng.random() < 0.2 and date in MONTHS
        low = rng.random() * 0.001 if rng.random() < 0.9 else rng.random()
        p_value = None if rng.random() < 0.02 else low if machine else rng.random()
        verdict = verdict_row(row["recording_id"], "no-sign-found", "detected", "No sign.")
        if p_value is None:
            verdict = verdict_row(row["recording_id"])
        elif p_value <= 0.001:
            verdict = verdict_row(row["recording_id"], "generated", "detected", "Detected.")
        of_weighed = {"p_value": p_value, "false_alarms": 0.001, "model": model}
        verdicts.append(verdict | (of_weighed if p_value is not None else {}))
    files = [file_row(f"/music/{r['recording_id']}.mp3", r["recording_id"]) for r in recordings]
    return MemoryCatalogue(recordings=recordings, files=files, verdicts=verdicts)
