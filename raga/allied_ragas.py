"""Ragas with the same swaras are told apart by where the weight lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["ALLIED_RAGAS", "AlliedRaga", "closer_allied_raga"]


@dataclass(frozen=True, slots=True)
class AlliedRaga:
    """Another raga of the same swaras, and the two swaras (as indices) that weigh more in each."""

    other: str
    own_weight: frozenset[int]
    other_weight: frozenset[int]


_LOWER_HALF = frozenset({2, 4})
_UPPER_HALF = frozenset({7, 9})

ALLIED_RAGAS: Mapping[str, AlliedRaga] = {
    "bhupali": AlliedRaga("Deshkar", _LOWER_HALF, _UPPER_HALF),
    "deshkar": AlliedRaga("Bhupali", _UPPER_HALF, _LOWER_HALF),
}
"""By raga name. Bhupali dwells on Ga and Re, Deshkar on Dha and Pa."""


def closer_allied_raga(raga: str, sung_s: Mapping[int, float]) -> str | None:
    """Return the display name of the raga that a take leans to instead of its own, or None.

    Parameters
    ----------
    raga : str
        Key of the raga in ``RAGAS``.
    sung_s : mapping of int to float
        Seconds sung on each svarasthana, whatever the octave.
    """
    twin = ALLIED_RAGAS.get(raga)
    if twin is None:
        return None
    own_s = sum(sung_s.get(index, 0.0) for index in twin.own_weight)
    other_s = sum(sung_s.get(index, 0.0) for index in twin.other_weight)
    return twin.other if other_s > own_s else None
