"""Synthesized singers to mix in: what the embedder learned from them is not to be lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from swara.data.storage.npz import read_arrays, write_arrays
from swara.embedder.builtin.features import band_powers, log_powers
from swara.embedder.training.bank import draw_drone
from swara.embedder.training.voices import draw_singer, sing_phrase

__all__ = ["PHRASES", "Voices", "synthesized_voices"]

PHRASES, PHRASE_S = 4, 2.5
"""Of each singer: how many phrases, from low to high, and how long."""

_LOWEST, _HIGHEST = -0.4, 0.6  # of the phrases' pitch around the singer's middle, in octaves
_DRONES, _DRONE_S = 6, 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Voices:
    """Singers and drones, as natural logarithms of `band_powers`.

    Parameters
    ----------
    phrases : float16 array, shape [singers, PHRASES, frames, BANDS]
        Log powers of synthesized phrases.
    drones : float16 array, shape [drones, frames, BANDS]
        Log powers of synthesized drones.
    """

    phrases: npt.NDArray[np.float16]
    drones: npt.NDArray[np.float16]


def synthesized_voices(
    file: Path, singers: int, seed: int, progress: Callable[[float], None] | None = None
) -> Voices:
    """Return singers drawn at random; those that `file` holds from before if it does, else it is made.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    if (known := _kept(file, singers)) is not None:
        return known
    phrases = []
    for number in range(singers):
        phrases.append(_singer(np.random.default_rng((seed, number))))
        if progress is not None:
            progress((number + 1) / singers)
    drones = [draw_drone((seed, singers + number), _DRONE_S) for number in range(_DRONES)]
    voices = Voices(np.stack(phrases), np.stack(drones))
    write_arrays(file, {"phrases": voices.phrases, "drones": voices.drones})
    return voices


def _kept(file: Path, singers: int) -> Voices | None:
    try:
        arrays = read_arrays(file)
        voices = Voices(arrays["phrases"], arrays["drones"])
    except (OSError, ValueError, KeyError):
        return None
    return voices if len(voices.phrases) == singers else None


def _singer(rng: np.random.Generator) -> npt.NDArray[np.float16]:
    singer = draw_singer(rng)
    shifts = np.linspace(_LOWEST, _HIGHEST, PHRASES) + rng.uniform(-0.1, 0.1, PHRASES)
    return np.stack([log_powers(band_powers(sing_phrase(singer, shift, PHRASE_S, rng))) for shift in shifts])
