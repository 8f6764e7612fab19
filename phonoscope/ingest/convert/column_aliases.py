"""Columns by their spelling: many ways to write one name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def fields_by_alias(columns: Iterable[str], spellings: Mapping[str, str]) -> dict[str, str]:
    """Return field by column of the columns that have one of some spellings, the surest first."""
    by_spelling: dict[str, str] = {}
    for name in columns:
        by_spelling.setdefault(name.strip().lower().replace(" ", "_").replace(".", "_"), name)
    found = {
        field: next((by_spelling[s] for s in listed.split() if s in by_spelling), None)
        for field, listed in spellings.items()
    }
    return {column: field for field, column in found.items() if column is not None}
