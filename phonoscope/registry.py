"""Find what the modules of a package register: constants by name, or objects by class."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType
from typing import Any, TypeVar

T = TypeVar("T")


def _modules(package: str) -> list[ModuleType]:
    """Return the modules of a package, in order of their names."""
    path = importlib.import_module(package).__path__
    return [
        importlib.import_module(f"{package}.{found.name}") for found in pkgutil.iter_modules(path)
    ]


def registered(package: str, constant: str) -> list[Any]:
    """Return a constant from every module of a package that has it, in order of module name.

    Parameters
    ----------
    package
        Dotted name, e.g. ``"phonoscope.features"``.
    constant
        Name of the constant, e.g. ``"FEATURE"``.
    """
    return [getattr(module, constant) for module in _modules(package) if hasattr(module, constant)]


def registered_instances(package: str, kind: type[T]) -> list[T]:
    """Return every object of a class that a module of a package makes, in order of module name.

    Parameters
    ----------
    package
        Dotted name, e.g. ``"phonoscope.findings.questions"``.
    kind
        The class.

    Returns
    -------
    list
        Each object once, also when a second module imports it.
    """
    held = (value for module in _modules(package) for value in vars(module).values())
    return list({id(value): value for value in held if isinstance(value, kind)}.values())
