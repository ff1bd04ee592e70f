"""What is asked of a training, what came of it, and whether the same was done before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from swara.classifier.head_files import FitOptions
from swara.data.corpora.splits import Apart
from swara.service.stages import Stages
from swara.service.store import Layout
from swara.service.store.layout import HeadKind
from swara.service.store.manifest import Parameters, code_version
from swara.service.versions.info import VersionInfo, kept_versions

from .corpus import TrainingCorpus

__all__ = ["TrainRequest", "Trained", "made_before_this", "parameters_of"]

_MAKING = 1
"""Number of the way in which heads are trained; one that changes what comes out raises it."""


@dataclass(frozen=True, slots=True)
class TrainRequest:
    """What is asked for.

    Parameters
    ----------
    kind : str
        What the head is to answer.
    index : Path
        The index of the corpus.
    options : FitOptions
        How it is trained.
    apart : str
        Who stands on one side alone: ``player`` or ``source``.
    force : bool
        Train even where the same was trained before.
    shipped : Path, optional
        The folder of the head that ships, which is compared with while no version is live.
    known_labels : tuple of str, optional
        The only labels that the head can have; any, if left out.
    """

    kind: HeadKind
    index: Path
    options: FitOptions = field(default_factory=FitOptions)
    apart: Apart = "player"
    force: bool = False
    shipped: Path | None = None
    known_labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a training.

    Parameters
    ----------
    kind : str
        What the head answers.
    version : str
        Id of the version that this is about.
    promoted : bool
        Whether it is live.
    made_before : bool
        Whether it was made by an earlier training, of the same recordings with the same options.
    reasons, warnings : tuple of str
        Why it is not live, and what else to know, as sentences without full stop.
    metrics : mapping
        As in its manifest: ``held_out`` has the figures, ``before`` those of the head it was compared with.
    card : Path
        The model card.
    seconds : mapping of str to float
        How long each stage took.
    """

    kind: HeadKind
    version: str
    promoted: bool
    made_before: bool
    reasons: tuple[str, ...]
    warnings: tuple[str, ...]
    metrics: Mapping[str, Any]
    card: Path
    seconds: Mapping[str, float]


def made_before_this(
    store: Layout, request: TrainRequest, corpus: TrainingCorpus, stages: Stages
) -> Trained | None:
    """Return what an earlier training made of the same, live or not; None where none did."""
    for info in kept_versions(store):
        manifest = info.manifest
        same = manifest is not None and (
            (manifest.corpus_digest, dict(manifest.parameters), manifest.code_version)
            == (corpus.digest, dict(parameters_of(request)), code_version())
        )
        if manifest is not None and same and info.trouble is None:
            return Trained(
                request.kind,
                info.id,
                promoted=info.live,
                made_before=True,
                reasons=_not_live(info),
                warnings=corpus.warnings,
                metrics=manifest.metrics,
                card=store.version(info.id).card,
                seconds=stages.seconds,
            )
    return None


def _not_live(info: VersionInfo) -> tuple[str, ...]:
    if info.live or info.manifest is None:
        return ()
    return tuple(info.manifest.gate["reasons"]) or ("another version was made live since",)


def parameters_of(request: TrainRequest) -> Parameters:
    """Return all that decides what comes out, beside the recordings and the code."""
    return {"making": _MAKING, "kind": request.kind, "apart": request.apart, **asdict(request.options)}
