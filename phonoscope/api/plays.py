"""Play logs of a catalogue: import them, flag artificial plays, and count what they are paid."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from phonoscope.api.engines import readers_on
from phonoscope.progress import NoProgress

if TYPE_CHECKING:
    from phonoscope.catalogue.reader import CatalogueReader
    from phonoscope.catalogue.schema.play_results import PlayDecisionRow, PlaysSummaryRow
    from phonoscope.catalogue.store import Store
    from phonoscope.dossier.play_group import GroupDossier
    from phonoscope.ingest.base import Source
    from phonoscope.ingest.job import Job
    from phonoscope.ingest.summary import IngestSummary
    from phonoscope.progress import Progress
    from phonoscope.royalties.statement import Statement
    from phonoscope.settings import Settings


class Plays:
    """Play logs of a catalogue: import them, flag artificial plays, and count what they are paid.

    Available as :attr:`phonoscope.api.Catalogue.plays`.
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
        """Import a play log into the table ``listens``: which account played which track, and when.

        Like :meth:`.Catalogue.ingest` it resumes after an interruption, but only with a key in a
        file. Without it the ingest starts over, because new plays couldn't be matched with the
        accounts of those read before.

        Parameters
        ----------
        log
            A file or folder of CSV, JSON or Parquet, or of ListenBrainz; ``docs/plays.md`` lists
            the columns. Or a job of :func:`open_log` or :func:`open_logs`.
        progress
            As for :meth:`.Catalogue.ingest`.
        key
            File with the key that hides accounts and addresses. If it doesn't exist, it is made,
            readable only by you. It must not be in the catalogue. Logs that are read with the same
            key share accounts. Without a file a key is drawn and forgotten.
        pseudonymise
            ``False`` keeps accounts as in the log, and addresses as networks.
        name, restart
            As for :meth:`.Catalogue.ingest`.

        Returns
        -------
        IngestSummary
            As for :meth:`.Catalogue.ingest`.

        Raises
        ------
        SourceError
            When it isn't a play log, or is damaged.
        UsageError
            When the key can't be used, or is given with ``pseudonymise=False``.
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
        """Flag artificial plays in the table ``listens``.

        Writes the tables ``listeners``, ``played_tracks``, ``play_groups`` and ``plays_summary``,
        and replaces earlier results of the source. Each source is analysed on its own: two logs
        share accounts only if they were read with the same key and name.

        Parameters
        ----------
        source
            Analyse only these plays: a value of the column ``source`` of ``listens``.
        engine
            ``"local"``, or ``"spark"`` for logs that are too large for one machine.
        progress
            Receives the name of each step.

        Returns
        -------
        list[PlaysSummaryRow]
            The results of each log, in order of ``source``; empty when there are no plays.

        Raises
        ------
        UsageError
            When there is no such source or engine, or Spark can't be started.
        CatalogueError
            When the catalogue can't be written.
        MissingExtraError
            When Spark is asked for and PySpark isn't installed.
        """
        from phonoscope.plays.results import analyse_plays

        with self._store.pinned(), readers_on(engine, self._settings) as asked:
            return analyse_plays(
                self._store,
                asked(self._store, self._reader),
                source=source,
                memory_mb=self._settings.query_memory_mb,
                progress=progress or NoProgress(),
            )

    def royalties(
        self,
        by: str = "track",
        *,
        period: str | None = None,
        rates: str | os.PathLike[str] | None = None,
        source: str | None = None,
        everything: bool = False,
    ) -> Statement:
        """Count what is paid for plays, and how much of it for artificial and undecided ones.

        Plays count from 30 s on; those of unknown length count too. What isn't analysed yet counts
        as without a sign.

        Parameters
        ----------
        by
            What a line is: ``"month"``, ``"log"``, ``"country"``, ``"track"``, ``"artist"``,
            ``"label"``, ``"account"`` or ``"group"``.
        period
            ``"2026-10"``, ``"2026-Q4"`` or ``"2026"``, UTC; compared with the period before. All
            plays by default.
        rates
            A CSV file of what a play pays: ``rate``, and any of ``service``, ``country``, ``month``
            and ``currency``; ``docs/royalties.md`` describes it. Without it there are no amounts.
        source
            Count only this log.
        everything
            List lines without artificial or undecided plays too.

        Raises
        ------
        UsageError
            When there are no analysed plays (``no-plays``), ``by`` or ``period`` is something else
            (``unknown-key``, ``unknown-period``), or the rates can't be used (``not-rates``,
            ``unreadable-rates``, ``too-large``).
        """
        from phonoscope.royalties.period import period_of
        from phonoscope.royalties.rates import rates_of
        from phonoscope.royalties.statement import statement_of

        chosen = None if period is None else period_of(period)
        paid = None if rates is None else rates_of(rates)
        with self._store.pinned():
            return statement_of(
                self._reader,
                by=by,
                period=chosen,
                rates=paid,
                source=source,
                everything=everything,
            )

    def dossier(
        self, group: int, *, source: str | None = None, full_paths: bool = False
    ) -> GroupDossier:
        """Return everything known about a group of accounts; :func:`.write_dossier` writes it.

        Parameters
        ----------
        group
            As in the column ``group_id`` of ``play_groups``.
        source
            The log; needed when several have a group of this number.
        full_paths
            Whether to name the log by its full path.

        Raises
        ------
        UsageError
            When no log has it (``no-such-group``), or several have it (``several-logs``).
        """
        from phonoscope.dossier.play_group import group_dossier_of

        with self._store.pinned():
            return group_dossier_of(self._reader, group, source=source, full_paths=full_paths)

    def decide(
        self,
        decision: str,
        subjects: Sequence[str],
        *,
        source: str | None = None,
        note: str | None = None,
    ) -> list[PlayDecisionRow]:
        """Record what a person decides about artificial and undecided plays.

        No analysis overrules it; every earlier decision stays in the catalogue's parts.

        Parameters
        ----------
        decision
            ``"withhold"``, ``"pay"``, or ``"open"`` to withdraw an earlier decision.
        subjects
            Such as ``"account:1f6c2a90"``, ``"track:GBXYZ2600001"`` or ``"group:3"``, which stands
            for each of the group's accounts.
        source
            The log that has them; needed when several have such an account or group.
        note
            Why.

        Returns
        -------
        list[PlayDecisionRow]
            The decisions that were stored.

        Raises
        ------
        UsageError
            When the decision or a subject is something else (``unknown-decision``,
            ``unknown-subject``), no log or several logs have it (``no-such-subject``,
            ``several-logs``), or the note is too long (``long-note``). Nothing is stored then.
        """
        from phonoscope.errors import UsageError
        from phonoscope.escape import printable
        from phonoscope.messages import gettext
        from phonoscope.royalties.decisions import PlayDecision, decide

        if decision not in {*PlayDecision}:
            raise UsageError(
                gettext(
                    "A decision is one of {decisions}, not '{given}'.",
                    decisions=", ".join(PlayDecision),
                    given=printable(str(decision)),
                ),
                code="unknown-decision",
            )
        return decide(
            self._store, self._reader, PlayDecision(decision), subjects, source=source, note=note
        )
