"""An opened catalogue: its tables, and what can be done with it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from functools import cache
from typing import TYPE_CHECKING, Any, overload

from phonoscope.api.decisions import Decisions
from phonoscope.api.engines import readers_on, scan_engine
from phonoscope.api.former import FormerNames
from phonoscope.api.licences import Licences
from phonoscope.api.plays import Plays
from phonoscope.catalogue import query, views
from phonoscope.catalogue.damage import reason_for
from phonoscope.catalogue.store import Store, open_store, tables
from phonoscope.catalogue.versions import Version
from phonoscope.deprecation import deprecated, warn_deprecated
from phonoscope.errors import CatalogueError, UsageError
from phonoscope.escape import printable
from phonoscope.files import uri_of
from phonoscope.messages import gettext
from phonoscope.notebook import Row, summary_html
from phonoscope.settings import Settings
from phonoscope.text import count
from phonoscope.threads import on_one_thread

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

    import ibis.expr.types as ir
    import pyarrow as pa

    from phonoscope.analysis import Analysis
    from phonoscope.catalogue.compaction import Compaction
    from phonoscope.catalogue.declarations import Labelled
    from phonoscope.dossier.content import Dossier
    from phonoscope.findings.report import Report
    from phonoscope.findings.shared.release_verdicts import Judged
    from phonoscope.findings.shared.shares import Shares
    from phonoscope.ingest.base import Source
    from phonoscope.ingest.job import Job
    from phonoscope.ingest.summary import IngestSummary
    from phonoscope.local_null.local_p_value import LocalPValue
    from phonoscope.local_null.local_rates import LocalRates
    from phonoscope.local_null.summary import CalibrationSummary
    from phonoscope.matching.recording.excerpt import Excerpt
    from phonoscope.matching.recording.find import Passage
    from phonoscope.matching.recording.groups import CopyGroup
    from phonoscope.progress import Progress
    from phonoscope.scan.limited import LimitedWorker
    from phonoscope.scan.scan import ScanSummary

# Programs that don't set up logging see no logs. Not in phonoscope/__init__.py, because logging
# takes longer to import than everything else there.
logging.getLogger("phonoscope").addHandler(logging.NullHandler())


def open_catalogue(path: str | os.PathLike[str], *, create: bool = False) -> Catalogue:
    """Open a catalogue.

    Parameters
    ----------
    path
        Folder, or fsspec URL such as ``s3://bucket/catalogue``.
    create
        Make a new catalogue if the folder is empty or doesn't exist.

    Raises
    ------
    CatalogueError
        When there is none and ``create`` is false (``no-catalogue``), or the folder has other files
        (``not-a-catalogue``).
    NewerCatalogueError
        When a newer Phonoscope wrote it.
    """
    return Catalogue(open_store(path, create=create), path)


class Catalogue(FormerNames):
    """A catalogue: a folder of tables about recordings. Made by :func:`open_catalogue`.

    ``catalogue["tracks"]`` is an Ibis table; ``.to_pandas()``, ``.to_pyarrow()``,
    ``.to_polars()`` or ``.execute()`` fetch one, and all of Ibis filters and joins them.
    ``docs/schema.md`` names the tables and their columns.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     catalogue = open_catalogue(folder, create=True)
    ...     catalogue["tracks"].count().to_pyarrow().as_py()
    0
    """

    def __init__(self, store: Store, path: str | os.PathLike[str]) -> None:
        self._store = store
        self._settings = Settings()
        # One connection per thread: DuckDB's connections aren't thread-safe.
        self._mine = threading.local()
        self.path = os.fspath(path)
        """Its path, as it was opened."""
        self.plays = Plays(store, self, self._settings)
        """Play logs: ``.ingest()``, ``.analyse()``, ``.royalties()`` and ``.decide()``."""
        self.licences = Licences(store, self)
        """Licences of voices: ``.add()``, ``.end()``, ``.refusal()``, ``.rows()``."""
        self.decisions = Decisions(store, self)
        """Decisions about copies: ``.record()`` and ``.rows()``."""

    def __repr__(self) -> str:
        said = ", ".join(f"{count(rows)} {name}" for name, rows in self._counts())
        return f"Catalogue({self.path!r}{': ' if said else ''}{said})"

    def _repr_html_(self) -> str:
        rows: list[Row] = [(name, count(number)) for name, number in self._counts()]
        title = gettext("Catalogue {path}", path=printable(self.path))
        return summary_html(title, rows or [("", gettext("empty"))])

    def _counts(self) -> list[tuple[str, int]]:
        """Return the number of rows of the most important tables that aren't empty.

        Without Ibis, which takes longer to import than the counting.
        """
        counts = (f"(FROM {name} SELECT count(*)) AS {name}" for name in _COUNTED)
        try:
            (row,) = self.sql(f"SELECT {', '.join(counts)}").read_all().to_pylist()
        except (CatalogueError, UsageError):
            # Its path should be printed even if nothing can be read there.
            return []
        return [(name, number) for name, number in row.items() if number]

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the tables, for ``catalogue[name]``."""
        return tuple(tables())

    def __getitem__(self, name: str) -> ir.Table:
        """Return a table by name, as the catalogue is now.

        Raises
        ------
        UsageError
            When there is no such table.
        """
        return self.table(name)

    def table(self, name: str) -> ir.Table:
        """Return ``catalogue[name]``; readers of any engine have this method."""
        if name not in tables():
            from phonoscope.catalogue.schema.tables import unknown_table

            raise unknown_table(name)
        return self._tables()(name)

    def snapshot(self) -> Callable[[str], ir.Table]:
        """Return a function that gives tables by name, all as the catalogue is now.

        Queries that join tables, or that have to agree with each other, read one state with it
        while a scan writes. Each table is described to the database once.
        """
        return cache(self._tables())

    def sql(self, text: str) -> pa.RecordBatchReader:
        """Run one query in DuckDB's SQL, which can only read the tables.

        Parameters
        ----------
        text
            One SELECT-like statement.

        Returns
        -------
        pyarrow.RecordBatchReader
            Streams the result; ``.read_all()`` makes it a table.

        Raises
        ------
        UsageError
            When the statement is refused; also while the result is read.
        """
        return query.sql(self._store, text, memory_mb=self._settings.query_memory_mb)

    def sql_rows(
        self, text: str
    ) -> AbstractContextManager[tuple[list[str], Iterator[Sequence[Sequence[Any]]]]]:
        """Run the same query as :meth:`sql`; return rows of Python values.

        Parameters
        ----------
        text
            As for :meth:`sql`.

        Returns
        -------
        context manager
            Gives the names of the columns, two of which may be equal, and an iterator over groups
            of rows.

        Raises
        ------
        UsageError
            When the statement is refused; also while the rows are read.
        """
        return query.rows(self._store, text, memory_mb=self._settings.query_memory_mb)

    def scan(
        self,
        *sources: str | os.PathLike[str],
        engine: str = "local",
        settings: Settings | None = None,
        progress: Progress | None = None,
        again_if_model_changed: bool = False,
    ) -> ScanSummary:
        """Analyse every recording of some sources that isn't in the catalogue yet.

        Parameters
        ----------
        sources
            Folders, files, manifests (csv, parquet or txt of paths or URIs, m3u, m3u8, cue) and
            fsspec URIs.
        engine
            ``"local"`` for worker processes on this machine, ``"spark"`` for PySpark.
        settings
            Workers, limits and the share of false alarms; by default from the environment and the
            user's file.
        progress
            Receives the progress.
        again_if_model_changed
            Also analyse recordings again whose verdict isn't by this version's model: another one
            scored them, or none although there is enough sound. They are decoded again; the newer
            verdict is valid, and nothing is deleted.

        Returns
        -------
        ScanSummary
            The scan in numbers. Unreadable files are counted, and are rows of ``files``.
            ``.other_model``: recordings that another model scored; ``.examined_again``: those that
            were analysed again.

        Raises
        ------
        UsageError
            When a source doesn't exist or has no audio file.
        CatalogueError
            When the catalogue can't be written; earlier batches are safe.
        """
        from phonoscope.catalogue.music_folders import note_listed, note_scanned
        from phonoscope.scan.manifests import is_manifest
        from phonoscope.scan.scan import scan

        note_scanned(self.path, sources)
        before = self._store.newest_batch()
        try:
            return scan(
                self._store,
                sources,
                engine=scan_engine(engine),
                settings=settings or self._settings,
                progress=progress,
                again_if_model_changed=again_if_model_changed,
            )
        finally:
            # Why a scan failed matters more than that its folders can't be noted.
            with suppress(CatalogueError):
                if lists := [source for source in sources if is_manifest(source)]:
                    note_listed(self, lists, before)

    def ingest(
        self,
        source: str | os.PathLike[str] | Job[Source],
        mapping: Mapping[str, str] | None = None,
        progress: Progress | None = None,
        *,
        name: str | None = None,
        restart: bool = False,
        constants: Mapping[str, str] | None = None,
        id_from: Sequence[str] = (),
        stated: Mapping[str, str] | None = None,
    ) -> IngestSummary:
        """Import metadata, such as a dump of a web API, into the tables of tracks.

        The format is detected automatically. An interrupted ingest of the same source resumes,
        unless the source, the arguments or Phonoscope have changed since. A completed one is
        replaced, so no row is doubled.

        Parameters
        ----------
        source
            A file or folder in one of the formats of ``docs/ingest-json.md``, packed or not. Or a
            job of :func:`phonoscope.api.open_sources`, whose mapping, constants and ``id_from`` are
            then used; a folder with several formats needs it.
        mapping
            Field by column, for a CSV file whose columns aren't recognised: ``{"Song": "name",
            "Key": "track_id"}``. Other columns are read if their names are known.
        progress
            Receives rows read and rejected and the share of the source, and a message when the
            ingest resumes or starts over.
        name
            Name to store in the column ``source``, so that several files, or a file that moves,
            can be one source; by default the path or URI.
        restart
            Start over even if an earlier ingest was interrupted.
        constants
            Values for all rows of a chart: ``chart``, ``region``, ``chart_date`` (YYYY-MM-DD) and
            ``entry_kind`` (``"track"`` or ``"album"``). They override the file, which must be a
            chart.
        id_from
            Fields, such as ``("name", "artist_names")``, for a CSV or Parquet file without ids: the
            id of a track is derived from their text. Rows with the same text are one track.
        stated
            Deprecated name of ``constants``.

        Returns
        -------
        IngestSummary
            Rows read, kept and rejected by reason, of each table; read = kept + rejected.

        Raises
        ------
        SourceError
            When the source is damaged, or no format is recognised: says which one is nearest and
            what is missing.
        UsageError
            When the mapping, the constants or ``id_from`` don't fit the source.
        CatalogueError
            When the catalogue can't be written (what was written before is safe), or another
            process reads the same source into it.
        """
        from phonoscope.ingest.detect import open_job
        from phonoscope.ingest.job import Job
        from phonoscope.ingest.pipeline import ingest

        if stated is not None:
            warn_deprecated("ingest(stated=)", "ingest(constants=)", since="0.2")
            constants = stated
        job = (
            source
            if isinstance(source, Job)
            else open_job(source, mapping=mapping, constants=constants, id_from=id_from)
        )
        return ingest(
            self._store,
            job,
            memory_mb=self._settings.query_memory_mb,
            name=name,
            progress=progress,
            restart=restart,
        )

    @overload
    def report(
        self,
        path: None = None,
        *,
        format: None = None,
        claims: str | os.PathLike[str] | None = None,
        whole: bool = False,
        compare: Catalogue | None = None,
        source: str | None = None,
        full_paths: bool = False,
        engine: str = "local",
        progress: Progress | None = None,
    ) -> Report: ...

    @overload
    def report(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        claims: str | os.PathLike[str] | None = None,
        whole: bool = False,
        compare: Catalogue | None = None,
        source: str | None = None,
        full_paths: bool = False,
        engine: str = "local",
        progress: Progress | None = None,
    ) -> Path: ...

    def report(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        format: str | None = None,
        claims: str | os.PathLike[str] | None = None,
        whole: bool = False,
        compare: Catalogue | None = None,
        source: str | None = None,
        full_paths: bool = False,
        engine: str = "local",
        progress: Progress | None = None,
    ) -> Report | Path:
        """Compute every finding; :meth:`Report.write` puts them in a file.

        Parameters
        ----------
        path, format
            Deprecated: writes the report there and returns the path. Use
            ``catalogue.report().write(path, format)``.
        claims
            YAML file of published claims to compare with the catalogue, or ``"shipped"`` for the
            claims that come with Phonoscope.
        whole
            Whether the catalogue is all that the claims are about. Then its numbers decide;
            otherwise it is a sample, and the intervals decide.
        compare
            A catalogue to compare with this one.
        source
            Only use this source of metadata: a value of the column ``source``.
        full_paths
            Whether to show full paths of files. By default they are relative to the scanned folder.
        engine
            Where queries run: ``"local"`` on this machine, ``"spark"`` on the Spark cluster that
            PySpark finds. The results are the same.
        progress
            Receives the progress.

        Returns
        -------
        Report
            ``.found`` with every finding; ``.checks`` with the result of each claim and
            ``.standings`` with the number that hold; ``.comparison``; ``.write`` for a file.

        Raises
        ------
        UsageError
            When the claims cannot be read, claims and a comparison are asked for at once, there
            is no such source or engine, or Spark cannot be started.
        MissingExtraError
            When PySpark is asked for and not installed.
        """
        from phonoscope.findings.claims import read_claims
        from phonoscope.findings.report import format_for, report_of

        if path is not None:
            warn_deprecated("Catalogue.report(path)", "Catalogue.report().write(path)", since="0.2")
            # Checked before minutes of work.
            form = format_for(path, format)
        asked = None if claims is None else read_claims(claims)
        with (
            self._store.pinned(),
            nullcontext() if compare is None else compare._store.pinned(),
            readers_on(engine, self._settings) as read,
        ):
            other = None if compare is None else read(compare._store, compare)
            made = report_of(
                read(self._store, self),
                claims=asked,
                whole=whole,
                other=other,
                source=source,
                full_paths=full_paths,
                progress=progress,
            )
        return made if path is None else made.write(path, form)

    @deprecated("Catalogue.report", since="0.2")
    def reported(self, **chosen: Any) -> Report:
        """Call :meth:`report`, as it is named now."""
        return self.report(**chosen)

    def calibrate(
        self,
        *,
        known_human: str | os.PathLike[str] | None = None,
        before: int | None = None,
        full_paths: bool = False,
        progress: Progress | None = None,
    ) -> CalibrationSummary:
        """Estimate how this catalogue's own human recordings score, and judge all others by them.

        Stores a local p-value for every scored recording, next to the shipped one. Verdicts stay
        as they are.

        Parameters
        ----------
        known_human
            File with recordings that are known to be human: ids or paths, one a line, or CSV with
            a column ``recording_id`` or ``file``.
        before
            Instead of a list: all recordings whose dates are before this year. By default 2022,
            when the first public generators of whole songs came out.
        full_paths
            Whether to show full paths of files. By default they are relative to the scanned folder.
        progress
            Receives the progress.

        Returns
        -------
        CalibrationSummary
            ``.calibration`` with the nulls and how well the shipped one fits; ``.verdicts`` both
            ways; ``.flagged``: known-human recordings that the detector calls generated.

        Raises
        ------
        UsageError
            When fewer than 50 known-human recordings were scored (``too-few-known-human``), both
            or an impossible year are given, or the list can't be read.
        CatalogueError
            When the catalogue can't be written; the calibration before stays in use.
        """
        from phonoscope.api.calibrations import calibrate

        return calibrate(
            self._store, self, known_human=known_human, before=before, full_paths=full_paths,
            progress=progress,
        )  # fmt: skip

    def calibration(self, *, full_paths: bool = False) -> CalibrationSummary | None:
        """Return the newest calibration with its numbers as they are now; ``None`` if none.

        Parameters
        ----------
        full_paths
            As for :meth:`calibrate`.
        """
        from phonoscope.api.calibrations import calibration

        return calibration(self, full_paths=full_paths)

    def local_p_value(self, analysis: Analysis) -> LocalPValue | None:
        """Return how rare a recording's score is among this catalogue's own human recordings.

        Parameters
        ----------
        analysis
            From :func:`phonoscope.analyse`; the recording needn't be in the catalogue.

        Returns
        -------
        LocalPValue or None
            ``.p_value``, or ``.ignored`` says why there is none; ``None`` before the first
            :meth:`calibrate`.
        """
        from phonoscope.local_null.local_p_value import local_p_value

        return local_p_value(self, analysis)

    def share_generated(self, by: str | None = None) -> Shares:
        """Estimate the share of machine-made recordings, corrected for the detector's errors.

        The detector misses some of them and flags some human music. The estimate corrects both and
        has a 95% interval (see :mod:`phonoscope.findings.shared.prevalence`). After
        :meth:`calibrate`, false alarms are those of this catalogue's own human recordings.

        Parameters
        ----------
        by
            ``None`` for the whole catalogue; ``"month"`` or ``"year"`` of the date tag (a date
            that names no month belongs to none); ``"label"``, ``"artist"``, ``"album"`` (by its
            title), ``"genre"`` or another tag; or any column of ``recordings``, e.g. ``"codec"``.

        Returns
        -------
        Shares
            ``.rows`` with ``group``, ``recordings``, ``flagged``, ``share``, ``low``, ``high``,
            ``enough``, ``fits`` and ``reason``; ``.overall``; ``.to_pandas()`` and
            ``.to_pyarrow()``; and ``.says()``, which also says why there is no estimate.

        Raises
        ------
        UsageError
            When there is no such column.
        """
        from phonoscope.findings.shared.shares import share_generated

        with self._store.pinned():
            return share_generated(self, by, rates=self.false_alarms().rates)

    def false_alarms(self) -> LocalRates:
        """Return the error rates behind :meth:`share_generated`.

        Returns
        -------
        LocalRates
            ``.rates``, with the false alarms of this catalogue's own human recordings after
            :meth:`calibrate`; ``.says``, how often these would be called generated; and
            ``.ignored``, why a calibration isn't used.
        """
        from phonoscope.findings.shared import shares
        from phonoscope.local_null.local_rates import local_rates

        return local_rates(self, shares.current_rates(), shares.current_model())

    def releases_generated(self, by: str = "release", *, most: int | None = None) -> Judged:
        """Judge releases or artists by all their recordings, instead of one by one.

        Ten false alarms on one album are more likely than ten on ten albums, because one mastering
        chain misleads the detector about all of them. The verdicts take that into account, and the
        number of releases or artists as well
        (see :mod:`phonoscope.findings.shared.release_verdicts`).

        Parameters
        ----------
        by
            ``"release"`` or ``"artist"``. Never by a name alone: ``basis`` says what a group rests
            on.
        most
            Most groups to list, the most remarkable first; all by default.

        Returns
        -------
        Judged
            ``.groups`` with ``verdict`` (``generated``, ``mixed``, ``undecided`` or
            ``no-sign-found``), ``tracks``, ``called``, ``expected``, ``most``, ``chance`` and
            ``chance_in_all``; ``.verdicts``; and ``.why``, why there is no answer.

        Raises
        ------
        UsageError
            When ``by`` is something else.
        """
        from phonoscope.findings.shared.release_verdicts import judge_groups

        with self._store.pinned():
            return judge_groups(self, by, most=most)

    @on_one_thread
    def find(
        self,
        file: str | os.PathLike[str] | BinaryIO,
        *,
        altered: bool = True,
        passages: bool = False,
        false_matches: float | None = None,
        progress: Progress | None = None,
        worker: LimitedWorker | None = None,
    ) -> list[Passage]:
        """Find recordings of this catalogue in a sound.

        Parameters
        ----------
        file
            Path, URI or open binary file: an excerpt, a song, or hours of radio.
        altered
            Also find copies that were sped up or slowed down, shifted in pitch, or stretched.
        passages
            Also find short passages, from about 3 s; slower.
        false_matches
            Share of excerpts of other recordings that may be recognised by mistake, above 0 and at
            most 0.1. By default 0.001.
        progress
            Receives the progress.
        worker
            Where a file that is given by its path or URI is decoded; by default in this process.

        Returns
        -------
        list of Passage
            In order of time; empty when nothing is recognised.

        Raises
        ------
        UnreadableError
            When the sound can't be decoded.
        CatalogueError
            When no recording in the catalogue has fingerprints (``no-fingerprints``).
        UsageError
            When ``false_matches`` is out of range (``false-matches``).
        """
        from phonoscope.defaults import FALSE_MATCHES
        from phonoscope.matching.recording.find import excerpt_s, find
        from phonoscope.matching.recording.index_update import current_index

        share = FALSE_MATCHES if false_matches is None else false_matches
        if not 0.0 < share <= 0.1:
            message = gettext(
                "false_matches must be above 0 and at most 0.1, not {given}.", given=str(share)
            )
            raise UsageError(message, code="false-matches")
        index = current_index(self._store, progress)
        if not index.recordings and self._store.live_parts("recordings"):
            raise CatalogueError(_WITHOUT_PRINTS, code="no-fingerprints")
        sound = _excerpts(file, excerpt_s(passages=passages), worker)
        with closing(sound):
            return find(index, sound, altered=altered, false_matches=share, progress=progress)

    @on_one_thread
    def copies(self, *, search: bool = True, progress: Progress | None = None) -> list[CopyGroup]:
        """Find groups of copies: the same recording, plain or altered.

        Parameters
        ----------
        search
            Compare the whole catalogue with itself first, and store matches in the table
            ``matches``, if the catalogue can be written. Otherwise use the stored ones.
        progress
            Receives the progress.

        Returns
        -------
        list of CopyGroup
            The largest first. Pairs that were decided to be different (:attr:`decisions`) are never
            in one group.
        """
        from phonoscope.matching.recording import match_store

        unstored = match_store.search(self, self._store, progress) if search else ()
        with self._store.pinned():
            return match_store.copies(self, unstored)

    def copies_searched(self) -> datetime | None:
        """Return when :meth:`copies` last searched, UTC; ``None`` when it never did."""
        from phonoscope.matching.recording import match_store

        return match_store.searched_utc(self, self._store)

    def recording(self, recording_id: str) -> dict[str, Any]:
        """Return everything that is stored about one recording.

        Parameters
        ----------
        recording_id
            32 hexadecimal digits.

        Returns
        -------
        dict
            ``recording`` and ``verdict`` (a row each, by column name, or ``None``), and the
            lists of rows ``files``, ``declared``, ``segments`` and ``stretches`` (in order of
            time) and ``statements`` (strongest first).

        Raises
        ------
        UsageError
            When the catalogue doesn't have it (``unknown-recording``).
        """
        with self._store.pinned():
            found = {name: self._rows(name, recording_id) for name in _OF_A_RECORDING}
        if not found["files"] and not found["recordings"]:
            message = gettext(
                "The catalogue has no recording '{recording_id}'.",
                recording_id=printable(recording_id),
            )
            raise UsageError(message, code="unknown-recording")
        return {
            "recording": next(iter(found["recordings"]), None),
            "verdict": next(iter(found["verdicts"]), None),
            "files": sorted(found["files"], key=lambda row: row["uri"] or ""),
            "declared": found["declared"],
            "segments": sorted(found["segments"], key=lambda row: row["start_s"] or 0.0),
            "stretches": sorted(found["stretches"], key=lambda row: row["start_s"] or 0.0),
            "statements": sorted(found["statements"], key=lambda row: -(row["strength"] or 0.0)),
        }

    def dossier(self, recording: str, *, full_paths: bool = False) -> Dossier:
        """Return everything that is known about one recording, for others to check.

        Parameters
        ----------
        recording
            Its id, the beginning of its id, or a file whose bytes the catalogue knows.
        full_paths
            Whether to show full paths of files. By default they are relative to the scanned folder.

        Returns
        -------
        Dossier
            ``.to_json()`` has its documented shape; :func:`phonoscope.api.write_dossier` writes
            it as a page.

        Raises
        ------
        UsageError
            When there is no such recording, or several.
        """
        from phonoscope.dossier.content import dossier_of

        with self._store.pinned():
            return dossier_of(self, recording, full_paths=full_paths)

    def compact(self, *, grace_s: float = 3600.0) -> Compaction:
        """Merge the parts of scans. The rows stay the same, and queries get faster.

        Parameters
        ----------
        grace_s
            How long replaced parts stay on disk for those who are reading them, s.
        """
        from phonoscope.catalogue.compaction import compact

        return compact(self._store, memory_mb=self._settings.query_memory_mb, grace_s=grace_s)

    def links(self) -> ir.Table:
        """Return which recording is which track of an ingested source.

        Returns
        -------
        ibis.expr.types.Table
            ``recording_id``, ``source``, ``track_id`` and ``by``: ``"file"`` (the source names
            the file), ``"isrc"``, or ``"tags"`` (title, artists and duration agree, and no other
            track or recording does). :mod:`phonoscope.linking.links` has the rules.
        """
        from phonoscope.linking.links import links

        return links(*map(self.snapshot(), ("recordings", "files", "tracks")))

    def chart_links(self) -> ir.Table:
        """Return which entry of a chart is which track or recording.

        Returns
        -------
        ibis.expr.types.Table
            ``source``, ``chart``, ``region``, ``chart_date``, ``rank``; ``track_source``,
            ``track_id`` and ``recording_id``, empty where none is known; ``by``: ``"id"``,
            ``"isrc"``, ``"title-artist"`` or ``"title-first-artist"``; and ``confidence``: the
            share of right links in a trial, for the last two; empty for the first, which are
            statements. :mod:`phonoscope.linking.chart_links` has the rules and the trial.
        """
        from phonoscope.linking.chart_links import chart_links

        return chart_links(self.snapshot())

    def labelled(self) -> Iterator[Labelled]:
        """Yield what each file declares and what is detected in it.

        Yields
        ------
        Labelled
            ``uri``, ``declared``, ``detected`` and ``error``, in order of the URIs.
        """
        from phonoscope.catalogue.declarations import labelled

        return labelled(self.snapshot())

    def damage(self, error: Exception) -> CatalogueError | None:
        """Return the damage to this catalogue that an error comes from, or ``None``.

        Parameters
        ----------
        error
            What a database, Arrow or the system raised while it was read.
        """
        return reason_for(error, [self._store])

    def state(self) -> object:
        """Return a value that changes when rows are added or replaced."""
        return self._store.version()

    def empty_cells(self, name: str, column: str) -> int | None:
        """Return how many rows of a table are empty in a column, without reading rows.

        Returns
        -------
        int or None
            ``None`` when the files' statistics aren't enough; then use a query.
        """
        return views.empty_cells(self._store, tables()[name], column)

    def rows_of(
        self, name: str, columns: Sequence[str], recording_ids: Sequence[str]
    ) -> list[dict[str, Any]]:
        """Return columns of a table's rows of a few recordings, without Ibis, which loads slowly.

        Raises
        ------
        UsageError
            When there is no such table.
        """
        if name not in tables():
            from phonoscope.catalogue.schema.tables import unknown_table

            raise unknown_table(name)
        memory_mb = self._settings.query_memory_mb
        return query.selected(self._store, name, columns, recording_ids, memory_mb=memory_mb)

    def _tables(self) -> Callable[[str], ir.Table]:
        """Return a function that gives tables by name, on this thread's connection.

        A new connection if parts were added.
        """
        version = self._store.version()
        if getattr(self._mine, "parts", None) != version.parts:
            self._mine.tables = self._opened(version)
            self._mine.parts = version.parts
        found: Callable[[str], ir.Table] = self._mine.tables
        return found

    def _opened(self, version: Version) -> Callable[[str], ir.Table]:
        from phonoscope.catalogue.local_backend import local_backend

        damaged: dict[str, CatalogueError] = {}
        connection = query.connect(
            self._store,
            views.parts_of(version),
            memory_mb=self._settings.query_memory_mb,
            damaged=damaged,
        )
        backend = local_backend(connection)

        def table(name: str) -> ir.Table:
            if name in damaged:
                # Looked at again next time: it may have been restored.
                self._mine.parts = None
                raise damaged[name]
            return backend.table(name)

        return table

    def _rows(self, table: str, recording_id: str) -> list[dict[str, Any]]:
        rows = self.table(table)
        return rows.filter(rows["recording_id"] == recording_id).to_pyarrow().to_pylist()


_COUNTED = (
    "files", "recordings", "tracks", "albums", "artists", "playlists", "chart_entries", "listens",
    "voices",
)  # fmt: skip
_OF_A_RECORDING = (
    "files", "recordings", "verdicts", "segments", "stretches", "declared", "statements",
)  # fmt: skip
_WITHOUT_PRINTS = gettext(
    "No recording in this catalogue has fingerprints that this version can compare. Another "
    "version scanned them, or they are silent. Scan them into a new catalogue."
)


def _excerpts(
    file: str | os.PathLike[str] | BinaryIO, length_s: float, worker: LimitedWorker | None
) -> Generator[Excerpt]:
    """Yield a sound in excerpts, decoded in a worker or here."""
    from phonoscope.matching.recording.excerpt import excerpts, excerpts_at

    if not isinstance(file, str | os.PathLike):
        yield from excerpts(file, length_s)
    elif worker is None:
        yield from excerpts_at(uri_of(file), length_s)
    else:
        yield from worker.each(excerpts_at, uri_of(file), length_s)
