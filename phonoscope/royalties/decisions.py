"""People's decisions about artificial and undecided plays: withhold the money, or pay it."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING

from phonoscope.catalogue.parts import BatchNames
from phonoscope.catalogue.schema.play_results import PlayDecisionRow
from phonoscope.catalogue.schema.tables import plain_rows
from phonoscope.clock import utc_now
from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.messages import gettext
from phonoscope.text import joined

if TYPE_CHECKING:
    from phonoscope.catalogue.reader import CatalogueReader
    from phonoscope.catalogue.store import Store

TABLE = "play_decisions"
KINDS = {"account": "listeners", "track": "played_tracks", "group": "play_groups"}
"""What a decision can be about, and the table that has it."""
_COLUMNS = {"account": "user_hash", "track": "track_id", "group": "group_id"}
MOST_CHARACTERS = 1_000
"""Longest note."""


class PlayDecision(StrEnum):
    """What a person decides about plays."""

    WITHHOLD = "withhold"
    PAY = "pay"
    OPEN = "open"


def decide(
    store: Store,
    catalogue: CatalogueReader,
    decision: PlayDecision,
    subjects: Sequence[str],
    *,
    source: str | None = None,
    note: str | None = None,
) -> list[PlayDecisionRow]:
    """Store what a person decides about the plays of accounts, tracks or groups.

    A decision about a group is one about each of its accounts: the numbers of groups change when
    plays are analysed again, and accounts stay.

    Parameters
    ----------
    store, catalogue
        Where to write, and the same catalogue to read.
    decision
        It takes the place of an earlier one; the earlier one stays in the parts.
    subjects
        Such as ``account:1f6c2a90``, ``track:GBXYZ2600001`` or ``group:3``.
    source
        The log that has them; needed when several do.
    note
        Why, in the person's words.

    Raises
    ------
    UsageError
        When a subject has another form (``unknown-subject``), no log has it (``no-such-subject``),
        several logs have it (``several-logs``), or the note is too long (``long-note``).
    """
    if note is not None and len(note) > MOST_CHARACTERS:
        raise UsageError(
            gettext("A note has at most {n} characters.", n=MOST_CHARACTERS), code="long-note"
        )
    now = utc_now()
    rows = [
        PlayDecisionRow(log, kind, identity, decision.value, note, now)
        for subject in subjects
        for log, kind, identity in _found(catalogue, subject, source)
    ]
    batch = BatchNames(f"{TABLE}-{secrets.token_hex(4)}", after=store.newest_batch()).next()
    store.write({TABLE: plain_rows(TABLE, rows, batch)}, batch)
    return rows


def _found(
    catalogue: CatalogueReader, subject: str, source: str | None
) -> list[tuple[str, str, str]]:
    """Return log, kind and id of what a decision about a subject is stored for."""
    kind, _, identity = subject.partition(":")
    if kind not in KINDS or not identity or (kind == "group" and not _is_number(identity)):
        raise UsageError(
            gettext(
                "'{given}' isn't account:ID, track:ID or group:NUMBER.", given=printable(subject)
            ),
            code="unknown-subject",
        )
    table = catalogue.table(KINDS[kind])
    wanted = int(identity) if kind == "group" else identity
    rows = table.filter(table[_COLUMNS[kind]] == wanted)
    if source is not None:
        rows = rows.filter(rows.source == source)
    logs = sorted(rows.select("source").distinct().to_pyarrow()["source"].to_pylist())
    if not logs:
        raise UsageError(
            gettext(
                "No analysed log has {subject}. List them with phonoscope royalties --by {kind}.",
                subject=printable(subject),
                kind=kind,
            ),
            code="no-such-subject",
        )
    if len(logs) > 1 and kind != "track":
        raise UsageError(
            gettext(
                "Several logs have {subject}: {logs}. Choose one with --log.",
                subject=printable(subject),
                logs=joined([printable(log) for log in logs]),
            ),
            code="several-logs",
        )
    if kind != "group":
        return [(log, kind, identity) for log in logs]
    listeners = catalogue.table("listeners")
    of_group = listeners.filter((listeners.group_id == wanted) & (listeners.source == logs[0]))
    accounts = sorted(of_group.select("user_hash").to_pyarrow()["user_hash"].to_pylist())
    return [(logs[0], "account", account) for account in accounts]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
