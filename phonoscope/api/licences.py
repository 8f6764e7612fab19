"""Licences of voices in a catalogue: record them, end them, check what one allows."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from phonoscope.clock import utc_now, utc_today
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext

if TYPE_CHECKING:
    from datetime import date

    from phonoscope.catalogue.reader import CatalogueReader
    from phonoscope.catalogue.store import Store
    from phonoscope.disclosure.voice import VoiceRow


class Licences:
    """Licences of voices in a catalogue: what their owners allow. Ended licences are kept.

    :attr:`phonoscope.api.Catalogue.licences` makes one.
    """

    def __init__(self, store: Store, reader: CatalogueReader) -> None:
        self._store, self._reader = store, reader

    def __repr__(self) -> str:
        return f"{self._reader!r}.licences"

    def rows(self, voice_id: str | None = None) -> list[VoiceRow]:
        """Return the recorded licences, in order of voice and first day.

        Parameters
        ----------
        voice_id
            Return only this voice's licences.
        """
        from phonoscope.catalogue.voices import all_licences

        found = all_licences(self._reader.table("voices").to_pyarrow().to_pylist())
        return [one for one in found if voice_id in (None, one.voice_id)]

    def add(
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
            Name of the voice in this catalogue.
        owner
            Owner of the voice.
        uses
            ``"covers"`` and ``"original-songs"``; empty if the owner allows no use.
        commercial
            Whether the owner allows commercial use.
        name
            Public name of the voice.
        royalty_share
            The owner's share of royalties, 0 to 1, e.g. 0.5.
        evidence
            Where the contract is; it isn't opened.
        valid_from, valid_until
            First and last day; ``None`` for no beginning or no end.

        Raises
        ------
        UsageError
            When a value isn't valid.
        CatalogueError
            When the catalogue can't be written.
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
        record(self._store, [voice_of(fields, utc_now())])

    def add_csv(self, file: str | os.PathLike[str]) -> list[tuple[int, str]]:
        """Record the licences of a CSV file; ``docs/voices.md`` lists its columns.

        Returns
        -------
        list of tuple
            Line and reason of every row that isn't a licence. All other rows were recorded.

        Raises
        ------
        UsageError
            When the file can't be read or has other columns.
        CatalogueError
            When the catalogue can't be written.
        """
        from phonoscope.catalogue.voices import read_csv, record

        found = read_csv(os.fspath(file))
        record(self._store, found.kept)
        return list(found.rejected)

    def end(self, voice_id: str, *, on: date | None = None) -> int:
        """End the licences of a voice; they stay in the table with their last day.

        Parameters
        ----------
        voice_id
            The voice.
        on
            Last day of the licences; by default today, UTC.

        Returns
        -------
        int
            Number of licences that would have lasted longer.

        Raises
        ------
        UsageError
            When the voice has no licence.
        """
        from phonoscope.catalogue.voices import ended, licences_of, record

        known = licences_of(self._reader.table("voices"), voice_id)
        if not known:
            raise UsageError(
                gettext(
                    "The catalogue has no licence for the voice {voice}.",
                    voice=printable(voice_id),
                ),
                code="no-licence",
            )
        changed = ended(known, on or utc_today())
        record(self._store, changed)
        return len(changed)

    def refusal(
        self, voice_id: str, *, use: str, commercial: bool = False, on: date | None = None
    ) -> str | None:
        """Return why the owner of a voice doesn't allow a use; ``None`` if it is allowed.

        Parameters
        ----------
        voice_id
            Id of the voice.
        use
            ``"covers"`` or ``"original-songs"``.
        commercial
            Whether the use is commercial.
        on
            The day of the use; by default today, UTC.

        Raises
        ------
        UsageError
            When the use isn't one of these.
        """
        from phonoscope.catalogue.voices import licences_of
        from phonoscope.disclosure.voice import Use, refusal

        if use not in set(Use):
            raise UsageError(
                gettext(
                    "'{use}' isn't a valid use of a voice. Give {uses}.",
                    use=printable(use),
                    uses=" or ".join(Use),
                ),
                code="unknown-use",
            )
        known = licences_of(self._reader.table("voices"), voice_id)
        refused = refusal(voice_id, known, use=use, commercial=commercial, on=on or utc_today())
        return refused.message if refused else None
