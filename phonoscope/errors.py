"""The error tree.

::

    PhonoscopeError
    ├── UsageError          an argument is wrong; nothing was done            exit status 2
    ├── PluginError         a package that extends Phonoscope is faulty       exit status 2
    ├── MissingExtraError   an optional part is not installed; names it       exit status 2
    ├── CatalogueError      a catalogue cannot be opened, read or written     exit status 2
    │   └── NewerCatalogueError   written by a newer Phonoscope
    ├── SourceError         a source of metadata is refused or breaks off     exit status 2
    ├── LabelError          a label cannot be written into a file         exit status 3
    └── UnreadableError     one input cannot be examined; becomes a row       exit status 3

A bad *file* never stops a scan: its :class:`UnreadableError` is stored as a row
with ``kind`` and message. A bad *argument* raises. Causes are always chained.
"""

from __future__ import annotations

from enum import StrEnum


class PhonoscopeError(Exception):
    """Root of every error Phonoscope raises on purpose.

    Parameters
    ----------
    message
        What happened, why, and what to do next, in at most three lines: a message of
        :mod:`phonoscope.messages`.
    code
        Which error of its class it is, for programs and tests: ``"unknown-format"``.
    """

    code: str = ""

    def __init__(self, message: str = "", *, code: str = "") -> None:
        super().__init__(message)
        if code:
            self.code = code

    @property
    def message(self) -> str:
        """What happened; faces show it in their language. ``str(error)`` is the same in English."""
        return self.args[0] if self.args else ""


class UsageError(PhonoscopeError):
    """An argument is wrong; nothing was read or written."""


class PluginError(PhonoscopeError):
    """A package that extends Phonoscope can't be loaded, fails, or brings what is there already.

    Parameters
    ----------
    plugin
        Name of its entry point, or of the hook where two plugins disagree.
    why
        What went wrong, in words.
    """

    def __init__(self, plugin: str, why: str) -> None:
        self.plugin = plugin
        super().__init__(
            f"the plugin '{plugin}' {why}; PHONOSCOPE_PLUGINS=0 starts without plugins"
        )


class MissingExtraError(UsageError):
    """An optional part of Phonoscope is not installed.

    Parameters
    ----------
    extra
        Name of the extra, as in ``pip install 'phonoscope[extra]'``.
    what
        What the extra is needed for.
    """

    def __init__(self, extra: str, what: str) -> None:
        self.extra = extra
        super().__init__(f"{what} needs an extra: pip install 'phonoscope[{extra}]'")


class CatalogueError(PhonoscopeError):
    """A catalogue cannot be opened, read or written."""


class SourceError(PhonoscopeError):
    """A source of metadata has no known layout, is damaged, or breaks off midway."""


class LabelError(PhonoscopeError):
    """A label cannot be written into one file, which is as it was."""


class NewerCatalogueError(CatalogueError):
    """The catalogue was written by a newer Phonoscope than this one."""


class ErrorKind(StrEnum):
    """Why one input could not be examined. Stored in ``files.error_kind``."""

    EMPTY = "empty"
    """The file has no bytes."""
    NOT_A_FILE = "not-a-file"
    """A folder, FIFO, socket or device."""
    VANISHED = "vanished"
    """It was there when the sources were listed and is gone now."""
    NOT_PERMITTED = "not-permitted"
    """The operating system refuses to open it."""
    NOT_AUDIO = "not-audio"
    """No known audio container could be recognised."""
    NO_AUDIO_STREAM = "no-audio-stream"
    """A known container without an audio stream."""
    UNDECODABLE = "undecodable"
    """An audio stream from which not one sample could be decoded."""
    TIME_LIMIT = "time-limit"
    """Examining it took longer than the per-file time limit."""
    MEMORY_LIMIT = "memory-limit"
    """Examining it needed more memory than a worker may use."""
    CRASHED = "crashed"
    """The worker process that examined it died."""
    IO = "io"
    """Reading failed for another reason given by the operating system."""
    INTERNAL = "internal"
    """A fault of Phonoscope itself; the message names it."""


TRANSIENT = frozenset(
    {
        ErrorKind.VANISHED,
        ErrorKind.NOT_PERMITTED,
        ErrorKind.TIME_LIMIT,
        ErrorKind.MEMORY_LIMIT,
        ErrorKind.CRASHED,
        ErrorKind.IO,
        ErrorKind.INTERNAL,
    }
)
"""Kinds that may be different next time: such a file is tried again by the next scan."""


class UnreadableError(PhonoscopeError):
    """One input cannot be examined.

    Parameters
    ----------
    kind
        Why.
    message
        One line for a person; never holds a traceback.
    """

    def __init__(self, kind: ErrorKind, message: str) -> None:
        self.kind = kind
        super().__init__(message)

    def __reduce__(self) -> tuple[type[UnreadableError], tuple[ErrorKind, str]]:
        return type(self), (self.kind, self.message)
