"""The built-in embedder's network on LiteRT: one file, loaded once."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from swara.embedder.errors import ModelDamaged
from swara.embedder.litert import Fitted, open_interpreter
from swara.embedder.spec import Vectors

from .features import BANDS, Levels

__all__ = [
    "HOP_FRAMES",
    "MODEL_FILE",
    "VECTOR_DIM",
    "WINDOW_FRAMES",
    "EmbedderNetwork",
    "network_frames",
    "shipped_network",
]

MODEL_FILE = Path(__file__).with_name("builtin.tflite")

WINDOW_FRAMES, HOP_FRAMES = 11, 4
"""Frames that a vector is made of, and from one vector to the next."""

VECTOR_DIM = 64
"""Length of a vector."""

SIGNATURES = {"few": 10, "many": 50}
"""Windows that each signature of the file makes at a time."""


class _Copy(NamedTuple):
    """An interpreter, which serves one caller at a time, and its signatures, which borrow from it."""

    interpreter: Any
    runners: dict[str, Any]


class EmbedderNetwork:
    """A LiteRT file with the signatures of ``training/export.py``.

    Several threads may run it at once: each that finds no idle copy loads one more.

    Attributes
    ----------
    digest : str
        SHA-256 of the file.

    Raises
    ------
    ModelDamaged
        If the file cannot be read. What is in it is looked at when it is first run.
    """

    def __init__(self, file: Path = MODEL_FILE) -> None:
        try:
            self._content = file.read_bytes()
        except OSError as error:
            raise _damaged(file, str(error)) from error
        self._file = file
        self._idle: deque[_Copy] = deque()
        self.digest = hashlib.sha256(self._content).hexdigest()

    def run(self, levels: Levels, weights: Levels) -> Vectors:
        """Return the vector of every window.

        Parameters
        ----------
        levels : float32 array, shape [network_frames(windows), BANDS]
            Of `band_features`.
        weights : float32 array, shape [network_frames(windows), 1]
            Both of `band_features`.

        Returns
        -------
        float32 array, shape [windows, VECTOR_DIM]

        Raises
        ------
        ModelDamaged
            If the file is not such a network.
        MissingPackage
            If LiteRT is not installed.
        """
        with self._copy() as runners:
            return _run_all(runners, levels, weights)

    @contextmanager
    def _copy(self) -> Iterator[dict[str, Any]]:
        copy = None
        with suppress(IndexError):
            copy = self._idle.pop()
        copy = copy or self._loaded()
        try:
            yield copy.runners
        finally:
            self._idle.append(copy)

    def _loaded(self) -> _Copy:
        try:
            interpreter = open_interpreter(self._content, str(self._file), threads=1)
            runners = {name: interpreter.get_signature_runner(name) for name in SIGNATURES}
            for name, runner in runners.items():
                _refuse_another_shape(runner, network_frames(SIGNATURES[name]))
        except ModelDamaged as error:
            raise _damaged(self._file, error.what) from error
        except (*Fitted, KeyError) as error:
            raise _damaged(self._file, str(error)) from error
        return _Copy(interpreter, runners)


def _run_all(runners: dict[str, Any], levels: Levels, weights: Levels) -> Vectors:
    windows = 1 + (len(levels) - WINDOW_FRAMES) // HOP_FRAMES
    vectors = np.empty((windows, VECTOR_DIM), np.float32)
    at = 0
    while at < windows:
        name = "many" if windows - at > SIGNATURES["few"] else "few"
        frames = slice(at * HOP_FRAMES, at * HOP_FRAMES + network_frames(SIGNATURES[name]))
        given = {"levels": levels[frames], "weights": weights[frames]}
        lacking = ((0, network_frames(SIGNATURES[name]) - len(given["levels"])), (0, 0))
        if lacking[0][1]:  # silence is added
            given = {what: np.pad(part, lacking) for what, part in given.items()}
        found = runners[name](**{what: part[None] for what, part in given.items()})["vectors"][0]
        count = min(len(found), windows - at)
        vectors[at : at + count] = found[:count]
        at += count
    return vectors


def _damaged(file: Path, why: str) -> ModelDamaged:
    from swara.data.installation import repair_advice

    what = f"the built-in embedder cannot be read ({why})"
    return ModelDamaged(what, where=str(file), fix=repair_advice())


def network_frames(windows: int) -> int:
    """Return the number of frames that so many windows are made of."""
    return (windows - 1) * HOP_FRAMES + WINDOW_FRAMES


def _refuse_another_shape(runner: Any, frames: int) -> None:
    """Raise ValueError where a network does not take what this code gives it, or gives something else."""
    details = runner.get_input_details() | runner.get_output_details()
    windows = 1 + (frames - WINDOW_FRAMES) // HOP_FRAMES
    wanted = {"levels": (frames, BANDS), "weights": (frames, 1), "vectors": (windows, VECTOR_DIM)}
    for name, shape in wanted.items():
        found = tuple(int(size) for size in details[name]["shape"][1:])
        if found != shape:
            raise ValueError(f"{name} have the shape {found}, not {shape}")


@lru_cache(maxsize=1)
def shipped_network() -> EmbedderNetwork:
    """Return the network that ships with the package."""
    return EmbedderNetwork()
