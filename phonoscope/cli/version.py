"""``phonoscope version``: what exactly is running, for a report of a fault."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from phonoscope.cli.exits import Status
from phonoscope.cli.options import AsJson
from phonoscope.cli.terminal import columns, write, write_json
from phonoscope.plugins import installed

EXAMPLES = """\b
Examples:
  phonoscope version
  phonoscope version --json
"""
INTERRUPTED = "Nothing was changed."
PARTS = ("av", "numpy", "scipy", "duckdb", "pyarrow", "mutagen", "fastapi", "pyspark")


def show_version(as_json: AsJson = False) -> Status:
    """Print the versions of Phonoscope, Python and the parts it stands on."""
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
        write(columns([(n, v or "not installed") for n, v in versions.items()], indent=""))
    return Status.DONE


def _installed(part: str) -> str | None:
    try:
        return version(part)
    except PackageNotFoundError:
        return None


def _ffmpeg() -> str:
    import av

    return str(av.ffmpeg_version_info)
