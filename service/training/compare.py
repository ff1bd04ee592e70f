"""Models side by side on a corpus, and the two splits beside each other."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from swara.classifier.instruments.compare import SPLITS, Compared, compare_models
from swara.data.corpora.index import IndexRow, changed_files, read_index
from swara.data.corpora.splits import Learnable
from swara.data.errors import CorpusError
from swara.data.installation import check_tensorflow
from swara.service.stages import StageProgress

__all__ = ["Comparison", "compare_on", "compared_json", "compared_lines"]

SCHEMA: Final = "swara.compared-models/1"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How models did on a corpus.

    Parameters
    ----------
    corpus : Path
        Its index.
    label : str
        What was to be told: ``instrument``, ``family`` or ``midi``.
    found : tuple of Compared
        Each model in each split.
    """

    corpus: Path
    label: Learnable
    found: tuple[Compared, ...]


def compare_on(
    corpus: Path,
    label: str | None = None,
    *,
    network: bool,
    seed: int = 0,
    progress: StageProgress | None = None,
) -> Comparison:
    """Compare models on the corpus of an index.

    Parameters
    ----------
    corpus : Path
        The index.
    label : str, optional
        ``instrument``, ``family`` or ``note``; the instrument if left out, or the family where rows have no
        instrument.
    network : bool
        Whether the network is trained too.
    seed : int
        Of splits and models.
    progress : callable, optional
        Called with the name of a stage and the share of it that is done.

    Raises
    ------
    CorpusError
        If the index or a recording cannot be used, or nothing can be held out.
    MissingPackage
        If librosa is not installed, or TensorFlow where a network is wanted.
    """
    rows = read_index(corpus)
    if wrong := changed_files(rows):
        path, line = next(iter(wrong.items()))
        more = f", and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        raise CorpusError(f"{path}: {line}{more}", where=str(corpus), fix="Make the index anew")
    column = _column(rows, label)
    if network:
        check_tensorflow("training a network")
    try:
        with tempfile.TemporaryDirectory(prefix="swara-compare-") as folder:
            where = Path(folder) if network else None
            found = compare_models(rows, column, network=where, seed=seed, tell=progress)
    except CorpusError as error:
        raise CorpusError(error.what, where=error.where or str(corpus), fix=error.fix) from error
    return Comparison(corpus, column, tuple(found))


def _column(rows: Sequence[IndexRow], label: str | None) -> Learnable:
    if label == "note":
        return "midi"
    if label == "family" or (label is None and not any(row.instrument for row in rows)):
        return "family"
    return "instrument"


def compared_lines(comparison: Comparison) -> Iterator[str]:
    """Yield a table for a terminal: a row for each model, the splits side by side."""
    by_model: dict[str, dict[str, Compared]] = {}
    for each in comparison.found:
        by_model.setdefault(each.model, {})[each.split] = each
    told = {"midi": "note"}.get(comparison.label, comparison.label)
    yield f"Held-out fifth, {told}: macro F1 with its 95 % interval, and accuracy"
    yield f"{'':9}" + "".join(f"{split:<34}" for split in SPLITS)
    for model, splits in by_model.items():
        cells = [_cell(splits[split]) if split in splits else "-" for split in SPLITS]
        yield f"{model:9}" + "".join(f"{cell:<34}" for cell in cells).rstrip()
    yield "At random, clips of one player stand on both sides: only the second column says what to expect."


def _cell(each: Compared) -> str:
    low, high = each.scores.macro_f1_interval
    return f"{each.scores.macro_f1:.3f} ({low:.3f} to {high:.3f})  {each.scores.accuracy:.3f}"


def compared_json(comparison: Comparison) -> str:
    """Return the figures as JSON text ending in a newline."""
    models: list[dict[str, Any]] = [
        {
            "model": each.model,
            "split": each.split,
            "chosen": dict(each.chosen),
            **each.scores.to_json(),
        }
        for each in comparison.found
    ]
    fields = {"schema": SCHEMA, "corpus": comparison.corpus.name, "label": comparison.label, "models": models}
    return json.dumps(fields, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
