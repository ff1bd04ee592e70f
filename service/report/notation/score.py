"""What stands on a staff: notes with their place, and what is written beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import TYPE_CHECKING, Final, Literal

from swara.classifier.transcription import Transcription, written
from swara.raga.notation import swara_devanagari, swara_letter
from swara.raga.swaras import Svarasthana
from swara.raga.talas import Tala
from swara.raga.tonic_names import note_name
from swara.service.phrases import printable

from .text import sa_words

if TYPE_CHECKING:
    from swara.classifier.instruments.sounds import Heard

__all__ = ["DEGREES", "MIDDLE_C", "Score", "Script", "StaffNote", "score_of_sounds", "score_of_take"]

Script = Literal["roman", "devanagari"]

MIDDLE_C: Final = 60
"""What madhya Sa is written as, unless another note is asked for: as Bhatkhande's readers do."""

_KEYS = ((0, 0), (1, -5), (1, 2), (2, -3), (2, 4), (3, -1), (3, 6), (4, 1), (5, -4), (5, 3), (6, -2), (6, 5))
"""Of each semitone above C the step that Sa is written on, and the sharps of its key, flats below 0."""

DEGREES: Final = (0, 1, 1, 2, 2, 3, 3, 4, 5, 5, 6, 6)
"""Of each semitone the step of the scale that it is written on: flats, but for Ma tivra."""

_SHARP_DEGREES = (0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 5, 6)
_PHRASE_GAP_S = 0.5
_NUKTA, _ANUSVARA = "\u093c", "\u0902"


@dataclass(frozen=True, slots=True)
class StaffNote:
    """A note as it is written.

    Parameters
    ----------
    start_s, end_s : float
        When it sounds, in seconds of the recording.
    step : int
        Its place: steps of the scale above C0, so that middle C is at 28.
    midi : int
        Its key, 60 for middle C: the step with its accidental.
    cents : float or None
        How far above what is meant it sounds: a held swara in the tuning that was asked for, a note of an
        instrument in equal temperament; None of what is touched, which is not judged.
    words : str
        Its name, below it.
    is_grace : bool
        Whether it is a grace note to the next.
    glides : bool
        Whether a slide leads from it to the next.
    ends_phrase : bool
        Whether a silence follows.
    onset : Fraction or None
        Where it begins, in matras after a sam; None in free rhythm.
    above : str
        Words above it.
    """

    start_s: float
    end_s: float
    step: int
    midi: int
    cents: float | None
    words: str
    is_grace: bool = False
    glides: bool = False
    ends_phrase: bool = False
    onset: Fraction | None = None
    above: str = ""

    @property
    def off(self) -> str:
        """Its cents as they are written, such as ``+4``."""
        return "" if self.cents is None else f"{round(self.cents):+d}" if round(self.cents) else "0"


@dataclass(frozen=True, slots=True)
class Score:
    """A part for one voice or instrument.

    Parameters
    ----------
    title, part : str
        What it is called, and who sounds.
    head : str
        A line above the first staff.
    notes : tuple of StaffNote
        In order.
    sounds_higher : int
        Semitones from what is written up to what sounds; below 0 where it sounds lower.
    fifths : int
        Sharps of the key, flats below 0.
    grand : bool
        Whether a wide range is written on two staves, parted at middle C.
    tala : Tala or None
        The cycle; None in free rhythm.
    tempo_bpm : float
        Matras in a minute; without a tala, quarters.
    fields : mapping of str to str
        What else programs may want to know.
    """

    title: str
    part: str
    head: str
    notes: tuple[StaffNote, ...]
    sounds_higher: int = 0
    fifths: int = 0
    grand: bool = False
    tala: Tala | None = None
    tempo_bpm: float = 120.0
    fields: Mapping[str, str] = field(default_factory=dict)


def score_of_take(found: Transcription, *, sa_as: int | None = MIDDLE_C, script: Script = "roman") -> Score:
    """Write a transcription as a part: each swara at its own semitone above Sa, kan as grace notes.

    Parameters
    ----------
    found : Transcription
        What was sung.
    sa_as : int or None
        The MIDI note that madhya Sa is written as; None for the one nearest to where it was sung.
    script : {"roman", "devanagari"}
        Of the swaras below the staff.
    """
    sung = 69.0 + 12.0 * math.log2(found.sa_hz / 440.0)
    sa = round(sung) if sa_as is None else sa_as
    step, fifths = _KEYS[sa % 12]
    sign = swara_letter if script == "roman" else drawn_devanagari
    gliding = {glide.before for glide in found.glides if glide.after is not None}
    graces = {number for each in written(found) for number in each.kan}
    opening = {phrase[0] for phrase in found.phrases()}
    notes = []
    for number, swara in enumerate(found.swaras):
        degree, up = DEGREES[swara.svarasthana.index], 12 * swara.octave
        note = StaffNote(
            swara.start_s,
            swara.end_s,
            step + 7 * (sa // 12 - 1 + swara.octave) + degree,
            sa + up + swara.svarasthana.index,
            found.cents_off(swara) if swara.held else None,
            sign(*swara.pitch),
            is_grace=number in graces,
            glides=number in gliding and number not in graces,  # a grace note leads on anyway
            ends_phrase=swara.ends_phrase,
            onset=None if found.metre is None else found.metre.onsets[number],
            above=_clock(swara.start_s) if number in opening and found.metre is None else "",
        )
        notes.append(note)
    fields = {
        "raga": found.raga.name,
        "sa_hz": f"{found.sa_hz:.2f}",
        **({"sa_guessed": "yes"} if found.sa_guessed else {}),
        "cents_of_sa": f"{100 * (sung - round(sung)):+.0f}",
    }
    title, head = printable(found.source) or "Take", _head(found)
    score = Score(title, "Voice", head, tuple(notes), round(sung) - sa, fifths, fields=fields)
    if found.metre is None:
        return score
    return replace(score, tala=found.metre.tala, tempo_bpm=found.metre.tempo_bpm)


def _head(found: Transcription) -> str:
    """Return the line above the first staff."""
    head = "Nothing was heard that could be written down"
    if found.swaras:
        head = f"{found.raga.display}. Sa = {sa_words(found)}. Cents: off the swara, {found.tuning.name}"
    return head if found.metre is None else f"{head}. {found.metre.tala.name}"


def drawn_devanagari(svarasthana: Svarasthana, octave: int) -> str:
    """Return a swara in Devanagari as every font for it can draw it.

    None has the dots of Unicode's Latin beside these letters: the nukta and the anusvara of the script stand
    for them, as typists write; further out than an octave, the signs of roman notation.
    """
    syllable, mark = svarasthana.devanagari, swara_devanagari(svarasthana, 0)[len(svarasthana.devanagari) :]
    if octave == -1:
        return syllable[0] + _NUKTA + syllable[1:] + mark
    if octave == 1:
        return syllable + _ANUSVARA + mark
    return "." * -octave + syllable + mark + "'" * octave


def score_of_sounds(heard: Heard, title: str) -> Score:
    """Write the notes of any instrument as they sound, with their names; sounds without a note are left out.

    Parameters
    ----------
    heard : Heard
        What was heard in a recording.
    title : str
        What it is called.
    """
    from swara.classifier.instruments.network import NONE

    sounds = [(sound, sound.midi) for sound in heard.sounds if sound.midi is not None]
    starts = [sound.start_s for sound, _ in sounds[1:]] + [math.inf]
    notes, last = [], heard.named.name
    for (sound, midi), next_s in zip(sounds, starts, strict=False):
        called = sound.named.name or last
        notes.append(
            StaffNote(
                sound.start_s,
                sound.end_s,
                7 * (midi // 12 - 1) + _SHARP_DEGREES[midi % 12],
                midi,
                sound.cents,
                note_name(440.0 * 2.0 ** ((midi - 69) / 12)),
                ends_phrase=next_s - sound.end_s >= _PHRASE_GAP_S,
                above=called if called and called not in (NONE, last) else "",
            )
        )
        last = called
    part = heard.named.name if heard.named.name not in {None, NONE} else "Sound"
    return Score(printable(title) or "Sound", part or "Sound", "", tuple(notes), grand=True)


def _clock(time_s: float) -> str:
    return f"{int(time_s) // 60}:{int(time_s) % 60:02d}"
