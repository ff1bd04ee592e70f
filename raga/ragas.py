"""The ragas known by name, with the outline that a textbook gives of each.

Ascent, descent, vadi, samvadi and key phrases follow the schoolbook tradition of Bhatkhande. Teachers differ
on details, above all on the samvadi and the hour; what judging a take rests on, the swaras, is common ground.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .errors import UnknownRaga, fold_name, nearest_names
from .notation import parse_notation
from .swaras import svarasthana_named

__all__ = [
    "ALLIED_RAGAS",
    "ANDOLIT_SWARAS",
    "RAGAS",
    "AlliedRaga",
    "Raga",
    "closer_allied_raga",
    "raga_named",
]


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
        """Tell whether svarasthana `index` belongs to the raga."""
        return index in self.swaras

    def swings_through(self, index: int) -> bool:
        """Tell whether the andolan of one of the raga's swaras passes svarasthana `index` beside it."""
        return any((index - swara) % 12 in (1, 11) for swara in ANDOLIT_SWARAS.get(self.name, ()))


def _indices(notation: str) -> frozenset[int]:
    return frozenset(swara.svarasthana.index for swara in parse_notation(notation))


_OUTLINES = """
Bhupali | Kalyan | S R G P D S' | S' D P G R S | G | D | first part of the night
    S D R S, G R G, P, G D, P, D S', D R' S'
    G R S .D, S R G, P G, D P, G R S
Deshkar | Bilawal | S R G P D S' | S' D P G P D P G R S | D | G | late morning
    D P, G P D P, G R S
Yaman | Kalyan | .N R G M D N S' | S' N D P M G R S | G | N | first part of the night
    .N R G R S, P M G R S
Yaman Kalyan | Kalyan | .N R G M D N S' | S' N D P M G m G R S | G | N | first part of the night
    .N R G, P M G, m G R S
Gavati | Khamaj | S G m P n S' | S' n D P m G m R .n S | P | S | late afternoon
    S m, G m P n S' D P, G m R .n S
Bhairav | Bhairav | S r G m P d N S' | S' N d P m G r S | d | r | dawn
    G m d P, G m r S
Malkauns | Bhairavi | .n S g m d n S' | S' n d m g m g S | m | S | late night
    m g, m d n d, m, g S
Durga | Bilawal | S R m P D S' | S' D P m R S | m | S | second part of the night
    D m R, m P, D m R, .D S
Kafi | Kafi | S R g m P D n S' | S' n D P m g R S | P | S | late evening
    S S R R g g m m P
Bilawal | Bilawal | S R G m P D N S' | S' N D P m G R S | D | G | morning
    G R, G P, D, N S'
Bageshri | Kafi | .n S g m D n S' | S' n D m P D m g R S | m | S | late night
    S .n .D S, m D n D, m, g R S
Todi | Todi | S r g M P d N S' | S' N d P M g r S | d | g | late morning
    .d .N S r g, r S, M g r g, r S
"""
"""Name, thaat, ascent, descent, vadi, samvadi and time of each raga; below it a key phrase to a line."""


def _read_outlines() -> Iterator[Raga]:
    for outline in re.split(r"\n(?=\S)", _OUTLINES.strip()):
        first, *pakad = (line.strip() for line in outline.splitlines())
        display, thaat, up, down, vadi, samvadi, time = first.split(" | ")
        aroha, avaroha = tuple(up.split()), tuple(down.split())
        yield Raga(display.casefold(), display, thaat, aroha, avaroha, vadi, samvadi, time, tuple(pakad))


RAGAS: Mapping[str, Raga] = MappingProxyType({raga.name: raga for raga in _read_outlines()})
"""Every raga by its `name`."""

_ANDOLIT = {
    "bhairav": "r d",  # raagparichay.com (Bhairav); omsangeet.com (Raag Bhairav Parichay)
    "malkauns": "g d",  # Wikipedia (Malkauns); fizikamind.in (Malkauns, which has komal Ni too)
}
"""Swaras that are sung with andolan, a slow swing, and two sources that say so."""

ANDOLIT_SWARAS: Mapping[str, frozenset[int]] = MappingProxyType(
    {name: _indices(swaras) for name, swaras in _ANDOLIT.items()}
)
"""Svarasthana indices by `Raga.name`. A short note beside one of them is part of its swing."""

_OTHER_SPELLINGS = {
    "bhupali": "bhoopali bhoop bhup bhopali",
    "deshkar": "deskar deshakar",
    "yaman": "iman aiman eman kalyan",
    "yaman kalyan": "imankalyan",
    "gavati": "gawati gaoti gavti gaavti",
    "bhairav": "bhairon bhairava",
    "malkauns": "malkosh malkaus malkaunsh",
    "kafi": "kaphi",
    "bilawal": "bilaval shuddhabilawal shuddhabilaval",
    "bageshri": "bageshree bagesri bagesree vageshri",
    "todi": "miyankitodi miankitodi miyantodi miantodi",
}
_BY_SPELLING = {fold_name(name): raga for name, raga in RAGAS.items()} | {
    spelling: RAGAS[name] for name, spellings in _OTHER_SPELLINGS.items() for spelling in spellings.split()
}
_SHOWN = {spelling: raga.display for spelling, raga in _BY_SPELLING.items()}


def raga_named(text: str) -> Raga:
    """Return the raga called `text`, whatever its case, spaces, hyphens, underscores and usual spelling.

    Raises
    ------
    UnknownRaga
        If there is none; its fix names the nearest.
    """
    folded = fold_name(text)
    known = _BY_SPELLING.get(folded)
    for title in ("raga", "raag", "rag"):
        known = known or _BY_SPELLING.get(folded.removeprefix(title))
    if known is None:
        raise UnknownRaga(f'no raga is called "{text}"', fix=nearest_names(text, _SHOWN))
    return known


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
