"""Scenes turned into batches by worker processes, as fast as the training takes them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from queue import Full
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from swara.classifier.pitch.decode import PITCH_BINS, bins_of_hz
from swara.classifier.pitch.features import Background, centred_backgrounds, network_input
from swara.classifier.pitch.spectrum import MARGIN, spectra
from swara.data.arrays import BoolArray, FloatArray

from .scenes import Scene, SceneMaker

__all__ = ["Example", "SceneBatch", "batches", "example", "frames_of", "stack", "targets"]

Half: TypeAlias = npt.NDArray[np.float16]

_BLUR_BINS = 0.75  # 25 cents, as in CREPE (Kim et al. 2018)
_CAUSAL_SHARE = 0.35
_DRONES = 200


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One scene as the network sees it.

    Parameters
    ----------
    frames : float16 array, shape [frames // 2, BINS, CHANNELS]
        Input of the network; every second frame.
    f0_hz : float64 array, shape [frames]
        0 where unvoiced.
    """

    frames: Half
    f0_hz: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class SceneBatch:
    """Examples of one length.

    Parameters
    ----------
    frames : float16 array, shape [batch, frames // 2, BINS, CHANNELS]
        Input of the network, a scene in each row.
    salience : float32 array, shape [batch, frames // 2, 2, PITCH_BINS]
        The blurred truth; a row adds up to 1 where voiced.
    voiced : float32 array, shape [batch, frames // 2, 2]
        Whether a voice sounds, and how much that frame counts.
    """

    frames: Half
    salience: npt.NDArray[np.float32]
    voiced: npt.NDArray[np.float32]


def frames_of(samples: npt.NDArray[np.float32], *, causal: bool) -> npt.NDArray[np.float32]:
    """Return the network's input for a whole recording: an even number of frames, the first at sample 0."""
    padded = np.pad(samples, MARGIN)
    levels = spectra(padded).levels
    levels = levels[: levels.shape[0] // 2 * 2]
    means = Background().push(levels) if causal else centred_backgrounds(levels)
    return network_input(levels, means)


def example(scene: Scene, *, causal: bool) -> Example:
    """Prepare a scene, its background known from the past only or from both sides."""
    frames = frames_of(scene.samples, causal=causal)
    return Example(frames.astype(np.float16), scene.f0_hz[: 2 * frames.shape[0]])


def targets(f0_hz: FloatArray) -> tuple[npt.NDArray[np.float32], BoolArray]:
    """Blur the truth over the pitch bins: shapes [frames, PITCH_BINS] and [frames]."""
    voiced = f0_hz > 0
    at = bins_of_hz(np.where(voiced, f0_hz, 1.0))[:, None]
    blurred = np.exp(-0.5 * ((np.arange(PITCH_BINS) - at) / _BLUR_BINS) ** 2)
    blurred *= voiced[:, None] / np.maximum(blurred.sum(axis=1, keepdims=True), 1e-9)
    return blurred.astype(np.float32), voiced


def stack(examples: list[Example]) -> SceneBatch:
    """Make a batch of examples of one length."""
    salience, voiced = zip(*(targets(e.f0_hz) for e in examples), strict=True)
    shape = (len(examples), -1, 2)
    return SceneBatch(
        np.stack([e.frames for e in examples]),
        np.stack(salience).reshape(*shape, PITCH_BINS),
        np.stack(voiced).reshape(shape).astype(np.float32),
    )


@contextmanager
def batches(seed: int, size: int, workers: int, duration_s: float = 4.0) -> Iterator[Iterator[SceneBatch]]:
    """Draw batches without end from worker processes, each with a seed of its own."""
    context = multiprocessing.get_context("spawn")
    queue: Queue[SceneBatch] = context.Queue(maxsize=6)
    processes = [
        context.Process(target=_work, args=(queue, seed, worker, size, duration_s), daemon=True)
        for worker in range(workers)
    ]
    for process in processes:
        process.start()
    try:
        yield iter(queue.get, None)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _work(queue: Queue[SceneBatch], seed: int, worker: int, size: int, duration_s: float) -> None:
    threadpool_limits(1)  # the cores belong to the training
    sequence = np.random.SeedSequence((seed, worker))
    maker = SceneMaker(int(sequence.generate_state(1)[0]), duration_s, _DRONES)
    rng = np.random.default_rng(sequence)
    parent = multiprocessing.parent_process()
    while parent is not None and parent.is_alive():  # a training that was killed leaves nobody to stop us
        drawn = [example(maker.draw(), causal=bool(rng.random() < _CAUSAL_SHARE)) for _ in range(size)]
        _put(queue, stack(drawn), parent)
    queue.cancel_join_thread()  # nobody takes what is left in it


def _put(queue: Queue[SceneBatch], batch: SceneBatch, parent: BaseProcess) -> None:
    while parent.is_alive():
        try:
            queue.put(batch, timeout=5.0)
        except Full:
            continue
        return
