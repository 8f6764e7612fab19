"""The reference of all findings as Markdown: ``docs/findings.md``."""

from __future__ import annotations

from phonoscope.findings.base import Finding, findings
from phonoscope.findings.report import JSON_FORMAT

_INTRODUCTION = f"""# Findings

`phonoscope report` and the findings page of `phonoscope serve` answer these questions about a
whole catalogue. Each figure has a stable name, `finding.figure`, in JSON and CSV;
[claims](claims.md) refer to it. A finding without the data for an answer says what is missing.

A finding is a function in `phonoscope/findings/questions` with the decorator `@finding`. Its
docstring holds the method and the caveats below. This page is generated:
`python -m phonoscope.findings.reference > docs/findings.md`.

## As JSON

`phonoscope report --format json` writes one document:

| name | |
|---|---|
| `format` | `{JSON_FORMAT}` |
| `catalogue`, `written_utc`, `phonoscope_version` | which catalogue, when, by which version |
| `findings` | one object per finding |
| `claims` | with `--claims`: see [claims](claims.md) |
| `comparison` | with `--compare`: see [comparison](comparison.md) |

An element of `findings`:

| name | |
|---|---|
| `name`, `title`, `question` | as below |
| `answered` | whether the catalogue has the data for an answer |
| `reason` | why there is no answer, as a code (see below); else empty |
| `headline`, `note`, `certainty`, `claim` | in words; `headline` also says what is missing |
| `figures` | `name`, `value`, `unit`, `low` and `high` of the 95% interval, `n` rows behind it |
| `tables` | `name`, `title`, `columns`, `rows`, and `total` when only some rows are listed |
| `method`, `caveats`, `needs` | as below |
| `vega_lite` | the plot as a Vega-Lite specification, or `null` |

Codes of `reason`: `no-data` (a table is empty), `no-values` (no row has a value for this
question), `not-scored` (the detector scored no recording), `missing-columns`, `outdated` (an
earlier version wrote the rows: ingest the source again), `damaged` (a part of the catalogue is
damaged: `headline` names it), and `failed` (a bug in Phonoscope).

In version 1, `caveats` was called `misleads`, and `n` was called `of`."""


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
