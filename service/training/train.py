"""Train a head on a corpus: share out, fit, examine beside the live one, keep as a version."""

from __future__ import annotations

import io
import secrets
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from swara.classifier.head_files import MANIFEST, FittedHead, Trainer, read_head
from swara.classifier.head_scores import HeadScores, score_answers
from swara.data.errors import AudioError, CorpusError
from swara.data.storage.json_lines import json_line
from swara.service.errors import writing
from swara.service.rebuild.gate import GateDecision, decide
from swara.service.stages import Journal, StageProgress, Stages
from swara.service.store import Layout, Manifest, VersionLayout, create_version, publish
from swara.service.store.layout import NEW_PREFIX
from swara.service.store.lock import writer_lock
from swara.service.store.manifest import NO_EMBEDDER, code_version
from swara.service.store.versions import promote_shipped
from swara.service.versions.promote import prune_held

from .card import model_card
from .corpus import Side, TrainingCorpus, read_corpus, share_out, unreadable
from .examine import HELD_OUT, LEARNED, LiveHead, beside_a_guess, compare, live_for_comparison, shares
from .result import Trained, TrainRequest, made_before_this, parameters_of

__all__ = ["TrainRequest", "Trained", "plan_training", "train_head"]

_KEPT = 5
"""Versions of each state that stay: those that were live, rejected, left, damaged."""


def plan_training(store: Layout, request: TrainRequest) -> TrainingCorpus:
    """Check and share out a corpus; nothing is written.

    Parameters
    ----------
    store : Layout
        Its live head decides who is held out again.
    request : TrainRequest
        What is asked for.

    Raises
    ------
    CorpusError
        If the index or a recording cannot be used, or nothing can be held out; it names which.
    StoreError
        If the store cannot be read.
    """
    rows, total = read_corpus(request.index, request.kind, request.known_labels)
    live, _ = live_for_comparison(store.head(request.kind), request.kind, None)
    return share_out(
        rows,
        request.kind,
        total=total,
        where=request.index,
        apart=request.apart,
        seed=request.options.seed,
        known={} if live is None else live.known,
    )


def train_head(
    store: Layout,
    request: TrainRequest,
    trainer: Callable[[], Trainer],
    journal: Journal | None = None,
    progress: StageProgress | None = None,
) -> Trained:
    """Train a head, and make it live unless it does worse than the one that is.

    Both are asked about singers or players that neither learned from. Interrupted at any point, the live head
    is as it was, and the next training clears what was left.

    Parameters
    ----------
    store : Layout
        The head becomes a version in it.
    request : TrainRequest
        What is asked for.
    trainer : callable
        Returns what fits the head and lets it answer; called once the corpus was found to be sound.
    journal : Journal, optional
        Told what is done, and what came of it.
    progress : callable, optional
        As `Stages` calls it.

    Raises
    ------
    CorpusError
        As of `plan_training`, and if recordings cannot be decoded: all of them are named.
    StoreError
        If another training of that kind is at work, or the store cannot be written.
    HeadError
        If there is too little to learn from.
    """
    journal, stages = journal or Journal(), Stages(progress)
    of_kind = store.head(request.kind)
    with stages.stage("check"):
        corpus = plan_training(store, request)
        before = None if request.force else made_before_this(of_kind, request, corpus, stages)
    if before is not None:
        return before
    sizes = {"learned_from": len(corpus.learned.labels), "held_out": len(corpus.held_out.labels)}
    journal.params({**parameters_of(request), "corpus_digest": corpus.digest, **sizes})
    with writer_lock(of_kind), _workshop(of_kind) as folder:
        return _Training(of_kind, request, trainer(), corpus, folder, stages, journal).execute()


@contextmanager
def _workshop(store: Layout) -> Iterator[Path]:
    """Make a folder that the next writer clears if this one is killed."""
    folder = store.versions / f"{NEW_PREFIX}work-{secrets.token_hex(6)}"
    with writing(store.folder):
        folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, slots=True, eq=False)
class _Training:
    """A training at work; the caller holds the lock."""

    store: Layout
    request: TrainRequest
    trainer: Trainer
    corpus: TrainingCorpus
    folder: Path
    stages: Stages
    journal: Journal

    def execute(self) -> Trained:
        """Go through the stages."""
        with self.stages.stage("fit"):
            fitted = self._fit()
        with self.stages.stage("evaluate"):
            scores = self._asked(self.folder, self.corpus.held_out)
            live, troubles = live_for_comparison(self.store, self.request.kind, self.request.shipped)
            decision, before = self._decided(live, scores)
            decision = beside_a_guess(decision, scores)
        metrics = self._metrics(fitted, scores, before)
        warnings = (*self.corpus.warnings, *fitted.notes, *troubles, *decision.warnings)
        with self.stages.stage("write"):
            version = self._keep(metrics, decision, live, warnings)
            prune_held(self.store, _KEPT, spare=version)
        self.journal.metrics({"held_out_macro_f1": scores.macro_f1, "held_out_accuracy": scores.accuracy})
        self.journal.confusion(scores.labels, scores.confusion)
        folder = self.store.version(version).folder
        self.journal.register(self.request.kind, folder, version, live=decision.promoted)
        return Trained(
            self.request.kind,
            version,
            promoted=decision.promoted,
            made_before=False,
            reasons=decision.reasons,
            warnings=warnings,
            metrics=metrics,
            card=self.store.version(version).card,
            seconds=self.stages.seconds,
        )

    def _fit(self) -> FittedHead:
        options = self.request.options

        def on_epoch(number: int, figures: dict[str, float]) -> None:
            self.journal.metrics(figures, number)
            self.stages.tell(min(number / options.epochs, 1.0))

        # Keras prints what it exports.
        with self._naming_the_undecoded(), redirect_stdout(io.StringIO()):
            fitted = self.trainer.fit(self.corpus.learned.entries, self.folder, options, on_epoch)
        read_head(self.folder, self.request.kind)
        return fitted

    @contextmanager
    def _naming_the_undecoded(self) -> Iterator[None]:
        """Name all recordings that cannot be decoded where one stopped it."""
        try:
            yield
        except AudioError as error:
            both = self.corpus.learned + self.corpus.held_out
            wrong = [f"{path}: {why}" for path, why in sorted(unreadable(both.entries).items())]
            what = f"recordings cannot be used: {'; '.join(wrong) or error}"
            fix = "Mend the files, or delete their lines"
            raise CorpusError(what, where=str(self.request.index), fix=fix) from error

    def _asked(self, folder: Path, side: Side) -> HeadScores:
        with self._naming_the_undecoded():
            answers = self.trainer.answers(side.entries, folder)
        return score_answers(side.labels, answers, side.groups, seed=self.request.options.seed)

    def _decided(self, live: LiveHead | None, scores: HeadScores) -> tuple[GateDecision, HeadScores | None]:
        held_out = self.corpus.held_out
        if live is None:
            return decide(shares(scores), None, held_out.digest), None
        return compare(live, self.folder, scores, held_out, self._asked)

    def _metrics(self, fitted: FittedHead, scores: HeadScores, before: HeadScores | None) -> dict[str, Any]:
        learned, held_out = self.corpus.learned, self.corpus.held_out
        return {
            "learned_from": {
                "recordings": len(learned.labels),
                "by_singer": dict(Counter(learned.groups)),
                "by_label": dict(Counter(learned.labels)),
            },
            "held_out": {
                "by": self.request.apart,
                "singers": sorted(set(held_out.groups)),
                **scores.to_json(),
            },
            "watched": {**fitted.metrics, "epochs": fitted.epochs},
            "before": None if before is None else before.to_json(),
        }

    def _keep(
        self,
        metrics: dict[str, Any],
        decision: GateDecision,
        live: LiveHead | None,
        warnings: Sequence[str],
    ) -> str:
        draft = Manifest(
            made_at=datetime.now(UTC).isoformat(),
            parent=None if live is None else live.version,
            code_version=code_version(),
            embedder=NO_EMBEDDER,
            made_with={},
            parameters=parameters_of(self.request),
            corpus_digest=self.corpus.digest,
            metrics=metrics,
            files={},
            gate=decision.to_json(),
        )
        head = read_head(self.folder)
        card = model_card(head, draft, self.corpus, warnings)

        def build(version: VersionLayout) -> None:
            for name in (*head.files, MANIFEST):
                shutil.copyfile(self.folder / name, version.folder / name)
            version.card.write_text(card, encoding="utf-8", newline="\n")
            version.recordings.write_bytes(b"".join(self._lines()))

        if not decision.promoted and not self.store.current.exists():
            promote_shipped(self.store)
        make = publish if decision.promoted else create_version
        return make(self.store, draft, build)

    def _lines(self) -> Iterator[bytes]:
        """Yield what each recording was, without where it lay."""
        for name, side in ((LEARNED, self.corpus.learned), (HELD_OUT, self.corpus.held_out)):
            for entry, label in zip(side.entries, side.labels, strict=True):
                fields = {"id": entry.sha256, "singer": entry.player, "labels": label, "side": name}
                yield json_line(fields)
