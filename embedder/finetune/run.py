"""Fine-tune the built-in embedder; the one module that the rest of the program asks for it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock, Timeout

from swara.data.corpus.corpus import corpus_digest
from swara.data.recording import Recording
from swara.data.storage.disk import sha256_of
from swara.embedder.builtin.network import MODEL_FILE
from swara.embedder.errors import FinetuneError, ModelInUse

from .export import keep, writing
from .pipeline import FinetuneRun, Tell
from .plan import FinetunePlan
from .result import Finetuned, no_better
from .split import split

__all__ = ["Finetuned", "finetune"]


def finetune(
    recordings: Sequence[Recording],
    models: Path,
    *,
    plan: FinetunePlan,
    keep_anyway: bool = False,
    base: Path = MODEL_FILE,
    tell: Tell | None = None,
) -> Finetuned:
    """Fine-tune, or go on with it where it was stopped, and keep what came out if it is better.

    Parameters
    ----------
    recordings : sequence of Recording
        The user's, with labels.
    models : Path
        The new embedder gets a folder in it; what is under way lies there too.
    plan : FinetunePlan
    keep_anyway : bool
        Keep what is not better too.
    base : Path
        The network to begin from.
    tell : callable, optional
        Called with the name of what is at work and the share of it that is done.

    Raises
    ------
    FinetuneError
        If there is too little to learn from, if what came out is not better and is not to be kept, or if
        the user stops it.
    ModelInUse
        If another process is fine-tuning.
    AudioError, OutputError
        If it cannot be done.
    """
    parts = split(recordings, plan.seed)
    with writing(models), _folder(models, _key(recordings, plan, base)) as folder:
        try:
            making = FinetuneRun(parts, plan, base, folder, tell)
            made = making.make(models, sum(not recording.labels for recording in recordings))
        except KeyboardInterrupt as stopped:
            fix = "Run the same again to go on"
            raise FinetuneError("the fine-tuning was stopped", where=str(folder), fix=fix) from stopped
        if not (made.better or keep_anyway):
            raise no_better(made)
        keep(
            making.file, models, making.origin | {"corpus_digest": corpus_digest(recordings)} | made.figures()
        )
        shutil.rmtree(folder, ignore_errors=True)
    return made


@contextmanager
def _folder(models: Path, key: str) -> Iterator[Path]:
    """Make the folder of what is under way, and be the only one in it."""
    folder = models / f".finetuning-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(models / ".finetuning.lock")
    try:
        lock.acquire(timeout=0.0)
    except Timeout as error:
        raise ModelInUse(
            "another process is fine-tuning",
            where=str(models),
            fix="Wait until it is done, or end it, and try again",
        ) from error
    try:
        yield folder
    finally:
        lock.release()


def _key(recordings: Sequence[Recording], plan: FinetunePlan, base: Path) -> str:
    """8 hex digits of everything that decides what comes out."""
    decides = [corpus_digest(recordings), asdict(plan), sha256_of(base)]
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()[:8]
