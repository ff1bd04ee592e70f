"""One fine-tuning, from the audio to a file that is looked at by what it was not shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from swara.data.storage.disk import sha256_of
from swara.embedder.builtin.embedder import BuiltinEmbedder
from swara.embedder.builtin.network import EmbedderNetwork
from swara.embedder.finetuned.embedder import FinetunedEmbedder, finetuned_name
from swara.embedder.spec import Embedder

from .batches import BatchSampler
from .export import exported
from .model import FinetuneModel
from .note_features import extract_note_features
from .plan import FinetunePlan
from .result import Finetuned
from .retrieval import RetrievalScore, found_singers, pooled_notes
from .split import SingerSplit
from .synthesized import Voices, synthesized_voices
from .trainer import Trainer
from .validation import watched_notes, watched_voices

__all__ = ["FinetuneRun", "Tell"]

Tell: TypeAlias = Callable[[str, float], None]

_CONTROL_VOICES = 16
_CONTROL_SEED = 900_000_001


class FinetuneRun:
    """A fine-tuning of some recordings.

    Parameters
    ----------
    parts : SingerSplit
        The recordings.
    plan : FinetunePlan
    base : Path
        The network to begin from.
    folder : Path
        For what is under way; what lies there from before is gone on with.
    tell : callable, optional
        Called with the name of what is at work and the share of it that is done.
    """

    def __init__(
        self, parts: SingerSplit, plan: FinetunePlan, base: Path, folder: Path, tell: Tell | None
    ) -> None:
        self._parts, self._plan, self._folder = parts, plan, folder
        self._base_file, self._base = base, BuiltinEmbedder(EmbedderNetwork(base))
        self._tell: Tell = tell or _silent
        self._difference = 0.0

    @property
    def file(self) -> Path:
        """Where the network is written to."""
        return self._folder / "model.tflite"

    @property
    def origin(self) -> dict[str, Any]:
        """What it was made from and how, once it is made: JSON values."""
        parts = self._parts
        sides = {"learned": parts.learned, "watched": parts.watched, "judged": parts.judged}
        return {
            "base": {"name": self._base.spec.name, "fingerprint": self._base.spec.fingerprint},
            "plan": asdict(self._plan),
            "recordings": {side: sorted(r.id for r in theirs) for side, theirs in sides.items()},
            "singers": {side: sorted({r.singer for r in theirs}) for side, theirs in sides.items()},
            "parity": float(f"{self._difference:.2g}"),
        }

    def make(self, models: Path, unlabelled: int) -> Finetuned:
        """Learn, write the network, and judge it; of recordings, `unlabelled` were left out.

        Raises
        ------
        FinetuneError, AudioError, OutputError
            If it cannot be done.
        """
        control = watched_voices(self._voices("control.npz", _CONTROL_VOICES, _CONTROL_SEED))
        model, trainer = self._trainer()
        after_learning = self._learned(model, trainer)
        embedder = FinetunedEmbedder(finetuned_name(sha256_of(self.file)), EmbedderNetwork(self.file))
        return Finetuned(
            name=embedder.spec.name,
            folder=models / embedder.spec.name,
            before=self._judged(self._base, "judging the built-in one"),
            after=self._judged(embedder, "judging the new one"),
            synthesized_before=control.found(FinetuneModel(self._base_file, 1, 0)),
            synthesized_after=control.found(after_learning),
            by=self._parts.by,
            unlabelled=unlabelled,
            stages=trainer.position.stage,
            looks=tuple(trainer.position.looks),
            resumed=trainer.resumed,
        )

    def _trainer(self) -> tuple[FinetuneModel, Trainer]:
        parts, plan = self._parts, self._plan
        learned = extract_note_features(parts.learned, partial(self._tell, "listening"))
        watch = watched_notes(extract_note_features(parts.watched), learned, plan.seed)
        voices = self._voices("voices.npz", plan.voices, plan.seed)
        draws = BatchSampler(learned, voices, plan.timbres, plan.users_share, plan.seed)
        model = FinetuneModel(self._base_file, draws.classes, plan.seed)
        checkpoint = self._folder / "checkpoint.npz"
        return model, Trainer(model, draws, watch, plan, checkpoint, partial(self._tell, "learning"))

    def _learned(self, model: FinetuneModel, trainer: Trainer) -> FinetuneModel:
        trainer.run()
        self._tell("exporting", 0.0)
        self._difference = exported(model.model, self.file)
        return model

    def _voices(self, name: str, singers: int, seed: int) -> Voices:
        return synthesized_voices(self._folder / name, singers, seed, partial(self._tell, "synthesizing"))

    def _judged(self, embedder: Embedder, what: str) -> RetrievalScore:
        """Look up the notes that judge among all others, as they are embedded in use."""
        parts = self._parts
        others = (*parts.learned, *parts.watched)
        notes = pooled_notes(embedder, (*parts.judged, *others), partial(self._tell, what))
        return found_singers(notes, np.asarray(notes.recordings < len(parts.judged)))


def _silent(what: str, share: float) -> None:
    pass
