"""The take's notes as music: as they should sound, and as notation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from swara.data.take import PHRASE_REST_S, Note, Segment, Silence
from swara.raga.notation import NotatedSwara, swara_letter, to_devanagari, to_roman
from swara.raga.swaras import parse_swara
from swara.raga.tuning import Tuning
from swara.service.take.report import TakeReport

__all__ = ["Script", "TargetNote", "target_melody", "to_notation"]

Script: TypeAlias = Literal["roman", "devanagari"]


@dataclass(frozen=True, slots=True)
class TargetNote:
    """A note as it should sound.

    Parameters
    ----------
    start_s, end_s : float
        When, in seconds from the start of the take.
    cents : float
        Pitch above madhya Sa: the middle of the target of the raga's swara, in the octave it was sung in.
    swara : str
        That swara in roman notation, such as ``.D``.
    """

    start_s: float
    end_s: float
    cents: float
    swara: str


def target_melody(report: TakeReport, tuning: Tuning) -> tuple[TargetNote, ...]:
    """Return the notes of a take in tune, in order of time.

    A foreign note becomes the raga's swara nearest to it. Unsure notes are left out: what was meant is not
    known.
    """
    return tuple(_in_tune(note, tuning) for note in report.notes if note.verdict != "unsure")


def to_notation(report: TakeReport, script: Script = "roman") -> str:
    """Write the notes as they were sung, foreign ones included and unsure ones left out.

    A comma stands for a rest of 0.3 s or more. Durations are not written, since a take without tala has no
    beat to count them in; a take without notes is the empty string.
    """
    swaras = _notated(report.segments)
    return to_roman(swaras) if script == "roman" else to_devanagari(swaras)


def _in_tune(note: Note, tuning: Tuning) -> TargetNote:
    svarasthana, octave = parse_swara(f"{note.raga_saptak} {note.raga_swara}")
    letter = swara_letter(svarasthana, octave)
    return TargetNote(note.start_s, note.end_s, tuning.cents_of(svarasthana.index, octave), letter)


def _notated(segments: tuple[Segment, ...]) -> list[NotatedSwara]:
    swaras: list[NotatedSwara] = []
    for segment in segments:
        if isinstance(segment, Note) and segment.verdict != "unsure":
            swaras.append(NotatedSwara(*parse_swara(f"{segment.saptak} {segment.swara}")))
        elif isinstance(segment, Silence) and segment.end_s - segment.start_s >= PHRASE_REST_S and swaras:
            swaras[-1] = replace(swaras[-1], ends_phrase=True)
    return swaras
