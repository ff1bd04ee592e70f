"""Whole concerts as pitch tracks, without sound: what masters sing must not be called foreign."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.page import Check, Section, Table, percent
from benchmarks.pitch.tracks import Tracks
from benchmarks.recordings import concert_phrases, concert_track
from swara.classifier.notes import PRESETS, Standard, find_held_notes, judge
from swara.data.arrays import FloatArray
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.take import Note
from swara.raga.ragas import Raga, raga_named
from swara.raga.tuning import JUST

from .judged import called, foreign, in_tune

FOREIGN = 3.0
RATE_HZ = 16000

_SPELLED = {"ahirBhairav": "ahir bhairav", "sri": "shri", "yamanKalyan": "yaman kalyan", "kalyan": "yaman"}
"""What the list of concerts spells otherwise than the table of ragas; Kalyan is Yaman's other name."""

_METHOD = """Seven concerts by three singers as published pitch tracks (made by a machine, on a grid of 10
cents; no sound, so level and syllables are out of it), Sa as stated, just intonation, student thresholds.
Shares are of the steady time. Andolan is allowed for where the table of ragas has it: in Malkauns, in
Bhimpalasi, on the Re of Ahir Bhairav."""


def measure(root: Path, _tracks: Tracks) -> Section:
    """Measure how much of each concert is called foreign."""
    judged = {each.called: _judged(each) for each in whole_concerts(root)}
    rows = [
        (name, len(notes), foreign(notes), in_tune(notes), called(notes, "unsure"), coverage)
        for name, (notes, coverage) in judged.items()
    ]
    worst = max(judged, key=lambda name: foreign(judged[name][0]))
    headings = ("concert", "notes", "foreign", "in tune", "unsure", "steady / voiced")
    return Section(
        "Concerts as pitch tracks",
        _METHOD,
        [
            Check(f"{name}: foreign", 100 * foreign(notes), FOREIGN, at_most=True)
            for name, (notes, _) in judged.items()
        ],
        [Table("By concert.", headings, rows, ("{}", *["{:.1%}"] * 4))],
        f"Most is called foreign in {worst}: {percent(foreign(judged[worst][0]))} of what is held there.",
    )


class WholeConcert(NamedTuple):
    """A concert of the list: raga and singer, raga, Sa in Hz, its pitch, and as much silence."""

    called: str
    raga: Raga
    sa_hz: float
    track: PitchTrack
    silence: Clip


def concert_raga(listed: str) -> Raga:
    """Return the raga that the list of concerts spells its own way."""
    return raga_named(_SPELLED.get(listed, listed))


def whole_concerts(root: Path) -> Iterator[WholeConcert]:
    """Yield the concerts that only pitch was published of."""
    rows = {row["concert"]: row for row in concert_phrases(root)}
    for concert, row in rows.items():
        raga, sa_hz = concert_raga(row["raga"]), float(row["sa_hz"])
        track = _on_grid(*concert_track(root, concert), sa_hz)
        silence = Clip(np.zeros(round(HOP_S * RATE_HZ) * (len(track) - 1), np.float32), RATE_HZ)
        yield WholeConcert(f"{raga.display}, {row['singer']}", raga, sa_hz, track, silence)


def _judged(concert: WholeConcert) -> tuple[tuple[Note, ...], float]:
    """Return the notes of a concert, and the share of the singing that they hold steadily."""
    standard = Standard(concert.sa_hz, concert.raga, JUST, PRESETS["student"])
    notes = tuple(judge(note, standard) for note in find_held_notes(concert.silence, concert.track).notes)
    steady_s = sum(note.steady_s for note in notes)
    return notes, steady_s / (HOP_S * int(concert.track.voiced.sum()))


def _on_grid(times_s: FloatArray, cents: FloatArray, sa_hz: float) -> PitchTrack:
    frames = np.round(times_s / HOP_S).astype(np.intp)
    hz = np.full(int(frames[-1]) + 1, np.nan)
    hz[frames] = sa_hz * 2.0 ** (cents / 1200.0)
    voiced = np.isfinite(hz)
    return PitchTrack(HOP_S * np.arange(hz.size), hz, voiced.astype(np.float64), voiced)
