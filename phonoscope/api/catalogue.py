"""An opened catalogue: its tables, and what can be done with it."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import TYPE_CHECKING, Any, overload

from phonoscope.api.decisions import Decisions
from phonoscope.api.engines import readers_on, scan_engine
from phonoscope.api.former import FormerNames
from phonoscope.api.licences import Licences
from phonoscope.api.plays import Plays
from phonoscope.catalogue import query, views
from phonoscope.catalogue.store import Store, open_store, tables
from phonoscope.deprecation import deprecated, warn_deprecated
from phonoscope.errors import CatalogueError, UsageError
from phonoscope.escape import printable
from phonoscope.files import open_source, uri_of
from phonoscope.notebook import summary_html
from phonoscope.settings import Settings
from phonoscope.text import count

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

    import ibis.backends.duckdb
    import ibis.expr.types as ir
    import pyarrow as pa

    from phonoscope.catalogue.compaction import Compaction
    from phonoscope.catalogue.declarations import Labelled
    from phonoscope.dossier.content import Dossier
    from phonoscope.findings.report import Report
    from phonoscope.findings.shared.shares import Shares
    from phonoscope.ingest.base import Source
    from phonoscope.ingest.job import Job
    from phonoscope.ingest.summary import IngestSummary
    from phonoscope.matching.recording.find import Passage
    from phonoscope.matching.recording.groups import CopyGroup
    from phonoscope.progress import Progress
    from phonoscope.scan.scan import ScanSummary

# A program that doesn't set up logging sees nothing of it. Not in phonoscope/__init__.py, because
# logging takes longer to import than all the rest there.
logging.getLogger("phonoscope").addHandler(logging.NullHandler())


def open_catalogue(path: str | os.PathLike[str], *, create: bool = False) -> Catalogue:
    """Open a catalogue.

    Parameters
    ----------
    path
        Folder, or fsspec URL such as ``s3://bucket/catalogue``.
    create
        Make a new one where there is nothing or an empty folder.

    Raises
    ------
    CatalogueError
        When there is none (and ``create`` is false), or the folder holds something else.
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
        # One connection a thread: DuckDB's are not made for two at once.
        self._mine = threading.local()
        self.path = os.fspath(path)
        """Where it is, as it was opened."""
        self.plays = Plays(store, self, self._settings)
        """Play logs: ``.ingest()`` and ``.analyse()``."""
        self.licences = Licences(store, self)
        """Licences of voices: ``.add()``, ``.end()``, ``.refusal()``, ``.rows()``."""
        self.decisions = Decisions(store, self)
        """What people decided about copies: ``.record()`` and ``.rows()``."""

    def __repr__(self) -> str:
        said = ", ".join(f"{count(rows)} {name}" for name, rows in self._counts())
        return f"Catalogue({self.path!r}{': ' if said else ''}{said})"

    def _repr_html_(self) -> str:
        rows = [(name, count(number)) for name, number in self._counts()]
        return summary_html(f"Catalogue {printable(self.path)}", rows or [("", "empty")])

    def _counts(self) -> list[tuple[str, int]]:
        """Return how many rows the tables have that people ask for; those with none left out.

        Without Ibis, which takes longer to import than the counting.
        """
        counts = (f"(FROM {name} SELECT count(*)) AS {name}" for name in _COUNTED)
        try:
            (row,) = self.sql(f"SELECT {', '.join(counts)}").read_all().to_pylist()
        except (CatalogueError, UsageError):
            # Whoever prints it should see where it is, also when nothing can be read there.
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
        """Return ``catalogue[name]``; whatever reads the tables of any engine calls it."""
        if name not in tables():
            raise UsageError(f"there is no table {name!r}; there are {', '.join(tables())}")
        return self._backend().table(name)

    def snapshot(self) -> Callable[[str], ir.Table]:
        """Return a function that gives tables by name, all as the catalogue is now.

        Queries that join tables, or that have to agree with each other, read one state with it
        while a scan writes. Each table is described to the database once.
        """
        return cache(self._backend().table)

    def sql(self, text: str) -> pa.RecordBatchReader:
        """Answer one question in DuckDB's SQL; it can read the tables and nothing else.

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
            With DuckDB's words; also while the result is read.
        """
        return query.sql(self._store, text, memory_mb=self._settings.query_memory_mb)

    def sql_rows(
        self, text: str
    ) -> AbstractContextManager[tuple[list[str], Iterator[Sequence[Sequence[Any]]]]]:
        """Answer the same question as :meth:`sql` with rows of Python values.

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
            With DuckDB's words; also while the rows are read.
        """
        return query.rows(self._store, text, memory_mb=self._settings.query_memory_mb)

    def scan(
        self,
        *sources: str | os.PathLike[str],
        engine: str = "local",
        settings: Settings | None = None,
        progress: Progress | None = None,
    ) -> ScanSummary:
        """Examine every recording of some sources that is not here yet.

        Parameters
        ----------
        sources
            Folders, files, manifests (csv, parquet, txt of paths or URIs) and fsspec URIs.
        engine
            ``"local"`` for worker processes on this machine, ``"spark"`` for PySpark.
        settings
            Workers, limits and the share of false alarms; by default those of the environment
            and the user's file.
        progress
            Takes in how far it is.

        Returns
        -------
        ScanSummary
            What it came to. Unreadable files are counted there and are rows of ``files``.

        Raises
        ------
        UsageError
            When a source does not exist or no audio file is found.
        CatalogueError
            When the catalogue cannot be written; what was written before is safe.
        """
        from phonoscope.scan.scan import scan

        return scan(
            self._store,
            sources,
            engine=scan_engine(engine),
            settings=settings or self._settings,
            progress=progress,
        )

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
            "Key": "track_id"}``. The other columns aren't read then.
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
            YAML file of published claims to hold against the catalogue, or ``"shipped"`` for
            those that come with Phonoscope.
        whole
            Whether the catalogue is all that the claims speak of. Then its numbers decide;
            otherwise it is a sample, and their intervals do.
        compare
            A catalogue to put beside this one.
        source
            Of the metadata, look at this source only: one of the column ``source``.
        full_paths
            Whether to show full paths of files. By default they are relative to the scanned folder.
        engine
            Where the tables are asked: ``"local"`` on this machine, ``"spark"`` on the Spark
            cluster that PySpark finds. The answers are the same.
        progress
            Takes in how many questions are answered, and the next one.

        Returns
        -------
        Report
            ``.found`` with every finding; ``.checks`` with what comes of each claim and
            ``.standings`` with how many hold; ``.comparison``; ``.write`` for a file.

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
            # Before minutes of counting.
            form = format_for(path, format)
        asked = None if claims is None else read_claims(claims)
        with readers_on(engine, self._settings) as read:
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

    def share_generated(self, by: str | None = None) -> Shares:
        """Estimate how many of the recordings were made by machines; never a count of flags.

        The detector misses some and flags some human music; the estimate takes both out and
        has a 95 % interval (see :mod:`phonoscope.findings.shared.prevalence`).

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
            ``enough`` and ``fits``; ``.overall``; ``.to_pandas()`` and ``.to_pyarrow()``; and
            ``.says()``, which also says why when the catalogue cannot tell.

        Raises
        ------
        UsageError
            When there is nothing of that name to group by.
        """
        from phonoscope.findings.shared.shares import share_generated

        return share_generated(self, by)

    def find(
        self,
        file: str | os.PathLike[str] | BinaryIO,
        *,
        altered: bool = True,
        passages: bool = False,
        false_matches: float | None = None,
        progress: Progress | None = None,
    ) -> list[Passage]:
        """Find which recordings of this catalogue a sound contains, and where.

        Parameters
        ----------
        file
            Path, URI or open binary file: an excerpt, a song, or hours of radio.
        altered
            Also find copies that were sped up or slowed down, shifted in pitch, or stretched.
        passages
            Look for short passages, from about 3 s on; slower.
        false_matches
            Share of excerpts of recordings that are not here that may be recognised all the
            same, above 0 and at most 0.1. By default 0.001.
        progress
            Takes in how far it is.

        Returns
        -------
        list of Stretch
            In order of time; empty when nothing is recognised.

        Raises
        ------
        UnreadableError
            When the sound cannot be decoded.
        CatalogueError
            When no recording here has fingerprints, so that nothing could be found.
        UsageError
            When ``false_matches`` is no such share.
        """
        from phonoscope.defaults import FALSE_MATCHES
        from phonoscope.matching.recording.find import find
        from phonoscope.matching.recording.index_update import current_index

        share = FALSE_MATCHES if false_matches is None else false_matches
        if not 0.0 < share <= 0.1:
            raise UsageError(f"false_matches is a share above 0 and at most 0.1, not {share}")
        index = current_index(self._store, progress)
        if not index.recordings and self._store.live_parts("recordings"):
            raise CatalogueError(_WITHOUT_PRINTS)
        with _opened(file) as sound:
            return find(
                index, sound, altered=altered, passages=passages, false_matches=share,
                progress=progress,
            )  # fmt: skip

    def copies(self, *, search: bool = True, progress: Progress | None = None) -> list[CopyGroup]:
        """Find groups of copies: the same recording, plain or altered.

        Parameters
        ----------
        search
            Compare the whole catalogue with itself first, and keep what is found in the table
            ``matches``; otherwise say what is kept.
        progress
            Takes in how many pairs are compared.

        Returns
        -------
        list of Group
            The largest first. What was decided to be different (:attr:`decisions`) joins nothing.
        """
        from phonoscope.matching.recording import match_store

        if search:
            match_store.search(self, self._store, progress)
        return match_store.copies(self)

    def copies_searched(self) -> datetime | None:
        """Return when :meth:`copies` last searched, UTC; ``None`` when it never did."""
        from phonoscope.matching.recording import match_store

        return match_store.searched_utc(self, self._store)

    def recording(self, recording_id: str) -> dict[str, Any]:
        """Return all that is stored of one recording.

        Parameters
        ----------
        recording_id
            32 hexadecimal digits.

        Returns
        -------
        dict
            ``recording`` and ``verdict`` (a row each, by column name, or ``None``), and the
            lists of rows ``files``, ``declared``, ``segments`` (in order of time) and
            ``statements`` (strongest first).

        Raises
        ------
        UsageError
            When no file here holds it.
        """
        found = {name: self._rows(name, recording_id) for name in _OF_A_RECORDING}
        if not found["files"] and not found["recordings"]:
            raise UsageError(f"no recording {recording_id!r} here")
        return {
            "recording": next(iter(found["recordings"]), None),
            "verdict": next(iter(found["verdicts"]), None),
            "files": sorted(found["files"], key=lambda row: row["uri"]),
            "declared": found["declared"],
            "segments": sorted(found["segments"], key=lambda row: row["start_s"]),
            "statements": sorted(found["statements"], key=lambda row: -row["strength"]),
        }

    def dossier(self, recording: str, *, full_paths: bool = False) -> Dossier:
        """Return all that is known of one recording, for somebody else to check.

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

        return dossier_of(self, recording, full_paths=full_paths)

    def compact(self, *, grace_s: float = 3600.0) -> Compaction:
        """Merge the parts that scans left; the rows stay the same and queries get faster.

        Parameters
        ----------
        grace_s
            How long parts that were replaced stay on disk for who reads them now, s.
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

        return links(*(self.table(name) for name in ("recordings", "files", "tracks")))

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

        return chart_links(self.table)

    def labelled(self) -> Iterator[Labelled]:
        """Yield what each file declares and what is detected in it, as scans found them.

        Yields
        ------
        Labelled
            ``uri``, ``declared``, ``detected`` and ``error``, in order of the URIs.
        """
        from phonoscope.catalogue.declarations import labelled

        return labelled(self.table)

    def state(self) -> object:
        """Return what differs from before when rows were added or replaced since."""
        return views.live_parts(self._store)

    def empty_cells(self, name: str, column: str) -> int | None:
        """Return how many rows of a table have nothing in a column, without reading rows.

        Returns
        -------
        int or None
            ``None`` when the files of the catalogue do not tell; then a query does.
        """
        return views.empty_cells(self._store, tables()[name], column)

    def _backend(self) -> ibis.backends.duckdb.Backend:
        """Return this thread's connection, a new one when parts were added since."""
        parts = views.live_parts(self._store)
        if getattr(self._mine, "parts", None) != parts:
            import ibis

            connection = query.connect(self._store, parts, memory_mb=self._settings.query_memory_mb)
            self._mine.backend = ibis.duckdb.from_connection(connection)
            self._mine.parts = parts
        return self._mine.backend

    def _rows(self, table: str, recording_id: str) -> list[dict[str, Any]]:
        rows = self.table(table)
        return rows.filter(rows["recording_id"] == recording_id).to_pyarrow().to_pylist()


_COUNTED = (
    "files", "recordings", "tracks", "albums", "artists", "playlists", "chart_entries", "listens",
    "voices",
)  # fmt: skip
_OF_A_RECORDING = ("files", "recordings", "verdicts", "segments", "declared", "statements")
_WITHOUT_PRINTS = (
    "no recording in this catalogue has fingerprints that this version can compare: they were "
    "scanned by another version, or are silent; scan them into a new catalogue"
)


def _opened(file: str | os.PathLike[str] | BinaryIO) -> AbstractContextManager[BinaryIO]:
    if isinstance(file, str | os.PathLike):
        return open_source(uri_of(file))
    return nullcontext(file)
