"""Recordings embedded and tracked by a Ray cluster, into the cache: a driver over what one process does."""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from swara.data.arrays import one_blas_thread_for_good
from swara.data.errors import MissingPackage
from swara.data.installation import install_command
from swara.data.recording import Recording
from swara.data.sample_corpus.recording_json import recording_from_json, recording_to_json
from swara.raga.errors import SwaraError
from swara.service.errors import EmbedderChanged, StoreError
from swara.service.store import Layout

from .labelled_notes import NoteExtractor, PrefetchStats
from .workers import ExtractorFactory, check_cache

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["check_ray", "prefetch_on_ray"]

_MOST_BLOCKS = 2000
"""What a task has is a block of recordings: few of them are done again where a node is lost."""


def check_ray() -> None:
    """Look for Ray without importing it.

    Raises
    ------
    MissingPackage
        If it, or what its data sets need, is not installed.
    """
    missing = [each for each in ("ray", "pyarrow", "pandas") if importlib.util.find_spec(each) is None]
    if missing:
        raise MissingPackage(
            f"--engine ray needs Ray, and {' and '.join(missing)}"
            f" {'is' if len(missing) == 1 else 'are'} not installed",
            fix=f"Install it with: {install_command(extra='ray')}",
        )


def prefetch_on_ray(
    store: Layout,
    recordings: Sequence[Recording],
    extractors: ExtractorFactory,
    jobs: int,
    tell: Callable[[float], None],
) -> PrefetchStats:
    """Fill the cache with recordings on the cluster of ``RAY_ADDRESS``, else one on this machine.

    A node, or a process, that dies is replaced and its recordings given to others; what it had put into the
    cache stays. A recording that fails is left to the caller, as by `prefetch`, whose parameters these are.

    Parameters
    ----------
    jobs : int
        How many processes on all nodes together; as many as the cluster has cores, for 0.

    Raises
    ------
    EmbedderChanged
        If a node hears with another embedder than this machine.
    StoreError
        If the cluster cannot be reached, or gave up, or a node lacks the embedder.
    RemoteError, MissingPackage
        If the cache cannot be written.
    """
    check_cache(store)
    import ray.data

    fingerprint = extractors()[0].spec.fingerprint
    rows = [{"recording": json.dumps(recording_to_json(each))} for each in recordings]
    heard = PrefetchStats()
    with _cluster(store) as cores:
        data = ray.data.from_items(rows, override_num_blocks=min(len(rows), _MOST_BLOCKS)).map(
            _Listener,
            fn_constructor_args=(replace(store, folder=store.folder.resolve()), extractors),
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=max(1, jobs or cores)),
            num_cpus=1,
        )
        for done, row in enumerate(data.iter_rows(), 1):
            if row["fault"]:
                raise StoreError(f"a node of the Ray cluster cannot hear: {row['fault']}", where=row["node"])
            if row["fingerprint"] != fingerprint:
                raise EmbedderChanged(
                    f"a node of the Ray cluster hears with another embedder ({row['fingerprint']}) than this"
                    f" machine ({fingerprint})",
                    where=row["node"],
                    fix="Install the same swara, and the same models, on all of them",
                )
            heard = PrefetchStats(
                heard.embedded + row["embedded"], heard.damaged + row["damaged"], heard.whole and row["whole"]
            )
            tell(done / len(rows))
    return heard


class _Listener:
    """What embeds and tracks in a process of the cluster."""

    def __init__(self, store: Layout, extractors: ExtractorFactory) -> None:
        one_blas_thread_for_good()
        self._about = {"fingerprint": "", "node": platform.node(), "fault": ""}
        self._extractor: NoteExtractor | None = None
        try:
            embedder, tracker = extractors()
            self._about["fingerprint"] = embedder.spec.fingerprint
            self._extractor = NoteExtractor(store, embedder, tracker)
        except SwaraError as error:  # raised here, Ray would try it again and again
            self._about["fault"] = str(error)

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Hear one recording; one that fails is not whole."""
        heard = PrefetchStats(whole=False)
        with suppress(SwaraError):
            if self._extractor is not None:
                heard = self._extractor.listen(recording_from_json(json.loads(row["recording"])))
        return self._about | {"embedded": heard.embedded, "damaged": heard.damaged, "whole": heard.whole}


@contextmanager
def _cluster(store: Layout) -> Iterator[int]:
    """Connect to the cluster, and yield how many cores it has; what it has to say becomes one line."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing goes to anybody
    import ray.data

    own = not ray.is_initialized()
    try:
        if own:
            ray.init(log_to_driver=False, logging_level=logging.ERROR, include_dashboard=False)
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        ray.data.DataContext.get_current().enable_progress_bars = False
        yield int(ray.cluster_resources().get("CPU", 1))
    except (ray.exceptions.RayError, ConnectionError, RuntimeError) as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        raise StoreError(
            f"the Ray cluster gave up: {lines[-1].strip() if lines else type(error).__name__}",
            where=os.environ.get("RAY_ADDRESS") or str(store.folder),
            fix="See that it runs (ray status) and that swara is installed on its nodes, and run it again:"
            " what is in the cache already stays",
        ) from error
    finally:
        if own:
            ray.shutdown()
