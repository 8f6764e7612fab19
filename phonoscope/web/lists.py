"""The lists: recordings, tracks, releases, artists, labels, unreadable files; and their exports."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from typing import IO, Any, BinaryIO, cast

import pyarrow as pa
from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse, StreamingResponse

from phonoscope.catalogue.locations import Locations
from phonoscope.disclosure.declared_status import DeclaredStatus
from phonoscope.messages import gettext
from phonoscope.view.lists import metadata, statement
from phonoscope.view.lists.export import FORMATS, Write
from phonoscope.view.lists.kind import ListKind
from phonoscope.view.lists.read import chips, read_list, with_locations
from phonoscope.view.lists.recordings import recordings
from phonoscope.view.lists.selection import SIZES, Selection, SelectionError, selection_of
from phonoscope.view.lists.unreadable import unreadable
from phonoscope.web.problem import Problem
from phonoscope.web.view import View

router = APIRouter(include_in_schema=False)

_CHUNK_BYTES = 1 << 18
_IN_MEMORY_BYTES = 1 << 20


def show(request: Request, kind: Callable[[], ListKind]) -> Response:
    """Show a page of a list; only its rows if a script asks, or all of it as a file."""
    selection = selection_from(request, kind())
    queries = request.app.state.queries
    form = request.query_params.get("format", "")
    if form:
        return export(request, selection, form)
    view = View(request, queries)
    read = read_list(queries, selection)
    return view.page(
        "list_rows.html" if view.is_part else "list.html",
        list=read,
        selection=selection,
        kind=selection.kind,
        chips=list(chips(selection)),
        sizes=SIZES,
        formats=tuple(FORMATS),
    )


def selection_from(request: Request, kind: ListKind) -> Selection:
    """Return what an address selects; status 422 for names and values that a list can't have."""
    try:
        return selection_of(kind, request.query_params.multi_items())
    except SelectionError as error:
        raise _invalid(error.name) from error


def export(request: Request, selection: Selection, form: str) -> Response:
    """Send all selected rows as a file."""
    if form not in FORMATS:
        raise _invalid("format")
    queries = request.app.state.queries
    locations: Locations = queries.locations()
    media_type, write = FORMATS[form]
    chosen = with_locations(selection, locations)
    # A file first: an error still gets its own answer, and a slow reader holds no query up.
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES)  # noqa: SIM115  (closed when sent)
    try:
        queries.export(statement.exported(chosen), partial(_write, write, chosen, locations, file))
    except BaseException:
        file.close()
        raise
    headers = {
        "content-disposition": f'attachment; filename="{selection.kind.name}.{form}"',
        "cache-control": "no-store",
    }
    file.seek(0)
    return StreamingResponse(_chunks(file), media_type=media_type, headers=headers)


def _write(
    write: Write,
    selection: Selection,
    locations: Locations,
    file: IO[bytes],
    reader: pa.RecordBatchReader,
) -> None:
    batches = (_without_folders(batch, locations) for batch in reader)
    write(batches, reader.schema, selection, cast(BinaryIO, file))


def _without_folders(batch: pa.RecordBatch, locations: Locations) -> pa.RecordBatch:
    """Return rows whose files are named as pages name them."""
    names = batch.schema.names
    uris = next((batch.column(n).to_pylist() for n in ("uri", "file") if n in names), None)
    changed = []
    for name, column in zip(names, batch.columns, strict=True):
        values: list[Any] | None = None
        if name in ("uri", "file"):
            values = [uri and locations.name(uri) for uri in column.to_pylist()]
        elif name == "error" and uris is not None:
            values = [
                error and locations.cleared(error, uri or "")
                for error, uri in zip(column.to_pylist(), uris, strict=True)
            ]
        changed.append(column if values is None else pa.array(values, column.type))
    return pa.RecordBatch.from_arrays(changed, schema=batch.schema)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            yield chunk


def _invalid(name: str) -> Problem:
    return Problem(
        422,
        "invalid-parameter",
        gettext("The address has values that aren't allowed, for: {names}.", names=name),
        gettext("Remove them from the address, or start from the whole list."),
    )


_FORMER = {
    "search": "q",
    "verdict": "verdict",
    "disagreement": "disagreement",
    "page": "page",
    "size": "size",
}
"""Names in addresses of version 0.1, and what they are called now."""
_FORMER_SORT = {"p_generated": "verdict"}
_MARKED = tuple(str(status) for status in DeclaredStatus if status != DeclaredStatus.NOTHING)


def former_address(pairs: list[tuple[str, str]]) -> str | None:
    """Return where an address of version 0.1 has moved; ``None`` for one that hasn't."""
    given = dict(pairs)
    is_former = {"search", "error", "order"} & given.keys() or given.get("declared") in ("0", "1")
    if not (is_former or given.get("sort") == "p_generated"):
        return None
    kind = unreadable() if given.get("error") else recordings()
    moved = [(_FORMER[name], value) for name, value in pairs if value and name in _FORMER]
    if given.get("declared") == "1":
        moved += [("declared", status) for status in _MARKED]
    if given.get("error") not in (None, "", "any"):
        moved.append(("error_kind", given["error"]))
    sort = _FORMER_SORT.get(given.get("sort", ""), given.get("sort", ""))
    if sort:
        moved.append(("sort", f"-{sort}" if given.get("order") == "down" else sort))
    known = {"q", "sort", "page", "size", *kind.by_name}
    return selection_of(kind, [pair for pair in moved if pair[0] in known]).address()


@router.get("/recordings")
def show_recordings(request: Request) -> Response:
    """Show the list of recordings; addresses of version 0.1 lead to the same rows."""
    try:
        moved = former_address(request.query_params.multi_items())
    except SelectionError as error:
        raise _invalid(error.name) from error
    if moved is not None:
        return RedirectResponse(moved, 308)
    return show(request, recordings)


def _route(kind: Callable[[], ListKind], name: str) -> None:
    def page(request: Request) -> Response:
        return show(request, kind)

    router.add_api_route(f"/{name}", page, methods=["GET"])


for _name, _kind in (
    ("tracks", metadata.tracks), ("releases", metadata.releases), ("artists", metadata.artists),
    ("labels", metadata.labels), ("unreadable", unreadable),
):  # fmt: skip
    _route(_kind, _name)
