"""How often the detector is right and wrong, on recordings that it wasn't trained on.

No single rate holds for all music. Sensitivity differs between families of generators, false
alarms between sources of human music. So recordings are counted by family and by source, and by
their p-value: an estimate of a share needs both how much is flagged and how far that varies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from phonoscope.detector.model import model

USUAL_THRESHOLD = 0.01
"""Where a recording counts as flagged in plain statements; a table may not have just this edge."""


class Counted(NamedTuple):
    """Recordings of one family of generators, or of one source of human music, by p-value."""

    name: str
    counts: tuple[int, ...]
    """One count more than edges: up to the first edge, between edges, above the last."""


@dataclass(frozen=True)
class Rates:
    """Recordings of known origin by p-value, each scored by a model that wasn't trained on it.

    Examples
    --------
    >>> rates = Rates.at(0.01, human=20_000, human_flagged=200, machine=2_000, machine_found=1_800)
    >>> rates.human_flagged / rates.human, rates.machine_found / rates.machine
    (0.01, 0.9)
    """

    edges: tuple[float, ...]
    """Ascending p-values between 0 and 1; a p-value that equals an edge counts below it."""
    sources: tuple[Counted, ...]
    """Human recordings by source."""
    families: tuple[Counted, ...]
    """Machine-made recordings by family, each left out of training."""
    own: tuple[Counted, ...] = ()
    """A catalogue's own human recordings, by artist or label; see :meth:`with_human`."""

    @classmethod
    def at(
        cls,
        threshold: float,
        *,
        human: int,
        human_flagged: int,
        machine: int,
        machine_found: int,
    ) -> Self:
        """Return the rates of a trial with one threshold, one source and one family."""
        return cls(
            (threshold,),
            (Counted("human", (human_flagged, human - human_flagged)),),
            (Counted("machine", (machine_found, machine - machine_found)),),
        )

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Self:
        """Return the rates as a model's facts give them under ``rates``.

        Parameters
        ----------
        facts
            ``edges``, ``human`` and ``machine``, the last two with counts by name; or, in models
            before version 2, the arguments of :meth:`at`.
        """
        if "edges" not in facts:
            return cls.at(**facts)
        human, machine = (
            tuple(Counted(name, tuple(counts)) for name, counts in facts[side].items())
            for side in ("human", "machine")
        )
        return cls(tuple(facts["edges"]), human, machine)

    def with_human(self, sources: Iterable[Counted]) -> Self:
        """Return these rates with the false alarms of a catalogue's own human recordings.

        Parameters
        ----------
        sources
            Recordings of the catalogue that are known to be human, counted with :meth:`counted`
            from the p-values of the shipped model, one entry per artist or label if known.
        """
        return replace(self, own=tuple(sources))

    def counted(self, name: str, p_values: Iterable[float]) -> Counted:
        """Return p-values as counts between the edges; those that are no number are left out."""
        given = np.asarray([*p_values], np.float64)
        bins = np.searchsorted(np.asarray(self.edges), given[~np.isnan(given)], side="left")
        counts = np.bincount(bins, minlength=len(self.edges) + 1)
        return Counted(name, tuple(int(count) for count in counts))

    @property
    def local(self) -> bool:
        """Whether false alarms are those of a catalogue's own human recordings."""
        return bool(self.own)

    @property
    def threshold(self) -> float:
        """The p-value up to which a recording counts as flagged."""
        return min(self.edges, key=lambda edge: abs(np.log(edge / USUAL_THRESHOLD)))

    @property
    def human(self) -> int:
        """Human recordings in the trial."""
        return int(self.by_source.sum())

    @property
    def human_flagged(self) -> int:
        """Flagged ones among them: false alarms."""
        return self.human_up_to(self.threshold)

    @property
    def machine(self) -> int:
        """Machine-made recordings in the trial, of families that weren't in training."""
        return int(self.by_family.sum())

    @property
    def machine_found(self) -> int:
        """Flagged ones among them."""
        return self.machine_up_to(self.threshold)

    def human_up_to(self, edge: float) -> int:
        """Return the number of human recordings with a p-value up to one of the edges."""
        return self._up_to(self.by_source, edge)

    def machine_up_to(self, edge: float) -> int:
        """Return the number of machine-made recordings with a p-value up to one of the edges."""
        return self._up_to(self.by_family, edge)

    def found_by_family(self, fewest: int = 1) -> dict[str, float]:
        """Return the share flagged of each family with at least so many recordings, 0 to 1."""
        upto = self.edges.index(self.threshold) + 1
        return {
            name: sum(counts[:upto]) / sum(counts)
            for name, counts in self.families
            if sum(counts) >= max(fewest, 1)
        }

    @property
    def by_source(self) -> NDArray[np.int64]:
        """Human recordings, the catalogue's own if given, shape (sources, edges + 1)."""
        return self._stacked(self.own or self.sources)

    @property
    def shipped_by_source(self) -> NDArray[np.int64]:
        """Human recordings of the model's trial, shape (sources, edges + 1)."""
        return self._stacked(self.sources)

    @property
    def by_family(self) -> NDArray[np.int64]:
        """Machine-made recordings, shape (families, edges + 1)."""
        return self._stacked(self.families)

    def to_json(self) -> dict[str, Any]:
        """Return what ``docs/share-json.md`` documents as ``rates``."""
        return {
            "threshold": self.threshold,
            "human": self.human,
            "human_flagged": self.human_flagged,
            "human_sources": len(self.own or self.sources),
            "machine": self.machine,
            "machine_found": self.machine_found,
            "machine_families": len(self.families),
            "local": self.local,
        }

    def _up_to(self, counts: NDArray[np.int64], edge: float) -> int:
        return int(counts[:, : self.edges.index(edge) + 1].sum())

    def _stacked(self, counted: tuple[Counted, ...]) -> NDArray[np.int64]:
        rows = [one.counts for one in counted]
        return np.array(rows, np.int64).reshape(len(rows), len(self.edges) + 1)


def detector_rates() -> Rates:
    """Return the rates of the detector that this version ships."""
    return Rates.from_facts(model().facts["rates"])
