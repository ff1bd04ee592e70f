"""How many of how many, and how sure that is: units drawn again and again with replacement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.data.arrays import FloatArray, IntArray

ROUNDS = 2000
SEED = 4242
_LEVELS = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure and the 95 % interval around it, NaN where nothing was counted.

    A lead is that of one over another.
    """

    value: float
    low: float
    high: float
    lead: bool = False

    @property
    def behind(self) -> bool:
        """Whether it is a lead that is surely negative."""
        return self.lead and self.high < 0

    def __rmul__(self, factor: float) -> Interval:
        return Interval(factor * self.value, factor * self.low, factor * self.high, self.lead)


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """A share of many, counted by units that can be taken for independent: clips, takes, singers, notes.

    Parameters
    ----------
    part, whole : float64 arrays, shape [units]
        The share is the sum of the one over the sum of the other.
    """

    part: FloatArray
    whole: FloatArray

    @classmethod
    def of(cls, values: FloatArray, units: IntArray | None = None, count: int = 0) -> Share:
        """Return the mean of values from 0 to 1, each a unit of its own or by the number of its unit."""
        if units is None:
            return cls(np.asarray(values, np.float64), np.ones(len(values)))
        return cls(
            np.bincount(units, values, minlength=count),
            np.bincount(units, minlength=count).astype(np.float64),
        )

    @property
    def value(self) -> float:
        """Mean over all that was counted; NaN for a share of nothing."""
        return float(_ratio(self.part.sum(), self.whole.sum()))

    @property
    def interval(self) -> Interval:
        """The share with its interval over units."""
        return _interval(self.value, self._drawn())

    def ahead_of(self, other: Share) -> Interval:
        """Return how far this lies above another, on the same units drawn for both.

        Raises
        ------
        ValueError
            If the two were not measured on the same units.
        """
        if self.whole.shape != other.whole.shape:
            raise ValueError(f"{self.whole.size} units cannot be compared with {other.whole.size}")
        return _interval(self.value - other.value, self._drawn() - other._drawn(), lead=True)

    def _drawn(self) -> FloatArray:
        units = self.part.size
        draws = np.random.default_rng(SEED).multinomial(units, np.full(units, 1.0 / units), size=ROUNDS)
        return _ratio(draws @ self.part, draws @ self.whole)

    def __rmul__(self, factor: float) -> Share:
        return Share(factor * self.part, self.whole)


def _interval(value: float, drawn: FloatArray, *, lead: bool = False) -> Interval:
    low, high = np.nanpercentile(drawn, _LEVELS) if np.isfinite(drawn).any() else (np.nan, np.nan)
    return Interval(value, float(low), float(high), lead)


def _ratio(part: FloatArray, whole: FloatArray) -> FloatArray:
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)
