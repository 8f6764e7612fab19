"""JSON formats that are recognised by the keys of their objects: what they have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.nested import Entity, EntityReader
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.readers.json_file import JsonFile


def entities_format(name: str, what: str, kinds: Mapping[str, Entity]) -> Format[JsonFile]:
    """Return the format of a file that holds objects of one of several kinds.

    Parameters
    ----------
    name
        As it is kept in table ``ingests``.
    what
        What it is, in words.
    kinds
        Entities by the keys that tell them, blanks between; the first that fits is taken.
    """

    def entity(source: JsonFile) -> Entity | None:
        fitting = (e for keys, e in kinds.items() if set(keys.split()) <= source.keys)
        return next(fitting, None)

    def read(job: Job[JsonFile]) -> Iterator[Chunk]:
        found = entity(job.source)
        assert found is not None
        return EntityReader(found, job.pseudonyms).chunks(job.source)

    def ignored(source: JsonFile) -> list[str]:
        found = entity(source)
        return found.unread(source) if found else []

    listed = ", ".join(f"{e.name} ({', '.join(keys.split())})" for keys, e in kinds.items())
    return Format(
        name=name,
        opens=JsonFile,
        looks_for=f"JSON objects of {what}: {listed}",
        recognises=lambda source: entity(source) is not None,
        read=read,
        ignored=ignored,
    )
