"""Fine-tune the built-in embedder; the one module that the rest of the program asks for it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from filelock import FileLock, Timeout

from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import corpus_digest
from swara.data.storage.disk import sha256_of
from swara.embedder.builtin.embedder import MODEL_FILE, BuiltinEmbedder, EmbedderNetwork
from swara.embedder.errors import FinetuneError, ModelInUse
from swara.embedder.finetuned.embedder import FinetunedEmbedder, finetuned_name
from swara.embedder.spec import Embedder

from .batches import BatchSampler
from .export import exported, keep, writing
from .model import FinetuneModel
from .note_features import extract_note_features
from .plan import FinetunePlan
from .result import Finetuned, no_better
from .retrieval import RetrievalScore, found_singers, pooled_notes
from .split import SingerSplit, split
from .synthesized import synthesized_voices
from .trainer import Trainer
from .validation import watched_notes, watched_voices

__all__ = ["Finetuned", "Tell", "finetune"]

Tell: TypeAlias = Callable[[str, float], None]
"""Takes the name of what is at work and the share of it that is done."""

_MODEL = "model.tflite"
_CONTROL_VOICES = 16
_CONTROL_SEED = 900_000_001


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
        How long is trained, in which stages, and how fast.
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
            unlabelled = sum(not recording.labels for recording in recordings)
            made, origin = _made(parts, plan, base, folder, models, unlabelled, tell or (lambda *_: None))
        except KeyboardInterrupt as stopped:
            fix = "Run the same again to go on"
            raise FinetuneError("the fine-tuning was stopped", where=str(folder), fix=fix) from stopped
        if not (made.better or keep_anyway):
            raise no_better(made)
        origin |= {"corpus_digest": corpus_digest(recordings)} | made.figures()
        keep(folder / _MODEL, models, origin)
        shutil.rmtree(folder, ignore_errors=True)
    return made


def _made(
    parts: SingerSplit,
    plan: FinetunePlan,
    base_file: Path,
    folder: Path,
    models: Path,
    unlabelled: int,
    tell: Tell,
) -> tuple[Finetuned, dict[str, Any]]:
    """Learn, write the network into `folder`, and judge it by what it was not shown.

    The second that is returned says what it was made from and how: JSON values. What lies in `folder` from
    before is gone on with.
    """
    base, file = BuiltinEmbedder(EmbedderNetwork(base_file)), folder / _MODEL
    voices = partial(synthesized_voices, progress=partial(tell, "synthesizing"))
    control = watched_voices(voices(folder / "control.npz", _CONTROL_VOICES, _CONTROL_SEED))
    learned = extract_note_features(parts.learned, partial(tell, "listening"))
    watch = watched_notes(extract_note_features(parts.watched), learned, plan.seed)
    others = voices(folder / "voices.npz", plan.voices, plan.seed)
    draws = BatchSampler(learned, others, plan.timbres, plan.users_share, plan.seed)
    model = FinetuneModel(base_file, draws.classes, plan.seed)
    trainer = Trainer(model, draws, watch, plan, folder / "checkpoint.npz", partial(tell, "learning"))
    trainer.run()
    tell("exporting", 0.0)
    difference = exported(model.model, file)
    embedder = FinetunedEmbedder(finetuned_name(sha256_of(file)), EmbedderNetwork(file))
    made = Finetuned(
        name=embedder.spec.name,
        folder=models / embedder.spec.name,
        before=_judged(parts, base, partial(tell, "judging the built-in one")),
        after=_judged(parts, embedder, partial(tell, "judging the new one")),
        synthesized_before=control.found(FinetuneModel(base_file, 1, 0)),
        synthesized_after=control.found(model),
        by=parts.by,
        unlabelled=unlabelled,
        stages=trainer.position.stage,
        looks=tuple(trainer.position.looks),
        resumed=trainer.resumed,
    )
    sides = {"learned": parts.learned, "watched": parts.watched, "judged": parts.judged}
    return made, {
        "base": {"name": base.spec.name, "fingerprint": base.spec.fingerprint},
        "plan": asdict(plan),
        "recordings": {side: sorted(r.id for r in theirs) for side, theirs in sides.items()},
        "singers": {side: sorted({r.singer for r in theirs}) for side, theirs in sides.items()},
        "parity": float(f"{difference:.2g}"),
    }


def _judged(parts: SingerSplit, embedder: Embedder, progress: Callable[[float], None]) -> RetrievalScore:
    """Look up the notes that judge among all others, as they are embedded in use."""
    notes = pooled_notes(embedder, (*parts.judged, *parts.learned, *parts.watched), progress)
    return found_singers(notes, np.asarray(notes.recordings < len(parts.judged)))


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
