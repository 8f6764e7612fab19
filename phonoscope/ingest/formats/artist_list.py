"""Lists of machine-made artists that aren't tables: names, ids or addresses in lines or JSON.

Only someone who says that a file is such a list gets it read as one. The list itself is the claim.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pyarrow as pa

from phonoscope.ingest.base import Chunk
from phonoscope.ingest.convert.columns import Raw, chunk_of
from phonoscope.ingest.convert.flat_table import ROWS
from phonoscope.ingest.formats.machine_artists import said_by
from phonoscope.ingest.job import Format, Job
from phonoscope.ingest.readers.name_list import ListedArtist, NameList
from phonoscope.messages import gettext

_CHUNK_ROWS = 8192


def _read(job: Job[NameList]) -> Iterator[Chunk]:
    said, first_row = said_by(job.origin), 1
    artists = job.source.artists()
    while rows := list(islice(artists, _CHUNK_ROWS)):
        yield _chunk(rows, first_row, said)
        first_row += len(rows)


def _chunk(rows: list[ListedArtist], first_row: int, said: dict[str, str]) -> Chunk:
    cells = {
        "artist": [row.artist_id or row.name for row in rows],
        "name": [row.name for row in rows],
        "artist_id": [row.artist_id for row in rows],
        "says": [row.says or said["says"] for row in rows],
        "evidence_url": [row.evidence_url or said.get("evidence_url") for row in rows],
    }
    columns = {name: pa.array(listed, pa.string()) for name, listed in cells.items()}
    tables = {"machine_artists": columns}
    return chunk_of(Raw(ROWS, first_row, len(rows), tables, lambda at: vars(rows[at])))


FORMAT = Format(
    name="artist-list",
    opens=NameList,
    looks_for=gettext("a list of names, ids or addresses of artists"),
    recognises=lambda source: True,
    read=_read,
    ignored=lambda source: (),
)
