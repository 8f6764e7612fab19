"""Connections to the server: at most so many, and none that stays unfinished."""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from phonoscope.messages import gettext, localised
from phonoscope.web.problem import RETRY_AFTER_S

MOST_CONNECTIONS = 200
"""Connections at one time; more are refused. A browser opens six."""
REQUEST_LIMIT_S = 30.0
"""Time in which a request has to arrive, s: its headers and its body, of at most a few kB."""

_TOO_MANY = gettext("There are too many connections to this server right now.")
_UNFINISHED = (h11.IDLE, h11.SEND_BODY)
"""States of a client that still has to send something."""


class Connection(H11Protocol):
    """uvicorn's connection, with a limit of number and of time.

    uvicorn itself waits forever for the rest of a request, once it has begun.
    """

    most_connections = MOST_CONNECTIONS
    request_limit_s = REQUEST_LIMIT_S

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._overdue: asyncio.TimerHandle | None = None

    # uvicorn narrows asyncio's type in the same way: a TCP server gives no other transport.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, or refuse it when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            transport.write(_refusal())
            transport.close()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        """Take some bytes of a request."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._watch()

    def on_response_complete(self) -> None:
        """Wait for the next request; how long it may idle is uvicorn's timeout_keep_alive."""
        super().on_response_complete()
        self._unwatch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._unwatch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Set a time by which an unfinished request has to be here; more bytes don't move it."""
        if self.conn.their_state not in _UNFINISHED:
            self._unwatch()
        elif self._overdue is None:
            self._overdue = self.loop.call_later(self.request_limit_s, self._close)

    def _unwatch(self) -> None:
        if self._overdue is not None:
            self._overdue.cancel()
            self._overdue = None

    def _close(self) -> None:
        self._overdue = None
        if self.conn.their_state in _UNFINISHED:
            # Not closed in order: that would wait until the client has read everything.
            self.transport.abort()


def _refusal() -> bytes:
    body = f"{localised(_TOO_MANY)}\n".encode()
    head = (
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n"
        f"content-length: {len(body)}\r\nretry-after: {RETRY_AFTER_S}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body
