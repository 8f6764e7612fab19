"""Find what the modules of a package register: one constant of a given name per module."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any


def registered(package: str, constant: str) -> list[Any]:
    """Return a constant from every module of a package that has it, in order of module name.

    Parameters
    ----------
    package
        Dotted name, e.g. ``"phonoscope.features"``.
    constant
        Name of the constant, e.g. ``"FEATURE"``.
    """
    path = importlib.import_module(package).__path__
    modules = (
        importlib.import_module(f"{package}.{found.name}") for found in pkgutil.iter_modules(path)
    )
    return [getattr(module, constant) for module in modules if hasattr(module, constant)]
