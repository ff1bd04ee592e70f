"""The take's notes as they should sound."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from swara.classifier.transcription import SungSwara, Transcription
from swara.data.take import Note
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara
from swara.raga.tuning import Tuning
from swara.service.take.report import TakeReport

__all__ = ["MEEND_S", "TargetNote", "target_melody", "written_melody"]

MEEND_S = 0.06
"""How long a voice takes from one note to the next where no glide is meant."""

SHORTEST_S = 0.07
"""A note shorter than this is none that a voice can be asked for."""


@dataclass(frozen=True, slots=True)
class TargetNote:
    """A note as it should sound.

    Parameters
    ----------
    start_s, end_s : float
        When, in seconds from the start of the take, with its approach: kan and meend.
    cents : float
        Pitch above madhya Sa: the middle of the target of the raga's swara, in the octave it was sung in.
    swara : str
        That swara in roman notation, such as ``.D``.
    meend_s : float
        How long the glide to it takes.
    kan_cents : float or None
        Pitch of a grace note on the way, above madhya Sa.
    kan_s : float
        How long that takes.
    """

    start_s: float
    end_s: float
    cents: float
    swara: str
    meend_s: float = MEEND_S
    kan_cents: float | None = None
    kan_s: float = 0.0


def target_melody(report: TakeReport, tuning: Tuning) -> tuple[TargetNote, ...]:
    """Return the notes of a take in tune, in order of time.

    A foreign note becomes the raga's swara nearest to it. Unsure notes are left out: what was meant is not
    known.
    """
    return tuple(_in_tune(note, tuning) for note in report.notes if note.verdict != "unsure")


def written_melody(transcription: Transcription, tuning: Tuning) -> tuple[TargetNote, ...]:
    """Return what is written, in tune: a touch before a held swara as its kan, glides where they lie.

    Of other touches those are left out that are too short for a voice.
    """
    begins = {each.after: each.start_s for each in transcription.glides if each.after is not None}
    melody, first = list[TargetNote](), None
    for number, (sung, after) in enumerate(pairwise((*transcription.swaras, None))):
        assert sung is not None
        leads = after is not None and after.held and after.start_s - sung.end_s < MEEND_S
        if not sung.held and leads and number + 1 not in begins:
            first = number
            continue
        kan = None if first is None else transcription.swaras[first]
        start_s = (kan or sung).start_s
        onset_s = begins.get(number if first is None else first, start_s)
        # The way to the first of the two is a glide, that from the kan on short.
        approach_s = sung.start_s - onset_s
        meend_s = approach_s if kan is None and approach_s > 0 else MEEND_S
        room_s = sung.end_s - onset_s - (0.0 if kan is None else approach_s)
        first = None
        if sung.end_s - onset_s < SHORTEST_S:
            continue
        melody.append(
            TargetNote(
                onset_s,
                sung.end_s,
                _cents(sung, tuning),
                swara_letter(*sung.pitch),
                min(meend_s, max(0.4 * room_s, room_s - SHORTEST_S)),
                None if kan is None else _cents(kan, tuning),
                0.0 if kan is None else approach_s,
            )
        )
    return tuple(melody)


def _cents(sung: SungSwara, tuning: Tuning) -> float:
    return tuning.cents_of(sung.svarasthana.index, sung.octave)


def _in_tune(note: Note, tuning: Tuning) -> TargetNote:
    svarasthana, octave = parse_swara(f"{note.raga_saptak} {note.raga_swara}")
    letter = swara_letter(svarasthana, octave)
    return TargetNote(note.start_s, note.end_s, tuning.cents_of(svarasthana.index, octave), letter)
