"""Real recordings, each tracked once: those that `docs/evaluation.md` lists, laid out as it says."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

from swara.classifier.notes import PRESETS, HeldNote, Standard, TouchedNote, find_held_notes, judge
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.classifier.pitch.head import pitch_tracker
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack
from swara.data.take import Note
from swara.raga.ragas import Raga, raga_named
from swara.raga.tuning import JUST, Tuning

CALANS = ("calan-bhupali", "calan-deskar", "calan-yaman")


class Heard(NamedTuple):
    """A recording, its pitch and its notes; Sa and raga as stated, where they are."""

    clip: Clip
    track: PitchTrack
    held: tuple[HeldNote, ...]
    touched: tuple[TouchedNote, ...]
    sa_hz: float | None = None
    raga: Raga | None = None

    def judged(self, *, sa_off_cents: float = 0.0, tuning: Tuning = JUST) -> list[Note]:
        """Judge the notes for a student, with Sa moved by so many cents."""
        sa_hz = self.sa_hz * 2 ** (sa_off_cents / 1200)
        return [judge(note, Standard(sa_hz, self.raga, tuning, PRESETS["student"])) for note in self.held]


class Recordings:
    """The folder, and what has been heard in it so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._hear = cache(self._heard)

    def calan(self, name: str) -> Heard:
        """Hear one of `CALANS`."""
        described = json.loads((self.folder / "hindustani_calan" / "recordingsInfo.json").read_text())
        stated = described[name]["rag"]
        heard = self._hear(self.folder / "hindustani_calan" / f"{name}.mp3")
        return heard._replace(sa_hz=float(stated["sa"]), raga=raga_named(stated["rag"]))

    def concerts(self) -> Iterator[Heard]:
        """Hear the concert excerpts."""
        with (self.folder / "hindustani_concert" / "index.csv").open(newline="", encoding="utf-8") as table:
            rows = list(csv.DictReader(table))
        for row in rows:
            heard = self._hear(self.folder / "hindustani_concert" / row["file"])
            yield heard._replace(sa_hz=float(row["sa_hz"]), raga=raga_named(row["raga"]))

    def sight_singing(self) -> Iterator[tuple[Path, Heard]]:
        """Hear the sight-singing melodies, each with the file of its labels."""
        for path in sorted((self.folder / "ssvd").glob("*.flac")):
            yield path.with_suffix(".txt"), self._hear(path)

    def _heard(self, path: Path) -> Heard:
        clip = load_clip(path, rate_hz=TRACK_RATE_HZ)
        track = pitch_tracker("head").track(clip)
        found = find_held_notes(clip, track)
        return Heard(clip, track, found.notes, found.touched)


@pytest.fixture(scope="session")
def recordings() -> Recordings:
    """Skip where there are no recordings."""
    folder = os.environ.get("SWARA_EVAL_DATA")
    if not folder:
        pytest.skip("SWARA_EVAL_DATA names no folder of recordings: see docs/evaluation.md")
    return Recordings(Path(folder))
