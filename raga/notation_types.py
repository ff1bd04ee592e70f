"""One swara on paper, with what is written around it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from .swaras import SVARASTHANAS, Svarasthana, SwaraPitch

__all__ = ["NotatedSwara", "turn_pitches"]

_KALYAN = (0, 2, 4, 6, 7, 9, 11)


@dataclass(frozen=True, slots=True)
class NotatedSwara:
    """A swara as notation writes it.

    Parameters
    ----------
    svarasthana : Svarasthana
        Which swara.
    octave : int
        -1 mandra, 0 madhya, 1 taar.
    beats : int
        How long it is held, 1 or more.
    kan : SwaraPitch or None
        The grace swara sung just before it.
    turn : bool
        Written in brackets: the figure that `turn_pitches` spells out.
    meend_to_next : bool
        Whether the voice glides from it to the next swara.
    ends_phrase : bool
        Whether a comma follows; no meend leads across it.

    Raises
    ------
    ValueError
        If it is held for less than a beat, or a meend leads across the end of a phrase.
    """

    svarasthana: Svarasthana
    octave: int = 0
    beats: int = 1
    kan: SwaraPitch | None = None
    turn: bool = False
    meend_to_next: bool = False
    ends_phrase: bool = False

    def __post_init__(self) -> None:
        if self.beats < 1:
            raise ValueError(f"a swara is held for a beat or more, not {self.beats}")
        if self.meend_to_next and self.ends_phrase:
            raise ValueError("a meend cannot lead across the end of a phrase")

    @property
    def pitch(self) -> SwaraPitch:
        """Its svarasthana and octave."""
        return self.svarasthana, self.octave


def turn_pitches(pitch: SwaraPitch, among: Collection[int] = _KALYAN) -> tuple[SwaraPitch, ...]:
    """Spell out a swara in brackets: the one above, itself, the one below, itself.

    Parameters
    ----------
    pitch : SwaraPitch
        The swara in brackets.
    among : collection of int
        Indices of the svarasthanas to find its neighbours in, a raga's `swaras` for instance; the scale
        of thaat Kalyan by default, in which ``(P)`` is D P M P.

    Returns
    -------
    tuple of SwaraPitch, length 4

    Raises
    ------
    ValueError
        If `among` holds no other swara.
    """
    svarasthana, octave = pitch
    others = sorted(index for index in set(among) if index != svarasthana.index)
    if not others:
        raise ValueError(f"a turn around {svarasthana.name} needs a neighbour")
    above = next((i for i in others if i > svarasthana.index), others[0] + 12)
    below = next((i for i in reversed(others) if i < svarasthana.index), others[-1] - 12)
    return _pitch(above, octave), pitch, _pitch(below, octave), pitch


def _pitch(semitones: int, octave: int) -> SwaraPitch:
    carried, index = divmod(semitones, 12)
    return SVARASTHANAS[index], octave + carried
