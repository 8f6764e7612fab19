"""``phonoscope version``: what exactly is running, for a bug report."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson
from phonoscope.cli.terminal import columns, data, write, write_json
from phonoscope.messages import gettext
from phonoscope.plugins import installed

EXAMPLES = """\b
Examples:
  phonoscope version
  phonoscope version --json
"""
INTERRUPTED = gettext("Nothing was changed.")
PARTS = ("av", "numpy", "scipy", "duckdb", "pyarrow", "mutagen", "fastapi", "pyspark")


def show_version(as_json: AsJson = False) -> Status:
    """Show the versions of Phonoscope and its dependencies."""
    versions: dict[str, str | None] = {
        "phonoscope": _installed("phonoscope"),
        "python": platform.python_version(),
        **{part: _installed(part) for part in PARTS},
        "ffmpeg": _ffmpeg(),
        "platform": platform.platform(),
        **{f"plugin {name}": number for name, number in installed()},
    }
    if as_json:
        write_json(versions, "phonoscope-version/1")
    else:
        write(
            columns(
                [
                    (data(n), data(v) if v else gettext("not installed"))
                    for n, v in versions.items()
                ],
                indent="",
            )
        )
    return Status.DONE


def _installed(part: str) -> str | None:
    try:
        return version(part)
    except PackageNotFoundError:
        return None


def _ffmpeg() -> str:
    import av

    return str(av.ffmpeg_version_info)
