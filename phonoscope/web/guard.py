"""Checks on every request (host, origin, size), and headers on every response."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from phonoscope.messages import gettext, localised

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST = re.compile(r"^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_BYTES = 10_000
"""A request contains a form of a few fields, or a short JSON object."""

Headers = list[tuple[bytes, bytes]]

_UNKNOWN_HOST = gettext(
    "This server doesn't answer to that host name. Use localhost, or the name given to --host."
)
_FOREIGN = gettext("Another website sent this request, so nothing was changed.")
_TOO_LONG = gettext("The request is too long, so nothing was changed.")


class Guard:
    """ASGI middleware.

    It answers only known host names, so that a web page elsewhere can't reach a catalogue on
    this machine by pointing its own name here (DNS rebinding). It refuses changes that a page
    from elsewhere sends (cross-site request forgery). Pages run only this server's scripts, can't
    be framed, and send no referrer.

    Parameters
    ----------
    app
        The application.
    hosts
        Host names to answer in addition to those of this machine.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        self._app = app
        self._hosts = LOCAL_HOSTS | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        headers = _headers(nonce)

        async def protected(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        if not self._is_known(scope):
            await _refuse(protected, 400, _UNKNOWN_HOST)
        elif scope["method"] in _READING:
            await self._app(scope, receive, protected)
        elif _is_foreign(scope["headers"]):
            await _refuse(protected, 403, _FOREIGN)
        elif not _is_small(scope["headers"]):
            await _refuse(protected, 413, _TOO_LONG)
        else:
            await self._app(scope, receive, protected)

    def _is_known(self, scope: MutableMapping[str, Any]) -> bool:
        named = [value for name, value in scope["headers"] if name == b"host"]
        if len(named) != 1:
            return False
        match = _HOST.match(named[0].decode("latin-1"))
        return match is not None and match.group(1).lower() in self._hosts


def _is_foreign(headers: Headers) -> bool:
    """Whether a page from elsewhere sent a request, according to the browser.

    Current browsers say so themselves, older ones name the page's origin. A client that sends
    neither isn't a browser, so no page can make it send anything.
    """
    sites = [value for name, value in headers if name == b"sec-fetch-site"]
    if sites:
        return any(site not in (b"same-origin", b"none") for site in sites)
    (host,) = (value for name, value in headers if name == b"host")
    origins = [value for name, value in headers if name == b"origin"]
    return any(origin.partition(b"://")[2].lower() != host.lower() for origin in origins)


def _is_small(headers: Headers) -> bool:
    """Whether a request is short. One without a stated length could be endless."""
    lengths = [value for name, value in headers if name == b"content-length"]
    if not lengths:
        return all(name != b"transfer-encoding" for name, _ in headers)
    return all(value.isdigit() and int(value[:10]) <= MOST_BYTES for value in lengths)


def _headers(nonce: str) -> Headers:
    # The waveform adds a style element; the nonce admits that one and no other.
    policy = (
        f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return [
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"x-frame-options", b"DENY"),
    ]


async def _refuse(send: Send, status: int, text: str) -> None:
    body = f"{localised(text)}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
