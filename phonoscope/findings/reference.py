"""What every finding asks, needs and may mislead about, as Markdown: ``docs/findings.md``."""

from __future__ import annotations

from phonoscope.findings.base import Finding, findings
from phonoscope.findings.report import JSON_FORMAT

_INTRODUCTION = f"""# Findings

What `phonoscope report` and the page compute of a whole catalogue; written from the findings by
`python -m phonoscope.findings.reference > docs/findings.md`. A finding is a function in
`phonoscope/findings/questions` with the decorator `@finding`; its docstring holds the method and
the caveats below. Its figures have stable names, `finding.figure`, in JSON and CSV, and
[claims](claims.md) refer to them. A finding whose columns a catalogue lacks, or that finds
nothing in them, says so.

## As JSON

`phonoscope report --format json` writes one document:

| name | |
|---|---|
| `format` | `{JSON_FORMAT}` |
| `catalogue`, `written_utc`, `phonoscope_version` | what was counted, when, by which version |
| `findings` | one object a finding |
| `claims` | with `--claims`: see [claims](claims.md) |
| `comparison` | with `--compare`: see [comparison](comparison.md) |

An element of `findings`:

| name | |
|---|---|
| `name`, `title`, `question` | of the finding, as below |
| `answered` | whether the catalogue could answer; else `headline` says why not |
| `headline`, `note`, `certainty`, `claim` | in words |
| `figures` | `name`, `value`, `unit`, `low` and `high` of the 95% interval, `n`: rows it rests on |
| `tables` | `name`, `title`, `columns`, `rows`, and `total` when not all rows are listed |
| `method`, `caveats`, `needs` | as below |
| `vega_lite` | the chart as a Vega-Lite specification, or `null` |

Version 1 of the format named `caveats` `misleads` and `n` `of`."""


def document() -> str:
    """Return the content of ``docs/findings.md``."""
    lines = [_INTRODUCTION]
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
        f"- Method: {finding.method}",
        f"- Caveats: {finding.caveats}",
        f"- Needs: {needs}",
    ]


if __name__ == "__main__":
    print(document(), end="")
