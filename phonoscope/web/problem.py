"""Refusals of the server: what happened, why, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.exceptions import HTTPException

from phonoscope.messages import gettext, sentences

RETRY_AFTER_S = 10
"""When a client may try again that was refused for now, s."""


class Problem(HTTPException):
    """A request that can't be answered.

    Parameters
    ----------
    status
        HTTP status.
    code
        Kind of the problem, for programs and tests.
    said
        What happened, why, and what to do next: whole sentences. Empty ones are left out.
    headers
        Further headers of the response.
    """

    def __init__(
        self, status: int, code: str, *said: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, sentences(*said), headers)
        self.code = code
        self.said = tuple(filter(None, said))


BY_STATUS: Mapping[int, tuple[str, tuple[str, ...]]] = {
    404: (
        "no-such-page",
        (
            gettext("This page doesn't exist."),
            gettext("Check the address, or start from one of the pages below."),
        ),
    ),
    405: (
        "method-not-allowed",
        (gettext("This address doesn't support that request method."),),
    ),
    500: (
        "internal",
        (
            gettext("Something went wrong in Phonoscope."),
            gettext("Please report it, with the last lines of the server's terminal."),
        ),
    ),
}
"""Codes and sentences of problems that the web framework finds."""


def of_status(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Problem:
    """Return the problem of a plain HTTP status.

    Parameters
    ----------
    status
        HTTP status.
    reason
        The standard's words for it.
    headers
        Further headers of the response.
    """
    code, said = BY_STATUS.get(
        status, ("refused", (gettext("The server refused: {reason}.", reason=reason),))
    )
    return Problem(status, code, *said, headers=headers)
