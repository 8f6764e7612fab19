"""Deprecated names: they work for one release and name their replacement."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from phonoscope.messages import gettext

P = ParamSpec("P")
T = TypeVar("T")


def warn_deprecated(old: str, new: str, *, since: str, stacklevel: int = 2) -> None:
    """Warn that a public name is deprecated.

    Parameters
    ----------
    old, new
        The name and what to use instead, as a user writes them.
    since
        Version that deprecated it. The next minor version may remove it.
    stacklevel
        Frames between this call and the user's code.
    """
    warnings.warn(
        gettext(
            "{old} is deprecated since Phonoscope {since}; use {new}.",
            old=old,
            since=since,
            new=new,
        ),
        DeprecationWarning,
        stacklevel=stacklevel + 1,
    )


def deprecated(new: str, *, since: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Mark a function as deprecated: it still works, with a warning.

    Examples
    --------
    >>> @deprecated("double", since="0.2")
    ... def twice(x):
    ...     return 2 * x
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     twice(2)
    4
    >>> str(caught[0].message)
    'twice is deprecated since Phonoscope 0.2; use double.'
    """

    def wrap(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
            warn_deprecated(function.__qualname__, new, since=since)
            return function(*args, **kwargs)

        return wrapped

    return wrap
