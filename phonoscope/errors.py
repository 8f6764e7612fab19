"""The error tree.

::

    PhonoscopeError
    ├── UsageError          an argument is wrong; nothing was done              exit status 2
    │   └── MissingExtraError     an optional part isn't installed
    ├── PluginError         a package that extends Phonoscope is faulty         exit status 2
    ├── CatalogueError      a catalogue can't be opened, read or written        exit status 2
    │   ├── NewerCatalogueError   a newer Phonoscope wrote it
    │   └── DamagedCatalogueError one of its parts is damaged or missing
    ├── SourceError         a source of metadata is refused, or ends too early  exit status 2
    ├── LabelError          a label can't be written into a file                exit status 3
    └── UnreadableError     one file can't be analysed                          exit status 3
        └── OutOfMemoryError      it needs more memory than there is

A bad *file* never stops a scan: its :class:`UnreadableError` becomes a row with ``kind`` and
message. A bad *argument* raises. The cause is always chained.

Messages are whole sentences of :mod:`phonoscope.messages`: what happened, why, and what to do
next, in at most three lines. Programs and tests read ``code`` and ``kind``, never the message.
"""

from __future__ import annotations

from enum import StrEnum
from threading import Event
from typing import Any

from phonoscope.escape import printable
from phonoscope.messages import Message, gettext, sentences


class PhonoscopeError(Exception):
    """Root of every error Phonoscope raises on purpose.

    Parameters
    ----------
    message
        What happened, why, and what to do next.
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

    def __reduce__(self) -> tuple[Any, ...]:
        # As it is: a class with arguments of its own can't be made again from the message.
        return _restored, (type(self), self.args, vars(self))


def _restored(kind: type[PhonoscopeError], args: tuple[Any, ...], state: dict[str, Any]) -> Any:
    """Return an error that another process raised."""
    error = kind.__new__(kind)
    error.args = args
    vars(error).update(state)
    return error


class UsageError(PhonoscopeError):
    """An argument is wrong; nothing was read or written."""


class PluginError(PhonoscopeError):
    """A plugin can't be loaded, fails, or uses a name that is taken.

    Parameters
    ----------
    plugin
        Name of its entry point, or of the hook where two plugins use one name.
    message
        What went wrong, in whole sentences. What to do next is added.
    """

    def __init__(self, plugin: str, message: str, *, code: str = "") -> None:
        self.plugin = plugin
        way_out = gettext("To start without plugins, set PHONOSCOPE_PLUGINS=0.")
        super().__init__(sentences(message, way_out), code=code)


class MissingExtraError(UsageError):
    """An optional part of Phonoscope isn't installed.

    Parameters
    ----------
    extra
        Name of the extra, as in ``pip install 'phonoscope[extra]'``.
    message
        What needs it, in a whole sentence. How to install it is added.
    """

    code = "missing-extra"

    def __init__(self, extra: str, message: str) -> None:
        self.extra = extra
        install = gettext(
            "Install it with: {command}", command=f"pip install 'phonoscope[{extra}]'"
        )
        super().__init__(sentences(message, install))


class CatalogueError(PhonoscopeError):
    """A catalogue can't be opened, read or written."""


class SourceError(PhonoscopeError):
    """A source of metadata has an unknown format, is damaged, or ends too early."""


class LabelError(PhonoscopeError):
    """A label can't be written into a file; the file is unchanged."""


class NewerCatalogueError(CatalogueError):
    """A newer Phonoscope than this one wrote the catalogue."""

    code = "newer-format"


class DamagedCatalogueError(CatalogueError):
    """A part of a catalogue is damaged or missing.

    Parameters
    ----------
    message
        Names the part and says what to do.
    file
        The part, ``<table>/<name>``.
    """

    def __init__(self, message: str, *, file: str, code: str = "damaged-part") -> None:
        super().__init__(message, code=code)
        self.file = file


class ErrorKind(StrEnum):
    """Why a file couldn't be analysed. Stored in ``files.error_kind``."""

    EMPTY = "empty"
    """The file has no bytes."""
    NOT_A_FILE = "not-a-file"
    """A folder, named pipe, socket or device."""
    VANISHED = "vanished"
    """It doesn't exist, or was deleted after the sources were listed."""
    NOT_PERMITTED = "not-permitted"
    """The operating system doesn't allow to open it."""
    NOT_AUDIO = "not-audio"
    """It has no known audio format."""
    NO_AUDIO_STREAM = "no-audio-stream"
    """A known format without an audio stream."""
    UNDECODABLE = "undecodable"
    """An audio stream without any sound that can be decoded."""
    TIME_LIMIT = "time-limit"
    """The analysis took longer than one file may take."""
    MEMORY_LIMIT = "memory-limit"
    """The analysis needed more memory than a worker may use."""
    CRASHED = "crashed"
    """The worker process that analysed it ended."""
    IO = "io"
    """The operating system gives another reason why it can't be read."""
    INTERNAL = "internal"
    """A bug in Phonoscope; the message names it."""


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
"""Kinds that may not recur: the next scan tries such a file again."""


def bug(error: Exception) -> Message:
    """Return the message of an error that Phonoscope doesn't raise on purpose."""
    return gettext(
        "This is a bug in Phonoscope, please report it: {error}",
        error=printable(f"{type(error).__name__}: {error}"),
    )


OVER_WORKER_MEMORY = gettext(
    "Reading this file needs more memory than a worker may use. To allow more, set "
    "PHONOSCOPE_WORKER_MEMORY_MB."
)
FILE_OUT_OF_MEMORY = gettext("Reading this file needs more memory than there is.")
OUT_OF_MEMORY = gettext(
    "There isn't enough memory. Close other programs, or raise the memory limit of this process."
)
_in_worker = Event()


def note_worker() -> None:
    """Note that this process is a worker, whose memory is limited."""
    _in_worker.set()


def file_out_of_memory() -> Message:
    """Return why a file can't be read: the limit of this worker, or the memory there is."""
    return OVER_WORKER_MEMORY if _in_worker.is_set() else FILE_OUT_OF_MEMORY


class UnreadableError(PhonoscopeError):
    """One file can't be analysed.

    Parameters
    ----------
    kind
        Why; also the error's code.
    message
        One line for a person, without a traceback.
    """

    def __init__(self, kind: ErrorKind, message: str) -> None:
        self.kind = kind
        super().__init__(message, code=kind.value)


class OutOfMemoryError(UnreadableError):
    """A file needs more memory than there is, or than a worker may use."""

    def __init__(self) -> None:
        super().__init__(ErrorKind.MEMORY_LIMIT, file_out_of_memory())
