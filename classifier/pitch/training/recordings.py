"""Real recordings to watch a training by; nothing is learned from them.

Where ``SWARA_EVAL_DATA`` names the folder of ``docs/evaluation.md``, its resynthesised voices are heard clean
and over a synthesized tanpura on their Sa.
"""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np

from data.decode import load_clip
from data.synth import mix_at_db, tanpura

from .scenes import SCENE_RATE_HZ, Scene

__all__ = ["recorded_scenes"]

_TANPURA_DB = 5.0


def recorded_scenes() -> dict[str, list[Scene]]:
    """Return the recordings there are, by condition: nothing where the folder is not set."""
    root = os.environ.get("SWARA_EVAL_DATA")
    folder = Path(root) / "f0_truth" / "world_resynth" if root else None
    if folder is None or not folder.is_dir():
        return {}
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        sa_hz = {row["name"]: float(row["sa_hz"]) for row in csv.DictReader(file)}
    clean = [_scene(folder, name) for name in sa_hz]
    over = [
        Scene(_over_tanpura(scene, sa, np.random.default_rng(number)), scene.f0_hz)
        for number, (scene, sa) in enumerate(zip(clean, sa_hz.values(), strict=True))
    ]
    return {"clean": clean, "tanpura5": over}


def _scene(folder: Path, name: str) -> Scene:
    clip = load_clip(folder / f"{name}.flac", rate_hz=SCENE_RATE_HZ)
    times_s, hz = np.loadtxt(folder / f"{name}.csv", delimiter=",", skiprows=1).T
    frames_s = np.arange(1 + clip.samples.size // 160) * 0.01
    nearest = np.clip(np.rint(frames_s / (times_s[1] - times_s[0])).astype(np.intp), 0, hz.size - 1)
    return Scene(clip.samples, hz[nearest])


def _over_tanpura(scene: Scene, sa_hz: float, rng: np.random.Generator) -> np.ndarray:
    drone = tanpura(scene.samples.size / SCENE_RATE_HZ, sa_hz, rate_hz=SCENE_RATE_HZ, rng=rng)
    voiced = np.repeat(scene.f0_hz > 0, 160)[: scene.samples.size]
    return mix_at_db(scene.samples, drone, _TANPURA_DB, voiced)
