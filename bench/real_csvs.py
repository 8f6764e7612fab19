"""Findings on real CSV files of tracks, compared with the same numbers from pandas.

    python -m bench.real_csvs ../shared/catalogue-data

Every CSV file of the folder that ``ingest`` reads as a list of tracks is read twice: by Phonoscope
into a catalogue that is thrown away, and by pandas with the columns that the format names. Ends
with status 1 when a number differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

import phonoscope as ps
from phonoscope.findings.base import find
from phonoscope.ingest.detect import open_job
from phonoscope.ingest.formats.flat_csv import fields_of

CLOSE = 1e-8
"""Features are added up in millionths."""


def by_pandas(data: pd.DataFrame) -> Iterator[tuple[str, float]]:
    """Yield figures by name, each from one plain expression."""
    known = set(data.columns)
    if "duration_ms" in known:
        ms = pd.to_numeric(data.duration_ms, errors="coerce")
        timed = ms[(ms > 0) & (ms < 36_000_000)]
        yield "lengths.duration_mean_s", (timed // 1 / 1000).mean()
        yield "quality.zero_duration_rows", (ms == 0).sum()
    if "explicit" in known:
        words = data.explicit.astype(str).str.lower()
        marked = words.isin(["true", "1", "1.0"])
        known_words = words.isin(["true", "false", "0", "1"])
        yield "explicit.explicit_share", marked[known_words].mean()
    if "popularity" in known:
        popularity = pd.to_numeric(data.popularity, errors="coerce").dropna()
        yield "tail.popularity_under_10_share", (popularity < 10).mean()
        yield "tail.popularity_50_or_more_tracks", (popularity >= 50).sum()
    if {"key", "mode"} <= known:
        mode = data["mode"].astype(str).str.lower().replace({"major": "1", "minor": "0"})
        mode = pd.to_numeric(mode, errors="coerce")
        names = {
            n: str(i)
            for i, n in enumerate(["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"])
        }
        key = pd.to_numeric(data["key"].astype(str).replace(names), errors="coerce")
        both = key.between(0, 11) & mode.isin([0, 1])
        yield "keys.major_share", (mode[both] == 1).mean()
    if "isrc" in known:
        yield "isrcs.unique_isrcs", data.isrc.dropna().str.upper().nunique()
    for name in ("danceability", "energy", "valence"):
        if name in known:
            value = pd.to_numeric(data[name], errors="coerce")
            yield f"features.{name}_mean", value.mean()


def differences(path: Path) -> list[str] | None:
    """Return what differs; ``None`` when the file isn't a list of tracks."""
    try:
        job = open_job(path)
    except ps.SourceError:
        return None
    if job.format.name != "flat-csv":
        return None
    columns = fields_of(job.source.columns)
    with tempfile.TemporaryDirectory() as folder:
        catalogue = ps.open_catalogue(folder, create=True)
        summary = catalogue.ingest(path)
        figures = {
            f"{item.finding.name}.{figure.name}": figure.value
            for item in find(catalogue)
            for figure in item.answer.figures
        }
        kept = (
            catalogue.table("tracks").track_id.to_pyarrow().to_pylist()
            if summary.rejected
            else None
        )
    data = pd.read_csv(path, low_memory=False, keep_default_na=True, encoding_errors="replace")
    data = data.rename(columns=columns)
    data = data.loc[:, ~data.columns.duplicated()].dropna(subset="track_id")
    data = data.drop_duplicates("track_id", keep="last")
    if kept is not None:
        data = data[data.track_id.astype(str).isin(kept)]
    found = []
    compared = 0
    for name, value in by_pandas(data):
        if pd.isna(value):
            continue
        ours = figures.get(name)
        compared += 1
        if ours is None or abs(ours - value) > CLOSE * max(1.0, abs(value)):
            found.append(f"{name}: {ours} here, {value} by pandas")
    print(f"{path.name}: {summary.kept:,} rows kept, {summary.rejected:,} rejected, "
          f"{compared} numbers compared, {len(found)} differ", flush=True)  # fmt: skip
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    bad = 0
    for path in sorted(parser.parse_args().folder.glob("*.csv")):
        found = differences(path)
        if found is None:
            print(f"{path.name}: no list of tracks")
            continue
        bad += len(found)
        for line in found:
            print("  ", line)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
