"""The Python face: everything the command line and the pages do, as functions.

>>> import phonoscope as ps
>>> catalogue = ps.open_catalogue("my-catalogue")        # doctest: +SKIP
>>> catalogue.scan("music/").examined                    # doctest: +SKIP
>>> catalogue.recordings.to_pandas()                     # doctest: +SKIP
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pyarrow as pa

from phonoscope.analysis import Analysis, analyse
from phonoscope.catalogue import query, views
from phonoscope.catalogue.compaction import GRACE_S, Compaction, compact
from phonoscope.catalogue.schema.tables import tables
from phonoscope.catalogue.store import Store, open_store
from phonoscope.clock import utc_now, utc_today
from phonoscope.deprecation import deprecated, warn_deprecated
from phonoscope.errors import CatalogueError, UsageError
from phonoscope.files import open_source, uri_of
from phonoscope.ingest.summary import IngestSummary
from phonoscope.progress import NoProgress, Progress
from phonoscope.scan.base import Engine
from phonoscope.scan.check import check_files
from phonoscope.scan.local import LocalEngine
from phonoscope.scan.scan import ScanSummary, scan
from phonoscope.scan.sources import list_sources
from phonoscope.settings import Settings

if TYPE_CHECKING:
    from datetime import date, datetime
    from typing import BinaryIO

    import ibis.backends.duckdb
    import ibis.expr.types as ir

    from phonoscope.catalogue.declarations import Labelled
    from phonoscope.catalogue.reader import CatalogueReader
    from phonoscope.catalogue.schema.play_results import PlaysSummaryRow
    from phonoscope.findings.report import Report, ReportFormat
    from phonoscope.findings.shared.shares import Shares
    from phonoscope.ingest.base import Source
    from phonoscope.ingest.job import Job
    from phonoscope.matching.recording.find import Passage
    from phonoscope.matching.recording.groups import CopyGroup

__all__ = [
    "Analysis",
    "Catalogue",
    "Compaction",
    "IngestSummary",
    "Progress",
    "ScanSummary",
    "analyse",
    "check",
    "format_of",
    "layout_of",
    "listed",
    "open_catalogue",
    "open_log",
]


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


def check(
    paths: Iterable[str | os.PathLike[str]],
    *,
    settings: Settings | None = None,
) -> Iterator[Analysis]:
    """Examine files in worker processes; nothing is stored.

    Parameters
    ----------
    paths
        Local paths or URIs.
    settings
        Workers, limits and the share of false alarms; by default those of the environment and
        the user's file.

    Yields
    ------
    Examination
        One a path, in the order given. A file that is bad, too slow or crashes its worker
        gives one with :attr:`Analysis.error`, never an exception.
    """
    return check_files(paths, settings or Settings())


def listed(sources: Sequence[str | os.PathLike[str]]) -> list[str]:
    """Return the files that some sources name, as URIs: folders are walked, manifests read.

    Parameters
    ----------
    sources
        Files, folders, manifests (csv, parquet, txt) and fsspec URIs. A file that does not
        exist is returned as it is, for :func:`check` to say so.

    Raises
    ------
    UsageError
        When a folder holds no audio file, so that nothing is left to examine.
    """
    found: dict[str, None] = {}
    for source in sources:
        try:
            files = list_sources([source])
        except UsageError:
            found[uri_of(source)] = None
        else:
            found.update((file.uri, None) for file in files)
    if not found:
        raise UsageError("no audio or video file was found there")
    return list(found)


def format_of(
    source: str | os.PathLike[str],
    mapping: Mapping[str, str] | None = None,
    constants: Mapping[str, str] | None = None,
) -> str:
    """Return the name of the format of a source of metadata; reads no rows.

    Parameters
    ----------
    source, mapping, constants
        As for :meth:`Catalogue.ingest`.

    Raises
    ------
    SourceError
        When no format is recognised: says what was looked for and what was found.
    UsageError
        When the mapping does not fit the source.
    """
    from phonoscope.ingest.detect import open_job

    return open_job(source, mapping=mapping, constants=constants).format.name


@deprecated("format_of", since="0.2")
def layout_of(
    source: str | os.PathLike[str],
    mapping: Mapping[str, str] | None = None,
    stated: Mapping[str, str] | None = None,
) -> str:
    """Return the name of the format of a source of metadata; the older name of format_of."""
    return format_of(source, mapping, stated)


def open_log(log: str | os.PathLike[str]) -> Job[Source]:
    """Open a log of plays, for :meth:`Catalogue.ingest_plays`.

    Raises
    ------
    SourceError
        When it is not one: says what it is, or what was looked for.
    """
    from phonoscope.ingest.plays import open_log

    return open_log(log)


class Catalogue:
    """A catalogue: a folder of tables about recordings. Made by :func:`open_catalogue`.

    The tables are Ibis tables; ``.to_pandas()``, ``.to_pyarrow()``, ``.to_polars()`` or
    ``.execute()`` fetch one, and all of Ibis filters and joins them. ``docs/schema.md`` names
    their columns.
    """

    def __init__(self, store: Store, path: str | os.PathLike[str]) -> None:
        self._store = store
        self._settings = Settings()
        # One connection a thread: DuckDB's are not made for two at once.
        self._mine = threading.local()
        self.path = os.fspath(path)
        """Where it lies, as it was opened."""

    def __repr__(self) -> str:
        return f"Catalogue({self.path!r})"

    @property
    def files(self) -> ir.Table:
        """One row a file."""
        return self.table("files")

    @property
    def recordings(self) -> ir.Table:
        """One row for each distinct audio content."""
        return self.table("recordings")

    @property
    def verdicts(self) -> ir.Table:
        """One row a recording: what is concluded, and on what basis."""
        return self.table("verdicts")

    @property
    def segments(self) -> ir.Table:
        """Stretches weighed on their own; several rows a recording."""
        return self.table("segments")

    @property
    def declared(self) -> ir.Table:
        """What files say of themselves; one row a mark."""
        return self.table("declared")

    @property
    def statements(self) -> ir.Table:
        """The evidence in plain words; several rows a recording."""
        return self.table("statements")

    @property
    def scans(self) -> ir.Table:
        """One row a scan."""
        return self.table("scans")

    @property
    def tracks(self) -> ir.Table:
        """One row a track of each source of metadata."""
        return self.table("tracks")

    @property
    def voices(self) -> ir.Table:
        """Licences of voices: what their owners allow; one that ended stays."""
        return self.table("voices")

    def table(self, name: str) -> ir.Table:
        """Return a table by name, as the catalogue is now.

        Raises
        ------
        UsageError
            When there is no such table.
        """
        if name not in tables():
            raise UsageError(f"there is no table {name!r}; there are {', '.join(tables())}")
        return self._backend().table(name)

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

        return links(self.recordings, self.files, self.table("tracks"))

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
        return scan(
            self._store,
            sources,
            engine=_engine(engine),
            settings=settings or self._settings,
            progress=progress,
        )

    def ingest(
        self,
        source: str | os.PathLike[str],
        mapping: Mapping[str, str] | None = None,
        progress: Progress | None = None,
        *,
        name: str | None = None,
        restart: bool = False,
        constants: Mapping[str, str] | None = None,
        stated: Mapping[str, str] | None = None,
    ) -> IngestSummary:
        """Read a source of metadata, such as a dump of a web API, into the tables of tracks.

        The format is detected from what the source holds. Where an earlier ingest of the same
        source was stopped, whatever stopped it, this one goes on, unless the source, the arguments
        or Phonoscope have changed since. Rows of an earlier ingest that was done are replaced, not
        doubled.

        Parameters
        ----------
        source
            A file or folder in one of the formats of ``docs/ingest-json.md``; a file may be packed.
        mapping
            Field by column, for a CSV file whose columns are not recognised: ``{"Song":
            "name", "Key": "track_id"}``. Nothing else of the file is read then.
        progress
            Takes in rows read and rejected and the share of the source, and a sentence that says
            at which row it continues, or why it begins again.
        name
            What the column ``source`` says, so that several files, or a file that moves, can be
            one source; by default the path or URI.
        restart
            Begin at the start also where an earlier one was stopped.
        constants
            Values that hold for all rows of a chart: ``chart``, ``region``, ``chart_date``
            (YYYY-MM-DD) and ``entry_kind`` (``"track"`` or ``"album"``). They go before what the
            file says; the source must be a chart.
        stated
            Deprecated name of ``constants``.

        Returns
        -------
        IngestSummary
            Rows read, kept and rejected by reason, of each table; read = kept + rejected.

        Raises
        ------
        SourceError
            When the source is damaged, or no format is recognised: says what was looked for
            and what was found.
        UsageError
            When the mapping, or the constants, do not fit the source.
        CatalogueError
            When the catalogue cannot be written, and what was written before is safe; or when
            another process reads the same source into it.
        """
        from phonoscope.ingest.detect import open_job
        from phonoscope.ingest.pipeline import ingest

        if stated is not None:
            warn_deprecated("ingest(stated=)", "ingest(constants=)", since="0.2")
            constants = stated
        return ingest(
            self._store,
            open_job(source, mapping=mapping, constants=constants),
            memory_mb=self._settings.query_memory_mb,
            name=name,
            progress=progress,
            restart=restart,
        )

    def ingest_plays(
        self,
        log: str | os.PathLike[str] | Job[Source],
        progress: Progress | None = None,
        *,
        key: str | os.PathLike[str] | None = None,
        pseudonymise: bool = True,
        name: str | None = None,
        restart: bool = False,
    ) -> IngestSummary:
        """Read a log of plays into table ``listens``: which account played which track, and when.

        It goes on where it was stopped as :meth:`ingest` does, but only with a key that is kept:
        otherwise it begins again, because plays of before could not be told to be of the same
        accounts.

        Parameters
        ----------
        log
            A file or folder of CSV, JSON or Parquet, its columns recognised by their names, or of
            ListenBrainz; see ``docs/plays.md``. Or what :func:`open_log` returned.
        progress
            As for :meth:`ingest`.
        key
            File with the key that hides accounts and addresses; made, for its owner's eyes only,
            when it is not there. It must not lie in the catalogue. Logs that are read with one key
            share accounts. Without one a key is drawn and forgotten.
        pseudonymise
            ``False`` keeps accounts as the log has them, and addresses as their networks.
        name, restart
            As for :meth:`ingest`.

        Returns
        -------
        IngestSummary
            As of :meth:`ingest`.

        Raises
        ------
        SourceError
            When it is no log of plays, or is damaged.
        UsageError
            When the key cannot be used, or nothing is to be hidden and a key is given.
        CatalogueError
            As for :meth:`ingest`.
        """
        from phonoscope.ingest.plays import ingest_plays, pseudonyms_of

        return ingest_plays(
            self._store,
            log,
            pseudonyms=pseudonyms_of(self._store.place, key, pseudonymise=pseudonymise),
            memory_mb=self._settings.query_memory_mb,
            name=name,
            progress=progress,
            restart=restart,
        )

    def weigh_plays(
        self,
        source: str | None = None,
        *,
        engine: str = "local",
        progress: Progress | None = None,
    ) -> list[PlaysSummaryRow]:
        """Tell artificial plays from others, by what table ``listens`` shows.

        Writes tables ``listeners``, ``played_tracks``, ``play_groups`` and ``plays_summary``, in
        place of what was there of the source. Each source is weighed by itself: accounts of two
        logs are the same ones only when they are read with one key and one name.

        Parameters
        ----------
        source
            Of these plays only: one of the column ``source`` of ``listens``.
        engine
            ``"local"``, or ``"spark"`` for logs that one machine cannot hold.
        progress
            Takes in which step is next.

        Returns
        -------
        list[PlaysSummaryRow]
            What each log came to, in order of ``source``; none when there are no plays.

        Raises
        ------
        UsageError
            When there is no such source or engine, or Spark cannot be started.
        CatalogueError
            When the catalogue cannot be written.
        MissingExtraError
            When PySpark is asked for and not installed.
        """
        from phonoscope.plays.results import analyse_plays

        with self._asked_on(engine) as asked:
            return analyse_plays(
                self._store,
                asked(self),
                source=source,
                memory_mb=self._settings.query_memory_mb,
                progress=progress or NoProgress(),
            )

    def compact(self, *, grace_s: float = GRACE_S) -> Compaction:
        """Merge the parts that scans left; the rows stay the same and queries get faster.

        Parameters
        ----------
        grace_s
            How long parts that were replaced stay on disk for who reads them now, s.
        """
        return compact(self._store, memory_mb=self._settings.query_memory_mb, grace_s=grace_s)

    def report(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        claims: str | os.PathLike[str] | None = None,
        whole: bool = False,
        compare: Catalogue | None = None,
        source: str | None = None,
        engine: str = "local",
    ) -> Path:
        """Write all findings to a file.

        Parameters
        ----------
        path
            Where to; for ``csv`` a name ending in ``.zip`` or a folder.
        format
            ``"html"`` (one self-contained page), ``"json"`` or ``"csv"``; by default what the
            name ends in, and else ``"html"``.
        claims, whole, compare, source, engine
            As for :meth:`reported`.

        Returns
        -------
        Path
            What was written.

        Raises
        ------
        UsageError
            When the format is unknown, the file cannot be written, or the claims cannot be read.
        """
        from phonoscope.findings.report import check_format

        ending = os.path.splitext(path)[1].lower()
        by_ending = {".json": "json", ".csv": "csv", ".zip": "csv"}
        chosen = format or by_ending.get(ending, "html")
        # Before minutes of counting.
        check_format(chosen)
        made = self.reported(
            claims=claims, whole=whole, compare=compare, source=source, engine=engine
        )
        return made.write(path, cast("ReportFormat", chosen))

    def reported(
        self,
        *,
        claims: str | os.PathLike[str] | None = None,
        whole: bool = False,
        compare: Catalogue | None = None,
        source: str | None = None,
        engine: str = "local",
        progress: Progress | None = None,
    ) -> Report:
        """Ask everything that a report tells, and write nothing.

        Parameters
        ----------
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
        from phonoscope.findings.report import report_of

        asked = None if claims is None else read_claims(claims)
        with self._asked_on(engine) as tables:
            other = None if compare is None else tables(compare)
            return report_of(
                tables(self),
                claims=asked,
                whole=whole,
                other=other,
                source=source,
                progress=progress,
            )

    @contextmanager
    def _asked_on(self, engine: str) -> Iterator[Callable[[Catalogue], CatalogueReader]]:
        """Give what turns a catalogue into tables that an engine asks."""
        if engine == "local":
            yield lambda catalogue: catalogue
        elif engine == "spark":
            from phonoscope.scan.session import spark_session
            from phonoscope.scan.spark_tables import SparkTables

            session, is_ours = spark_session(self._settings)
            try:
                yield lambda catalogue: SparkTables(catalogue._store, session, catalogue.path)
            finally:
                if is_ours:
                    session.stop()
        else:
            raise _no_engine(engine)

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
        from phonoscope.matching.recording.find import find
        from phonoscope.matching.recording.match import FALSE_MATCHES
        from phonoscope.matching.recording.upkeep import current_index

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
            The largest first. What was called different with :meth:`decide` joins nothing.
        """
        from phonoscope.matching.recording import archive

        if search:
            archive.search(self, self._store, progress)
        return archive.copies(self)

    def copies_searched(self) -> datetime | None:
        """Return when :meth:`copies` last searched, UTC; ``None`` when it never did."""
        from phonoscope.matching.recording import archive

        return archive.searched_utc(self, self._store)

    def decide(self, one: str, other: str, decision: str) -> None:
        """Say whether two recordings are the same; kept in the catalogue, and never asked again.

        Parameters
        ----------
        one, other
            Recording ids.
        decision
            ``"same"``, ``"different"``, or ``"open"`` to take an earlier word back.

        Raises
        ------
        UsageError
            When a recording is not here, both are one, or the decision is another word.
        """
        from phonoscope.matching.recording.archive import Decision, decide

        if decision not in {*Decision}:
            raise UsageError(f"a decision is one of {', '.join(Decision)}, not {decision!r}")
        known = self.recordings
        ids = known.filter(known["recording_id"].isin([one, other])).count().to_pyarrow().as_py()
        if ids < 2:
            raise UsageError("a decision takes the ids of two recordings of this catalogue")
        decide(self._store, one, other, Decision(decision))

    def add_voice(
        self,
        voice_id: str,
        *,
        owner: str,
        uses: Iterable[str],
        commercial: bool = False,
        name: str | None = None,
        royalty_share: float | None = None,
        evidence: str | None = None,
        valid_from: date | None = None,
        valid_until: date | None = None,
    ) -> None:
        """Record what the owner of a voice allows; a licence with the same first day is replaced.

        Parameters
        ----------
        voice_id
            What the voice is called here.
        owner
            Who owns it.
        uses
            ``"covers"``, ``"original-songs"``; nothing for an owner who allows no use.
        commercial
            Whether it may be used commercially too.
        name
            Name of the voice as people know it.
        royalty_share
            Share of royalties that is the owner's, 0 to 1, e.g. 0.5.
        evidence
            Where the contract is; it is not opened.
        valid_from, valid_until
            First and last day; ``None`` for since ever, and for without end.

        Raises
        ------
        UsageError
            When one of them makes no sense.
        CatalogueError
            When the catalogue cannot be written.
        """
        from phonoscope.catalogue.voices import record
        from phonoscope.disclosure.voice import voice_of

        fields = {
            "voice_id": voice_id,
            "owner": owner,
            "uses": ";".join(uses) or "none",
            "commercial": "yes" if commercial else "no",
            "name": name or "",
            "royalty_share": "" if royalty_share is None else repr(float(royalty_share)),
            "evidence": evidence or "",
            "valid_from": "" if valid_from is None else valid_from.isoformat(),
            "valid_until": "" if valid_until is None else valid_until.isoformat(),
        }
        try:
            licence = voice_of(fields, utc_now())
        except ValueError as error:
            raise UsageError(str(error)) from error
        record(self._store, [licence])

    def add_voices(self, file: str | os.PathLike[str]) -> list[tuple[int, str]]:
        """Record the licences of a CSV file; ``docs/voices.md`` has its columns.

        Returns
        -------
        list of tuple
            Line and reason of every row that is no licence; all others were recorded.

        Raises
        ------
        UsageError
            When the file cannot be read or has other columns.
        CatalogueError
            When the catalogue cannot be written.
        """
        from phonoscope.catalogue.voices import read_csv, record

        found = read_csv(os.fspath(file))
        record(self._store, found.kept)
        return list(found.rejected)

    def end_voice(self, voice_id: str, *, on: date | None = None) -> int:
        """End the licences of a voice; they stay in the table, with their last day.

        Parameters
        ----------
        voice_id
            The voice.
        on
            Last day on which they hold; by default today, UTC.

        Returns
        -------
        int
            How many licences went on beyond that day.

        Raises
        ------
        UsageError
            When there is no licence of that voice.
        """
        from phonoscope.catalogue.voices import ended, licences_of, record
        from phonoscope.files import printable

        known = licences_of(self.voices, voice_id)
        if not known:
            raise UsageError(f"there is no licence of a voice '{printable(voice_id)}' here")
        changed = ended(known, on or utc_today())
        record(self._store, changed)
        return len(changed)

    def voice_refusal(
        self, voice_id: str, *, use: str, commercial: bool = False, on: date | None = None
    ) -> str | None:
        """Say why the owner of a voice does not allow a use; ``None`` when it is allowed.

        Parameters
        ----------
        voice_id
            The voice, by its id.
        use
            ``"covers"`` or ``"original-songs"``.
        commercial
            Whether it is to be used commercially.
        on
            The day of the use; by default today, UTC.

        Raises
        ------
        UsageError
            When there is no such use.
        """
        from phonoscope.catalogue.voices import licences_of
        from phonoscope.disclosure.voice import Use, refusal

        if use not in set(Use):
            raise UsageError(f"a voice is used for {' or '.join(Use)}, not for {use!r}")
        known = licences_of(self.voices, voice_id)
        return refusal(voice_id, known, use=use, commercial=commercial, on=on or utc_today())

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

    def _rows(self, table: str, recording_id: str) -> list[dict[str, Any]]:
        rows = self.table(table)
        return rows.filter(rows["recording_id"] == recording_id).to_pyarrow().to_pylist()


_OF_A_RECORDING = ("files", "recordings", "verdicts", "segments", "declared", "statements")


_WITHOUT_PRINTS = (
    "no recording in this catalogue has fingerprints that this version can compare: they were "
    "scanned by another version, or are silent; scan them into a new catalogue"
)


def _opened(file: str | os.PathLike[str] | BinaryIO) -> AbstractContextManager[BinaryIO]:
    if isinstance(file, str | os.PathLike):
        return open_source(uri_of(file))
    return nullcontext(file)


def _engine(name: str) -> Engine:
    if name == "local":
        return LocalEngine()
    if name == "spark":
        from phonoscope.scan.spark import SparkEngine

        return SparkEngine()
    raise _no_engine(name)


def _no_engine(name: str) -> UsageError:
    return UsageError(f"there is no engine {name!r}; there are local and spark")
