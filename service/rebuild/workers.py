"""What embeds and tracks recordings, and processes of this machine that fill the cache with it beforehand."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from functools import partial
from typing import Final, TypeAlias

from threadpoolctl import threadpool_limits

from swara.classifier.pitch import PitchTracker
from swara.classifier.pitch.head import pitch_tracker
from swara.data.errors import OutputError
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import audio_path, is_remote
from swara.data.storage.disk import check_writable, writing
from swara.data.storage.remote import RemoteFolder
from swara.embedder import Embedder
from swara.raga.errors import SwaraError
from swara.service.embedders.choose import embedder_called
from swara.service.errors import StoreError
from swara.service.store import Layout

from .labelled_notes import NoteExtractor, PrefetchStats

__all__ = ["TRACKER", "ExtractorFactory", "check_cache", "prefetch", "usual_extractors"]

TRACKER: Final = "head"

ExtractorFactory: TypeAlias = Callable[[], tuple[Embedder, PitchTracker]]
"""Makes what listens, in the process that is to listen; the callable itself travels by pickle."""

_ABOUT = b"What swara heard in recordings, by fingerprint and SHA-256. All of it can be computed again.\n"

_listeners: list[NoteExtractor] = []
"""The one of this process, where it was started by `prefetch`."""


def prefetch(
    store: Layout,
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
    store : Layout
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
    RemoteError, MissingPackage
        If the cache lies at a URL that cannot be written.
    """
    if not _can_keep(store):
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
                where=str(store.folder),
                fix="Run it again, which goes on from there; with less memory, add --jobs 1",
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    heard = [future.result() for future in futures if not future.cancelled()]
    return PrefetchStats(sum(each.embedded for each in heard), sum(each.damaged for each in heard))


def check_cache(store: Layout) -> None:
    """Raise unless the cache of a store can be written: that is found out before the work.

    Raises
    ------
    OutputError, RemoteError, MissingPackage
        If it cannot.
    """
    if store.cache_url is not None:
        # Always the same bytes, so that it does no harm to write them again; a right to remove is not needed.
        RemoteFolder(store.cache_url).write("README.txt", _ABOUT)
        return
    for folder in (store.embeddings, store.pitch):
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            check_writable(folder / "try.npz")


def usual_extractors(embedder: Embedder) -> ExtractorFactory:
    """Return what makes an embedder like this one, by its name, and the pitch head."""
    return partial(_make_models, embedder.spec.name)


def _make_models(embedder: str) -> tuple[Embedder, PitchTracker]:
    return embedder_called(embedder), pitch_tracker(TRACKER)


def _can_keep(store: Layout) -> bool:
    try:
        check_cache(store)
    except OutputError:
        return False
    return True


def _size(recording: Recording) -> int:
    """Return the bytes of a recording, of which longer ones have more; a lost one is met by who opens it."""
    with suppress(OSError):
        return 0 if is_remote(recording) else audio_path(recording).stat().st_size
    return 0


def _prepare(store: Layout, extractors: ExtractorFactory) -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _listeners.append(NoteExtractor(store, *extractors()))
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
    if extractor.uncached:  # the cache keeps nothing, so that it would be in vain
        return PrefetchStats(whole=False)
    try:
        return extractor.listen(recording)
    except SwaraError:
        return PrefetchStats(whole=False)
