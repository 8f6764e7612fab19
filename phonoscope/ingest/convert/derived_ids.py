"""Ids of tracks from other fields, for sources that have none.

The same texts make the same id, in every file and for ever, so a source can be read again and its
rows still replace the earlier ones. Case, blanks and Unicode form don't matter; everything else
does. Two tracks whose fields have the same text get one id: they count as one track, and the row
that is read last is kept. More fields (an album, a duration) keep more tracks apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

import pyarrow as pa
import pyarrow.compute as pc

from phonoscope.errors import UsageError
from phonoscope.escape import printable
from phonoscope.ingest.convert.column_aliases import closest, plain, same_name
from phonoscope.ingest.names import few
from phonoscope.messages import gettext, sentences

PREFIX = "derived:"
"""How such an id begins, so that nobody takes it for the id of a service."""
_HASH_BYTES = 12
"""96 bits: among 3e8 ids the chance that any two texts share one is about 1e-12."""
_BETWEEN = "\x1f"


def ids_of(columns: Sequence[pa.Array]) -> pa.Array:
    """Return one id for each row; empty where any of the fields is empty.

    Parameters
    ----------
    columns
        The fields, in the order that the user named them: text, or numbers.

    Examples
    --------
    >>> one, other = ids_of([pa.array(["Song", " SONG"]), pa.array(["A", "a"])]).to_pylist()
    >>> one == other, one.startswith("derived:"), len(one)
    (True, True, 32)
    """
    texts = [_normalised(column) for column in columns]
    joined = pc.binary_join_element_wise(*texts, _BETWEEN)
    return pa.array([_id(text) for text in joined.to_pylist()], pa.string())


def _normalised(column: pa.Array) -> pa.Array:
    text = pc.utf8_lower(pc.utf8_normalize(column.cast(pa.string()), form="NFKC"))
    text = pc.utf8_trim_whitespace(pc.replace_substring_regex(text, r"\s+", " "))
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _id(text: str | None) -> str | None:
    if text is None:
        return None
    return PREFIX + blake2b(text.encode(), digest_size=_HASH_BYTES).hexdigest()


def columns_for_ids(
    names: Iterable[str],
    columns: Sequence[str],
    fields: Mapping[str, str],
    aliases: Mapping[str, str],
) -> list[str]:
    """Return the columns that ids are derived from.

    Parameters
    ----------
    names
        What the user named: fields (``name``), aliases of fields (``artist``) or columns.
    columns
        All columns of the source.
    fields
        Field by column, of the columns that are recognised.
    aliases
        By field, its aliases in one text.

    Raises
    ------
    UsageError
        When a name is neither a field that the source has nor a column of it.
    """
    by_field = {field: column for column, field in fields.items()}
    known = {plain(a): field for field, listed in aliases.items() for a in listed.split()}
    found = []
    for name in names:
        column = by_field.get(name) or same_name(name, columns)
        column = column or by_field.get(known.get(plain(name), ""))
        if column is None:
            raise _unknown(name, [*by_field, *columns], columns)
        found.append(column)
    return list(dict.fromkeys(found))


def _unknown(name: str, names: Sequence[str], columns: Sequence[str]) -> UsageError:
    meant = closest(name, names)
    return UsageError(
        sentences(
            gettext(
                "The source has no column for the field '{name}' of --id-from.",
                name=printable(name[:60]),
            ),
            gettext("Did you mean '{name}'?", name=printable(meant[:60])) if meant else "",
            gettext("Its columns are {columns}.", columns=few(columns)),
        ),
        code="unknown-id-field",
    )
