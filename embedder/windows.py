"""A waveform goes through a network in blocks of windows, as it comes, on every core."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from threading import Lock
from typing import Protocol

import numpy as np

from swara.data.clip import Samples

from .hub.contract import Contract, Outputs

__all__ = ["Network", "WindowRunner", "pieces"]


class Network(Protocol):
    """A network that takes one of a few fixed numbers of consecutive windows at a time."""

    sizes: tuple[int, ...]
    """The numbers of windows that it takes, falling."""

    def run(self, samples: Samples, windows: int) -> Outputs:
        """Return what it gives for `windows` windows; `samples` has a window and the hops to the others."""
        ...


class WindowRunner:
    """Copies of a network, one for each thread, made when the first waveform comes.

    Parameters
    ----------
    contract : Contract
        What the model takes and gives, as it is documented.
    make : callable
        Makes a copy of the network.
    workers : int
        How many copies, and threads.
    """

    def __init__(self, contract: Contract, make: Callable[[], Network], workers: int) -> None:
        self._contract, self._make, self._workers = contract, make, workers
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="windows")
        self._idle: SimpleQueue[Network] = SimpleQueue()
        self._sizes: tuple[int, ...] = ()
        self._starting = Lock()

    def run(self, blocks: Iterable[Samples]) -> Outputs:
        """Return what the network gives for each window of a waveform that comes in blocks of any length.

        No more of the waveform is held than a few blocks of windows for each thread.
        """
        (outputs,) = self.run_all([blocks])
        return outputs

    def run_all(self, waveforms: Iterable[Iterable[Samples]]) -> Iterator[Outputs]:
        """Yield what the network gives for each waveform, in their order, several of them at work at once."""
        self._start()
        under_way: deque[tuple[int, int, Future[Outputs]]] = deque()
        parts: dict[int, list[Outputs]] = {}
        done = 0
        for number, blocks in enumerate(waveforms):
            parts[number] = []
            for samples, wanted, size in pieces(blocks, self._contract, self._sizes):
                under_way.append((number, wanted, self._pool.submit(self._work, samples, size)))
                while len(under_way) > 2 * self._workers:
                    _take(under_way, parts)
            while parts and done < (under_way[0][0] if under_way else number + 1):
                yield _joined(parts.pop(done))
                done += 1
        while under_way:
            _take(under_way, parts)
        for number in sorted(parts):
            yield _joined(parts[number])

    def _start(self) -> None:
        with self._starting:
            if self._sizes:
                return
            networks = [self._make() for _ in range(self._workers)]
            for network in networks:
                self._idle.put(network)
            self._sizes = networks[0].sizes

    def _work(self, samples: Samples, windows: int) -> Outputs:
        network = self._idle.get()
        try:
            return network.run(samples, windows)
        finally:
            self._idle.put(network)


def pieces(
    blocks: Iterable[Samples], contract: Contract, sizes: tuple[int, ...]
) -> Iterator[tuple[Samples, int, int]]:
    """Cut a waveform into pieces that a network takes.

    The end is filled up with silence until the last window is full, as published; what the last piece then
    lacks is silence too, and what the network gives for that is not wanted.

    Parameters
    ----------
    blocks : iterable of float32 arrays, shape [any]
        Together the waveform.
    contract : Contract
        What the model takes and gives, as it is documented.
    sizes : tuple of int
        Numbers of windows that the network takes, falling.

    Yields
    ------
    samples : float32 array, shape [window_samples + (windows - 1) * hop_samples]
    wanted : int
        How many of its windows are the waveform's.
    windows : int
        One of `sizes`.
    """
    hop = contract.hop_samples
    largest = sizes[0]
    length, step = contract.window_samples + (largest - 1) * hop, largest * hop
    kept: Samples = np.zeros(0, dtype=np.float32)
    total = given = 0
    for block in blocks:
        total += block.size
        kept = np.concatenate([kept, block])
        while kept.size >= length:
            yield kept[:length], largest, largest
            given += largest
            kept = kept[step:]
        kept = kept.copy()  # lets go of the block
    rest = contract.frames(total) - given
    while rest > 0:
        # Of the smallest size it would come to whole pieces: where those are as many windows as one of a
        # larger size has, that one is quicker.
        whole = -(-rest // sizes[-1]) * sizes[-1]
        size = next((size for size in sizes if size <= whole), sizes[-1])
        length = contract.window_samples + (size - 1) * hop
        part = kept[:length]
        yield np.pad(part, (0, length - part.size)), min(size, rest), size
        kept = kept[size * hop :]
        rest -= size


def _take(under_way: deque[tuple[int, int, Future[Outputs]]], parts: dict[int, list[Outputs]]) -> None:
    """Wait for the piece that was begun first."""
    number, wanted, future = under_way.popleft()
    outputs = future.result()
    scores = None if outputs.scores is None else outputs.scores[:wanted]
    parts[number].append(Outputs(outputs.embeddings[:wanted], scores))


def _joined(parts: list[Outputs]) -> Outputs:
    embeddings = np.concatenate([part.embeddings for part in parts])
    scores = [part.scores for part in parts if part.scores is not None]
    return Outputs(embeddings, np.concatenate(scores) if scores else None)
