"""Days as they are kept: text, YYYY-MM-DD, so that they sort and anybody can read them."""

from __future__ import annotations

from datetime import date


def is_day(text: str) -> bool:
    """Whether text is a day of the calendar, written YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
