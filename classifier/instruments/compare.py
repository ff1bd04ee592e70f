"""LR, k-NN, a random forest and the network on one corpus: the random split beside the honest one."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np

from swara.classifier.head_scores import HeadScores, score_answers
from swara.data.arrays import BoolArray, FloatArray
from swara.data.audio.decode import load_clip
from swara.data.corpora.entry import Entry
from swara.data.corpora.index import IndexRow
from swara.data.corpora.labels import PIANO
from swara.data.corpora.splits import Learnable, grouped_folds, labelled, random_folds
from swara.data.errors import CorpusError
from swara.data.log_mel import RATE_HZ

from .clip_features import clip_features

__all__ = ["MODELS", "SPLITS", "Compared", "Split", "classical", "compare_models", "features_of"]

Split: TypeAlias = Literal["random", "by player"]
SPLITS: tuple[Split, ...] = ("random", "by player")
MODELS = ("LR (L1)", "k-NN", "RF", "CNN")

_INNER_FOLDS = 3
_GRIDS: Mapping[str, Mapping[str, Sequence[Any]]] = {
    "LR (L1)": {"model__C": (0.3, 6.0, 60.0)},
    "k-NN": {"model__n_neighbors": (1, 3, 9)},
    "RF": {"model__max_depth": (12, 25), "model__n_estimators": (150,)},
}
"""Around what the project on NSynth found best: C = 60, k = 1, a depth of 25, 150 trees."""


@dataclass(frozen=True, slots=True)
class Compared:
    """How one model did in one split.

    Parameters
    ----------
    model, split : str
        Of `MODELS` and `SPLITS`.
    scores : HeadScores
        On the fifth that was held out.
    chosen : mapping
        What the grid search took; empty for the network.
    """

    model: str
    split: Split
    scores: HeadScores
    chosen: Mapping[str, Any]


def features_of(rows: Sequence[IndexRow | Entry], tell: Callable[[float], None] | None = None) -> FloatArray:
    """Return `clip_features` of each recording, float64 array of shape [recordings, features]."""
    found = []
    for number, row in enumerate(rows):
        clip = load_clip(row.path, rate_hz=RATE_HZ, max_duration_s=None)
        found.append(clip_features(clip.samples, clip.rate_hz))
        if tell is not None:
            tell((number + 1) / len(rows))
    return np.stack(found)


def compare_models(
    rows: Sequence[IndexRow],
    label: Learnable,
    *,
    network: Path | None = None,
    seed: int = 0,
    tell: Callable[[str, float], None] | None = None,
) -> list[Compared]:
    """Train every model in both splits, and test it on the fifth held out.

    Hyper-parameters are searched on a grid by cross-validation inside what is learned from, players kept
    apart (`StratifiedGroupKFold`); in the random split, as whoever splits so would, at random.

    Parameters
    ----------
    rows : sequence of IndexRow
        A corpus; those without the label are left out, as are notes beyond a piano's.
    label : str
        What is to be told: ``family``, ``instrument`` or ``midi``.
    network : Path, optional
        A folder to train networks in; without one the network is left out.
    seed : int
        Of splits and models.
    tell : callable, optional
        Told what is at work and the share that is done.

    Raises
    ------
    CorpusError
        If nothing can be learned or held out.
    MissingPackage
        If librosa is not installed, or TensorFlow where a network is wanted.
    """
    kept = labelled(rows, label)
    if label == "midi":
        kept = [row for row in kept if row.midi in PIANO]
    names, groups, held_out = _splits(kept, label, seed)
    told = (lambda _, __: None) if tell is None else tell
    features = features_of(kept, lambda share: told("hearing the recordings", share))
    found, models = list[Compared](), MODELS[:-1] if network is None else MODELS
    for split, out in held_out.items():
        apart = groups if split == "by player" else None
        for model in models:
            told(f"{model}, {split}", len(found) / (len(models) * len(SPLITS)))
            if network is None or model != MODELS[-1]:
                answers, chosen = classical(model, features, names, apart, out, seed)
            else:
                answers, chosen = _by_network(kept, names, out, network / split.replace(" ", "-"), seed), {}
            scores = score_answers(names[out].tolist(), answers, groups[out].tolist())
            found.append(Compared(model, split, scores, chosen))
    return found


def _splits(rows: Sequence[IndexRow], label: Learnable, seed: int) -> tuple[Any, Any, dict[Split, BoolArray]]:
    """Return the label and the group of each recording, and which are held out in each split."""
    grouped = grouped_folds(rows, label, seed=seed)
    if len(rows) < 4:
        raise CorpusError(f"{len(rows)} recordings are too few to compare models on")
    names = np.array([str(getattr(row, label)) for row in rows])
    held_out: dict[Split, BoolArray] = {
        "random": np.asarray(random_folds(rows, label, seed=seed) == 0),
        "by player": np.asarray(grouped.numbers == 0),
    }
    for split, out in held_out.items():
        if len(left := set(names[~out])) < 2:
            raise CorpusError(
                f"{split}, what is not held out has the {label} {', '.join(left)} alone",
                fix="Add recordings of more players",
            )
    return names, np.array(grouped.groups), held_out


def classical(
    model: str, features: FloatArray, names: Any, apart: Any | None, out: BoolArray, seed: int
) -> tuple[list[str], dict[str, Any]]:
    """Search a grid on what is not held out, and let the best answer for what is.

    Parameters
    ----------
    model : str
        One of `MODELS` but the network.
    features : float array, shape [recordings, features]
        Of all.
    names : str array, shape [recordings]
        What they are.
    apart : str array, shape [recordings], or None
        Who plays; None where that is not looked at.
    out : bool array, shape [recordings]
        What is held out.
    seed : int
        Of the folds and the model.

    Returns
    -------
    answers : list of str
        For each that is held out.
    chosen : dict
        The parameters that were best.
    """
    from sklearn.model_selection import GridSearchCV, KFold, StratifiedGroupKFold
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    taught = ~out
    groups = None if apart is None else apart[taught]
    alone = groups is None or len(set(groups)) < _INNER_FOLDS
    splitter: Any = KFold if alone else StratifiedGroupKFold
    line = Pipeline([("scale", StandardScaler()), ("model", _estimator(model, seed))])
    folds = splitter(_INNER_FOLDS, shuffle=True, random_state=seed)
    search = GridSearchCV(line, dict(_GRIDS[model]), cv=folds, scoring="accuracy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of labels rarer than folds, and of steps that did not suffice
        search.fit(features[taught], names[taught], groups=groups)
    chosen = {name.removeprefix("model__"): value for name, value in search.best_params_.items()}
    return [str(name) for name in search.predict(features[out])], chosen


def _estimator(model: str, seed: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier

    if model == "k-NN":
        return KNeighborsClassifier()
    if model == "RF":
        return RandomForestClassifier(random_state=seed, n_jobs=1)
    # An l1_ratio alone is heeded from scikit-learn 1.8 on; before, it is L2 without a word.
    return LogisticRegression(l1_ratio=1.0, solver="saga", max_iter=200, tol=1e-2, random_state=seed)


def _by_network(rows: Sequence[IndexRow], names: Any, out: BoolArray, folder: Path, seed: int) -> list[str]:
    """Train the network on what is not held out, and let it answer for what is."""
    from swara.classifier.head_files import FitOptions

    from .training.fit import answers, fit

    told = [
        Entry(row.path, row.source, row.player, row.licence, instrument=str(name))
        for row, name in zip(rows, names, strict=True)
    ]
    taught = [entry for entry, held in zip(told, out, strict=True) if not held]
    fit(taught, folder, FitOptions(seed, epochs=12, patience=4), lambda _, __: None)
    return answers([entry for entry, held in zip(told, out, strict=True) if held], folder)
