"""Licences of voices in a catalogue: record them, end them, ask what one allows."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from phonoscope.clock import utc_now, utc_today
from phonoscope.errors import UsageError

if TYPE_CHECKING:
    from datetime import date

    from phonoscope.catalogue.reader import CatalogueReader
    from phonoscope.catalogue.store import Store
    from phonoscope.disclosure.voice import VoiceRow


class Licences:
    """Licences of voices in a catalogue: what their owners allow; one that ended stays.

    Made by :attr:`phonoscope.api.Catalogue.licences`.
    """

    def __init__(self, store: Store, reader: CatalogueReader) -> None:
        self._store, self._reader = store, reader

    def __repr__(self) -> str:
        return f"{self._reader!r}.licences"

    def rows(self, voice_id: str | None = None) -> list[VoiceRow]:
        """Return the licences that are recorded, by voice and first day.

        Parameters
        ----------
        voice_id
            Of this voice only.
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

    def add_csv(self, file: str | os.PathLike[str]) -> list[tuple[int, str]]:
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

    def end(self, voice_id: str, *, on: date | None = None) -> int:
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
        from phonoscope.escape import printable

        known = licences_of(self._reader.table("voices"), voice_id)
        if not known:
            raise UsageError(f"there is no licence of a voice '{printable(voice_id)}' here")
        changed = ended(known, on or utc_today())
        record(self._store, changed)
        return len(changed)

    def refusal(
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
        known = licences_of(self._reader.table("voices"), voice_id)
        return refusal(voice_id, known, use=use, commercial=commercial, on=on or utc_today())
