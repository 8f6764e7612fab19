"""The answer to a request in which Phonoscope itself fails."""

from __future__ import annotations

import logging
from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from phonoscope.escape import printable
from phonoscope.web.problem import Problem, of_status

_log = logging.getLogger(__name__)

Answer = Callable[[Request, Problem], Response]


class Failures:
    """ASGI middleware: an error that nothing handles becomes an answer and one line in the log.

    The traceback is only logged at level DEBUG, because it has full paths.

    Parameters
    ----------
    app
        The application.
    answer
        Returns the response to a request that can't be answered.
    """

    def __init__(self, app: ASGIApp, answer: Answer) -> None:
        self._app, self._answer = app, answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        started = False

        async def noted(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except Exception as error:
            if scope["type"] != "http":
                raise
            said = printable(f"{type(error).__name__}: {error}")
            _log.error("%s failed: %s", printable(scope["path"]), said)
            _log.debug("%s", said, exc_info=error)
            if started:
                # The server closes the connection, so that the client notices what is missing.
                return
            response = self._answer(Request(scope, receive), of_status(500, ""))
            await response(scope, receive, send)
