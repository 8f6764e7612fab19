"""What findings import, and what pages and commands import to show them.

A finding is a function with the decorator :func:`finding`, in a file of
``phonoscope/findings/questions``; :mod:`phonoscope.findings.order` has their order. The report,
the page and the API show what :func:`find` returns.
"""

from phonoscope.findings.answer import Answer, Chart, cannot_tell
from phonoscope.findings.figure import Figure, Share
from phonoscope.findings.finding import Finding, finding
from phonoscope.findings.found import Found, find
from phonoscope.findings.order import findings
from phonoscope.findings.query_session import QuerySession, Tables
from phonoscope.findings.result_table import LISTED_AT_MOST, Cell, ResultColumn, ResultTable

__all__ = [
    "LISTED_AT_MOST",
    "Answer",
    "Cell",
    "Chart",
    "Figure",
    "Finding",
    "Found",
    "QuerySession",
    "ResultColumn",
    "ResultTable",
    "Share",
    "Tables",
    "cannot_tell",
    "find",
    "finding",
    "findings",
]
