"""The Python face: what the command line and the pages do, as functions.

>>> import tempfile
>>> import phonoscope as ps
>>> with tempfile.TemporaryDirectory() as folder:
...     catalogue = ps.open_catalogue(folder, create=True)
...     catalogue.sql("select count(*) as recordings from recordings").read_all().to_pylist()
[{'recordings': 0}]

What is named here is imported when it is first used: a query needs none of the audio code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from phonoscope.lazy import lazily

if TYPE_CHECKING:
    from phonoscope.analysis import Analysis, analyse
    from phonoscope.api.catalogue import Catalogue, open_catalogue
    from phonoscope.api.decisions import Decisions
    from phonoscope.api.dossiers import write_dossier
    from phonoscope.api.licences import Licences
    from phonoscope.api.plays import Plays
    from phonoscope.api.policy import check_policy, policies, rights_of
    from phonoscope.api.sources import (
        check,
        format_of,
        layout_of,
        listed,
        open_log,
        open_logs,
        open_sources,
    )
    from phonoscope.catalogue.compaction import Compaction
    from phonoscope.disclosure.read import read_labels
    from phonoscope.disclosure.removal import remove_label
    from phonoscope.disclosure.writing import write_label
    from phonoscope.findings.report import Report
    from phonoscope.ingest.summary import IngestSummary
    from phonoscope.progress import Progress
    from phonoscope.scan.limited import LimitedWorker
    from phonoscope.scan.scan import ScanSummary

__all__ = [
    "Analysis",
    "Catalogue",
    "Compaction",
    "Decisions",
    "IngestSummary",
    "Licences",
    "LimitedWorker",
    "Plays",
    "Progress",
    "Report",
    "ScanSummary",
    "analyse",
    "check",
    "check_policy",
    "format_of",
    "layout_of",
    "listed",
    "open_catalogue",
    "open_log",
    "open_logs",
    "open_sources",
    "policies",
    "read_labels",
    "remove_label",
    "rights_of",
    "write_dossier",
    "write_label",
]

__getattr__ = lazily(
    __name__,
    {
        "Analysis": "phonoscope.analysis",
        "Catalogue": "phonoscope.api.catalogue",
        "Compaction": "phonoscope.catalogue.compaction",
        "Decisions": "phonoscope.api.decisions",
        "IngestSummary": "phonoscope.ingest.summary",
        "Licences": "phonoscope.api.licences",
        "LimitedWorker": "phonoscope.scan.limited",
        "Plays": "phonoscope.api.plays",
        "Progress": "phonoscope.progress",
        "Report": "phonoscope.findings.report",
        "ScanSummary": "phonoscope.scan.scan",
        "analyse": "phonoscope.analysis",
        "check": "phonoscope.api.sources",
        "check_policy": "phonoscope.api.policy",
        "format_of": "phonoscope.api.sources",
        "layout_of": "phonoscope.api.sources",
        "listed": "phonoscope.api.sources",
        "open_catalogue": "phonoscope.api.catalogue",
        "open_log": "phonoscope.api.sources",
        "open_logs": "phonoscope.api.sources",
        "open_sources": "phonoscope.api.sources",
        "policies": "phonoscope.api.policy",
        "read_labels": "phonoscope.disclosure.read",
        "remove_label": "phonoscope.disclosure.removal",
        "rights_of": "phonoscope.api.policy",
        "write_dossier": "phonoscope.api.dossiers",
        "write_label": "phonoscope.disclosure.writing",
    },
)
