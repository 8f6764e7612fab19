"""The time now. Everything that stores or shows a time asks here."""

from __future__ import annotations

from datetime import UTC, date, datetime


def utc_now() -> datetime:
    """Return the time now, UTC, without a time zone, as tables store it."""
    return datetime.now(UTC).replace(tzinfo=None)


def utc_today() -> date:
    """Return the date now, UTC."""
    return utc_now().date()


def utc_text() -> str:
    """Return the time now in ISO 8601, whole seconds, with its zone, as documents store it."""
    return datetime.now(UTC).isoformat(timespec="seconds")
