"""Let the built-in embedder go on learning from the recordings known."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from swara.data.installation import check_tensorflow
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import pack_recordings, read_corpus
from swara.embedder.litert import stderr_closed
from swara.service.samples.known import verify_recordings
from swara.service.store import Layout

if TYPE_CHECKING:
    from swara.embedder.finetune.plan import FinetunePlan
    from swara.embedder.finetune.run import Finetuned

__all__ = ["finetune_embedder"]


def finetune_embedder(
    store_folder: Path,
    models: Path,
    plan: FinetunePlan,
    *,
    bundled: bool = False,
    keep_anyway: bool = False,
    progress: Callable[[str, float], None] | None = None,
) -> Finetuned:
    """Fine-tune the built-in embedder; the store is only read.

    Parameters
    ----------
    store_folder : Path
        Holds the recordings that were added.
    models : Path
        Where the new embedder is kept.
    plan : FinetunePlan
        How it is done.
    bundled : bool
        Learn from the bundled recordings too: no person sang them.
    keep_anyway : bool
        Keep the new embedder where it is no better too.
    progress : callable, optional
        Called with the name of what is at work and the share of it that is done.

    Raises
    ------
    MissingPackage
        If TensorFlow is not installed.
    CorpusError
        If recordings were deleted or changed since they were added.
    SwaraError
        As `swara.embedder.finetune.run.finetune`.
    """
    check_tensorflow("fine-tuning")
    recordings = _recordings(Layout(store_folder), bundled=bundled)
    # Its place is decided when keras is first imported.
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from swara.embedder.finetune.split import split

    split(recordings, plan.seed)  # too few are told before TensorFlow is imported, which takes seconds
    with stderr_closed():
        from swara.embedder.finetune.run import finetune

    return finetune(recordings, models, plan=plan, keep_anyway=keep_anyway, tell=progress)


def _recordings(store: Layout, *, bundled: bool) -> tuple[Recording, ...]:
    known = {each.sha256: each for each in read_corpus(store.corpus)}
    if bundled:
        known |= {each.sha256: each for each in pack_recordings()}
    recordings = tuple(known[sha256] for sha256 in sorted(known))
    verify_recordings(recordings)
    return recordings
