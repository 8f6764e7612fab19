"""One row a track, with its album, artists and features in the same row: reading by fields."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.ingest.base import Chunk
from phonoscope.ingest.cell import CellKind
from phonoscope.ingest.convert.artist_lists import ArtistRows, artist_lists
from phonoscope.ingest.convert.column_aliases import closest, plain, same_name, scales_of
from phonoscope.ingest.convert.columns import (
    UNDECODABLE,
    CellFault,
    Forms,
    Raw,
    chunk_of,
    decodable,
    fillable,
    kinds,
)
from phonoscope.ingest.convert.dates import order_of
from phonoscope.ingest.convert.derived_ids import ids_of
from phonoscope.ingest.convert.headings import TIME_MS, Unit
from phonoscope.ingest.convert.numbers import decimals_of
from phonoscope.ingest.names import few
from phonoscope.ingest.readers.csv_file import CsvFile, Records
from phonoscope.messages import gettext, sentences

SECONDS = "duration_s"
"""Field of a source that states durations in seconds; stored as ``duration_ms``."""
MINUTES = "duration_min"
"""The same in minutes: 3.5 is 3:30."""
DURATIONS_MS = {"duration_ms": 1.0, SECONDS: TIME_MS[Unit.SECONDS], MINUTES: TIME_MS[Unit.MINUTES]}
"""Milliseconds in the unit of each field of durations, the most exact first."""
ARTIST_IDS = "artist_ids"
"""Field of a source that lists ids of artists next to their names."""
ROWS = "rows"
"""Name of the only table of a file."""


def fields() -> tuple[str, ...]:
    """Return what a column can be mapped to."""
    return (*dict.fromkeys(fillable()), SECONDS, MINUTES)


def with_one_duration(fields: Mapping[str, str]) -> dict[str, str]:
    """Return field by column with the most exact duration, where a file has it in several units."""
    exact = next((field for field in DURATIONS_MS if field in fields.values()), "")
    return {c: field for c, field in fields.items() if field not in DURATIONS_MS or field == exact}


def checked_mapping(
    mapping: Mapping[str, str],
    columns: Sequence[str],
    aliases: Mapping[str, str],
    known: Sequence[str],
) -> dict[str, str]:
    """Return a mapping with columns and fields as they are written in the file and the tables.

    Parameters
    ----------
    mapping
        Field by column, as the user gave it; case and separators don't matter.
    columns
        Of the file.
    aliases
        By field, its aliases in one text: someone who maps to one meant the field.
    known
        Fields that a column can be mapped to.

    Raises
    ------
    UsageError
        When it names an unknown field or column, or a field twice.
    """
    found = {
        _column(column, columns): _field(field, aliases, known) for column, field in mapping.items()
    }
    wanted = list(found.values())
    twice = {field for field in wanted if wanted.count(field) > 1}
    if len(durations := [field for field in DURATIONS_MS if field in wanted]) > 1:
        twice.add(durations[-1])
    if twice or len(found) < len(mapping):
        field = min(twice, default="")
        raise UsageError(
            gettext("Only one column can be mapped to {field}.", field=field)
            if twice
            else gettext("A column is mapped twice."),
            code="field-twice",
        )
    return found


def with_mapping(
    mapping: Mapping[str, str] | None,
    found: Mapping[str, str],
    columns: Sequence[str],
    aliases: Mapping[str, str],
) -> dict[str, str]:
    """Return field by column: as the user said, and as they are named where nothing was said.

    Raises
    ------
    UsageError
        As by :func:`checked_mapping`.
    """
    if mapping is None:
        return dict(found)
    mapped = checked_mapping(mapping, columns, aliases, tuple(aliases))
    taken = set(mapped.values())
    return mapped | {c: f for c, f in found.items() if c not in mapped and f not in taken}


def _column(wanted: str, columns: Sequence[str]) -> str:
    found = same_name(wanted, columns)
    if found is not None:
        return found
    meant = closest(wanted, columns)
    raise UsageError(
        sentences(
            gettext("The file has no column '{column}'.", column=printable(wanted[:60])),
            gettext("Did you mean '{name}'?", name=printable(meant[:60])) if meant else "",
            gettext("Its columns are {columns}.", columns=few(columns)),
        ),
        code="unknown-column",
    )


def _field(wanted: str, aliases: Mapping[str, str], known: Sequence[str]) -> str:
    found = same_name(wanted, known)
    if found is not None:
        return found
    of_alias = {plain(a): f for f, listed in aliases.items() for a in listed.split() if f in known}
    meant = of_alias.get(plain(wanted)) or closest(wanted, known)
    raise UsageError(
        sentences(
            gettext("There is no field '{field}'.", field=printable(wanted[:60])),
            gettext("Did you mean '{name}'?", name=meant) if meant else "",
            gettext("The fields are {fields}.", fields=few(known, most=len(known))),
        ),
        code="unknown-field",
    )


def read_fields(
    source: CsvFile,
    of_columns: Mapping[str, str],
    *,
    id_columns: Sequence[str] = (),
    lists: bool = False,
    separator: str | None = None,
) -> Iterator[Chunk]:
    """Yield the rows of a flat file.

    Parameters
    ----------
    source
        The file.
    of_columns
        Field by column; see :func:`fields`, and :data:`ARTIST_IDS`.
    id_columns
        Columns that the ids of tracks are derived from; none where the file has ids.
    lists
        Whether lists of artists in a cell become rows of artists.
    separator
        What separates the names of artists in a cell, in formats that join them.
    """
    places = {field: source.columns.index(name) for name, field in of_columns.items()}
    of_ids = [source.columns.index(name) for name in id_columns]
    scales = scales_of(of_columns)
    forms = forms_of(source, places)
    artists = ArtistRows()
    for records in source.chunks({*places.values(), *of_ids}):
        columns, cell_faults = read_columns(records, places)
        if of_ids:
            columns["track_id"] = ids_of([decodable(records.column(at))[0] for at in of_ids])
        ids = columns.pop(ARTIST_IDS, None)
        found = None
        if lists and "artist_names" in columns:
            found = artist_lists(columns["artist_names"], ids, separator)
        if found is not None:
            columns["artist_names"] = found.joined(columns["artist_names"])
        chunk = chunk_of(_raw(records, columns, cell_faults, scales, forms))
        yield chunk
        if found is not None:
            yield artists.chunk(found, columns, chunk, records.first_row)


def read_columns(
    records: Records, places: Mapping[str, int]
) -> tuple[dict[str, pa.Array], list[CellFault]]:
    """Return columns of text by field, and their cells that aren't text."""
    cell_faults: list[CellFault] = []
    columns: dict[str, pa.Array] = {}
    for field, at in places.items():
        raw = records.column(at)
        columns[field], bad = decodable(raw)
        if bad is not None:
            cell_faults.append(CellFault(field, UNDECODABLE, bad, raw.view(pa.binary())))
    return columns, cell_faults


def forms_of(source: CsvFile, places: Mapping[str, int]) -> Forms:
    """Return how numbers and dates are written, and tell the source.

    Parameters
    ----------
    source
        The file; the rows near its start are read.
    places
        Place of each field.
    """
    numbers = {name: at for name, at in places.items() if _numbers().get(name) is not None}
    dates = [name for name in _DATES if name in places]
    wanted = {**numbers, **{name: places[name] for name in dates}}
    samples = list(source.near_start(set(wanted.values()))) if wanted else []

    def cells(name: str) -> pa.Array:
        columns = [decodable(records.column(places[name]))[0] for records in samples]
        return pc.utf8_trim_whitespace(pa.chunked_array(columns, pa.string()))

    stated = source.options
    decimals = decimals_of(
        ((name, cells(name), bool(_numbers()[name])) for name in numbers), source.delimiter
    )
    if stated.decimal is not None:
        decimals = dict.fromkeys(decimals, stated.decimal)
    orders = {name: stated.dates or order_of(cells(name)) for name in dates}
    source.read_as |= {
        "decimal": {name: sign for name, sign in decimals.items() if sign != "."},
        "dates": {name: order for name, order in orders.items() if order},
    }
    return Forms(decimals, next(iter(orders.values()), None))


_DATES = ("release_date", "chart_date")
"""Fields whose days can be in any order; times of plays are read in fewer forms."""


@cache
def _numbers() -> Mapping[str, bool | None]:
    """Return by field whether it holds whole numbers; ``None`` where it holds no numbers."""
    whole = {
        CellKind.INTEGER: True,
        CellKind.MILLISECONDS: True,
        CellKind.REAL: False,
    }
    tables = ("tracks", "features", "chart_entries", "listens")
    found = {name: whole.get(kind) for table in tables for name, kind in kinds(table).items()}
    return found | dict.fromkeys((*DURATIONS_MS, "played_s"), False) | {"duration_ms": True}


def _raw(
    records: Records,
    columns: dict[str, pa.Array],
    cell_faults: Sequence[CellFault],
    scales: Mapping[str, float],
    forms: Forms,
) -> Raw:
    tables, of_duration = tables_of(columns)
    decimals = dict(forms.decimals)
    for field in DURATIONS_MS:
        if field in decimals:
            decimals["duration_ms"] = decimals.pop(field)
    return Raw(
        ROWS,
        records.first_row,
        records.length,
        tables,
        records.row,
        records.reject_reasons,
        {**scales, **of_duration},
        records.begins,
        replace(forms, decimals=decimals),
        cell_faults,
    )


def tables_of(
    columns: dict[str, pa.Array],
) -> tuple[dict[str, dict[str, pa.Array]], dict[str, float]]:
    """Return columns by common table, and what durations have to be multiplied by."""
    scales: dict[str, float] = {}
    for field, in_ms in DURATIONS_MS.items():
        if field in columns and field != "duration_ms":
            columns["duration_ms"] = columns.pop(field)
            scales["duration_ms"] = in_ms
    tables = {"tracks": {name: columns[name] for name in kinds("tracks") if name in columns}}
    features = {name: columns[name] for name in kinds("features") if name in columns}
    if set(features) - set(kinds("tracks")):
        tables["features"] = features
    return tables, scales


def as_text(mapping: Mapping[str, str] | None) -> str | None:
    """Return a mapping as it is stored."""
    return None if mapping is None else json.dumps(dict(mapping), ensure_ascii=False)
