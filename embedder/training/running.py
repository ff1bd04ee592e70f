"""What trainings share, whatever they teach: checkpoints, averaged weights, a log, batches drawn ahead."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np

from swara.data.storage.npz import read_arrays, write_arrays

__all__ = ["ahead", "averaged", "log", "restore", "save"]

_T = TypeVar("_T")


def save(checkpoint: Path, variables: Sequence[Any], counts: Mapping[str, float]) -> None:
    """Write variables and counts for `restore`; the checkpoint before stays until this one is whole."""
    arrays = {str(number): np.asarray(variable) for number, variable in enumerate(variables)}
    write_arrays(checkpoint, {name: np.array(count) for name, count in counts.items()} | arrays)


def restore(checkpoint: Path, variables: Sequence[Any]) -> dict[str, float]:
    """Give variables what a checkpoint of any backend holds, and return its counts: none if there is none."""
    if not checkpoint.exists():
        return {}
    arrays = dict(read_arrays(checkpoint))
    for number, variable in enumerate(variables):
        variable.assign(arrays.pop(str(number)))
    return {name: count.item() for name, count in arrays.items()}


@contextmanager
def averaged(network: Any, optimizer: Any, path: Path) -> Iterator[None]:
    """Save a network's averaged weights to `path`; until the end of the context it has them itself."""
    own = [weight.copy() for weight in network.get_weights()]
    optimizer.finalize_variable_values(network.trainable_variables)
    # On JAX the averages themselves are the weights now, and would go when a compiled function takes these.
    network.set_weights([weight.copy() for weight in network.get_weights()])
    part = path.with_name(f"part-{path.name}")
    network.save_weights(part)
    part.replace(path)
    try:
        yield
    finally:
        network.set_weights(own)


def log(path: Path, line: Mapping[str, float]) -> None:
    """Add a line to a log, and say it."""
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def ahead(draw: Callable[[], _T], threads: int = 1, depth: int = 3) -> Generator[_T, None, None]:
    """Draw on other threads while the network learns from what was drawn before.

    They begin when the first is asked for, and have ended once the generator is closed, which takes as long
    as the draws in hand.

    Parameters
    ----------
    draw : callable
        Draws the next; what it raises is raised where the next is asked for.
    threads : int
        How many draw at a time.
    depth : int
        How many are drawn ahead, beside those that the threads hold; one at least.

    Yields
    ------
    object
        What was drawn, without end.
    """
    queue: SimpleQueue[_T | BaseException] = SimpleQueue()
    room, closed = threading.Semaphore(depth), threading.Event()

    def work() -> None:
        drawn: _T | BaseException | None = None
        while not (closed.is_set() or isinstance(drawn, BaseException)):
            try:
                drawn = draw()
            except BaseException as error:  # whoever waits is told, whatever it was
                drawn = error
            room.acquire()
            queue.put(drawn)

    workers = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        while True:
            found = queue.get()
            if isinstance(found, BaseException):
                raise found
            room.release()
            yield found
    finally:
        closed.set()
        room.release(threads)
        for worker in workers:
            worker.join()
