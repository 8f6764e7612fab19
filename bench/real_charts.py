"""The finding on charts compared with the same numbers from pandas, on real charts.

    python -m bench.real_charts hot100.csv billboard200.csv

Each file is read twice: by Phonoscope into a catalogue that is thrown away, and by Python's csv
reader and pandas. Keys of songs and artists are ours; every number is counted again. Ends with
status 1 when one differs.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pyarrow as pa

import phonoscope as ps
from phonoscope.findings.base import findings
from phonoscope.ingest.readers.quotes import mended
from phonoscope.linking.titles import artists_of, title_keys

NAMES = {"chart_week": "day", "date": "day", "current_week": "rank", "current": "rank",
         "artist": "performer"}  # fmt: skip


def read(path: Path) -> pd.DataFrame:
    """Return a chart like Billboard's; rows whose quotes are broken are mended line by line."""
    with path.open(encoding="utf-8", newline="") as file:
        head = next(csv.reader([file.readline()]))
        rows = [mended(next(csv.reader([line])), line, ",", len(head)) for line in file]
    return pd.DataFrame(rows, columns=head).rename(columns=NAMES)


def by_pandas(data: pd.DataFrame) -> dict[str, float]:
    """Return figures by name, each from one plain expression; one chart in one region."""
    data = data.assign(day=pd.to_datetime(data.day), rank=data["rank"].astype(int))
    names = data[["title", "performer"]].drop_duplicates()
    keys = title_keys(pa.array(names.title.tolist())).to_pylist()
    credits = [artists_of(p, t) for t, p in zip(names.title, names.performer, strict=True)]
    names = names.assign(
        song=[
            f"{key or title}|{sorted(credit.all)}"
            for key, title, credit in zip(keys, names.title, credits, strict=True)
        ],
        artist=[credit.first for credit in credits],
    )
    data = data.merge(names, on=["title", "performer"])
    songs = data.groupby("song").agg(peak=("rank", "min"), times=("day", "nunique"))
    credited = data.dropna(subset="artist")
    came = credited.groupby("artist").day.transform("min")
    later = credited.day - data.day.min() >= pd.Timedelta(days=364)
    new = (credited.day - came)[later] <= pd.Timedelta(days=28)
    found = {
        "entries": len(data),
        "songs": data.song.nunique(),
        "peak_median": songs.peak.median(),
        "times_on_chart_median": songs.times.median(),
    }
    return found | ({"new_artist_share": new.mean()} if len(new) else {})


def differences(path: Path) -> list[str]:
    """Return what differs."""
    (finding,) = (finding for finding in findings() if finding.name == "charts")
    with tempfile.TemporaryDirectory() as folder:
        catalogue = ps.open_catalogue(folder, create=True)
        summary = catalogue.ingest(path)
        figures = {figure.name: figure.value for figure in finding.answer(catalogue).figures}
    expected = by_pandas(read(path))
    print(f"{path.name}: {summary.read:,} rows = {summary.kept:,} kept + {summary.rejected:,} "
          f"rejected; {len(expected)} numbers compared", flush=True)  # fmt: skip
    return [
        f"{name}: {figures.get(name)} here, {value} by pandas"
        for name, value in expected.items()
        if figures.get(name) is None or abs(figures[name] - value) > 1e-9
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("charts", type=Path, nargs="+")
    bad = 0
    for path in parser.parse_args().charts:
        found = differences(path)
        bad += len(found)
        for line in found:
            print("  ", line)
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
