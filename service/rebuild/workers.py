"""Recordings embedded and tracked by several processes, all into the cache: the rest is as with one."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import TypeAlias

from threadpoolctl import threadpool_limits

from swara.classifier.pitch import PitchTracker
from swara.data.errors import OutputError
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import audio_path
from swara.data.storage.disk import check_writable, writing
from swara.embedder import Embedder
from swara.raga.errors import SwaraError
from swara.service.errors import StoreError
from swara.service.store import Layout

from .labelled_notes import NoteExtractor, PrefetchStats

__all__ = ["ExtractorFactory", "prefetch"]

ExtractorFactory: TypeAlias = Callable[[], tuple[Embedder, PitchTracker]]
"""Makes what listens, in the process that is to listen; the callable itself travels by pickle."""

_listeners: list[NoteExtractor] = []
"""The one of this process, where it was started by `prefetch`."""


def prefetch(
    store: Path,
    recordings: Sequence[Recording],
    extractors: ExtractorFactory,
    jobs: int,
    tell: Callable[[float], None],
) -> PrefetchStats:
    """Fill the cache with recordings, and return what that took.

    A recording that fails is left to the caller, who will meet the same error at it: the answer does not
    depend on which process came first. So is everything where the cache cannot keep it: it would all be done
    twice. The caller's death ends the processes.

    Parameters
    ----------
    store : Path
        Its cache is written to.
    recordings : sequence of Recording
        Those that the cache lacks.
    extractors : callable
        Makes the embedder and the tracker in each process; can be pickled.
    jobs : int
        How many processes.
    tell : callable
        Called with the share that is done.

    Raises
    ------
    StoreError
        If a process was killed, or ran out of memory.
    """
    if not _can_keep(Layout(store)):
        return PrefetchStats()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(jobs, len(recordings)), mp_context=context, initializer=_prepare, initargs=(store, extractors)
    ) as pool:
        # The longest first: where one is begun last, the others wait for it.
        futures = [pool.submit(_listen, each) for each in sorted(recordings, key=_size, reverse=True)]
        try:
            for done, future in enumerate(as_completed(futures), 1):
                if not future.result().whole:
                    break
                tell(done / len(recordings))
        except BrokenProcessPool as error:
            raise StoreError(
                "a process that embeds recordings was ended from outside, or ran out of memory",
                where=str(store),
                fix="Run it again, which goes on from there; with less memory, add --jobs 1",
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    heard = [future.result() for future in futures if not future.cancelled()]
    return PrefetchStats(sum(each.embedded for each in heard), sum(each.damaged for each in heard))


def _can_keep(store: Layout) -> bool:
    try:
        for folder in (store.embeddings, store.pitch):
            with writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                check_writable(folder / "try.npz")
    except OutputError:
        return False
    return True


def _size(recording: Recording) -> int:
    """Return the bytes of a recording, of which longer ones have more; a lost one is met by who opens it."""
    try:
        return audio_path(recording).stat().st_size
    except OSError:
        return 0


def _prepare(store: Path, extractors: ExtractorFactory) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _listeners.append(NoteExtractor(Layout(store), *extractors()))
    # There is a process for each core: threads would keep each other from working while they wait.
    threadpool_limits(limits=1)


def _end_with_parent() -> None:
    """End this process with its parent: one that was killed leaves its children waiting for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _listen(recording: Recording) -> PrefetchStats:
    (extractor,) = _listeners
    kept, damaged, whole = extractor.kept, extractor.damaged, not extractor.uncached
    if whole:  # otherwise the cache keeps nothing, so that it would be in vain
        try:
            extractor.listen(recording)
            whole = not extractor.uncached
        except SwaraError:
            whole = False
    return PrefetchStats(extractor.kept - kept, extractor.damaged - damaged, whole)
