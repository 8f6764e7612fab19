"""JSON formats that are recognised by the keys of their objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.nested import Entity, EntityReader
from phonoscope.ingest.job import Format, Job, Need
from phonoscope.ingest.readers.json_file import JsonFile


def entities_format(name: str, what: str, kinds: Mapping[str, Entity]) -> Format[JsonFile]:
    """Return the format of a file that holds objects of one of several kinds.

    Parameters
    ----------
    name
        Name of the format, as the table ``ingests`` stores it.
    what
        What a file of this format is: a message.
    kinds
        Entities by the keys that they need, separated by blanks; the first one that fits is read.
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

    def needs(source: JsonFile) -> list[Need]:
        listed = [
            [Need(key, key if key in source.keys else "") for key in keys.split()] for keys in kinds
        ]
        return max(listed, key=lambda each: sum(bool(need.found) for need in each) / len(each))

    return Format(
        name=name,
        opens=JsonFile,
        looks_for=what,
        recognises=lambda source: entity(source) is not None,
        read=read,
        ignored=ignored,
        needs=needs,
    )
