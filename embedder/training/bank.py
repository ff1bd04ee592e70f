"""The sounds that are trained on: each timbre in several pieces, as powers of bands."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.arrays import FloatArray, one_blas_thread_for_good
from swara.data.storage.disk import write_atomically
from swara.data.synth import tanpura
from swara.embedder.builtin.features import RATE_HZ, band_powers, log_powers

from .instruments import draw_instrument, play_phrase
from .notes import Notes
from .voices import draw_singer, sing_phrase

__all__ = [
    "PHRASES",
    "PHRASE_S",
    "PLAYED",
    "SINGERS",
    "Bank",
    "draw_drone",
    "render",
    "save_array",
]

Stored: TypeAlias = npt.NDArray[np.float16]

PHRASES, PHRASE_S = 5, 2.6
"""Of each singer and each family of instruments: how many phrases, from low to high, and how long."""

_SUNG, _PLAYED = (-0.5, 0.75, 0.12), (-1.1, 1.3, 0.2)
"""Where phrases lie around a voice's or an instrument's middle, in octaves: lowest, highest, and how far each
may lie beside its place."""

_DRONE_S = 6.0

PLAYED, SINGERS = "played", "singers"
"""Folders of the bank: of single notes by instrument and source, and of singers."""


@dataclass(frozen=True, slots=True, eq=False)
class Bank:
    """Everything, as natural logarithms of `band_powers`.

    Parameters
    ----------
    voices : float16 array, shape [singers, PHRASES, frames, BANDS]
        Log powers of synthesized phrases.
    families : float16 array, shape [families, PHRASES, frames, BANDS]
        Instruments drawn at random, in every phrase by another maker.
    singers : tuple of Notes
        Recorded singers, in single notes.
    instruments : tuple of tuple of Notes
        Each instrument by its sources: one soundfont or more, and recordings.
    drones : float16 array, shape [drones, frames, BANDS]
        Log powers of synthesized drones.
    """

    voices: Stored
    families: Stored
    singers: tuple[Notes, ...]
    instruments: tuple[tuple[Notes, ...], ...]
    drones: Stored

    @classmethod
    def load(cls, folder: Path, only: str = "") -> Bank:
        """Read what `swara.embedder.training.render` left in `folder`.

        Parameters
        ----------
        folder : Path
            Where that is.
        only : str
            The one soundfont that notes are taken from, and no recorded singer then; all if not given.

        Raises
        ------
        SystemExit
            If it was not run there, or not to its end.
        """
        voices, families, drones = (_opened(folder, name) for name in ("voices", "families", "drones"))
        singers = () if only else _notes(folder / SINGERS)
        places = sorted(path for path in (folder / PLAYED).glob("*") if path.is_dir())
        instruments = tuple(filter(None, (_notes(place, only or "*") for place in places)))
        if not instruments:
            raise SystemExit(_none(folder, f"notes of {only}" if only else "notes"))
        return cls(voices, families, singers, instruments, drones)


def _notes(folder: Path, name: str = "*") -> tuple[Notes, ...]:
    return tuple(Notes.read(file) for file in sorted(folder.glob(f"{name}.npz")))


def _none(folder: Path, what: str) -> str:
    return f"{folder} holds no {what}: run python -m swara.embedder.training.render {folder}"


def _opened(folder: Path, name: str) -> Stored:
    path = folder / f"{name}.npy"
    if not path.exists():
        raise SystemExit(_none(folder, name))
    return np.asarray(np.load(path, mmap_mode="r"))


def render(folder: Path, name: str, count: int, seed: int) -> None:
    """Draw sounds, and write them to ``<name>.npy`` in `folder`, unless it is there.

    Parameters
    ----------
    folder : Path
        Where the bank is kept.
    name : {"voices", "families", "drones"}
        Singers' phrases, those of families of instruments, or tanpuras.
    count : int
        How many singers, families or tanpuras.
    seed : int
        Of the bank; each kind of sound is drawn from seeds of its own.
    """
    path = folder / f"{name}.npy"
    if path.exists():
        return
    draw, beside = _DRAWS[name]
    seeds = ((seed + beside, number) for number in range(count))
    drawn = []
    with ProcessPoolExecutor(mp_context=get_context("spawn"), initializer=one_blas_thread_for_good) as pool:
        for sound in pool.map(draw, seeds, chunksize=8):
            drawn.append(sound)
            sys.stdout.write(f"\r{len(drawn)} of {count} {name}")
            sys.stdout.flush()
    sys.stdout.write("\n")
    save_array(path, np.stack(drawn))


def save_array(path: Path, array: npt.NDArray[Any]) -> None:
    """Write an array to `path`, which ends in ``.npy``, whole or not at all."""
    write_atomically(path, lambda part: np.save(part, array))


def _singer(seed: tuple[int, int]) -> Stored:
    """Return one singer's phrases, shape [PHRASES, frames, BANDS]."""
    rng = np.random.default_rng(seed)
    singer = draw_singer(rng)
    phrases = (sing_phrase(singer, shift, PHRASE_S, rng) for shift in _shifts(_SUNG, rng))
    return np.stack([log_powers(band_powers(phrase)) for phrase in phrases])


def _family(seed: tuple[int, int]) -> Stored:
    """Return the phrases of one family of instruments, shape [PHRASES, frames, BANDS]."""
    rng = np.random.default_rng(seed)
    family = draw_instrument(rng)
    phrases = (play_phrase(family, shift, PHRASE_S, rng) for shift in _shifts(_PLAYED, rng))
    return np.stack([log_powers(band_powers(phrase)) for phrase in phrases])


def _shifts(octaves: tuple[float, float, float], rng: np.random.Generator) -> FloatArray:
    lowest, highest, beside = octaves
    return np.linspace(lowest, highest, PHRASES) + rng.uniform(-beside, beside, PHRASES)


def draw_drone(seed: tuple[int, int], duration_s: float = _DRONE_S) -> Stored:
    """Draw a tanpura, as natural logarithms of `band_powers`: shape [frames, BANDS]."""
    rng = np.random.default_rng(seed)
    sa_hz = float(np.exp(rng.uniform(np.log(110.0), np.log(280.0))))
    return log_powers(band_powers(tanpura(duration_s, sa_hz, rate_hz=RATE_HZ, rng=rng)))


_DRAWS: Mapping[str, tuple[Callable[[tuple[int, int]], Stored], int]] = {
    "voices": (_singer, 0),
    "families": (_family, 1),
    "drones": (draw_drone, 2),
}
"""What draws each kind of sound, and how far its seeds lie beside that of the bank."""
