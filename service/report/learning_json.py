"""What the commands about models, corpora and trainings print for programs, as `store_json` does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swara.data.corpora.labels import LABELS
from swara.service.phrases import encodable

from .store_json import json_object

if TYPE_CHECKING:
    from swara.data.corpora.index import IndexRow
    from swara.data.freesound.download import Estimate, Fetched
    from swara.embedder.finetune.result import Finetuned
    from swara.embedder.finetuned.inventory import FinetunedKept
    from swara.embedder.hub.pull import LocalModel, Pulled
    from swara.service.corpora.add import AddedToIndex
    from swara.service.training.corpus import Side, TrainingCorpus
    from swara.service.training.result import Trained

__all__ = [
    "added_to_corpus_json",
    "changed_json",
    "corpus_json",
    "estimate_json",
    "finetuned_json",
    "model_removed_json",
    "models_json",
    "plan_json",
    "pulled_json",
    "trained_json",
    "verified_json",
]


def models_json(
    folder: Path,
    models: Sequence[LocalModel],
    finetuned: Sequence[FinetunedKept],
    unfinished: Sequence[tuple[Path, int]],
) -> str:
    """Return ``swara.models/1``: what can be pulled and what is here of it, and the fine-tuned ones."""
    published = [
        {
            "name": each.model.name,
            "handle": each.model.contract.kaggle_handle,
            "state": each.state,
            "path": _path(each.where),
            "size": each.size_bytes,
            "digest": each.digest,
        }
        for each in models
    ]
    mine = [
        {
            "name": each.name,
            "trouble": each.damage and encodable(each.damage),
            "path": _path(each.folder),
            "size": each.size_bytes,
            **{name: getattr(each, name) for name in ("digest", "fingerprint", "base", "before", "after")},
        }
        for each in finetuned
    ]
    begun = [{"path": _path(path), "size": size} for path, size in unfinished]
    return json_object("models", folder=_path(folder), models=published, finetuned=mine, unfinished=begun)


def pulled_json(pulled: Pulled) -> str:
    """Return ``swara.models-pull/1``: what came of a pull."""
    manifest = pulled.manifest
    return json_object(
        "models-pull",
        name=manifest.name,
        new=pulled.new,
        replaced=pulled.mended and encodable(pulled.mended),
        path=_path(pulled.folder),
        size=manifest.size_bytes,
        **{name: getattr(manifest, name) for name in ("digest", "archive_sha256", "pulled_at")},
    )


def verified_json(found: Mapping[str, str | None]) -> str:
    """Return ``swara.models-verify/1``: of each model by its name what is wrong with it, None for nothing."""
    models = [{"name": name, "trouble": trouble and encodable(trouble)} for name, trouble in found.items()]
    return json_object("models-verify", ok=not any(found.values()), models=models)


def model_removed_json(
    name: str, folder: Path, *, live: bool | None = None, versions: Sequence[str] | None = None
) -> str:
    """Return ``swara.models-remove/1``: what was removed, and which versions cannot be used without it.

    Parameters
    ----------
    name : str
        Of the model.
    folder : Path
        Where it was.
    live : bool, optional
        Whether the live version was made with it; None where nobody looked, as of a model to be pulled again.
    versions : sequence of str, optional
        Ids of the others that were.
    """
    told = None if versions is None else list(versions)
    return json_object("models-remove", name=name, path=_path(folder), live=live, versions=told)


def finetuned_json(made: Finetuned) -> str:
    """Return ``swara.finetune/1``: the new embedder, and how well it finds singers."""
    told = {name: getattr(made, name) for name in ("name", "stages", "resumed")}
    return json_object("finetune", **told, path=_path(made.folder), **made.figures())


def corpus_json(rows: Sequence[IndexRow]) -> str:
    """Return ``swara.corpus/1``: how many recordings an index has of each corpus, source, licence, label."""
    counts = {}
    for column in ("corpus", "source", "licence", *LABELS):
        values = (getattr(row, column) for row in rows)
        counts[column] = dict(Counter(encodable(value) for value in values if value).most_common())
    hours = sum(row.duration_s for row in rows) / 3600
    return json_object("corpus", recordings=len(rows), hours=hours, counts=counts)


def changed_json(wrong: Mapping[Path, str], number: int) -> str:
    """Return ``swara.corpus-check/1``: which of a number of recordings are not what the index says."""
    findings = [{"path": _path(path), "what": what} for path, what in wrong.items()]
    return json_object("corpus-check", ok=not wrong, recordings=number, findings=findings)


def added_to_corpus_json(result: AddedToIndex, index: Path, fetched: Fetched | None) -> str:
    """Return ``swara.corpus-add/1``: what became of a folder, and what was fetched into it before."""
    refused = [{"path": _path(each.path), "what": encodable(each.line)} for each in result.refused]
    return json_object(
        "corpus-add",
        ok=not (refused or (fetched and fetched.failed)),
        index=_path(index),
        recordings=len(result.rows),
        added=result.added,
        renewed=result.renewed,
        refused=refused,
        remarks=[encodable(each) for each in result.remarks],
        card=_path(result.card),
        fetched=None if fetched is None else asdict(fetched),
    )


def estimate_json(estimate: Estimate) -> str:
    """Return ``swara.corpus-estimate/1``: what fetching from Freesound would take."""
    return json_object("corpus-estimate", **asdict(estimate))


def plan_json(corpus: TrainingCorpus) -> str:
    """Return ``swara.train-plan/1``: how a corpus would be shared out."""
    sides = {name: _side(getattr(corpus, name)) for name in ("learned", "held_out")}
    return json_object(
        "train-plan", **sides, digest=corpus.digest, hours=corpus.hours, warnings=list(corpus.warnings)
    )


def trained_json(made: Trained) -> str:
    """Return ``swara.train/1``: what came of a training."""
    return json_object("train", **asdict(made) | {"card": _path(made.card)})


def _side(side: Side) -> dict[str, Any]:
    return {
        "recordings": len(side.labels),
        "groups": len(set(side.groups)),
        "labels": dict(Counter(side.labels).most_common()),
    }


def _path(path: Path | None) -> str | None:
    return None if path is None else encodable(str(path))
