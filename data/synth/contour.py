"""The pitch line of a sung phrase: what a singer aims at, and what then comes out, known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from swara.data.arrays import BoolArray, FloatArray

from .curves import even_times, raised_cosine, wander
from .sung import ATTACK_S, LEAST_S, Contour, NoteLabel, SungNote

__all__ = ["Contour", "NoteLabel", "SungNote", "render_contour"]

STEADY_S = 0.15
"""A steady part shorter than this is not a note that can be judged."""

_RELEASE_S = 0.07
_EDGE_LOUDNESS = 0.1  # a voiced frame is heard: it never starts or ends at nothing
_DRIFT_S = 0.09  # how long the small wandering of a held pitch takes to change
_LOUDNESS_DRIFT_S = 0.12
_LOUDNESS_DRIFT_DB = 0.7
_VIBRATO_DELAY_S = 0.15
_VIBRATO_GROWTH_S = 0.2
_ORNAMENT_END_S = 0.06


@dataclass(frozen=True, slots=True)
class _Span:
    """A note with its place on the clock."""

    note: SungNote
    onset_s: float
    kan_end_s: float
    steady_s: float
    end_s: float
    legato: bool  # tied to the note before
    tied: bool  # tied to the note after

    def frames(self, times_s: FloatArray, start_s: float) -> BoolArray:
        """Frames from `start_s` to the end of the note; a hair early, so that rounding loses none."""
        hair_s = 1e-9
        return (times_s >= start_s - hair_s) & (times_s < self.end_s - hair_s)


def render_contour(
    notes: Sequence[SungNote],
    sa_hz: float,
    *,
    hop_s: float = 0.005,
    rng: np.random.Generator,
    jitter_cents: float = 3.0,
    tail_s: float = 0.1,
) -> Contour:
    """Sing notes as a pitch line.

    Every steady part is shifted by the mean of its own drift and vibrato, so that the mean pitch is exactly
    ``cents + error_cents`` and a label can be trusted to the last digit.

    Parameters
    ----------
    notes : sequence of SungNote
        At least one.
    sa_hz : float
        Frequency of madhya Sa.
    hop_s : float
        Time between frames.
    rng : numpy.random.Generator
        Draws drift, vibrato phases and loudness.
    jitter_cents : float
        Standard deviation of the slow drift.
    tail_s : float
        Silence after the last note.

    Returns
    -------
    Contour

    Raises
    ------
    ValueError
        If there are no notes, or `hop_s` is more than 20 ms.
    """
    if not notes or not 0 < hop_s <= LEAST_S:
        raise ValueError(
            f"a contour needs a note and a hop of 0 to {LEAST_S} s, got {len(notes)} and {hop_s}"
        )
    spans = _place(notes)
    times_s = even_times(round((spans[-1].end_s + tail_s) / hop_s), hop_s)
    deviation = jitter_cents * wander(times_s.size, _DRIFT_S / hop_s, rng)
    for span in spans:
        steady = span.frames(times_s, span.steady_s)
        deviation[steady] += _ornament(span, times_s[steady], rng)
    levels = np.array([s.note.sung_cents - _mean(deviation, s.frames(times_s, s.steady_s)) for s in spans])
    cents = _baseline(spans, levels, times_s) + deviation

    voiced = np.logical_or.reduce([span.frames(times_s, span.onset_s) for span in spans])
    swing_db = _LOUDNESS_DRIFT_DB * wander(times_s.size, _LOUDNESS_DRIFT_S / hop_s, rng)
    loudness = np.where(voiced, _loudness(spans, times_s) * 10.0 ** (swing_db / 20.0), 0.0)
    f0_hz = np.where(voiced, sa_hz * 2.0 ** (cents / 1200.0), 0.0)
    return Contour(times_s, f0_hz, loudness, tuple(_label(span, times_s, cents) for span in spans))


def _place(notes: Sequence[SungNote]) -> list[_Span]:
    """Put the notes on the clock, one after the other."""
    spans = []
    clock_s = 0.0
    for i, note in enumerate(notes):
        legato = i > 0 and note.rest_before_s == 0
        tied = i + 1 < len(notes) and notes[i + 1].rest_before_s == 0
        onset_s = clock_s + note.rest_before_s
        kan_end_s = onset_s + (0.0 if note.kan_cents is None else note.kan_s)
        glides = legato or note.kan_cents is not None
        steady_s = kan_end_s + note.meend_s if glides else onset_s + ATTACK_S
        clock_s = onset_s + note.duration_s
        spans.append(_Span(note, onset_s, kan_end_s, steady_s, clock_s, legato, tied))
    return spans


def _ornament(span: _Span, times_s: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Vibrato and gamak over the steady part, in cents; nothing at either end, so that no join shows."""
    note, into_s = span.note, times_s - span.steady_s
    leaving = np.clip((span.end_s - times_s) / _ORNAMENT_END_S, 0.0, 1.0)
    growing = np.clip((into_s - _VIBRATO_DELAY_S) / _VIBRATO_GROWTH_S, 0.0, 1.0)
    phase = 2.0 * np.pi * (note.vibrato_hz * into_s + rng.random())
    vibrato = note.vibrato_cents * growing * np.sin(phase)
    length_s = span.end_s - span.steady_s
    turns = note.gamak_hz * into_s * (0.5 + 0.5 * into_s / length_s)
    gamak = note.gamak_cents * np.sin(2.0 * np.pi * turns)
    return np.asarray((vibrato + gamak) * leaving)


def _baseline(spans: Sequence[_Span], levels: FloatArray, times_s: FloatArray) -> FloatArray:
    """Join the notes' levels by meend and kan, in cents."""
    knots: list[tuple[float, float]] = []
    for span, level in zip(spans, levels, strict=True):
        kan = span.note.kan_cents
        if not span.legato:
            knots.append((span.onset_s, level if kan is None else kan))
        if kan is not None:
            knots.append((span.kan_end_s, kan))
        knots += [(span.steady_s, level), (span.end_s, level)]
    at_s, values = np.array(knots).T
    return raised_cosine(times_s, at_s, values)


def _loudness(spans: Sequence[_Span], times_s: FloatArray) -> FloatArray:
    """Shape attack, release and the notes' own loudness."""
    knots: list[tuple[float, float]] = []
    for span in spans:
        full = span.note.loudness
        if not span.legato:
            knots.append((span.onset_s, _EDGE_LOUDNESS * full))
        release_s = 0.0 if span.tied else min(_RELEASE_S, 0.5 * (span.end_s - span.steady_s))
        knots += [(span.steady_s, full), (span.end_s - release_s, full)]
        if not span.tied:
            knots.append((span.end_s, _EDGE_LOUDNESS * full))
    at_s, values = np.array(knots).T
    return raised_cosine(times_s, at_s, values)


def _label(span: _Span, times_s: FloatArray, cents: FloatArray) -> NoteLabel:
    steady = span.end_s - span.steady_s >= STEADY_S and span.note.gamak_cents == 0
    return NoteLabel(
        start_s=span.steady_s,
        end_s=span.end_s,
        cents_true=_mean(cents, span.frames(times_s, span.steady_s)),
        target_cents=span.note.cents,
        steady=steady,
        onset_s=span.onset_s,
    )


def _mean(values: FloatArray, where: BoolArray) -> float:
    return float(values[where].mean())
