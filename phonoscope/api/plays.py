"""Play logs of a catalogue: read them, and flag artificial plays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from phonoscope.api.engines import readers_on
from phonoscope.progress import NoProgress

if TYPE_CHECKING:
    from phonoscope.catalogue.reader import CatalogueReader
    from phonoscope.catalogue.schema.play_results import PlaysSummaryRow
    from phonoscope.catalogue.store import Store
    from phonoscope.ingest.base import Source
    from phonoscope.ingest.job import Job
    from phonoscope.ingest.summary import IngestSummary
    from phonoscope.progress import Progress
    from phonoscope.settings import Settings


class Plays:
    """Play logs of a catalogue: read them, and flag artificial plays.

    Made by :attr:`phonoscope.api.Catalogue.plays`.
    """

    def __init__(self, store: Store, reader: CatalogueReader, settings: Settings) -> None:
        self._store, self._reader, self._settings = store, reader, settings

    def __repr__(self) -> str:
        return f"{self._reader!r}.plays"

    def ingest(
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

        Like :meth:`.Catalogue.ingest` it resumes where it was stopped, but only with a key that is
        kept: otherwise it starts over, because nobody could tell which of the plays read before
        are of the same accounts.

        Parameters
        ----------
        log
            A file or folder of CSV, JSON or Parquet, its columns recognised by their names, or of
            ListenBrainz; see ``docs/plays.md``. Or what :func:`open_log` returned.
        progress
            As for :meth:`.Catalogue.ingest`.
        key
            File with the key that hides accounts and addresses; made, for its owner's eyes only,
            when it is not there. It must not lie in the catalogue. Logs that are read with one key
            share accounts. Without one a key is drawn and forgotten.
        pseudonymise
            ``False`` keeps accounts as the log has them, and addresses as their networks.
        name, restart
            As for :meth:`.Catalogue.ingest`.

        Returns
        -------
        IngestSummary
            As of :meth:`.Catalogue.ingest`.

        Raises
        ------
        SourceError
            When it is no log of plays, or is damaged.
        UsageError
            When the key cannot be used, or nothing is to be hidden and a key is given.
        CatalogueError
            As for :meth:`.Catalogue.ingest`.
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

    def analyse(
        self,
        source: str | None = None,
        *,
        engine: str = "local",
        progress: Progress | None = None,
    ) -> list[PlaysSummaryRow]:
        """Flag artificial plays, by what table ``listens`` shows.

        Writes tables ``listeners``, ``played_tracks``, ``play_groups`` and ``plays_summary``, in
        place of what was there of the source. Each source is analysed by itself: accounts of two
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

        with readers_on(engine, self._settings) as asked:
            return analyse_plays(
                self._store,
                asked(self._store, self._reader),
                source=source,
                memory_mb=self._settings.query_memory_mb,
                progress=progress or NoProgress(),
            )
