"""The embedder that needs no network and no download: its weights ship with the package."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from swara.data.arrays import FloatArray, one_blas_thread
from swara.data.clip import Clip, Samples
from swara.embedder.errors import ModelDamaged
from swara.embedder.litert import Fitted, cores, open_interpreter
from swara.embedder.spec import EmbedderSpec, Embeddings, Vectors

from .features import (
    BANDS,
    COEFFICIENTS,
    FRAME_SAMPLES,
    RATE_HZ,
    STEP_SAMPLES,
    Levels,
    band_features,
    band_powers,
    window_envelopes,
)

__all__ = [
    "HOP_FRAMES",
    "MODEL_FILE",
    "VECTOR_DIM",
    "WINDOW_FRAMES",
    "BuiltinEmbedder",
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


_REVISION = 3
"""To be raised when the vectors change under the same weights: every cached embedding is then stale."""

_ENVELOPE_SHARE = 0.2
"""Of the square of a vector's length: what the envelope counts beside what the network says."""

_DIM = VECTOR_DIM + COEFFICIENTS
_HOP_SAMPLES = HOP_FRAMES * STEP_SAMPLES
_WINDOW_SAMPLES = (WINDOW_FRAMES - 1) * STEP_SAMPLES + FRAME_SAMPLES
_SILENT = 1e-6
"""A window none of whose frames counts for more is silence: white noise at -143 dB of full scale."""

_BLOCK_WINDOWS = 300
"""Windows that a thread works on at a time, whatever the length of the clip and the number of cores. With
fewer, threads would wait for each other more often."""


class BuiltinEmbedder:
    """Describes how a voice or an instrument sounds, whatever its pitch, over windows of 0.28 s.

    First comes what a small network says, trained on synthesized voices and a soundfont's instruments to put
    the same timbre near itself at another pitch, in another phrase, and in another room. Then, counting for
    less, the direction of the smoothed envelope's cepstrum.
    ``docs/models/builtin-embedder.md`` says what it learned from and how well it does.

    Parameters
    ----------
    network : EmbedderNetwork, optional
        The one that ships with the package if not given; it is loaded when it is first needed.
    """

    def __init__(self, network: EmbedderNetwork | None = None) -> None:
        self._given = network

    @property
    def spec(self) -> EmbedderSpec:
        """What this embedder is; its weights count by their digest."""
        return EmbedderSpec(
            name="builtin",
            dim=_DIM,
            rate_hz=RATE_HZ,
            window_s=_WINDOW_SAMPLES / RATE_HZ,
            hop_s=_HOP_SAMPLES / RATE_HZ,
            parameters={
                "revision": _REVISION,
                "weights": self._network.digest,
                "envelope_share": _ENVELOPE_SHARE,
            },
        )

    @property
    def _network(self) -> EmbedderNetwork:
        return shipped_network() if self._given is None else self._given

    def embed(self, clip: Clip) -> Embeddings:
        """Embed the whole clip, silence added at its end until the last window is full.

        Parameters
        ----------
        clip : Clip
            At ``spec.rate_hz``. One shorter than a window gives one frame.

        Returns
        -------
        Embeddings
            The first frame begins with the clip. No vector is longer than 1; they are zero for digital
            silence, and the same at any loudness above it.

        Raises
        ------
        ValueError
            If the clip has another sample rate.
        ModelDamaged, MissingPackage
            If the network cannot be loaded.
        """
        if clip.rate_hz != RATE_HZ:
            raise ValueError(f"a clip at {clip.rate_hz} Hz for an embedder at {RATE_HZ} Hz")
        windows = 1 + max(0, -(-(clip.samples.size - _WINDOW_SAMPLES) // _HOP_SAMPLES))
        vectors = np.empty((windows, _DIM), dtype=np.float32)

        def embed_block(begin: int) -> None:
            end = min(begin + _BLOCK_WINDOWS, windows)
            vectors[begin:end] = self._block(clip.samples, begin, end)

        begins = range(0, windows, _BLOCK_WINDOWS)
        with one_blas_thread():
            if len(begins) == 1 or cores() == 1:
                for begin in begins:
                    embed_block(begin)
            else:
                list(_threads().map(embed_block, begins))
        centres = _HOP_SAMPLES * np.arange(windows) + _WINDOW_SAMPLES / 2
        times_s: FloatArray = centres / RATE_HZ
        return Embeddings(vectors, times_s, self.spec)

    def _block(self, samples: Samples, begin: int, end: int) -> Vectors:
        """Return the vectors of windows `begin` up to `end`; what the last of them lacks is silence."""
        length = (network_frames(end - begin) - 1) * STEP_SAMPLES + FRAME_SAMPLES
        part = samples[begin * _HOP_SAMPLES :][:length]
        powers = band_powers(part if part.size == length else np.pad(part, (0, length - part.size)))
        levels, weights = band_features(powers)
        heard = np.sqrt(1.0 - _ENVELOPE_SHARE) * self._network.run(levels, weights)
        envelopes = np.sqrt(_ENVELOPE_SHARE) * window_envelopes(powers, weights, WINDOW_FRAMES, HOP_FRAMES)
        vectors = np.concatenate([heard, envelopes], axis=1, dtype=np.float32)
        loudest = np.lib.stride_tricks.sliding_window_view(weights[:, 0], WINDOW_FRAMES)[::HOP_FRAMES].max(1)
        vectors[loudest <= _SILENT] = 0.0
        return vectors


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    """Return threads that stay: new ones for every clip would take a part of what they save."""
    return ThreadPoolExecutor(cores(), thread_name_prefix="embedder")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_threads.cache_clear)  # a forked process has none of them
