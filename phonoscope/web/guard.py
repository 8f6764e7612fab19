"""What every answer goes through: the host that was asked for, and protective headers."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST = re.compile(r"^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$")


class Guard:
    """ASGI middleware.

    Only known host names are answered, so that a web page elsewhere cannot reach a catalogue
    on this machine by pointing its own name here (DNS rebinding). Pages may run only scripts
    from here, are not framed, and tell no one where a link was followed from.

    Parameters
    ----------
    app
        What answers.
    hosts
        Host names answered besides those of this machine.
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
            await _refuse(protected)
            return
        await self._app(scope, receive, protected)

    def _is_known(self, scope: MutableMapping[str, Any]) -> bool:
        named = [value for name, value in scope["headers"] if name == b"host"]
        if len(named) != 1:
            return False
        match = _HOST.match(named[0].decode("latin-1"))
        return match is not None and match.group(1).lower() in self._hosts


def _headers(nonce: str) -> list[tuple[bytes, bytes]]:
    # The waveform brings its own style element; the nonce admits that one and no other.
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


async def _refuse(send: Send) -> None:
    body = b"This host name is not served here.\n"
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})
