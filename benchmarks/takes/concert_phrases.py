"""Whole concerts as pitch tracks, without sound: what masters sing must not be called foreign."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.page import Check, Section, Table, percent
from benchmarks.pitch.tracks import Tracks
from swara.classifier.notes import PRESETS, Standard, find_held_notes, judge
from swara.data.arrays import FloatArray
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.take import Note
from swara.raga.ragas import raga_named
from swara.raga.tuning import JUST

from .judged import called, foreign, in_tune

FOREIGN = 3.0
RATE_HZ = 16000


SPELLED = {"ahirBhairav": "ahir bhairav", "sri": "shri", "yamanKalyan": "yaman kalyan", "kalyan": "yaman"}
"""What the list of concerts spells otherwise than the table of ragas; Kalyan is Yaman's other name."""

_METHOD = """Seven concerts by three singers as published pitch tracks (made by a machine, on a grid of 10
cents; no sound, so level and syllables are out of it), Sa as stated, just intonation, student thresholds.
Shares are of the steady time. Andolan is allowed for where the table of ragas has it: in Malkauns, in
Bhimpalasi, on the Re of Ahir Bhairav."""


def measure(root: Path, _tracks: Tracks) -> Section:
    """Measure how much of each concert is called foreign."""
    judged = dict(_concerts(root / "hindustani_phrases"))
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


def _concerts(folder: Path) -> Iterator[tuple[str, tuple[tuple[Note, ...], float]]]:
    with (folder / "phrases.csv").open(newline="", encoding="utf-8") as table:
        rows = {row["concert"]: row for row in csv.DictReader(table)}
    for concert, row in rows.items():
        raga, sa_hz = raga_named(SPELLED.get(row["raga"], row["raga"])), float(row["sa_hz"])
        with np.load(folder / f"{concert}.npz") as kept:
            track = on_grid(kept["times_s"], kept["cents"], sa_hz)
        silence = Clip(np.zeros(round(HOP_S * RATE_HZ) * (len(track) - 1), np.float32), RATE_HZ)
        standard = Standard(sa_hz, raga, JUST, PRESETS["student"])
        notes = tuple(judge(note, standard) for note in find_held_notes(silence, track).notes)
        steady_s = sum(note.steady_s for note in notes)
        yield f"{raga.display}, {row['singer']}", (notes, steady_s / (HOP_S * int(track.voiced.sum())))


def on_grid(times_s: FloatArray, cents: FloatArray, sa_hz: float) -> PitchTrack:
    """Return a published pitch track in frames of 10 ms, with Sa in Hz; what is missing is silence."""
    frames = np.round(times_s / HOP_S).astype(np.intp)
    hz = np.full(int(frames[-1]) + 1, np.nan)
    hz[frames] = sa_hz * 2.0 ** (cents / 1200.0)
    voiced = np.isfinite(hz)
    return PitchTrack(HOP_S * np.arange(hz.size), hz, voiced.astype(np.float64), voiced)
