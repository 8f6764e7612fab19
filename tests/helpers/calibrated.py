"""Catalogues on disk with scores that are drawn, so that their true null is known."""

from __future__ import annotations

import hashlib

import numpy as np

from phonoscope.api import open_catalogue
from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.tables import tables
from phonoscope.detector.calibration import probability

MODEL = "detector 1 (abc)"
SHIFT = 1.0
"""How much higher human music scores in this catalogue than the shipped null says."""


def recording_id_of(name):
    return hashlib.blake2b(name.encode(), digest_size=16).hexdigest()


def recording(name, score, *, date="2001", codec="mp3", limit_hz=16_000.0, artist=None, title=None,
              album=None, lossless=False, made_from=None, isrc=None):  # fmt: skip
    """The row of a recording, with the score of its verdict."""
    return {
        "recording_id": recording_id_of(name),
        "name": name,
        "score": score,
        "codec": codec,
        "container": codec,
        "lossless": lossless,
        "made_from": made_from,
        "trace_limit_hz": limit_hz,
        "sample_rate_hz": 44_100,
        "channels": 2,
        "channel_layout": "stereo",
        "duration_s": 180.0,
        "samples": 180 * 44_100,
        "tag_date": date,
        "tag_artist": artist or f"Artist {name}",
        "tag_title": title or f"Song {name}",
        "tag_album": album,
        "tag_isrc": isrc,
    }


def shipped_p_value(score):
    """The p-value of a null that is a logistic of mean -3: the one that the model ships."""
    return float(1 / (1 + np.exp(score + 3.0)))


def verdict_of(row, model=MODEL, limit=0.001, **changes):
    p = shipped_p_value(row["score"])
    band = "generated" if p <= limit else "undecided" if p < 0.1 else "no-sign-found"
    return {
        "recording_id": row["recording_id"],
        "verdict": band,
        "basis": "detected",
        "says": "Detected, or not.",
        "p_generated": probability(row["score"], 1.0, 0.0),
        "p_value": p,
        "false_alarms": limit,
        "model": model,
        **changes,
    }


def drawn(prefix, count, *, mean=-3.0 + SHIFT, seed=1, **changes):
    """Human recordings whose scores are a logistic of this mean."""
    scores = np.random.default_rng(seed).logistic(mean, 1.0, count)
    return [recording(f"{prefix}{i}", float(s), **changes) for i, s in enumerate(scores)]


def make(path, rows, *, verdicts=None, root="/music", **others):
    """Write a catalogue; returns it opened."""
    catalogue = open_catalogue(path, create=True)
    add(catalogue, rows, verdicts=verdicts, root=root, **others)
    return catalogue


def add(catalogue, rows, *, verdicts=None, root="/music", **others):
    """Add recordings to a catalogue, as a scan does."""
    store = catalogue._store
    batch = BatchNames("aaaaaaaaaaaa", store.newest_batch()).next()
    files = [
        {"uri": f"{root}/{row['name']}.mp3", "recording_id": row["recording_id"], "size_bytes": 1,
         "mtime_ns": 1}
        for row in rows
    ]  # fmt: skip
    scans = [{"scan_id": "aaaaaaaaaaaa", "sources": [root], "engine": "local", "state": "done"}]
    given = {
        "verdicts": [verdict_of(row) for row in rows] if verdicts is None else verdicts,
        **others,
        "recordings": rows,
        "scans": scans,
        "files": files,
    }
    store.write({name: _table(name, some, batch) for name, some in given.items()}, batch)


def _table(name, rows, batch):
    known = set(tables()[name].schema.names)
    kept = [{k: v for k, v in row.items() if k in known} for row in rows]
    return tables()[name].arrow(
        [{"scan_id": "aaaaaaaaaaaa", **row, "batch": batch} for row in kept]
    )


def rows_of(catalogue, table):
    return catalogue[table].to_pyarrow().to_pylist()
