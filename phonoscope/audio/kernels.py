"""Fourier transforms and running filters: SciPy's own compiled code, loaded without its packages.

``import scipy.fft, scipy.ndimage`` takes 0.4 CPU-s in every worker process, mostly for special
functions and other array libraries. The compiled parts alone take 0.01. They are private, so their
results are compared with known ones first. If they are missing or differ, SciPy's public functions
are used.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

_EXTEND: Final = {"nearest": 0, "reflect": 2, "constant": 4}
"""Numbers of SciPy's compiled filters for what is beyond the ends."""
_NONE_OR_SIZE: Final = 2
"""Number of SciPy's compiled transform for an inverse that is divided by its length."""


class _Fourier(NamedTuple):
    rfft: Callable[[NDArray[Any]], NDArray[Any]]
    irfft: Callable[[NDArray[Any], int], NDArray[Any]]
    fast_size: Callable[[int], int]


class _Filters(NamedTuple):
    uniform: Callable[[NDArray[Any], int, str], NDArray[Any]]
    maximum: Callable[[NDArray[Any], int, str], NDArray[Any]]


def rfft(values: NDArray[Any], size: int | None = None) -> NDArray[Any]:
    """Return the Fourier transform of real values along the last axis, as ``scipy.fft.rfft``.

    Parameters
    ----------
    values : ndarray, shape (..., n), float32 or float64
    size
        Zeros are appended up to this length, which is at least ``n``.
    """
    if size is not None and size > values.shape[-1]:
        longer = np.zeros((*values.shape[:-1], size), values.dtype)
        longer[..., : values.shape[-1]] = values
        values = longer
    return _fourier().rfft(values)


def irfft(spectrum: NDArray[Any], size: int) -> NDArray[Any]:
    """Return the real values of a spectrum along the last axis, as ``scipy.fft.irfft``.

    Parameters
    ----------
    spectrum : ndarray, shape (..., bins), real or complex
        At most ``size // 2 + 1`` bins; zeros are appended.
    size
        Length of the result.
    """
    longer = np.zeros(
        (*spectrum.shape[:-1], size // 2 + 1), np.result_type(spectrum.dtype, np.complex64)
    )
    longer[..., : spectrum.shape[-1]] = spectrum
    return _fourier().irfft(longer, size)


def fast_size(size: int) -> int:
    """Return the smallest length, at least ``size``, for which a real transform is fast."""
    return _fourier().fast_size(size)


def running_mean(values: NDArray[Any], size: int, mode: str = "reflect") -> NDArray[Any]:
    """Return the mean around each value, as ``scipy.ndimage.uniform_filter1d``.

    Parameters
    ----------
    values : ndarray, shape (n,)
    size
        Values in each mean.
    mode
        What is beyond the ends: ``"reflect"``, ``"nearest"`` or ``"constant"`` (zeros).
    """
    return _filters().uniform(values, size, mode)


def running_maximum(values: NDArray[Any], size: int, mode: str = "reflect") -> NDArray[Any]:
    """Return the largest value around each, as ``scipy.ndimage.maximum_filter1d``.

    Parameters
    ----------
    values, size, mode
        As for :func:`running_mean`.
    """
    return _filters().maximum(values, size, mode)


@cache
def _fourier() -> _Fourier:
    try:
        made = _compiled_fourier()
        # The transform of a single 1 has 1 in every bin.
        values = np.array([[1, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]], np.float32)
        bins = made.rfft(values)
        right = (
            bins.dtype == np.complex64
            and bool((bins == [[1], [0]]).all())
            and np.allclose(made.irfft(bins, 6), values)
            and made.fast_size(11) == 12
        )
    except Exception:
        right = False
    return made if right else _public_fourier()


@cache
def _filters() -> _Filters:
    try:
        made = _compiled_filters()
        values = np.array([3.0, 0.0, 0.0, 6.0])
        right = (
            made.uniform(values, 3, "nearest").tolist() == [2.0, 1.0, 2.0, 4.0]
            and made.uniform(values, 3, "reflect").tolist() == [2.0, 1.0, 2.0, 4.0]
            and made.maximum(values, 3, "reflect").tolist() == [3.0, 3.0, 6.0, 6.0]
            and made.maximum(-values, 3, "constant").tolist() == [0.0, 0.0, 0.0, 0.0]
        )
    except Exception:
        right = False
    return made if right else _public_filters()


def _compiled_fourier() -> _Fourier:
    compiled = _loaded("fft/_pocketfft/pypocketfft")
    return _Fourier(
        lambda values: compiled.r2c(values, (-1,), True, 0, None, 1),
        lambda bins, size: compiled.c2r(bins, (-1,), size, False, _NONE_OR_SIZE, None, 1),
        lambda size: compiled.good_size(size, True),
    )


def _compiled_filters() -> _Filters:
    compiled = _loaded("ndimage/_nd_image")

    def uniform(values: NDArray[Any], size: int, mode: str) -> NDArray[Any]:
        out = np.empty(values.shape, values.dtype)
        compiled.uniform_filter1d(values, size, 0, out, _EXTEND[mode], 0.0, 0)
        return out

    def maximum(values: NDArray[Any], size: int, mode: str) -> NDArray[Any]:
        out = np.empty(values.shape, values.dtype)
        compiled.min_or_max_filter1d(values, size, 0, out, _EXTEND[mode], 0.0, 0, 0)
        return out

    return _Filters(uniform, maximum)


def _public_fourier() -> _Fourier:
    import scipy.fft

    return _Fourier(
        lambda values: scipy.fft.rfft(values, axis=-1),
        scipy.fft.irfft,
        lambda size: scipy.fft.next_fast_len(size, real=True),
    )


def _public_filters() -> _Filters:
    from scipy import ndimage

    return _Filters(
        lambda values, size, mode: ndimage.uniform_filter1d(values, size, mode=mode),
        lambda values, size, mode: ndimage.maximum_filter1d(values, size, mode=mode),
    )


def _loaded(part: str) -> ModuleType:
    """Load a compiled module of SciPy from its file, under a name that SciPy doesn't use."""
    scipy = find_spec("scipy")
    folder = Path(scipy.origin if scipy and scipy.origin else "").parent
    file = next(path for end in EXTENSION_SUFFIXES if (path := folder / f"{part}{end}").exists())
    name = f"{__name__}.{file.name.partition('.')[0]}"
    loader = ExtensionFileLoader(name, str(file))
    module = module_from_spec(ModuleSpec(name, loader, origin=str(file)))
    loader.exec_module(module)
    return module
