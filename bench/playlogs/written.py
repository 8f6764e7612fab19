"""A log on disk, as a service would export it, with the truth next to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from bench.playlogs.log import COUNTRIES, DEVICES, SOURCES
from bench.playlogs.simulated import Simulated, shuffled

FORMS = ("parquet", "csv", "jsonl")
BLOCK = 1 << 20
FIRST_DAY = np.datetime64("2026-01-05T00:00:00", "ms")
"""A Monday."""


class Written:
    """Writes one log.

    Parameters
    ----------
    log
        The log.
    seed
        Seed of the log, which also determines the names of accounts and tracks.
    """

    def __init__(self, log: Simulated, seed: int) -> None:
        self._log = log
        accounts, tracks = len(log.cast.kinds), log.world.tracks
        self._account_ids = _named("listener-", shuffled(accounts, seed, "accounts"))
        self._track_ids = _named("track", shuffled(tracks, seed, "tracks"))

    def write(self, into: Path, form: str, about: Mapping[str, object]) -> dict[str, int]:
        """Write plays, tracks and truth into a folder; returns rows by file."""
        truth = into / "truth"
        truth.mkdir(parents=True)
        files = {
            f"plays.{form}": self._plays(into / f"plays.{form}", form),
            "tracks.parquet": _whole(self._tracks(), into / "tracks.parquet"),
            "truth/accounts.parquet": _whole(self._accounts(), truth / "accounts.parquet"),
            "truth/tracks.parquet": _whole(self._track_truth(), truth / "tracks.parquet"),
            "truth/plays.parquet": _whole(
                pa.table({"artificial": self._log.plays.artificial}), truth / "plays.parquet"
            ),
        }
        told = {**about, "rows": files, "kinds": self._log.by_kind()}
        (truth / "about.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        return files

    def _plays(self, path: Path, form: str) -> int:
        rows = len(self._log.plays)
        writer: pq.ParquetWriter | pyarrow.csv.CSVWriter | None = None
        with path.open("wb") as file:
            for at in range(0, rows, BLOCK):
                block = self._block(at, min(at + BLOCK, rows))
                if form == "jsonl":
                    file.write(_json_lines(block))
                    continue
                if form == "csv":
                    block = _plain(block)
                if writer is None:
                    make = pq.ParquetWriter if form == "parquet" else pyarrow.csv.CSVWriter
                    writer = make(file, block.schema)
                writer.write_table(block)
            if writer is not None:
                writer.close()
        return rows

    def _block(self, start: int, end: int) -> pa.Table:
        some = self._log.plays.taken(np.arange(start, end))
        at = FIRST_DAY + (some.start_s * 1000).astype("timedelta64[ms]")
        prefix = some.prefix.astype(np.int64)
        parts = [pa.array(prefix >> bits & 255).cast(pa.string()) for bits in (16, 8, 0)]
        address = pc.binary_join_element_wise(*parts, "0/24", ".")
        return pa.table(
            {
                "account": _dictionary(some.account, self._account_ids),
                "track_id": _dictionary(some.track, self._track_ids),
                "played_at": pa.array(at),
                "ms_played": pa.array(some.played_ms.astype(np.int32)),
                "country": _dictionary(some.country, pa.array([name for name, *_ in COUNTRIES])),
                "device": _dictionary(some.device, pa.array(DEVICES)),
                "source": _dictionary(some.source, pa.array(SOURCES)),
                "ip_prefix": address,
            }
        )

    def _tracks(self) -> pa.Table:
        world = self._log.world
        number = np.arange(world.tracks)
        artist = _named("artist", np.arange(len(world.artist_low) - 1))
        return pa.table(
            {
                "track_id": self._track_ids,
                "track_name": _named("Song ", number),
                "artist_name": pa.DictionaryArray.from_arrays(
                    pa.array(world.artist_of.astype(np.int32)), artist
                ).cast(pa.string()),
                "duration_ms": pa.array(world.duration_ms),
            }
        )

    def _accounts(self) -> pa.Table:
        cast, plays = self._log.cast, self._log.plays
        n = len(cast.kinds)
        return pa.table(
            {
                "account": self._account_ids,
                "kind": pa.array(cast.kinds),
                "group": pa.array([None if g < 0 else g for g in cast.groups], pa.int32()),
                "plays": np.bincount(plays.account, minlength=n),
                "artificial_plays": np.bincount(plays.account[plays.artificial], minlength=n),
            }
        )

    def _track_truth(self) -> pa.Table:
        world, plays = self._log.world, self._log.plays
        attacked = map(self._log.cast.attacked.get, range(world.tracks))
        return pa.table(
            {
                "track_id": self._track_ids,
                "attacked_by": pa.array(attacked, pa.string()),
                "plays": np.bincount(plays.track, minlength=world.tracks),
                "artificial_plays": np.bincount(
                    plays.track[plays.artificial], minlength=world.tracks
                ),
            }
        )


def _named(before: str, number: np.ndarray) -> pa.Array:
    return pa.array([f"{before}{n:08d}" for n in number.tolist()])


def _dictionary(codes: np.ndarray, names: pa.Array) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), names)


def _plain(block: pa.Table) -> pa.Table:
    """Return a block without dictionaries, for text files."""
    columns = [
        c.cast(c.type.value_type) if pa.types.is_dictionary(c.type) else c for c in block.columns
    ]
    return pa.table(columns, names=block.column_names)


def _json_lines(block: pa.Table) -> bytes:
    plain = _plain(block)
    at = plain.column_names.index("played_at")
    moments = pc.strftime(plain["played_at"], format="%Y-%m-%dT%H:%M:%SZ")
    plain = plain.set_column(at, "played_at", moments)
    return b"".join(json.dumps(row).encode() + b"\n" for row in plain.to_pylist())


def _whole(rows: pa.Table, path: Path) -> int:
    pq.write_table(rows, path)
    return int(rows.num_rows)
