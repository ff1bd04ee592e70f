"""The notation of a take as a strip of swaras, each of which can be heard; ``strip.html.j2`` writes it."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from swara.classifier.transcription import Transcription
from swara.data.take import Note
from swara.raga.notation import swara_devanagari, swara_letter
from swara.raga.tuning import Tuning

__all__ = ["StripPhrase", "StripSwara", "notation_strip"]

_DOTS = {"\u0307": "above", "\u0323": "below"}


@dataclass(frozen=True, slots=True)
class StripSwara:
    """A swara of the strip.

    Parameters
    ----------
    start_s, end_s : float
        Where it lies in the take.
    glides_s : float or None
        When the voice begins to glide to it from the one before; None where it does not.
    cents : float
        Where it is in tune, above madhya Sa: what is played against the recording.
    roman, devanagari : str
        How it is written; the second without the dots of its octave, which few fonts have.
    dots, count : str
        On which side of it these are drawn, and one for each octave; empty in the middle one.
    held : bool
        Whether it is held; else it is touched.
    foreign : bool
        Whether it is outside the raga.
    note : Note or None
        What the report says of it; None where it judges nothing.
    """

    start_s: float
    end_s: float
    glides_s: float | None
    cents: float
    roman: str
    devanagari: str
    dots: str
    count: str
    held: bool
    foreign: bool
    note: Note | None


@dataclass(frozen=True, slots=True)
class StripPhrase:
    """What stands in one line of the strip.

    Parameters
    ----------
    swaras : tuple of StripSwara
        One or more, in order.
    skeleton : str
        The held ones in roman notation, one after another: what can be practised. Empty where that is no
        phrase of the raga.
    """

    swaras: tuple[StripSwara, ...]
    skeleton: str

    @property
    def start_s(self) -> float:
        """Where it begins."""
        return self.swaras[0].start_s

    @property
    def end_s(self) -> float:
        """Where it ends."""
        return self.swaras[-1].end_s


def notation_strip(
    transcription: Transcription, notes: Sequence[Note], tuning: Tuning
) -> tuple[StripPhrase, ...]:
    """Return the phrases of a take as they are shown.

    Parameters
    ----------
    transcription : Transcription
        What was sung.
    notes : sequence of Note
        What the report judges, in order of time.
    tuning : Tuning
        Where the swaras lie.
    """
    begins = {each.after: each.start_s for each in transcription.glides if each.before is not None}
    starts = [note.start_s for note in notes]
    phrases = []
    for numbers in transcription.phrases():
        swaras = []
        for number in numbers:
            own = transcription.swaras[number]
            middle_s = 0.5 * (own.start_s + own.end_s)
            place = bisect_right(starts, middle_s) - 1
            note = notes[place] if place >= 0 and middle_s < notes[place].end_s and own.held else None
            marks = unicodedata.normalize("NFD", swara_devanagari(*own.pitch))
            swaras.append(
                StripSwara(
                    own.start_s,
                    own.end_s,
                    begins.get(number),
                    tuning.cents_of(own.svarasthana.index, own.octave),
                    swara_letter(*own.pitch),
                    "".join(letter for letter in marks if letter not in _DOTS),
                    next((_DOTS[letter] for letter in marks if letter in _DOTS), ""),
                    "•" * abs(own.octave),
                    own.held,
                    own.foreign,
                    note,
                )
            )
        held = [each.roman for each in swaras if each.held]
        once = [each for each, after in pairwise((*held, "")) if each != after]
        foreign = any(each.foreign and each.held for each in swaras)
        phrases.append(StripPhrase(tuple(swaras), "" if foreign or len(once) < 2 else " ".join(once)))
    return tuple(phrases)
