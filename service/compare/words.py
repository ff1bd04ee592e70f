"""What a comparison says, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from swara.raga.notation import NotatedSwara, to_roman
from swara.raga.swaras import parse_swara, saptak_name
from swara.raga.tuning import JUST
from swara.service.phrases import counted, how_off, percent, swara_in_saptak

from .comparison import Finding, FindingKind
from .glides import Way
from .line import Sung

__all__ = ["late_words", "name_of", "notation_of", "pitch_words", "tempo_words", "verdict_words", "way_words"]

_OFF_TARGET_CENTS = 25.0


def name_of(note: Sung) -> str:
    """Name a note: ``Ga``, ``taar Sa``."""
    return swara_in_saptak(note.swara, note.saptak)


def notation_of(notes: Sequence[Sung]) -> str:
    """Write notes in Roman notation: ``S R G``."""
    return to_roman([NotatedSwara(*parse_swara(f"{note.saptak} {note.swara}")) for note in notes])


def pitch_words(cents: float, guru: Sung, own_off_cents: float) -> str:
    """Say how far a note lies from the guru's; and if it is the guru who is off, that too."""
    words = f"{name_of(guru)} {how_off(cents)}"
    if abs(guru.off_cents) > _OFF_TARGET_CENTS and abs(own_off_cents) <= _OFF_TARGET_CENTS:
        side = "below" if cents < 0 else "above"
        size = counted(round(abs(cents)), "cent")
        own = how_off(guru.off_cents)
        return f"{name_of(guru)} {size} {side} the guru's, which is {own} itself: yours is in tune"
    return words


def tempo_words(slower: float) -> str:
    """Say how long a phrase is beside the guru's: ``as long``, ``1.3 times as long``."""
    return "as long" if abs(slower - 1.0) < 0.05 else f"{slower:.1f} times as long"


def late_words(guru: Sung, late_s: float) -> str:
    """Say how early or late a note comes."""
    return f"{name_of(guru)} comes {abs(late_s):.2f} s {'late' if late_s > 0 else 'early'}"


def way_words(way: Way, start: Sung, end: Sung) -> str:
    """Say how the way from one note to the next differs."""
    between = f"from {name_of(start)} to {name_of(end)}"
    over = "" if way.cents is None else _pitch_name(way.cents)
    return {
        "glides": f"the guru glides {between}, you step",
        "steps": f"you glide {between}, the guru steps",
        "over": f"the guru goes over {over} {between}, you do not",
        "straight": f"you go over {over} {between}, the guru does not",
    }[way.kind]


def _pitch_name(cents: float) -> str:
    placed = JUST.nearest(cents)
    return swara_in_saptak(placed.svarasthana.name, saptak_name(placed.octave))


_COUNTED: dict[FindingKind, str] = {
    "low": "low",
    "high": "high",
    "early": "early",
    "late": "late",
    "another swara": "on another swara",
}


def verdict_words(sung: int, of: int, findings: Sequence[Finding], held_share: float, told: str) -> str:
    """Say the whole in a sentence or two.

    Parameters
    ----------
    sung, of : int
        Notes of the guru's that are in the singer's take, and how many he holds where the two were compared.
    findings : sequence of Finding
        All of them.
    held_share : float
        How much of the guru's held notes lies where they were compared, 0 to 1.
    told : str
        What they are if nothing is found, such as ``in tune and in time``; empty where that cannot be told.
    """
    if not of:
        return "The two could not be laid over each other: nothing is compared"
    kinds = Counter(finding.kind for finding in findings)
    off = [f"{kinds[kind]} {words}" for kind, words in _COUNTED.items() if kinds[kind]]
    rest = [
        f"{counted(kinds['omitted'], 'note')} left out" if kinds["omitted"] else "",
        f"{kinds['added']} added" if kinds["added"] else "",
        f"{counted(kinds['another way'], 'glide')} another way" if kinds["another way"] else "",
    ]
    said = [*off, *(words for words in rest if words)]
    share = "" if held_share >= 0.95 else f" {percent(held_share)} of the guru's take was compared."
    if not said:
        all_told = ", ".join(filter(None, (_all(sung), told)))
        return f"You follow the guru's line: {all_told}.{share}".rstrip(".")
    return f"You sing {sung} of the guru's {counted(of, 'note')}: {', '.join(said)}.{share}".rstrip(".")


def _all(count: int) -> str:
    return "the one note" if count == 1 else f"all {count} notes"
