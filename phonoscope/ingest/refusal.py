"""Refused sources: the nearest format, what is missing, and a command that would read the file."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from phonoscope.errors import SourceError
from phonoscope.escape import printable
from phonoscope.ingest.base import Source
from phonoscope.ingest.formats.flat_csv import fields_of
from phonoscope.ingest.job import Format, Need
from phonoscope.ingest.options import SourceOptions
from phonoscope.ingest.readers.csv_file import CsvFile
from phonoscope.ingest.readers.parquet_files import ParquetFiles
from phonoscope.messages import Message, gettext, lines, sentences
from phonoscope.text import joined

_MAPPED = ("track_id", "name", "artist_names", "duration_ms", "duration_s", "isrc")
"""Fields that a suggested --map names, when the file has them."""
_IDENTIFIES = ("id", "code", "uri", "key", "number", "nr")
"""How the name of a column of ids often ends."""
_LONGEST = 60
"""Characters of a column that a suggested command can name."""


def refusal(
    source: Source, formats: Sequence[Format[Source]], options: SourceOptions, doubt: str = ""
) -> SourceError:
    """Return the error for a source that has none of some formats.

    Parameters
    ----------
    source
        The source, opened.
    formats
        The formats that the command reads.
    options
        What the user says of the source.
    doubt
        Why it isn't the kind of file that it looks like; a sentence.
    """
    nearest = _nearest(source, formats)
    parts = [
        sentences(_headline(source, options), doubt),
        gettext("Found: {found}.", found=source.found()),
    ]
    if nearest is not None:
        parts.append(_comparison(*nearest))
    parts += _advice(source, options)
    return SourceError(lines(parts), code="unknown-format")


def other_format(source: Source, found: Format[Source], options: SourceOptions) -> SourceError:
    """Return the error for a source whose format another command reads."""
    command = shlex.join(["phonoscope", "ingest", source.name, "--into", options.catalogue])
    if found.name.startswith("charts-"):
        command = command.replace(" ingest ", " charts ", 1)
    values = {"file": source.name, "what": found.looks_for, "format": found.name}
    named = {
        "charts": gettext("{file} isn't a chart. It's {what} ({format}).", **values),
        "plays": gettext("{file} isn't a play log. It's {what} ({format}).", **values),
        "artists": gettext("{file} isn't a list of artists. It's {what} ({format}).", **values),
    }
    default = gettext("{file} is {what} ({format}).", **values)
    headline = named.get(options.command, default)
    advice = gettext("To read it: {command}", command=command)
    return SourceError(lines([headline, advice]), code="other-format")


def _headline(source: Source, options: SourceOptions) -> Message:
    if options.command == "charts":
        return gettext("{file} isn't a chart that Phonoscope can read.", file=source.name)
    if options.command == "plays":
        return gettext("{file} isn't a play log that Phonoscope can read.", file=source.name)
    if options.command == "artists":
        return gettext("{file} isn't a list of artists.", file=source.name)
    return gettext("{file} has no format that Phonoscope knows.", file=source.name)


def _nearest(
    source: Source, formats: Sequence[Format[Source]]
) -> tuple[Format[Source], Sequence[Need]] | None:
    """Return the format that a source has most of, and what it needs; ``None`` without any."""
    best: tuple[Format[Source], Sequence[Need]] | None = None
    best_share = 0.0
    for each in formats:
        if isinstance(source, each.opens):
            needs = each.needs(source)
            share = sum(bool(need.found) for need in needs) / max(1, len(needs))
            if share > best_share:
                best, best_share = (each, needs), share
    return best


def _comparison(nearest: Format[Source], needs: Sequence[Need]) -> Message:
    missing = [gettext("{name}", name=need.name) for need in needs if not need.found]
    has = [
        gettext("{name}", name=need.name)
        if need.found == need.name
        else gettext("{name} ({column})", name=need.name, column=printable(need.found[:40]))
        for need in needs
        if need.found
    ]
    values = {"format": nearest.name, "what": nearest.looks_for, "found": joined(has)}
    if not missing:
        return gettext("Nearest format: {format} ({what}). It has {found}.", **values)
    return gettext(
        "Nearest format: {format} ({what}). It has {found}. Missing: {missing}.",
        missing=joined(missing),
        **values,
    )


def _advice(source: Source, options: SourceOptions) -> Iterator[Message]:
    if options.command == "charts":
        yield gettext("A chart needs columns for rank, title and performer, and a day.")
        yield gettext("Name columns with --map, or give the day with --date YYYY-MM-DD.")
    elif options.command == "plays":
        yield gettext("A play log needs columns for the account, the track and the time.")
        yield gettext("Name columns with --map. docs/plays.md lists the names that are known.")
    elif options.command == "artists":
        yield gettext(
            "A list of artists needs a column artist or artist_id, and no columns of tracks."
        )
    elif isinstance(source, CsvFile):
        yield from _map_lines(source, options)
    elif isinstance(source, ParquetFiles):
        if "name" in fields_of(source.tables[0].readable).values():
            yield gettext(
                "To derive the ids of the tracks: {command}", command=_id_line(source, options)
            )
        else:
            yield gettext("Rename the columns: docs/ingest-json.md lists the formats.")
    else:
        yield gettext("docs/ingest-json.md lists the formats.")


def _map_lines(source: CsvFile, options: SourceOptions) -> Iterator[Message]:
    by_field = {field: column for column, field in fields_of(source.columns).items()}
    mapped = {f: c for f, c in by_field.items() if f in _MAPPED and _can_be_named(c)}
    if "duration_ms" in mapped:
        mapped.pop("duration_s", None)
    mapped.setdefault("track_id", _guessed_id(source, mapped) or "COLUMN")
    mapped.setdefault("name", "COLUMN")
    parts = ["phonoscope", "ingest", source.name, "--into", options.catalogue]
    for field in _MAPPED:
        if field in mapped:
            parts += ["--map", f"{mapped[field]}={field}"]
    yield gettext("To read it as tracks: {command}", command=shlex.join(parts))
    if "track_id" not in by_field and "name" in by_field:
        yield gettext(
            "To derive the ids of the tracks: {command}", command=_id_line(source, options)
        )


def _id_line(source: Source, options: SourceOptions) -> str:
    columns = source.columns if isinstance(source, CsvFile) else ()
    if isinstance(source, ParquetFiles):
        columns = tuple(source.tables[0].readable)
    there = set(fields_of(columns).values())
    of = ",".join(["name", *(["artist_names"] if "artist_names" in there else [])])
    parts = ["phonoscope", "ingest", source.name, "--into", options.catalogue, "--id-from", of]
    return shlex.join(parts)


def _guessed_id(source: CsvFile, mapped: dict[str, str]) -> str | None:
    """Return a column that looks like one of ids by its name."""
    free = [c for c in source.columns if c not in mapped.values() and _can_be_named(c)]
    likely = (column for column in free if column.casefold().endswith(_IDENTIFIES))
    return next(likely, None)


def _can_be_named(column: str) -> bool:
    """Whether a column can be part of a command that people copy."""
    return 0 < len(column) <= _LONGEST and column.isprintable()
