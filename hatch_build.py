"""Compiles phonoscope/compiled/loops.c when the package is built or installed.

It needs a C compiler (``cc``, or what ``CC`` names) and no headers of Python: the loops are called
through ctypes. Without a compiler the package is built without them, is pure Python and slower.
"""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FLAGS = [
    *("-std=c11", "-O3", "-fPIC", "-shared", "-fvisibility=hidden", "-Wno-psabi"),
    *("-fno-math-errno", "-fno-trapping-math", "-ffp-contract=fast"),
]
FOLDER = Path("phonoscope/compiled")
SUFFIX = ".dll" if sys.platform == "win32" else ".so"


def compile_loops(root: Path) -> list[Path]:
    """Compile the loops into their folder; return the libraries, none where it isn't possible."""
    folder = root / FOLDER
    made = _compiled(folder, "loops", [])
    if made and platform.machine().lower() in ("x86_64", "amd64"):
        made += _compiled(folder, "loops-avx2", ["-march=x86-64-v3"])
    return made


def _compiled(folder: Path, name: str, more: list[str]) -> list[Path]:
    target, partial = folder / f"{name}{SUFFIX}", folder / f"{name}{SUFFIX}.new"
    target.unlink(missing_ok=True)
    compiler = shlex.split(os.environ.get("CC", "cc"))
    command = [*compiler, *FLAGS, *more, str(folder / "loops.c"), "-o", str(partial), "-lm"]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=300)
        partial.replace(target)
    except (OSError, subprocess.SubprocessError) as error:
        reason = getattr(error, "stderr", b"") or str(error).encode()
        print(f"{name} isn't compiled: {reason.decode(errors='replace')}", file=sys.stderr)
        partial.unlink(missing_ok=True)
        return []
    return [target]


class CompiledLoops(BuildHookInterface):
    """Hatchling's hook: compiles before the files are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and name the platform that the wheel is for."""
        if self.target_name != "wheel":
            return
        made = compile_loops(Path(self.root))
        if made:
            build_data["pure_python"] = False
            system = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["tag"] = f"py3-none-{system}"
        build_data["artifacts"] += [f"/{path.relative_to(self.root)}" for path in made]


if __name__ == "__main__":
    print(*compile_loops(Path(__file__).parent), sep="\n")
