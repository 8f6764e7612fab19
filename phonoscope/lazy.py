"""Public names of a package that are imported when they are first used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


class LazyModule(ModuleType):
    """A module that is imported on first use.

    For modules that take long to import and that a whole file needs, but not every command. Type
    checkers see a plain import in addition.

    Examples
    --------
    >>> LazyModule("math").sqrt(9)
    3.0
    """

    def __getattr__(self, name: str) -> Any:
        value = getattr(import_module(self.__name__), name)
        setattr(self, name, value)
        return value


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a package's ``__getattr__`` (PEP 562), which imports names from their modules.

    Parameters
    ----------
    package
        Its ``__name__``.
    homes
        Module in which each name is defined.

    Examples
    --------
    >>> getattr_ = lazily("phonoscope.lazy", {"sqrt": "math"})
    >>> getattr_("sqrt")(9)
    3.0
    """

    def getattr_(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return getattr_
