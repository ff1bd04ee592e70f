"""The sounds that are trained on: each timbre in several pieces, as powers of bands."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from data.atomic_file import write_atomically
from data.synth import tanpura
from embedder.levels import BANDS, RATE_HZ, Levels, band_powers

from .soundfont import NoteBank
from .voices import draw_singer, sing_phrase

__all__ = ["PHRASES", "PHRASE_S", "Bank", "render_voices"]

Stored: TypeAlias = npt.NDArray[np.float16]

PHRASES, PHRASE_S = 5, 2.6
"""Of each singer: how many phrases, from low to high, and how long."""

_LOWEST, _HIGHEST = -0.5, 0.75  # of the phrases' pitch around the singer's middle, in octaves
_DRONES, _DRONE_S = 24, 6.0
_LEAST = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """Everything, as natural logarithms of `band_powers`.

    Parameters
    ----------
    voices : float16 array, shape [singers, PHRASES, frames, BANDS]
    notes : mapping of int to float16 array, shape [notes, frames, BANDS]
        By program, sorted by key.
    keys : mapping of int to int64 array, shape [notes]
    drones : float16 array, shape [drones, frames, BANDS]
    """

    voices: Stored
    notes: dict[int, Stored]
    keys: dict[int, npt.NDArray[np.int64]]
    drones: Stored

    @classmethod
    def load(cls, folder: Path) -> Bank:
        """Read what `embedder.training.render` left in `folder`.

        Raises
        ------
        SystemExit
            If it was not run there, or not to its end.
        """
        rendered = NoteBank.load(folder)
        path = folder / "voices.npz"
        if not path.exists():
            raise SystemExit(f"{folder} holds no voices: run python -m embedder.training.render {folder}")
        with np.load(path, allow_pickle=False) as arrays:
            voices, drones = arrays["voices"], arrays["drones"]
        notes = {program: _stored_notes(pcm) for program, pcm in rendered.sounds.items() if len(pcm) >= 8}
        return cls(voices, notes, {program: rendered.keys[program] for program in notes}, drones)


def render_voices(folder: Path, singers: int, seed: int) -> None:
    """Draw singers and drones, and write them to ``voices.npz`` in `folder`, unless it is there."""
    path = folder / "voices.npz"
    if path.exists():
        return
    voices = []
    for number in range(singers):
        voices.append(_singer(np.random.default_rng((seed, number))))
        if number % 20 == 19:
            sys.stdout.write(f"\r{number + 1} of {singers} singers")
            sys.stdout.flush()
    sys.stdout.write("\n")
    drones = np.stack([_drone(np.random.default_rng((seed, singers + n))) for n in range(_DRONES)])

    def save(part: Path) -> None:
        with part.open("wb") as file:
            np.savez(file, voices=np.stack(voices), drones=drones)

    write_atomically(path, save)


def _singer(rng: np.random.Generator) -> Stored:
    """Return one singer's phrases, shape [PHRASES, frames, BANDS]."""
    singer = draw_singer(rng)
    shifts = np.linspace(_LOWEST, _HIGHEST, PHRASES) + rng.uniform(-0.12, 0.12, PHRASES)
    return np.stack([_stored(band_powers(sing_phrase(singer, s, PHRASE_S, rng))) for s in shifts])


def _drone(rng: np.random.Generator) -> Stored:
    sa_hz = float(np.exp(rng.uniform(np.log(110.0), np.log(280.0))))
    return _stored(band_powers(tanpura(_DRONE_S, sa_hz, rate_hz=RATE_HZ, rng=rng)))


def _stored_notes(pcm: npt.NDArray[np.int16]) -> Stored:
    return np.stack([_stored(band_powers(note.astype(np.float32) / np.float32(32768.0))) for note in pcm])


def _stored(powers: Levels) -> Stored:
    if powers.shape[-1] != BANDS:
        raise ValueError(f"powers of {powers.shape[-1]} bands")
    return np.asarray(np.log(powers + np.float32(_LEAST)), dtype=np.float16)
