"""Phonoscope itself, measured like the others."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

import duckdb
import ibis
import numpy as np
import pyarrow as pa

from bench.channels import Sound
from bench.system import Base, Hit, Recording
from phonoscope.audio.block import Block
from phonoscope.catalogue.schema.tables import tables
from phonoscope.features.fingerprints import TABLE, FingerprintMeter, Fingerprints
from phonoscope.matching.recording.copies import find_pairs, groups
from phonoscope.matching.recording.excerpt import ExcerptCutter
from phonoscope.matching.recording.index import Index, writing
from phonoscope.matching.recording.match import Query, recognise
from phonoscope.matching.recording.segment import IndexedRecording

IN_ONE_PIECE_S = 3600.0
PRINTS_OF_A_DISTRACTOR = 434
"""As many as 4 minutes of the music measured have."""
BLOCK = 3
FLIPPED = 0.15


@dataclass(frozen=True)
class _Rate:
    sample_rate_hz: int


class Ours(Base):
    """Prints, index and search as ``phonoscope find`` uses them."""

    def __init__(self, scratch: Path, *, altered: bool = True) -> None:
        self.name = "phonoscope" if altered else "phonoscope-plain"
        self._altered = altered
        self._folder = Path(mkdtemp(dir=scratch)) / "index"
        self._each: dict[str, Fingerprints] = {}
        self._names: dict[str, str] = {}
        self._distractors: tuple[int, int] = (0, 0)
        self._index: Index | None = None

    def add(self, recording: Recording) -> None:
        """Take prints as a scan does; the spectra they share with others count as theirs."""
        meter: FingerprintMeter | None = None
        for block in recording.blocks():
            # It only reads the rate of a stream.
            meter = meter or FingerprintMeter(_Rate(block.rate_hz))  # type: ignore[arg-type]
            meter.update(block)
        if meter:
            self._each[self._id(recording.id)] = meter.result()

    def _id(self, name: str) -> str:
        recording_id = hashlib.blake2b(name.encode(), digest_size=16).hexdigest()
        self._names[recording_id] = name
        return recording_id

    def distract(self, count: int, seed: int) -> None:
        """Add tracks made of real prints: three at a time, of random tracks, 15 % of bits turned.

        Times between prints are those of random tracks too. So keys are as unevenly spread as
        those of real music, and none is a stretch of a real track.
        """
        self._distractors = count, seed

    def _invented(self) -> Iterator[IndexedRecording]:
        count, seed = self._distractors
        rng = np.random.default_rng(seed)
        real = [p for p in self._each.values() if len(p.print_bits) > 10 * BLOCK]
        for number in range(count):
            chosen = rng.integers(len(real), size=PRINTS_OF_A_DISTRACTOR // BLOCK)
            pieces = []
            for i in chosen:
                at = int(rng.integers(len(real[i].print_bits) - BLOCK))
                pieces.append(real[i].print_bits[at : at + BLOCK])
            bits = np.concatenate(pieces)
            turned = np.packbits(rng.random((len(bits), 64)) < FLIPPED, axis=1).view("<i8")[:, 0]
            gaps = rng.choice(np.diff(real[rng.integers(len(real))].print_at), len(bits))
            name = self._id(f"distractor {number}")
            yield IndexedRecording(name, np.cumsum(gaps).astype(np.int32), bits ^ turned)

    def ready(self) -> None:
        """Write the index and open it."""
        with writing(self._folder) as writer:
            writer.add(IndexedRecording(n, p.print_at, p.print_bits) for n, p in self._each.items())
            writer.add(self._invented())
            writer.merge()
        self._index = Index.open(self._folder)

    def prepare(self, sound: Sound) -> Query:
        """Compute spectra and prints, those of altered copies too."""
        samples, rate_hz = sound
        block = Block(
            np.ascontiguousarray(samples, np.float32),
            np.empty((len(samples), 0), np.float32), 0, rate_hz, True,
        )  # fmt: skip
        (excerpt,) = ExcerptCutter(IN_ONE_PIECE_S, IN_ONE_PIECE_S).push(block)
        query = Query(excerpt, self._altered)
        query.prepare()
        return query

    def lookup(self, query: Query) -> list[Hit]:
        """Recognise."""
        assert self._index
        return [
            Hit(
                self._names[match.recording_id], match.there_s - match.begin_s * match.speed,
                match.score, True, match.p_false, match.speed,
            )
            for match in recognise(self._index, query)
        ]  # fmt: skip

    def index_bytes(self) -> int:
        """Return what index and Parquet take, distractors left out of the latter."""
        assert self._index
        return self._index.bytes

    def copies(self, recordings: Sequence[Recording]) -> list[set[str]]:
        """Join the table of prints with itself, as ``phonoscope copies`` does."""
        for recording in recordings:
            self.add(recording)
        rows = [
            {"recording_id": name, **vars(row)}
            for name, p in self._each.items()
            for row in TABLE.rows(p)
        ]
        connection = duckdb.connect()
        held = pa.Table.from_pylist(rows, schema=tables()["prints"].schema)
        connection.register("prints", held)
        connection.register("pitches", tables()["pitches"].schema.empty_table())
        database = ibis.duckdb.from_connection(connection)
        found = find_pairs(database.table("prints"), database.table("pitches"))
        linked = [(p.one, p.other) for p in found if p.copy]
        return [{self._names[name] for name in group} for group in groups(linked)]
