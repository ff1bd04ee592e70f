"""Trainings on the terminal: how a corpus is shared out, and what came of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from rich.console import Console

from swara.service.phrases import counted

from .terminal_page import WARNING, Page

if TYPE_CHECKING:
    from swara.service.training.corpus import TrainingCorpus
    from swara.service.training.train import Trained

__all__ = ["render_plan", "render_trained"]


def render_plan(corpus: TrainingCorpus, console: Console) -> None:
    """Print how many recordings of each label are learned from, and how many held out."""
    page = Page(console)
    for warning in corpus.warnings:
        page.warn(f"{warning}.")
    learned, held_out = Counter(corpus.learned.labels), Counter(corpus.held_out.labels)
    rows = [
        (label, str(learned[label]), str(held_out[label])) for label, _ in (learned + held_out).most_common()
    ]
    page.table(("Label", "Learned from", "Held out"), rows, right=(1, 2))
    for name, side in (("Learned from", corpus.learned), ("Held out", corpus.held_out)):
        owners = counted(len(set(side.groups)), "singer or player", "singers or players")
        page.line(f"{name}: {counted(len(side.labels), 'recording')} of {owners}.")
    page.line(f"Corpus {corpus.digest[:16]}, {corpus.hours:.2f} hours. Nothing was trained.")


def render_trained(made: Trained, console: Console) -> None:
    """Print what came of a training."""
    page = Page(console)
    for warning in made.warnings:
        page.warn(f"{warning}.")
    name = f"{made.kind} {made.version}"
    if made.made_before:
        page.line(f"The same was trained before: {name}. To train it anew, add --force.")
    if made.promoted:
        page.good(f"Live: {name}")
    else:
        page.line(f"Not live: {name}", WARNING)
        for reason in made.reasons:
            page.line(f"  {reason}.", WARNING)
        again = f"swara versions promote --head {made.kind} {made.version}"
        page.line(f"To have it live all the same: {again}")
    now, before = made.metrics["held_out"], made.metrics["before"]
    rows = [
        (label, _figure(now, field), _figure(before, field))
        for label, field in (("macro F1", "macro_f1"), ("accuracy", "accuracy"))
    ]
    page.table(("", "Now (95%)", "The live head before"), rows)
    owners = counted(now["groups"], "singer or player", "singers or players")
    page.line(f"Asked about {counted(now['recordings'], 'recording')} of {owners} held out.")
    page.unwrapped(f"The card: {made.card}")
    stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in made.seconds.items())
    page.line(f"{sum(made.seconds.values()):.1f} s: {stages}")


def _figure(scores: Any, name: str) -> str:
    if scores is None:
        return "-"
    low, high = scores[f"{name}_interval"]
    return f"{scores[name]:.3f} ({low:.3f}-{high:.3f})"
