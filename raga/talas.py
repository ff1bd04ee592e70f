"""The talas: how many matras a cycle has, how they are parted, and which parts are clapped or waved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from .errors import SwaraError, fold_name, nearest_names

__all__ = ["TALAS", "Tala", "UnknownTala", "tala_named"]


class UnknownTala(SwaraError):
    """No tala of that name is known."""


@dataclass(frozen=True, slots=True)
class Tala:
    """A cycle of matras.

    Parameters
    ----------
    name : str
        As it is shown.
    vibhags : tuple of int
        Matras of each part.
    signs : tuple of str
        Of each part, as Bhatkhande writes it: ``X`` sam, ``2`` ``3`` ... claps (tali), ``0`` a wave (khali).

    Raises
    ------
    ValueError
        If parts and signs differ in number.
    """

    name: str
    vibhags: tuple[int, ...]
    signs: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.vibhags) != len(self.signs) or not self.vibhags:
            raise ValueError(f"{len(self.vibhags)} parts of {self.name} have {len(self.signs)} signs")

    @property
    def matras(self) -> int:
        """Length of a cycle."""
        return sum(self.vibhags)


_CYCLES = """
Teental | 4 4 4 4 | X 2 0 3
Tilwada | 4 4 4 4 | X 2 0 3
Ektal | 2 2 2 2 2 2 | X 0 2 0 3 4
Jhaptal | 2 3 2 3 | X 2 0 3
Rupak | 3 2 2 | 0 2 3
Dadra | 3 3 | X 0
Keherwa | 4 4 | X 0
Deepchandi | 3 4 3 4 | X 2 0 3
Jhumra | 3 4 3 4 | X 2 0 3
Ada Chautal | 2 2 2 2 2 2 2 | X 2 0 3 0 4 0
Chautal | 2 2 2 2 2 2 | X 0 2 0 3 4
Dhamar | 5 2 3 4 | X 2 0 3
Sultal | 2 2 2 2 2 | X 0 2 3 0
Tivra | 3 2 2 | X 2 3
"""
_SPELLINGS = {
    "Teental": "tintal teentaal trital",
    "Ektal": "ektaal",
    "Jhaptal": "jhaptaal",
    "Rupak": "roopak rupaktal roopaktaal",
    "Dadra": "dadratal",
    "Keherwa": "kaharva kaherva kehrwa kaherwa",
    "Tilwada": "tilvada tilwara",
    "Deepchandi": "dipchandi",
    "Ada Chautal": "adachautaal",
    "Chautal": "chautaal",
    "Sultal": "sooltal sultaal",
    "Tivra": "teevra tevra",
}


def _talas(text: str) -> dict[str, Tala]:
    found = {}
    for line in text.strip().splitlines():
        name, parts, signs = (part.strip() for part in line.split("|"))
        found[fold_name(name)] = Tala(name, tuple(map(int, parts.split())), tuple(signs.split()))
    return found


TALAS: Mapping[str, Tala] = MappingProxyType(_talas(_CYCLES))
"""The talas known, by their folded names."""

_BY_SPELLING = {name: tala.name for name, tala in TALAS.items()} | {
    fold_name(word): name for name, words in _SPELLINGS.items() for word in words.split()
}


def tala_named(text: str) -> Tala:
    """Return the tala called so, in any usual spelling.

    Raises
    ------
    UnknownTala
        If none is.
    """
    name = _BY_SPELLING.get(fold_name(text))
    if name is None:
        raise UnknownTala(f'no tala is called "{text}"', fix=nearest_names(text, _BY_SPELLING))
    return TALAS[fold_name(name)]
