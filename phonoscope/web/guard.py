"""Checks on every request (host, origin, size), and headers on every response."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from phonoscope.messages import gettext, localised

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?")
_READING = frozenset({"GET", "HEAD", "OPTIONS"})
MOST_BYTES = 10_000
"""A request contains a form of a few fields, or a short JSON object."""
BODY_LIMIT_S = 10.0
"""Time in which the body of a request has to arrive, s."""
ERROR_FORMAT = "phonoscope-error/1"
"""Shape of every error under /api."""

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class _Refusal:
    """An answer that the application doesn't give."""

    status: int
    code: str
    said: str

    async def answer(self, scope: Scope, send: Send) -> None:
        """Answer in words, or as an object under /api; then close the connection.

        The rest of the request, if there is any, is never read.
        """
        if scope["path"].startswith("/api/"):
            kind = b"application/json"
            shape = {"format": ERROR_FORMAT, "error": localised(self.said), "code": self.code}
            body = json.dumps(shape).encode()
        else:
            kind, body = b"text/plain; charset=utf-8", f"{localised(self.said)}\n".encode()
        headers = [
            (b"content-type", kind),
            (b"content-length", str(len(body)).encode()),
            (b"connection", b"close"),
        ]
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


_UNKNOWN_HOST = _Refusal(
    400,
    "unknown-host",
    gettext(
        "This server doesn't answer to that host name. Use localhost, or the name given to --host."
    ),
)
_TWO_LENGTHS = _Refusal(
    400, "two-lengths", gettext("The request states its length twice, so nothing was changed.")
)
_FOREIGN = _Refusal(
    403, "foreign", gettext("Another website sent this request, so nothing was changed.")
)
_TOO_LATE = _Refusal(
    408, "too-late", gettext("The request didn't arrive in time, so nothing was changed.")
)
_TOO_LONG = _Refusal(413, "too-long", gettext("The request is too long, so nothing was changed."))


class Guard:
    """ASGI middleware.

    It answers only known host names, so that a web page elsewhere can't reach a catalogue on
    this machine by pointing its own name here (DNS rebinding). It refuses changes that a page
    from elsewhere sends (cross-site request forgery). It reads the body of a request itself, and
    gives the application none that is long, late or of two lengths. Pages run only this server's
    scripts, can't be framed, and send no referrer.

    Parameters
    ----------
    app
        The application.
    hosts
        Host names to answer in addition to those of this machine, and to the address that a
        connection has reached.
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

        refusal = self._refusal(scope)
        if refusal is None and scope["method"] not in _READING:
            try:
                receive = await _read(receive)
            except _HungUpError:
                return
            except TimeoutError:
                refusal = _TOO_LATE
            except _TooLongError:
                refusal = _TOO_LONG
        if refusal is None:
            await self._app(scope, receive, protected)
        else:
            await refusal.answer(scope, protected)

    def _refusal(self, scope: Scope) -> _Refusal | None:
        """Return why a request isn't answered, as far as its headers show."""
        if not self._is_known(scope):
            return _UNKNOWN_HOST
        if _has_two_lengths(scope["headers"]):
            return _TWO_LENGTHS
        if scope["method"] in _READING:
            return None
        if _is_foreign(scope["headers"]):
            return _FOREIGN
        return None if _is_small(scope["headers"]) else _TOO_LONG

    def _is_known(self, scope: MutableMapping[str, Any]) -> bool:
        named = [value for name, value in scope["headers"] if name == b"host"]
        if len(named) != 1:
            return False
        match = _HOST.fullmatch(named[0].decode("latin-1"))
        if match is None:
            return False
        host = match.group(1).lower()
        return host in self._hosts or _is_reached(host, scope.get("server"))


def _is_reached(host: str, server: tuple[str, int | None] | None) -> bool:
    """Whether a host is the address that the connection has reached.

    A page can only have this host when it came from this server: no name leads there.
    """
    try:
        return server is not None and ip_address(host.strip("[]")) == ip_address(server[0])
    except ValueError:
        return False


class _TooLongError(Exception):
    """The body is longer than :data:`MOST_BYTES`, whatever its headers say."""


class _HungUpError(Exception):
    """The client hung up before the end of the body."""


async def _read(receive: Receive) -> Receive:
    """Read the whole body; return what gives it to the application."""
    body = bytearray()
    async with asyncio.timeout(BODY_LIMIT_S):
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _HungUpError
            body += message.get("body", b"")
            if len(body) > MOST_BYTES:
                raise _TooLongError
            if not message.get("more_body", False):
                break
    left = [bytes(body)]

    async def replay() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return replay


def _has_two_lengths(headers: Headers) -> bool:
    """Whether two readers could disagree on where a request ends (RFC 9112, section 6.3)."""
    names = [name for name, _ in headers]
    lengths = names.count(b"content-length")
    return lengths > 1 or bool(lengths and b"transfer-encoding" in names)


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
