"""The outline of a raga, the table of those known by name, and a raga found by any usual spelling.

The table is ``ragas.json``: facts with the pages that they were read in, and where those contradict one
another. Teachers differ on details, above all on the samvadi and the hour; what judging a take rests on, the
swaras, is common ground.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from .errors import BadNotation, UnknownRaga, fold_name, near_names
from .notation import parse_notation
from .swaras import svarasthana_named

__all__ = [
    "ALLIED_RAGAS",
    "BASIC_RAGAS",
    "FEWEST_SWARAS",
    "OWN_RAGAS",
    "PHRASE_ALLIES",
    "RAGAS",
    "AlliedRaga",
    "PhraseAlly",
    "Raga",
    "find_raga",
    "is_other_raga",
    "raga_named",
    "swara_indices",
    "table",
]

FEWEST_SWARAS = 3


@dataclass(frozen=True, slots=True)
class Raga:
    """The outline of a raga.

    Parameters
    ----------
    name : str
        Its key in `RAGAS`, in lower case; for one that was given by its swaras, what `raga_named` reads.
    display : str
        Its name as it is shown.
    thaat : str
        The parent scale it is counted under.
    aroha, avaroha : tuple of str
        Ascent and descent, each swara in roman notation.
    vadi, samvadi : str
        Letters of the swara with most weight, and of the second; empty where nobody says.
    time : str
        When it is sung.
    pakad : tuple of str
        Key phrases in roman notation, one published form in each.
    also : tuple of str
        Letters of swaras that belong to it and are in neither, such as Maru Bihag's shuddha Ma.
    nyas, andolit : tuple of str
        Letters of the swaras that phrases rest on, and of those that swing slowly.
    alpatva : tuple of (str, str)
        Letters of weak swaras, each with where it is weak; everywhere if that is empty.
    allied : tuple of (str, str)
        Other ragas that it is taken for, each with what tells the two apart.
    carnatic, devanagari, iast : str
        What Carnatic music calls its scale; its name in Devanagari, and in scholars' letters.
    spellings : tuple of str
        How else its name is written.
    sources : tuple of (str, str)
        Pages that were read, each with the fields that it bears out.
    debated : tuple of str
        On what those contradict one another.
    swaras : frozenset of int
        Indices of the svarasthanas it uses: those of `aroha`, `avaroha` and `also`. Not a parameter.

    Raises
    ------
    BadNotation
        If a swara or phrase cannot be read.
    ValueError
        If the vadi, the samvadi or another part uses a swara that the raga does not.
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
    also: tuple[str, ...] = ()
    nyas: tuple[str, ...] = ()
    alpatva: tuple[tuple[str, str], ...] = ()
    andolit: tuple[str, ...] = ()
    allied: tuple[tuple[str, str], ...] = ()
    carnatic: str = ""
    devanagari: str = ""
    iast: str = ""
    spellings: tuple[str, ...] = ()
    sources: tuple[tuple[str, str], ...] = ()
    debated: tuple[str, ...] = ()
    swaras: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "swaras", swara_indices(" ".join(self.aroha + self.avaroha + self.also)))
        weak = tuple(letter for letter, _ in self.alpatva)
        letters = (self.vadi, self.samvadi, *self.nyas, *weak, *self.andolit)
        weighty = {svarasthana_named(letter).index for letter in letters if letter}
        strangers = (weighty | swara_indices(" ".join(self.pakad))) - self.swaras
        if strangers:
            raise ValueError(f"{self.display} goes neither up nor down through {sorted(strangers)}")

    def allows(self, index: int) -> bool:
        """Tell whether svarasthana `index` belongs to the raga."""
        return index in self.swaras

    def swings_through(self, index: int) -> bool:
        """Tell whether the andolan of one of the raga's swaras passes svarasthana `index` beside it."""
        return any((index - svarasthana_named(each).index) % 12 in (1, 11) for each in self.andolit)


def swara_indices(notation: str) -> frozenset[int]:
    """Return the indices of the svarasthanas in a line of roman notation."""
    return frozenset(swara.svarasthana.index for swara in parse_notation(notation))


@cache
def table() -> dict[str, Any]:
    """Return what ``ragas.json`` holds; it is read when the first raga is asked for."""
    read: dict[str, Any] = json.loads(Path(__file__).with_name("ragas.json").read_text(encoding="utf-8"))
    return read


@cache
def _row(name: str) -> Raga:
    row: dict[str, Any] = table()["ragas"][name]
    sites: dict[str, str] = table()["sites"]
    aroha, avaroha = tuple(row["aroha"].split()), tuple(row["avaroha"].split())
    gone = {swara.strip(".'") for swara in aroha + avaroha}
    return Raga(
        name=name,
        display=row["display"],
        thaat=row.get("thaat", ""),
        aroha=aroha,
        avaroha=avaroha,
        vadi=row.get("vadi", ""),
        samvadi=row.get("samvadi", ""),
        time=row.get("time", ""),
        pakad=tuple(row.get("pakad", ())),
        also=tuple(letter for letter in row["swaras"].split() if letter not in gone),
        nyas=tuple(row.get("nyas", "").split()),
        alpatva=tuple(row.get("alpatva", {}).items()),
        andolit=tuple(row.get("andolit", "").split()),
        allied=tuple(row.get("allied", {}).items()),
        carnatic=row.get("carnatic", ""),
        devanagari=row["devanagari"],
        iast=row["iast"],
        spellings=tuple(row.get("spellings", ())),
        sources=tuple((_page(key, sites), fields) for key, fields in row["sources"].items()),
        debated=tuple(row.get("debated", ())),
    )


def _page(key: str, sites: Mapping[str, str]) -> str:
    site, _, page = key.partition(": ")
    return f"{sites[site]}: {page}"


class _Rows(Mapping[str, Raga]):
    """The table, or some rows of it by name; each is made when it is asked for."""

    def __init__(self, *names: str) -> None:
        self._some = names

    @property
    def _names(self) -> Collection[str]:
        return self._some or table()["ragas"]

    def __getitem__(self, name: str) -> Raga:
        if name not in self._names:
            raise KeyError(name)
        return _row(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


RAGAS: Mapping[str, Raga] = _Rows()
"""Every raga by its `name`."""

OWN_RAGAS: dict[str, Raga] = {}
"""Ragas from files of the user's own, by `name`, for as long as the program runs."""

BASIC_RAGAS: Mapping[str, Raga] = _Rows(
    *("bhupali", "deshkar", "yaman", "yaman kalyan", "gavati", "bhairav", "malkauns", "durga", "kafi"),
    *("bilawal", "bageshri", "todi"),
)
"""Twelve of them that differ: what an unknown raga and an estimated Sa are held against.

All figures for Sa were measured with these; among many ragas of nearly the same swaras, every take fits one.
"""

_LIKE_A_NAME = 0.75
"""Ratio of `difflib` from which a name that is not known may be one of these, misspelt."""

_MARKS = ("ragam", "raga", "rag", "राग")
_LIKE = (
    ("aa", "a"),
    ("ee", "i"),
    ("ii", "i"),
    ("oo", "u"),
    ("uu", "u"),
    ("w", "v"),
    ("ph", "f"),
    ("sh", "s"),
    ("ँ", "ं"),
)


def _spelling(text: str) -> str:
    """Return a name as it is compared: without marks and spaces, long vowels as short ones."""
    folded = fold_name(text)
    for written, like in _LIKE:
        folded = folded.replace(written, like)
    return folded


@cache
def _by_spelling() -> dict[str, str]:
    """Return the `name` of the raga for each spelling."""
    return {
        _spelling(written): name
        for name, row in table()["ragas"].items()
        for written in (row["display"], row["devanagari"], row["iast"], *row.get("spellings", ()))
    }


@cache
def _not_known() -> frozenset[str]:
    return frozenset(map(_spelling, table()["not_known"]))


def find_raga(text: str) -> Raga | None:
    """Return the raga called `text`, in roman or Devanagari and any usual spelling; None if none is."""
    if text in RAGAS:
        return RAGAS[text]
    spelled, names = _spelling(text), _by_spelling()
    bare = (cut(mark) for mark in _MARKS for cut in (spelled.removeprefix, spelled.removesuffix))
    return next((RAGAS[names[each]] for each in (spelled, *bare) if each in names), None)


def is_other_raga(text: str) -> bool:
    """Tell whether `text` names a raga that is not known yet: a folder called so is not read as another."""
    return _spelling(text) in _not_known() and find_raga(text) is None


def raga_named(text: str) -> Raga:
    """Return the raga called `text`, or the one of the swaras that it lists: ``S r G P d``, ``Desi: S R g``.

    The name may have any case, spaces, hyphens, diacritics and usual spelling; a name that is merely like
    one is not taken for it. The `name` of what is returned, given here, gives the same again.

    Raises
    ------
    UnknownRaga
        If there is none.
    BadNotation
        If it lists swaras of which one cannot be read, or too few.
    """
    known = OWN_RAGAS.get(text) or find_raga(text)
    if known is not None:
        return known
    from .swara_list import is_joined, is_list_of_letters, raga_of_swaras

    name, colon, swaras = text.partition(":")
    if colon:
        return raga_of_swaras(swaras, name)
    if len(text.split()) >= FEWEST_SWARAS or is_joined(text):
        try:
            return raga_of_swaras(text)
        except BadNotation:
            if is_list_of_letters(text):
                raise
    raise UnknownRaga(
        f'the raga "{text}" is not known yet',
        fix='Give its swaras, such as "S R g m P D n" (r g d n komal, M tivra), in place of the name, or with'
        f" --swaras; swara ragas lists the {len(RAGAS)} known by name{_perhaps(text)}",
    )


def _perhaps(text: str) -> str:
    """Say which raga may be meant by a name that is misspelt; nothing of one that is another raga's."""
    spelled, known = _spelling(text), {each: RAGAS[name].display for each, name in _by_spelling().items()}
    near = "" if spelled in _not_known() else near_names(spelled, known, _LIKE_A_NAME)
    return f". {near}" if near else ""


@dataclass(frozen=True, slots=True)
class AlliedRaga:
    """Another raga of the same swaras, and those (as indices) that weigh more in each, mandra left out."""

    other: str
    own_weight: frozenset[int]
    other_weight: frozenset[int]


_ALLIED = """
Bhupali: G R | Deshkar: D P
"""
"""Ragas of the same swaras, a pair to a line, and what each dwells on in madhya and taar."""


def _read_allied() -> Iterator[tuple[str, AlliedRaga]]:
    for line in _ALLIED.strip().splitlines():
        pair = [
            (name.strip(), swara_indices(weight))
            for name, _, weight in (s.partition(":") for s in line.split("|"))
        ]
        for (name, own), (other, its) in (pair, pair[::-1]):
            yield name.casefold(), AlliedRaga(other, own, its)


@dataclass(frozen=True, slots=True)
class PhraseAlly:
    """A raga (its name) that is another one but for a phrase, in roman notation, which only it has."""

    plain: str
    other: str
    phrase: str


PHRASE_ALLIES = (PhraseAlly("yaman", "yaman kalyan", "G m G"),)
"""Yaman Kalyan is Yaman with a shuddha Ma between two Ga."""

ALLIED_RAGAS: Mapping[str, AlliedRaga] = MappingProxyType(dict(_read_allied()))
"""By raga name."""
