"""The ragas known by name, with the outline that a textbook gives of each.

Ascent, descent, vadi, samvadi and key phrases follow the schoolbook tradition of Bhatkhande. Teachers differ
on details, above all on the samvadi and the hour; what judging a take rests on, the swaras, is common ground.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .errors import BadNotation, UnknownRaga, fold_name
from .notation import parse_notation
from .swaras import SVARASTHANAS, parse_swara, svarasthana_named

__all__ = [
    "ALLIED_RAGAS",
    "ANDOLIT_SWARAS",
    "RAGAS",
    "AlliedRaga",
    "Raga",
    "closer_allied_raga",
    "find_raga",
    "is_other_raga",
    "raga_named",
    "raga_of_swaras",
]


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
        weighty = {svarasthana_named(letter).index for letter in (self.vadi, self.samvadi) if letter}
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
    "bhupali": "bhup bhopali bhupkalyan mohanam mohana भूपाली भुपाली भोपाली भूप",
    "deshkar": "deshakar देशकार देसकार",
    "yaman": "iman aiman eman kalyan kalyani mechakalyani यमन इमन ऐमन कल्याण",
    "yaman kalyan": "imankalyan यमनकल्याण",
    "gavati": "gaoti gavti गावती",
    "bhairav": "bhairon bhairava mayamalavagovla mayamalavagaula भैरव",
    "malkauns": "malkosh malkaus malkouns malkaunsh hindolam मालकौंस मालकोंस मालकंस",
    "durga": "shuddhasaveri suddhasaveri दुर्गा",
    "kafi": "kharaharapriya काफी",
    "bilawal": "shuddhabilawal shankarabharanam sankarabharanam बिलावल शुद्धबिलावल",
    "bageshri": "vageshri bageshvari बागेश्री बागेश्वरी",
    "todi": "miyankitodi miankitodi miyantodi miantodi shubhapantuvarali तोडी मियांकीतोडी",
}
"""How else each is written, after `_spelling`; and what Carnatic music calls the same scale."""

_OTHER_RAGAS = """
    abhogi, adana, ahir bhairav, alhaiya bilawal, anand bhairav, asavari, bahar, bairagi, bairagi bhairav,
    basant, basant mukhari, bhairav bahar, bhairavi, bhatiyar, bhimpalasi, bhupali todi, bhupal todi, bihag,
    bihagra, bilaskhani todi, brindavani sarang, chandrakauns, charukeshi, darbari, darbari kanada, desh,
    desi, desi todi, devgiri bilawal, dhani, gaud malhar, gaud sarang, gorakh kalyan, gujari todi, gurjari
    todi, hamir, hamsadhvani, hansadhvani, hem kalyan, hindol, jaijaivanti, jaunpuri, jog, jogia, jogkauns,
    kafi kanada, kalavati, kamod, kaushi kanada, kedar, khamaj, kirvani, lalit, madhukauns, madhuvanti, maru
    bihag, marwa, megh, miyan malhar, miyan ki malhar, multani, nand, nat bhairav, nayaki kanada, patdip,
    pahadi, pilu, puriya, puriya dhanashri, puriya kalyan, purvi, rageshri, ramdasi malhar, ramkali,
    shivranjani, shankara, shuddh kalyan, shuddha kalyan, shuddh sarang, shyam kalyan, sindhu bhairavi,
    sohni, shri, tilak kamod, tilang, vibhas, yamani bilawal
"""
"""Ragas that are not known yet: in the name of a folder none of them is to be read as one that is."""

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
_FEWEST_SWARAS = 3
_LETTER = r"\.*[SrRgGmMPdDnN]'*"
_JOINED_SWARAS = re.compile(rf"{_LETTER}(?:\s*[-–]?\s*{_LETTER}){{2,}}")


def _spelling(text: str) -> str:
    """Return a name as it is compared: without marks and spaces, long vowels as short ones."""
    folded = fold_name(text)
    for written, like in _LIKE:
        folded = folded.replace(written, like)
    return folded


_BY_SPELLING = {_spelling(name): raga for name, raga in RAGAS.items()} | {
    _spelling(other): RAGAS[name] for name, others in _OTHER_SPELLINGS.items() for other in others.split()
}
_NOT_KNOWN = frozenset(_spelling(name) for name in _OTHER_RAGAS.split(","))


def find_raga(text: str) -> Raga | None:
    """Return the raga called `text`, in roman or Devanagari and any usual spelling; None if none is."""
    spelled = _spelling(text)
    bare = (cut(mark) for mark in _MARKS for cut in (spelled.removeprefix, spelled.removesuffix))
    return next((_BY_SPELLING[each] for each in (spelled, *bare) if each in _BY_SPELLING), None)


def is_other_raga(text: str) -> bool:
    """Tell whether `text` is the name of a raga that is not known yet."""
    return _spelling(text) in _NOT_KNOWN and find_raga(text) is None


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
    known = find_raga(text)
    if known is not None:
        return known
    name, colon, swaras = text.partition(":")
    if colon:
        return raga_of_swaras(swaras, name)
    if len(text.split()) >= _FEWEST_SWARAS or _JOINED_SWARAS.fullmatch(text.strip()):
        try:
            return raga_of_swaras(text)
        except BadNotation:
            if _is_list_of_letters(text):
                raise
    raise UnknownRaga(
        f'the raga "{text}" is not known yet',
        fix='Give its swaras, such as "S R g m P D n" (r g d n komal, M tivra), in place of the name, or with'
        f" --swaras; known by name are {', '.join(raga.display for raga in RAGAS.values())}",
    )


def raga_of_swaras(text: str, name: str = "") -> Raga:
    """Return a raga of which no more is known than its swaras.

    Parameters
    ----------
    text : str
        Three or more swaras, each as `parse_swara` reads it, with spaces or commas between them; Sa belongs
        to them in any case, and the octave says nothing.
    name : str
        What it is called; by its swaras if empty.

    Raises
    ------
    BadNotation
        If one cannot be read, or there are fewer.
    """
    indices = sorted({0, *(parse_swara(each)[0].index for each in _listed_swaras(text))})
    if len(indices) < _FEWEST_SWARAS:
        raise BadNotation(f'"{text.strip()}" is no raga', fix=f"Give {_FEWEST_SWARAS} swaras or more")
    letters = [SVARASTHANAS[index].letter for index in indices]
    listed, called = " ".join(letters), " ".join(name.replace(":", " ").split())
    return Raga(
        name=f"{called}: {listed}" if called else listed,
        display=f"{called} ({listed})" if called else listed,
        thaat="",
        aroha=(*letters, "S'"),
        avaroha=("S'", *reversed(letters)),
        vadi="",
        samvadi="",
        time="",
        pakad=(),
    )


def _listed_swaras(text: str) -> Iterator[str]:
    """Yield the swaras of a list; "komal", "tivra" and octaves go with what follows, but for commas."""
    if _JOINED_SWARAS.fullmatch(text.strip()):
        yield from re.findall(_LETTER, text)
        return
    for part in re.split(r"[,;|/]", text):
        if "," in text:
            yield from [part] if part.strip() else []
            continue
        words: list[str] = []
        for word in part.split():
            words.append(word)
            if _is_swara(" ".join(words)):
                yield words[0] if len(words) == 1 else " ".join(words)
                words = []
        if words:
            yield " ".join(words)


def _is_swara(text: str) -> bool:
    if text in ("s", "p"):
        raise BadNotation(
            f'"{text}" is written as a capital', fix="Lower case is komal: S r R g G m M P d D n N"
        )
    try:
        parse_swara(text)
    except BadNotation:
        return False
    return True


def _is_list_of_letters(text: str) -> bool:
    return all(len(word.strip(".',-")) <= 1 for word in text.split())


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
            (name.strip(), _indices(weight))
            for name, _, weight in (s.partition(":") for s in line.split("|"))
        ]
        for (name, own), (other, its) in (pair, pair[::-1]):
            yield name.casefold(), AlliedRaga(other, own, its)


ALLIED_RAGAS: Mapping[str, AlliedRaga] = MappingProxyType(dict(_read_allied()))
"""By raga name."""

CLEAR_MARGIN, LEANING_FROM_S = 1.5, 10.0
"""How much heavier the other raga's swaras must be, and of how many seconds on those of both."""


def closer_allied_raga(raga: str, sung_s: Mapping[int, float]) -> str | None:
    """Return the display name of the raga that a take leans to instead of its own, or None.

    Parameters
    ----------
    raga : str
        Key of the raga in ``RAGAS``.
    sung_s : mapping of int to float
        Seconds sung on each svarasthana in madhya and taar: mandra Pa and Dha are Bhupali's own.
    """
    twin = ALLIED_RAGAS.get(raga)
    if twin is None:
        return None
    own_s = sum(sung_s.get(index, 0.0) for index in twin.own_weight)
    other_s = sum(sung_s.get(index, 0.0) for index in twin.other_weight)
    leans = other_s > CLEAR_MARGIN * own_s and own_s + other_s >= LEANING_FROM_S
    return twin.other if leans else None
