"""One thread for linear algebra: a second one waits in a loop and costs as much as it computes.

The arrays here are small. With OpenBLAS' default, a thread for each processor, analysing 30 s takes
three times the processor time and no less time. Work is divided among processes: the workers.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeVar

NAMES = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
    "NUMBA_NUM_THREADS",
)
"""Environment variables by which libraries choose their number of threads when they are loaded."""
_LIBRARIES = ("numpy", "scipy.linalg", "sklearn", "torch")
"""Modules that bring a library with threads of its own."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


def limit_process() -> None:
    """Let libraries that this process loads from now on use one thread; what the user set stays."""
    for name in NAMES:
        os.environ.setdefault(name, "1")


@contextmanager
def one_thread() -> Iterator[None]:
    """Limit libraries that are loaded to one thread, and give them back what they had.

    Where several threads of a program are inside, the first one sets and ends the limit.

    Examples
    --------
    >>> import numpy, threadpoolctl
    >>> with one_thread():
    ...     {pool["num_threads"] for pool in threadpoolctl.threadpool_info()} <= {1}
    True
    """
    loaded = tuple(name for name in _LIBRARIES if name in sys.modules)
    with _controller(loaded).limit(limits=1):
        yield


def on_one_thread(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Decorate a function that computes with large arrays, for programs that call it."""
    # Loaded with the function: a process that gives its rights away later may not read it then.
    import threadpoolctl  # noqa: F401, PLC0415 - the command line starts without it

    @wraps(function)
    def limited(*arguments: _P.args, **named: _P.kwargs) -> _T:
        with one_thread():
            return function(*arguments, **named)

    return limited


@lru_cache(maxsize=8)
def _controller(loaded: tuple[str, ...]) -> Any:
    """Return what knows the libraries, found again only when more of them were loaded."""
    import threadpoolctl  # noqa: PLC0415 - the command line starts without it

    del loaded
    return threadpoolctl.ThreadpoolController()
