"""The card of a trained head: what it is, what it learned from, how well it does, and where it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from swara.classifier.head_files import HeadManifest
from swara.service.store import Manifest

from .corpus import TrainingCorpus

__all__ = ["model_card"]

_ANSWERS = {
    "exercise": "which exercise a recording is",
    "instrument": "which instrument sounds",
    "pitch": "which note sounds, as a MIDI number (A4 is 69)",
}
_MOST_COLUMNS = 24
"""A confusion matrix with more is left to ``manifest.json``."""


def model_card(head: HeadManifest, draft: Manifest, corpus: TrainingCorpus, warnings: Sequence[str]) -> str:
    """Write the card of a head, as Markdown.

    Parameters
    ----------
    head : HeadManifest
        What it is.
    draft : Manifest
        Of the version that it becomes: options, figures, what the gate said.
    corpus : TrainingCorpus
        What it learned from, and was examined with.
    warnings : sequence of str
        What to know before trusting the figures, as sentences without full stop.
    """
    options = ", ".join(f"{name} {value}" for name, value in draft.parameters.items())
    passed = "passed" if draft.gate["promoted"] else f"failed: {'; '.join(draft.gate['reasons'])}"
    parts = [
        [f"# A head for: {head.kind}", "", f"It says {_ANSWERS.get(head.kind, head.kind)}."],
        [f"Labels: {', '.join(head.labels)}.", "", f"Made {head.created_at} by swara {draft.code_version}."],
        ["", "## What it learned from", "", *_learned(corpus)],
        ["", "## How it was trained", "", f"{options}. Passes made: {draft.metrics['watched']['epochs']}."],
        ["Training ended when what is watched, a part of what it learned from, gained no more."],
        ["", "## How well it does", "", *_figures(draft.metrics)],
        ["", f"Beside the head that was live before it {passed}."],
        ["", "## What to know", "", *(f"- {_sentence(each)}" for each in warnings)],
        ["- Figures are of recordings like those of the corpus; a room or a device unlike them does worse."],
    ]
    return "\n".join(line for part in parts for line in part) + "\n"


def _learned(corpus: TrainingCorpus) -> list[str]:
    learned = corpus.learned
    players = {(label, entry.player) for label, entry in zip(learned.labels, learned.entries, strict=True)}
    owners = Counter(label for label, _ in players)
    rows = Counter(learned.labels).most_common()
    return [
        f"- Recordings: {len(learned.labels)}, of {len(set(learned.groups))} singers or players;"
        f" held out: {len(corpus.held_out.labels)}, of {len(set(corpus.held_out.groups))}."
        f" {corpus.hours:.2f} hours in all.",
        f"- Corpora: {', '.join(f'{name} ({number})' for name, number in corpus.corpora.items())}.",
        f"- Digest: {corpus.digest}.",
        *(f"- Licence: {licence} ({number})." for licence, number in corpus.licences.items()),
        *(f"- Credit: {credit}." for credit in corpus.credits),
        "",
        "| label | recordings | singers or players |",
        "|---|---:|---:|",
        *(f"| {_cell(label)} | {number} | {owners[label]} |" for label, number in rows),
    ]


def _figures(metrics: Any) -> list[str]:
    now, before = metrics["held_out"], metrics["before"]
    heads = ["| | this head | the live one before |", "|---|---|---|"]
    rows = [
        f"| {name.replace('_', ' ')} | {_figure(now, name)} | {_figure(before, name)} |"
        for name in ("macro_f1", "accuracy")
    ]
    answered = f"| answered | {now['answered']:.3f} | {before['answered']:.3f} |" if before else ""
    by_label = [f"| {_cell(name)} | {figure:.3f} |" for name, figure in now["f1"].items()]
    return [
        f"Asked about {now['recordings']} recordings of {now['groups']} whom it did not learn from, apart by"
        f" {now['by']}; in brackets 95% intervals over them. No answer counts as a wrong one.",
        "",
        *heads,
        *rows,
        *([answered] if answered else []),
        "",
        "| label | F1 |",
        "|---|---:|",
        *by_label,
        *_confusion(now["labels"], now["confusion"]),
    ]


def _figure(scores: Any, name: str) -> str:
    if scores is None:
        return "-"
    low, high = scores[f"{name}_interval"]
    return f"{scores[name]:.3f} ({low:.3f}-{high:.3f})"


def _confusion(labels: Sequence[str], rows: Sequence[Sequence[int]]) -> list[str]:
    if len(labels) > _MOST_COLUMNS:
        return []
    columns = " | ".join(map(_cell, (*labels, "no answer")))
    lines = [
        f"| {_cell(label)} | {' | '.join(map(str, row))} |"
        for label, row in zip(labels, rows, strict=True)
        if any(row)
    ]
    head = [f"| | {columns} |", "|---|" + "---:|" * (len(labels) + 1)]
    return ["", "Rows by what they are, columns by the answer:", "", *head, *lines]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
