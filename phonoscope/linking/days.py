"""Days as stored: text, YYYY-MM-DD, which sorts and is easy to read."""

from __future__ import annotations

from datetime import date


def is_day(text: str) -> bool:
    """Whether text is a calendar day, written YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
