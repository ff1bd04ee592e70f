"""The evaluation recordings and their labels, read from the folder that ``SWARA_EVAL_DATA`` names.

Which recordings these are, and where they come from, stands in ``docs/evaluation.md``.
"""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.raga.ragas import Raga, raga_named
from swara.raga.swaras import saptak_name, svarasthana_named

__all__ = [
    "ExactClip",
    "LabelledSwara",
    "Performance",
    "SightSinging",
    "calans",
    "concerts",
    "evaluation_folder",
    "labelled_swaras",
    "resynthesised",
    "sight_singing",
]

ENVIRONMENT = "SWARA_EVAL_DATA"


@dataclass(frozen=True, slots=True, eq=False)
class Performance:
    """A Hindustani recording with its Sa in Hz and its raga, as its publishers state them."""

    name: str
    clip: Clip
    sa_hz: float
    raga: Raga


@dataclass(frozen=True, slots=True)
class LabelledSwara:
    """A steady stretch of a performance, in seconds, and the swara and saptak that it holds."""

    start_s: float
    end_s: float
    swara: str
    saptak: str


@dataclass(frozen=True, slots=True, eq=False)
class SightSinging:
    """A sung melody with its notes by hand.

    Parameters
    ----------
    name : str
    clip : Clip
    intervals_s : float64 array, shape [notes, 2]
        Onset and offset.
    midi : float64 array, shape [notes]
        Pitch in fractions of a semitone, 69 at 440 Hz.
    """

    name: str
    clip: Clip
    intervals_s: FloatArray
    midi: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class ExactClip:
    """A resynthesised voice; `times_s` and `hz`, shape [frames], are its f0, 0 where unvoiced."""

    name: str
    clip: Clip
    times_s: FloatArray
    hz: FloatArray


def evaluation_folder() -> Path | None:
    """Return the folder of recordings; None where the variable is not set.

    Raises
    ------
    SystemExit
        If it is set and names no folder.
    """
    named = os.environ.get(ENVIRONMENT)
    if not named:
        return None
    folder = Path(named)
    if not folder.is_dir():
        raise SystemExit(
            f"{ENVIRONMENT} is {named}, which is no folder; docs/evaluation.md says how to lay one out"
        )
    return folder


def calans(root: Path) -> tuple[Performance, ...]:
    """Load the unaccompanied calans of Bhupali, Deshkar and Yaman."""
    folder = root / "hindustani_calan"
    described = json.loads((folder / "recordingsInfo.json").read_text(encoding="utf-8"))
    return tuple(
        Performance(
            name, load_clip(folder / d["info"]["trackFile"]), d["rag"]["sa"], raga_named(d["rag"]["rag"])
        )
        for name, d in sorted(described.items())
    )


def concerts(root: Path) -> tuple[Performance, ...]:
    """Load the concert excerpts."""
    folder = root / "hindustani_concert"
    performances = []
    for row in _rows(folder / "index.csv"):
        raga, clip = raga_named(row["raga"]), load_clip(folder / row["file"])
        performances.append(Performance(f"concert {raga.display}", clip, float(row["sa_hz"]), raga))
    return tuple(performances)


def labelled_swaras(root: Path, name: str) -> tuple[LabelledSwara, ...]:
    """Load the confirmed steady segments of one calan; the list's octave 1 is madhya."""
    rows = _rows(root / "hindustani_calan" / "svara_segments.csv")
    return tuple(
        LabelledSwara(
            float(row["start_s"]),
            float(row["end_s"]),
            svarasthana_named(row["svara"][0]).name,
            saptak_name(int(row["svara"][1]) - 1),
        )
        for row in rows
        if row["track"] == name and row["confirmed"] == "1"
    )


def sight_singing(root: Path) -> tuple[SightSinging, ...]:
    """Load the sight-singing melodies in order of their names."""
    takes = []
    for labels in sorted((root / "ssvd").glob("*.txt")):
        table = np.loadtxt(labels, ndmin=2)
        takes.append(
            SightSinging(labels.stem, load_clip(labels.with_suffix(".flac")), table[:, :2], table[:, 2])
        )
    return tuple(takes)


def resynthesised(root: Path) -> tuple[ExactClip, ...]:
    """Load the clips whose f0 is exact by construction."""
    folder = root / "f0_truth" / "world_resynth"
    clips = []
    for row in _rows(folder / "index.csv"):
        times_s, hz = np.loadtxt(folder / f"{row['name']}.csv", delimiter=",", skiprows=1).T
        clips.append(ExactClip(row["name"], load_clip(folder / f"{row['name']}.flac"), times_s, hz))
    return tuple(clips)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
