"""What is known of one raga."""

from __future__ import annotations

from dataclasses import dataclass, field

from .notation import parse_notation
from .swaras import svarasthana_named

__all__ = ["Raga"]


@dataclass(frozen=True, slots=True)
class Raga:
    """The outline of a raga.

    Parameters
    ----------
    name : str
        Its key in `RAGAS`, in lower case.
    display : str
        Its name as it is shown.
    thaat : str
        The parent scale it is counted under.
    aroha, avaroha : tuple of str
        Ascent and descent, each swara in roman notation.
    vadi, samvadi : str
        Letters of the swara with most weight, and of the second.
    time : str
        When it is sung.
    pakad : tuple of str
        Key phrases in roman notation, one published form in each.
    swaras : frozenset of int
        Indices of the svarasthanas it uses: those of `aroha` and `avaroha`. Not a parameter.

    Raises
    ------
    BadNotation
        If a swara or phrase cannot be read.
    ValueError
        If the vadi, the samvadi or a key phrase uses a swara that is in neither ascent nor descent.
    """

    name: str
    display: str
    thaat: str
    aroha: tuple[str, ...]
    avaroha: tuple[str, ...]
    vadi: str
    samvadi: str
    time: str
    pakad: tuple[str, ...]
    swaras: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "swaras", _indices(" ".join(self.aroha + self.avaroha)))
        weighty = {svarasthana_named(self.vadi).index, svarasthana_named(self.samvadi).index}
        strangers = (weighty | _indices(" ".join(self.pakad))) - self.swaras
        if strangers:
            raise ValueError(f"{self.display} goes neither up nor down through {sorted(strangers)}")

    def allows(self, index: int) -> bool:
        """Whether svarasthana `index` belongs to the raga."""
        return index in self.swaras


def _indices(notation: str) -> frozenset[int]:
    return frozenset(swara.svarasthana.index for swara in parse_notation(notation))
