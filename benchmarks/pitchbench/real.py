"""The real recordings with f0 labels, their times put right (``docs/evaluation.md``)."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from benchmarks.recordings import calans, resynthesised
from swara.data.arrays import FloatArray
from swara.data.audio.decode import load_clip
from swara.data.clip import Samples
from swara.data.pitch_track import MAX_HZ, MIN_HZ

from .material import RATE_HZ, Sung

__all__ = ["calan", "concert", "vibrato", "vocadito", "voices"]

CONCERT_EARLY_S = 0.0275
"""The concert's labels come 25 to 30 ms before the sound that they describe."""

CALAN_LATE_S = 0.040


def voices(root: Path) -> list[Sung]:
    """Load the clips resynthesised by WORLD, with the Sa of each singer."""
    with (root / "f0_truth" / "world_resynth" / "index.csv").open(encoding="utf-8", newline="") as file:
        sa_hz = {row["name"]: float(row["sa_hz"]) for row in csv.DictReader(file)}
    return [Sung(c.name, c.clip.samples, c.times_s, c.hz, sa_hz[c.name]) for c in resynthesised(root)]


def vocadito(root: Path) -> list[Sung]:
    """Load vocadito_1."""
    folder = root / "f0_truth" / "vocadito"
    times_s, hz = np.loadtxt(folder / "Annotations" / "F0" / "vocadito_1_f0.csv", delimiter=",").T
    return [Sung("vocadito_1", load_clip(folder / "Audio" / "vocadito_1.wav").samples, times_s, hz)]


def calan(root: Path) -> list[Sung]:
    """Load the calans with their published pitch tracks."""
    sung = []
    for performance in calans(root):
        path = root / "hindustani_calan" / f"{performance.name}_pitchTrack.json"
        track = json.loads(path.read_text(encoding="utf-8"))
        cents: FloatArray = np.array([np.nan if c == "s" else float(c) for c in track.values()])
        times_s: FloatArray = np.array([float(t) for t in track]) - CALAN_LATE_S
        sung.append(
            _from_cents(performance.name, performance.clip.samples, times_s, cents, performance.sa_hz)
        )
    return sung


def concert(root: Path) -> list[Sung]:
    """Load the concert excerpts that have labels."""
    folder = root / "hindustani_concert"
    sung = []
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["has_pitch_csv"] == "True"]
    for row in rows:
        audio = folder / row["file"]
        table = np.genfromtxt(audio.with_name(f"{audio.stem}_pitch.csv"), delimiter=",", skip_header=1)
        times_s, cents = table[:, 0] + CONCERT_EARLY_S, table[:, 1]
        sung.append(
            _from_cents(
                f"concert {row['raga']}", load_clip(audio).samples, times_s, cents, float(row["sa_hz"])
            )
        )
    return sung


def vibrato(root: Path) -> list[Sung]:
    """Load the vibrato excerpts; their labels are a machine's and say nothing of what is not voiced."""
    sung = []
    for labels in sorted((root / "vibrato_voice").glob("*-Yin.csv")):
        name = labels.stem.removesuffix("-Yin")
        times_s, hz = np.loadtxt(labels, delimiter=",").T
        plausible = (hz >= MIN_HZ) & (hz <= MAX_HZ)
        samples = load_clip(labels.with_name(f"{name}.wav")).samples
        sung.append(Sung(name, samples, times_s[plausible], hz[plausible], tells_voicing=False))
    return sung


def _from_cents(name: str, samples: Samples, times_s: FloatArray, cents: FloatArray, sa_hz: float) -> Sung:
    """Take cents above Sa, NaN where silent, for truth; labels before the sound begins are left out."""
    hz = np.nan_to_num(sa_hz * 2.0 ** (cents / 1200.0))
    heard = (times_s >= 0) & (times_s <= samples.size / RATE_HZ)
    return Sung(name, samples, times_s[heard], hz[heard], sa_hz)
