"""Addresses of pages about one thing, made from names and ids that come from outside."""

from __future__ import annotations

from urllib.parse import quote, urlencode

_DOTS = frozenset({".", ".."})


def path_of(kind: str, name: str, **query: str | None) -> str:
    """Return the address of the page about one thing.

    Parameters
    ----------
    kind
        Path of its list.
    name
        Its name or id, any text. Browsers resolve a segment of dots, so such a name leads to a
        search of the list.
    query
        Further values; empty ones are left out.

    Examples
    --------
    >>> path_of("artists", "AC/DC"), path_of("tracks", "1", source="a b")
    ('/artists/AC%2FDC', '/tracks/1?source=a+b')
    """
    if not name or set(name.split("/")) & _DOTS:
        return list_path(kind, q=name)
    found = f"/{kind}/{quote(name, safe='', errors='replace')}"
    asked = urlencode({key: value for key, value in query.items() if value})
    return f"{found}?{asked}" if asked else found


def list_path(kind: str, **query: str | int | None) -> str:
    """Return the address of a list with some filters; empty ones are left out.

    >>> list_path("recordings", artist="AC/DC", q="")
    '/recordings?artist=AC%2FDC'
    """
    asked = urlencode({k: v for k, v in query.items() if v not in ("", None)}, errors="replace")
    return f"/{kind}?{asked}" if asked else f"/{kind}"
