"""Takes drawn with kan and meend, of which every swara and every glide is known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from swara.data.synth import SungNote, SynthTake, Voice, sing_take
from swara.data.synth.takes import aim, sargam
from swara.data.synth.voice import VOICES
from swara.raga.ragas import Raga, raga_named
from swara.raga.swaras import SVARASTHANAS, SwaraPitch

__all__ = ["TrueGlide", "TrueSwara", "WrittenTake", "written_take"]

_RAGAS = ("bhupali", "yaman", "bhairav", "malkauns", "durga", "kafi", "bageshri", "todi")
_STEPS, _STEP_SHARES = (-4, -3, -2, -1, 1, 2, 3, 4), (0.03, 0.05, 0.12, 0.3, 0.3, 0.12, 0.05, 0.03)
_HELD_S, _KAN_S, _MEEND_S, _STEP_S = (0.35, 1.2), (0.07, 0.13), (0.15, 0.5), (0.05, 0.09)
_KAN, _MEEND, _LEGATO = 0.3, 0.35, 0.65
_PHRASE, _REST_S = (3, 8), (0.35, 0.8)
_CONSONANT_S = 0.05
_SA_ABOVE_LOWEST = (1.25, 1.55)
_ERROR_CENTS, _VIBRATO_FROM_S = 8.0, 0.65


@dataclass(frozen=True, slots=True)
class TrueSwara:
    """A swara as it was sung: which, held or a kan, from when to when."""

    pitch: SwaraPitch
    held: bool
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class TrueGlide:
    """A meend as it was sung, in seconds and in cents above Sa."""

    start_s: float
    end_s: float
    from_cents: float
    to_cents: float


@dataclass(frozen=True, slots=True, eq=False)
class WrittenTake:
    """A take, its raga, and what a perfect ear would write."""

    take: SynthTake
    raga: Raga
    swaras: tuple[TrueSwara, ...]
    glides: tuple[TrueGlide, ...]


def written_take(seed: int, *, tanpura_db: float | None = None, count: int = 30) -> WrittenTake:
    """Draw a take; the same seed sings the same with and without a tanpura.

    Parameters
    ----------
    seed : int
        What all that is random is drawn from.
    tanpura_db : float or None
        How far a tanpura lies below the voice.
    count : int
        Held swaras in it.
    """
    rng = np.random.default_rng(seed)
    raga = raga_named(_RAGAS[rng.integers(len(_RAGAS))])
    voice = list(VOICES.values())[rng.integers(len(VOICES))]
    sa_hz = voice.range_hz[0] * float(rng.uniform(*_SA_ABOVE_LOWEST))
    ladder = [(SVARASTHANAS[i], octave) for octave in (-1, 0, 1) for i in sorted(raga.swaras)]
    low, high = (1200 * np.log2(edge / sa_hz) for edge in voice.range_hz)
    ladder = [pitch for pitch in ladder if max(low, -500) < aim(pitch, 0.0) < min(high, 1500)]
    line = _walk(ladder, count, rng)
    on_sargam = bool(rng.random() < 0.5)
    pitches = [ladder[place] for place in line]
    syllables = [sargam(pitch) if on_sargam else "a" for pitch in pitches]
    notes, kans = _notes(ladder, line, voice, on_sargam, rng)
    sung = ["a" if note.rest_before_s == 0 else word for note, word in zip(notes, syllables, strict=True)]
    take = sing_take(pitches, notes, sa_hz, voice, rng=rng, syllables=sung, tanpura_db=tanpura_db)
    return WrittenTake(take, raga, *_truth(take, pitches, notes, kans))


def _walk(ladder: list[SwaraPitch], count: int, rng: np.random.Generator) -> list[int]:
    place = next(i for i, pitch in enumerate(ladder) if pitch == (SVARASTHANAS[0], 0))
    line = [place]
    while len(line) < count:
        step = int(rng.choice(_STEPS, p=_STEP_SHARES))
        if 0 <= place + step < len(ladder):
            place += step
            line.append(place)
    return line


def _notes(
    ladder: list[SwaraPitch], line: list[int], voice: Voice, on_sargam: bool, rng: np.random.Generator
) -> tuple[list[SungNote], list[SwaraPitch | None]]:
    notes, kans, left = list[SungNote](), list[SwaraPitch | None](), int(rng.integers(*_PHRASE))
    for number, place in enumerate(line):
        if not number:
            rest_s = 0.2
        elif not left:
            rest_s, left = float(rng.uniform(*_REST_S)), int(rng.integers(*_PHRASE))
        else:
            rest_s = 0.0 if rng.random() < _LEGATO else _CONSONANT_S * (2 if on_sargam else 1)
        left -= 1
        kan = _kan(ladder, line, number, rest_s == 0, rng)
        glides = rest_s == 0 and kan is None and rng.random() < _MEEND
        held_s, error = float(rng.uniform(*_HELD_S)), float(rng.uniform(-_ERROR_CENTS, _ERROR_CENTS))
        meend_s, kan_s = float(rng.uniform(*(_MEEND_S if glides else _STEP_S))), float(rng.uniform(*_KAN_S))
        notes.append(
            SungNote(
                cents=aim(ladder[place], error),
                duration_s=held_s + meend_s + (kan_s if kan else 0.0),
                error_cents=error,
                vibrato_cents=voice.vibrato_cents if held_s >= _VIBRATO_FROM_S else 0.0,
                vibrato_hz=voice.vibrato_hz * float(rng.uniform(0.9, 1.1)),
                meend_s=meend_s,
                rest_before_s=rest_s,
                kan_cents=None if kan is None else aim(kan, 0.0),
                kan_s=kan_s,
                loudness=float(rng.uniform(0.7, 1.0)),
            )
        )
        kans.append(kan)
    return notes, kans


def _kan(
    ladder: list[SwaraPitch], line: list[int], number: int, tied: bool, rng: np.random.Generator
) -> SwaraPitch | None:
    """Draw a neighbour of the note, other than the one that the voice comes from."""
    if rng.random() >= _KAN:
        return None
    around = [place for place in (line[number] - 1, line[number] + 1) if 0 <= place < len(ladder)]
    if tied and number:
        around = [place for place in around if place != line[number - 1]]
    return ladder[around[rng.integers(len(around))]] if around else None


def _truth(
    take: SynthTake, pitches: list[SwaraPitch], notes: list[SungNote], kans: list[SwaraPitch | None]
) -> tuple[tuple[TrueSwara, ...], tuple[TrueGlide, ...]]:
    swaras, glides, before = list[TrueSwara](), list[TrueGlide](), float("nan")
    for pitch, note, kan, label in zip(pitches, notes, kans, take.contour.labels, strict=True):
        if kan is not None:
            swaras.append(TrueSwara(kan, False, label.onset_s, label.onset_s + note.kan_s))
        elif note.rest_before_s == 0 and note.meend_s >= _MEEND_S[0]:
            glides.append(TrueGlide(label.onset_s, label.start_s, before, label.cents_true))
        swaras.append(TrueSwara(pitch, True, label.start_s, label.end_s))
        before = label.cents_true
    return tuple(swaras), tuple(glides)
