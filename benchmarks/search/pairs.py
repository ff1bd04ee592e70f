"""A professional's take and a learner's of the same phrases, with errors planted in the second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from swara.data.clip import Clip
from swara.data.synth import (
    BHUPALI_PHRASES,
    VOICES,
    NoteTruth,
    SungNote,
    SynthTake,
    Voice,
    sing_take,
    swara_sequence,
)
from swara.data.synth.takes import aim, sargam
from swara.raga.swaras import SwaraPitch

__all__ = ["LATE_S", "OFF_CENTS", "UNEVEN_S", "Pair", "Planted", "draw_pair"]

Plant: TypeAlias = Literal["low", "high", "omitted", "added", "late"]
OFF_CENTS, LATE_S = 50.0, 0.2

_PHRASES, _PHRASE_REST_S = 3, (0.4, 0.9)
_NOTE_S, _LAST_LONGER = (0.45, 0.85), 1.4
_GLIDED, _MEEND_S, _STEP_S = 0.35, (0.14, 0.22), 0.06
_OWN_CENTS = 8.0
"""How far either singer is off the mark where nothing is planted."""

_TEMPO, _TEMPO_SWAY, UNEVEN_S = (0.8, 1.25), 0.05, 0.02
"""The learner's tempo beside the professional's, how much it drifts, how unevenly notes begin."""

_APART = 3
"""Notes between two errors: what one does to its neighbours must not be taken for the other."""


@dataclass(frozen=True, slots=True)
class Planted:
    """One error of the learner.

    Parameters
    ----------
    kind : str
        What it is.
    swara : str
        Of the note that it befell, in the professional's take, or that was added: ``Ga``.
    guru_s, mine_s : float
        The middle of that note in the professional's take, or of where it was added; and in the learner's, or
        of where it was left out.
    """

    kind: Plant
    swara: str
    guru_s: float
    mine_s: float


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two takes with their Sa in Hz, how many notes the guru's has, and what is wrong in the learner's."""

    guru: Clip
    mine: Clip
    guru_sa_hz: float
    mine_sa_hz: float
    notes: int
    planted: tuple[Planted, ...]


@dataclass(frozen=True, slots=True)
class _Told:
    """A note as the learner sings it; `place` is its number in the guru's take, None if it is added."""

    pitch: SwaraPitch
    note: SungNote
    place: int | None


def draw_pair(
    seed: int, *, planted: bool = True, tanpura_db: float = 20.0, uneven_s: float = UNEVEN_S
) -> Pair:
    """Draw a pair of takes.

    Three phrases of Bhupali with rests between, by two voices on two Sas over a soft tanpura; the learner's
    tempo is another and drifts. Of the learner's notes one is 50 cents off, one left out (half the time the
    note before it lasts for it), one added, and one 200 ms late: held back by the note before it, or after a
    pause with all that follows.

    Parameters
    ----------
    seed : int
        What everything is drawn from.
    planted : bool
        Whether anything is wrong at all.
    tanpura_db : float
        How far the tanpura lies below the voice, in both.
    uneven_s : float
        Standard deviation of the learner's onsets, in seconds.
    """
    rng = np.random.default_rng(seed)
    pitches, notes = _phrases(rng)
    guru_voice, mine_voice = (list(VOICES.values())[at] for at in rng.permutation(len(VOICES))[:2])
    on_sargam = bool(rng.random() < 0.5)
    told = _in_another_tempo(pitches, notes, uneven_s, rng)
    errors = list[tuple[Plant, int]]()
    if planted:
        told, errors = _with_errors(told, rng)
    guru, guru_sa = _sing(pitches, notes, guru_voice, on_sargam, tanpura_db, rng)
    pitches, notes = [each.pitch for each in told], [each.note for each in told]
    mine, mine_sa = _sing(pitches, notes, mine_voice, on_sargam, tanpura_db, rng)
    found = tuple(_planted(kind, at, told, guru.labels, mine.labels) for kind, at in errors)
    return Pair(guru.clip, mine.clip, guru_sa, mine_sa, len(guru.labels), found)


def _phrases(rng: np.random.Generator) -> tuple[list[SwaraPitch], list[SungNote]]:
    pitches, notes = list[SwaraPitch](), list[SungNote]()
    for phrase in rng.choice(len(BHUPALI_PHRASES), _PHRASES, replace=False):
        sequence = swara_sequence(BHUPALI_PHRASES[phrase])
        for at, pitch in enumerate(sequence):
            last = at + 1 == len(sequence)
            notes.append(
                SungNote(
                    cents=aim(pitch, 0.0),
                    duration_s=float(rng.uniform(*_NOTE_S)) * (_LAST_LONGER if last else 1.0),
                    meend_s=float(rng.uniform(*_MEEND_S)) if rng.random() < _GLIDED else _STEP_S,
                    rest_before_s=float(rng.uniform(*_PHRASE_REST_S)) if at == 0 else 0.0,
                )
            )
        pitches += sequence
    return pitches, notes


def _in_another_tempo(
    pitches: Sequence[SwaraPitch], notes: Sequence[SungNote], uneven_s: float, rng: np.random.Generator
) -> list[_Told]:
    tempo, drift = float(rng.uniform(*_TEMPO)), float(rng.uniform(-_TEMPO_SWAY, _TEMPO_SWAY))
    uneven = uneven_s * rng.standard_normal(len(notes) + 1)
    told = []
    for at, (pitch, note) in enumerate(zip(pitches, notes, strict=True)):
        slower = tempo * (1.0 + drift * (2.0 * at / len(notes) - 1.0))
        own_s = max(slower * note.duration_s + float(uneven[at + 1] - uneven[at]), note.meend_s + 0.16)
        changed = replace(note, duration_s=own_s, rest_before_s=slower * note.rest_before_s)
        told.append(_Told(pitch, changed, at))
    return told


def _with_errors(told: list[_Told], rng: np.random.Generator) -> tuple[list[_Told], list[tuple[Plant, int]]]:
    """Return the learner's notes with one error of each kind, and where each stands among them."""
    kinds: list[Plant] = ["low" if rng.random() < 0.5 else "high", "omitted", "added", "late"]
    rng.shuffle(kinds)
    inside = [
        at
        for at in range(1, len(told) - 1)
        if told[at].note.rest_before_s == 0 and told[at + 1].note.rest_before_s == 0
    ]
    while True:
        places = np.sort(rng.choice(inside, len(kinds), replace=False)).tolist()
        if min(np.diff(places)) > _APART - 1:
            break
    found = list[tuple[Plant, int]]()
    for kind, place in reversed(list(zip(kinds, places, strict=True))):
        moved = len(told)
        told = _plant(told, kind, place, rng)
        moved = len(told) - moved
        found = [(kind, place), *((other, at + moved) for other, at in found)]
    return told, found


def _plant(told: list[_Told], kind: Plant, at: int, rng: np.random.Generator) -> list[_Told]:
    one, before = told[at], told[at - 1]
    if kind in ("low", "high"):
        off = OFF_CENTS if kind == "high" else -OFF_CENTS
        changed = replace(one.note, cents=aim(one.pitch, off), error_cents=off)
        return [*told[:at], replace(one, note=changed), *told[at + 1 :]]
    if kind == "omitted":
        longer = replace(before.note, duration_s=before.note.duration_s + one.note.duration_s)
        kept = replace(before, note=longer) if rng.random() < 0.5 else before
        return [*told[: at - 1], kept, *told[at + 1 :]]
    if kind == "added":
        return [*told[:at], _new_note(told, at, rng), *told[at:]]
    longer = replace(before.note, duration_s=before.note.duration_s + LATE_S)
    if rng.random() < 0.5:
        shorter = replace(one.note, duration_s=max(one.note.duration_s - LATE_S, one.note.meend_s + 0.16))
        return [*told[: at - 1], replace(before, note=longer), replace(one, note=shorter), *told[at + 1 :]]
    # After a pause there is no glide from the note before: half of its length counts, as a note begins
    # half-way to its pitch.
    glide_s = one.note.meend_s / 2
    shorter_s = one.note.duration_s - glide_s
    paused = replace(one.note, rest_before_s=LATE_S + glide_s, duration_s=shorter_s, meend_s=_STEP_S)
    return [*told[:at], replace(one, note=paused), *told[at + 1 :]]


def _new_note(told: Sequence[_Told], at: int, rng: np.random.Generator) -> _Told:
    """Return a note of the raga that neither neighbour is, within a fifth of both."""
    near = [told[at - 1].note.cents, told[at].note.cents]
    known = {each.pitch: aim(each.pitch, 0.0) for each in told}
    fits = [p for p, cents in known.items() if all(100.0 < abs(cents - c) < 720.0 for c in near)]
    pitch = fits[int(rng.integers(len(fits)))]
    return _Told(pitch, SungNote(aim(pitch, 0.0), float(rng.uniform(0.3, 0.5)), meend_s=_STEP_S), None)


def _sing(
    pitches: Sequence[SwaraPitch],
    notes: Sequence[SungNote],
    voice: Voice,
    on_sargam: bool,
    tanpura_db: float,
    rng: np.random.Generator,
) -> tuple[SynthTake, float]:
    sa_hz = voice.range_hz[0] * float(rng.uniform(1.25, 1.55))
    own = []
    for pitch, note in zip(pitches, notes, strict=True):
        off = float(rng.uniform(-_OWN_CENTS, _OWN_CENTS))
        own.append(note if note.error_cents else replace(note, error_cents=off, cents=aim(pitch, off)))
    syllables = [sargam(pitch) if on_sargam else "a" for pitch in pitches]
    take = sing_take(pitches, own, sa_hz, voice, rng=rng, syllables=syllables, tanpura_db=tanpura_db)
    return take, sa_hz


def _planted(
    kind: Plant, at: int, told: Sequence[_Told], guru: Sequence[NoteTruth], mine: Sequence[NoteTruth]
) -> Planted:
    if kind == "omitted":
        place = (told[at - 1].place or 0) + 1
        return Planted(kind, guru[place].swara, _middle(guru[place]), mine[at - 1].label.end_s)
    place = told[at].place
    if place is None:
        following = told[at + 1].place
        return Planted(kind, mine[at].swara, guru[following or 0].label.onset_s, _middle(mine[at]))
    return Planted(kind, guru[place].swara, _middle(guru[place]), _middle(mine[at]))


def _middle(truth: NoteTruth) -> float:
    return 0.5 * (truth.label.onset_s + truth.label.end_s)
