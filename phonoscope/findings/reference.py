"""What every finding asks, needs and may mislead about, as Markdown: ``docs/findings.md``."""

from __future__ import annotations

from phonoscope.findings.base import Finding, findings


def document() -> str:
    """Return the content of ``docs/findings.md``."""
    lines = [
        "# Findings",
        "",
        "What `phonoscope report` and the page ask a whole catalogue; written from the findings by",
        "`python -m phonoscope.findings.reference > docs/findings.md`. A finding is a file of",
        "`phonoscope/findings/`. Its figures have stable names, `finding.figure`, in JSON and CSV,",
        "and [claims](claims.md) refer to them. A finding whose columns a catalogue lacks, or that",
        "finds nothing in them, says so.",
    ]
    for finding in findings():
        lines += ["", *_section(finding)]
    return "\n".join(lines) + "\n"


def _section(finding: Finding) -> list[str]:
    needs = "; ".join(
        f"`{table}` ({', '.join(f'`{column}`' for column in columns)})"
        for table, columns in finding.needs.items()
    )
    return [
        f"## {finding.title}",
        "",
        f"`{finding.name}`: {finding.question}",
        "",
        f"- How: {finding.method}",
        f"- What would mislead: {finding.misleads}",
        f"- Needs: {needs}",
    ]


if __name__ == "__main__":
    print(document(), end="")
