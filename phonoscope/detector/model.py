"""The model that this version ships: arrays, facts and a unique name."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

TRIALS = ("rates", "family_precision", "recordings", "sources", "seed")
"""Facts about training and trials. No score and no verdict depends on them."""


@dataclass(frozen=True, eq=False)
class Model:
    """Trained by ``bench/train_generated.py``; ``docs/model-cards/generated.md`` describes it."""

    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]
    """Calibration, error rates and training, as in JSON."""
    digest: str
    """First digits of a BLAKE2b hash of all that changes a verdict (:func:`digest_of`)."""

    @property
    def name(self) -> str:
        """Name, version and hash, as every verdict records them."""
        return f"{self.facts['name']} {self.facts['version']} ({self.digest})"


@cache
def model() -> Model:
    """Read the model; once in a process."""
    data = files(__package__).joinpath("weights/generated.npz").read_bytes()
    with np.load(io.BytesIO(data), allow_pickle=False) as loaded:
        arrays = {name: loaded[name] for name in loaded.files}
    facts = json.loads(str(arrays.pop("facts")))
    return Model(arrays, facts, digest_of(arrays, facts))


def digest_of(arrays: Mapping[str, NDArray[Any]], facts: Mapping[str, Any]) -> str:
    """Return what identifies a model: the hash of all that changes a verdict.

    New error rates don't make stored verdicts those of another model, so :data:`TRIALS` aren't in
    it, nor how the file is compressed.

    Parameters
    ----------
    arrays
        Weights and null scores by name, of any shape and type.
    facts
        As :attr:`Model.facts`.

    Returns
    -------
    str
        Eight hexadecimal digits.

    Examples
    --------
    >>> arrays = {"score_grid": np.zeros(2)}
    >>> one = digest_of(arrays, {"slope": 1.0, "rates": {}})
    >>> one == digest_of(arrays, {"slope": 1.0}), one == digest_of(arrays, {"slope": 1.1})
    (True, False)
    """
    digest = hashlib.blake2b(digest_size=4)
    weighs = {name: fact for name, fact in facts.items() if name not in TRIALS}
    digest.update(json.dumps(weighs, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
