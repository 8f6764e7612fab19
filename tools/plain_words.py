"""Find phrases that nobody would say aloud: ``python -m tools.plain_words [PATH...]``.

Reads documents and templates whole, and of Python files the comments, docstrings and strings. The
phrases and what to write instead are in ``plain_words.toml``. Code in Markdown is left out.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LISTED = Path(__file__).with_suffix(".toml")
_READ = {".py", ".md", ".html", ".js", ".toml", ".yml", ".yaml", ""}
_CODE = re.compile(r"`[^`]*`")


@dataclass(frozen=True)
class Phrase:
    """A phrase that is never used."""

    pattern: re.Pattern[str]
    instead: str


@cache
def phrases() -> tuple[Phrase, ...]:
    """Return the phrases of the list."""
    listed = tomllib.loads(LISTED.read_text("utf-8"))["never"]
    return tuple(
        Phrase(re.compile(rf"\b(?:{one['phrase']})\b", re.IGNORECASE), one["instead"])
        for one in listed
    )


def files(paths: list[str]) -> Iterator[Path]:
    """Yield the files of the repository under some paths that hold text to read."""
    skipped = tomllib.loads(LISTED.read_text("utf-8"))["skip"]
    run = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *paths]
    for name in subprocess.run(run, check=True, capture_output=True, text=True).stdout.split("\0"):
        path = Path(name)
        if name and path.is_file() and path.suffix in _READ and not any(map(path.match, skipped)):
            yield path


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line numbers and the text that people read there."""
    content = path.read_text("utf-8")
    if path.suffix == ".py":
        yield from _python(content)
        return
    for number, line in enumerate(content.splitlines(), 1):
        yield number, _CODE.sub("", line) if path.suffix == ".md" else line


def _python(content: str) -> Iterator[tuple[int, str]]:
    wanted = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1)}
    for token in tokenize.generate_tokens(io.StringIO(content).readline):
        if token.type in wanted:
            for offset, line in enumerate(token.string.splitlines()):
                yield token.start[0] + offset, _CODE.sub("", line)


def found(path: Path) -> Iterator[str]:
    """Yield what is wrong in a file, one line each."""
    for number, text in texts(path):
        for phrase in phrases():
            if match := phrase.pattern.search(text):
                yield f"{path}:{number}: '{match.group()}': write {phrase.instead}"


def main(paths: list[str]) -> int:
    """Print what is wrong, and return 1 where anything is."""
    wrong = [line for path in files(paths) for line in found(path)]
    print("\n".join(wrong) if wrong else "No phrase of the list was found.")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
