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


@dataclass(frozen=True, eq=False)
class Model:
    """Trained by ``bench/train_generated.py``; ``docs/model-cards/generated.md`` describes it."""

    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Any]
    """Calibration, error rates and training, as in JSON."""
    digest: str
    """First digits of the file's BLAKE2b hash."""

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
    return Model(arrays, facts, hashlib.blake2b(data, digest_size=4).hexdigest())
