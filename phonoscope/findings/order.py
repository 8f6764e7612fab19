"""All findings, in the order of the page."""

from __future__ import annotations

from functools import cache

from phonoscope.findings.finding import Finding
from phonoscope.plugins import collected, without_duplicates

ORDER = (
    "scanned",
    "unreadable",
    "damaged",
    "declared",
    "generated_share",
    "generated_releases",
    "verdicts",
    "own_null",
    "declared_beside_detected",
    "voices",
    "formats",
    "duration",
    "loudness",
    "peaks",
    "tempo",
    "tonality",
    "bandwidth",
    "listed",
    "machine",
    "charts",
    "names",
    "pages",
    "tail",
    "plays",
    "age",
    "minutes",
    "lengths",
    "keys",
    "features",
    "explicit",
    "supply",
    "isrcs",
    "preservation",
    "concentration",
    "genres",
    "quality",
)
"""Names of Phonoscope's own findings, recordings first, then metadata."""
FIRST_ON_METADATA = "listed"
"""The first finding that queries metadata instead of recordings."""


@cache
def findings() -> tuple[Finding, ...]:
    """Return every finding: those of :data:`ORDER`, then those of plugins by name."""
    known: list[Finding] = collected("phonoscope_findings")
    without_duplicates("phonoscope_findings", (finding.name for finding in known))
    by_name = {finding.name: finding for finding in known}
    others = sorted(set(by_name) - set(ORDER))
    return tuple(by_name[name] for name in (*ORDER, *others) if name in by_name)
