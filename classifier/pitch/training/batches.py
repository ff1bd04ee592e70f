"""Scenes turned into batches: drawn by processes of their own, held in memory that the training sees.

Each process draws the same scenes whenever it is given the same seed. Which of them come together in a
batch, and how often each is heard, depends on how fast they are drawn and learned from: two trainings of one
seed are alike, not the same.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.context import SpawnContext
from multiprocessing.queues import SimpleQueue
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from swara.classifier.pitch.decode import bins_of_hz
from swara.classifier.pitch.features import CHANNELS, Background, centred_backgrounds, network_input
from swara.classifier.pitch.spectrum import BINS, MARGIN, spectra
from swara.data.arrays import FloatArray

from .scenes import Scene, SceneMaker

__all__ = [
    "BEYOND",
    "UNVOICED",
    "Example",
    "SceneBatch",
    "SceneRing",
    "drawing",
    "example",
    "frames_of",
    "stack",
]

Half: TypeAlias = npt.NDArray[np.float16]

UNVOICED, BEYOND = -1.0, -2.0
"""What stands in place of a pitch where no voice sounds, and where the scene has ended."""

_CAUSAL_SHARE = 0.35
_DRONES = 200
_FRAMES_S = 100  # of 10 ms
_PAUSE_S = 0.05


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
    bins : float32 array, shape [batch, frames // 2, 2]
        The true pitch, as a place on the axis of pitch bins; else `UNVOICED` or `BEYOND`.
    """

    frames: Half
    bins: npt.NDArray[np.float32]


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


def stack(examples: Sequence[Example], frames: int = 0) -> SceneBatch:
    """Make a batch of examples, the shorter ones of which end in silence that does not count.

    Parameters
    ----------
    examples : sequence of Example
        One for each row.
    frames : int
        Length of the batch in frames of 20 ms, if that is to be more than the longest has.
    """
    longest = max(frames, *(len(e.frames) for e in examples))
    shape = (len(examples), longest)
    batch = SceneBatch(
        np.zeros((*shape, BINS, CHANNELS), np.float16), np.full((*shape, 2), BEYOND, np.float32)
    )
    for number, each in enumerate(examples):
        batch.frames[number, : len(each.frames)] = each.frames
        batch.bins[number, : len(each.frames)] = _bins(each)
    return batch


def _bins(example: Example) -> npt.NDArray[np.float32]:
    voiced = example.f0_hz > 0
    bins = np.where(voiced, bins_of_hz(np.where(voiced, example.f0_hz, 1.0)), UNVOICED)
    return bins.reshape(-1, 2).astype(np.float32)


class SceneRing:
    """The newest scenes of each process, and how often each was heard.

    Parameters
    ----------
    shelves : list of _Shelf
        One for each process.
    size : int
        Scenes in a batch.
    rng : numpy.random.Generator
        Chooses among scenes that were heard as often.
    check : callable
        Raises if a process has failed.
    """

    def __init__(
        self, shelves: list[_Shelf], size: int, rng: np.random.Generator, check: Callable[[], None]
    ) -> None:
        self._shelves, self._size, self._rng, self._check = shelves, size, rng, check
        self._slots = np.arange(shelves[0].slots)
        self._seen = np.full((len(shelves), self._slots.size), -1)  # which scene the count beside it is of
        self._heard = np.zeros(self._seen.shape, np.int64)
        self._choosing = threading.Lock()

    @property
    def drawn(self) -> int:
        """Scenes drawn so far."""
        return sum(shelf.drawn for shelf in self._shelves)

    def take(self) -> SceneBatch:
        """Return those that were heard least; several threads may ask at a time.

        Raises
        ------
        RuntimeError
            If a process that draws has failed: with what it said.
        """
        frames, bins = self._shelves[0].room(self._size)
        filled = 0
        while filled < self._size:
            self._check()
            chosen = self._choose(self._size - filled)
            for shelf, number in chosen:  # one that was drawn over meanwhile gives way to the next
                filled += self._shelves[shelf].copy(number, frames[filled], bins[filled])
            if not chosen:
                time.sleep(_PAUSE_S)
        return SceneBatch(frames, bins)

    def _choose(self, count: int) -> list[tuple[int, int]]:
        """Choose scenes, each by its process and its number there: none while there are too few."""
        with self._choosing:
            drawn = np.array([[shelf.drawn] for shelf in self._shelves])
            numbers = drawn - 1 - (drawn - 1 - self._slots) % self._slots.size
            # In the oldest slot the next scene is being put.
            numbers = np.where((numbers >= 0) & (numbers > drawn - self._slots.size), numbers, -1)
            self._heard[numbers != self._seen] = 0
            self._seen = numbers
            shelves, slots = np.nonzero(numbers >= 0)
            if shelves.size < count:
                return []
            heard, age = self._heard[shelves, slots], (drawn - numbers)[shelves, slots]
            # Of those that were never heard the oldest, which is the next to go.
            least = np.lexsort((np.where(heard > 0, self._rng.random(heard.size), -age), heard))[:count]
            shelves, slots = shelves[least], slots[least]
            self._heard[shelves, slots] += 1
            unheard = np.sum((self._heard == 0) & (numbers >= 0), axis=1)
            for shelf, most in zip(self._shelves, drawn[:, 0] - unheard + self._slots.size - 1, strict=True):
                shelf.allow(int(most))
            return list(zip(shelves.tolist(), numbers[shelves, slots].tolist(), strict=True))


class _Shelf:
    """Scenes of one process in memory that the training sees, the newest in the place of the oldest."""

    def __init__(self, context: SpawnContext, slots: int, frames: int) -> None:
        self.slots, self._frames = slots, frames
        self._levels = context.RawArray("B", 2 * slots * frames * BINS * CHANNELS)
        self._bins = context.RawArray("f", slots * frames * 2)
        # How many were put here, and how many may be before one goes that was never heard.
        self._counts: Any = context.Array("q", [0, slots - 1])

    @property
    def drawn(self) -> int:
        """Scenes put here so far."""
        with self._counts.get_lock():
            return int(self._counts[0])

    @property
    def full(self) -> bool:
        """Whether one that was never heard would have to go for the next."""
        with self._counts.get_lock():
            return bool(self._counts[0] >= self._counts[1])

    def allow(self, most: int) -> None:
        """Say how many may be put here in all."""
        with self._counts.get_lock():
            self._counts[1] = most

    def put(self, drawn: Example) -> None:
        """Keep a scene."""
        levels, bins = self._arrays()
        slot = self.drawn % self.slots
        levels[slot], bins[slot] = drawn.frames, _bins(drawn)
        with self._counts.get_lock():
            self._counts[0] += 1

    def copy(self, number: int, levels: Half, bins: npt.NDArray[np.float32]) -> bool:
        """Copy a scene, and tell whether it was still there in the end."""
        kept_levels, kept_bins = self._arrays()
        slot = number % self.slots
        levels[:], bins[:] = kept_levels[slot], kept_bins[slot]
        return self.drawn < number + self.slots

    def room(self, size: int) -> tuple[Half, npt.NDArray[np.float32]]:
        """Return room for so many scenes."""
        levels, bins = self._arrays()
        return np.empty((size, *levels.shape[1:]), levels.dtype), np.empty(
            (size, *bins.shape[1:]), bins.dtype
        )

    def _arrays(self) -> tuple[Half, npt.NDArray[np.float32]]:
        levels = np.frombuffer(self._levels, np.float16).reshape(self.slots, self._frames, BINS, CHANNELS)
        return levels, np.frombuffer(self._bins, np.float32).reshape(self.slots, self._frames, 2)


@contextmanager
def drawing(seed: int, size: int, workers: int, ring: int, duration_s: float = 4.0) -> Iterator[SceneRing]:
    """Draw scenes without end on processes of their own, each with a seed of its own.

    A process waits rather than draw over a scene that was never heard: where drawing is the quicker, each is
    heard once. Where it is the slower, scenes are heard again, and no batch waits.

    Parameters
    ----------
    seed : int
        What the seed of each process is drawn from.
    size : int
        Scenes in a batch.
    workers : int
        Processes.
    ring : int
        Scenes that are held, 2.3 MB each.
    duration_s : float
        Length of a scene.

    Raises
    ------
    ValueError
        If no batch fits into the ring.
    """
    if not 0 < size <= ring or workers < 1:
        raise ValueError(f"{workers} processes cannot fill batches of {size} out of {ring} scenes")
    context = multiprocessing.get_context("spawn")
    failures: SimpleQueue[str] = context.SimpleQueue()
    frames = (1 + round(duration_s * _FRAMES_S)) // 2
    shelves, processes, told, turn = list[_Shelf](), list[Any](), list[str](), threading.Lock()

    def check() -> None:
        ended = [process.exitcode for process in processes if process.exitcode is not None]
        if not ended:
            return
        with turn:  # several threads may ask: the first takes what was said, and all say it
            if not told:
                told.append(f"exit code {ended[0]}" if failures.empty() else failures.get())
        raise RuntimeError(f"a process that draws scenes has ended: {told[0]}")

    try:
        for worker in range(workers):
            shelves.append(_Shelf(context, 1 + -(-ring // workers), frames))
            words = (shelves[-1], failures, seed, worker, duration_s)
            process = context.Process(target=_work, args=words, daemon=True)
            process.start()
            processes.append(process)
        yield SceneRing(shelves, size, np.random.default_rng(seed), check)
    finally:
        for process in processes:
            process.terminate()
            process.join()


def _work(shelf: _Shelf, failures: SimpleQueue[str], seed: int, worker: int, duration_s: float) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the training is interrupted, and ends this process
    threadpool_limits(1)  # the cores belong to the training
    parent = multiprocessing.parent_process()
    try:
        sequence = np.random.SeedSequence((seed, worker))
        maker = SceneMaker(int(sequence.generate_state(1)[0]), duration_s, _DRONES)
        rng = np.random.default_rng(sequence)
        while parent is not None and parent.is_alive():  # a training that was killed leaves nobody to stop us
            if shelf.full:
                time.sleep(_PAUSE_S)
                continue
            shelf.put(example(maker.draw(), causal=bool(rng.random() < _CAUSAL_SHARE)))
    except Exception:
        failures.put(traceback.format_exc())
        sys.exit(1)
