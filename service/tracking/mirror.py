"""What a run says of a rebuild and of a fine-tuning."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from swara.service.stages import Journal
from swara.service.store import Layout, read_manifest
from swara.service.tracking.serving import EMBEDDER, NOTE_HEAD

if TYPE_CHECKING:
    from swara.embedder.finetune.plan import FinetunePlan
    from swara.embedder.finetune.run import Finetuned
    from swara.service.rebuild.rebuild import RebuildResult

__all__ = ["note_finetuned", "note_rebuild"]


def note_rebuild(journal: Journal, store: Layout, result: RebuildResult, run: str) -> None:
    """Note a rebuild: its version if it made one, scores, what the note head mistook, how long it took.

    Parameters
    ----------
    journal : Journal
        Where it is noted.
    store : Layout
        The store that was rebuilt.
    result : RebuildResult
        What came of it.
    run : str
        Id of the run, as in its lines of JSON.
    """
    version = result.candidate or result.version
    if not version:
        return
    manifest = read_manifest(store, version)
    asked = {"embedder": manifest.embedder.name, "corpus_digest": manifest.corpus_digest}
    journal.params(
        {**manifest.parameters, **asked, "outcome": result.outcome, "version": version, "run": run}
    )
    scores = {name.replace(",", ""): score["share"] for name, score in result.gate.get("scores", {}).items()}
    journal.metrics({**scores, **{f"seconds {name}": each for name, each in result.seconds.items()}})
    naming = result.metrics.get("note_head", {}).get("scores", {})
    if table := naming.get("confusion"):
        journal.confusion(list(table), [list(row.values()) for row in table.values()])
    if not result.nothing_new:
        journal.register(NOTE_HEAD, store.version(version).folder, version, live=result.promoted)


def note_finetuned(journal: Journal, made: Finetuned, plan: FinetunePlan) -> None:
    """Note a fine-tuning: each look at what was watched, and the figures before and after.

    Parameters
    ----------
    journal : Journal
        Where it is noted.
    made : Finetuned
        What came of it; an embedder answers once a rebuild was made with it, so it is a challenger.
    plan : FinetunePlan
        How it was done.
    """
    journal.params({**asdict(plan), "held_out_by": made.by, "name": made.name})
    for step, look in enumerate(made.looks, 1):
        journal.metrics(_figures(look), step)
    journal.metrics(
        {
            "reciprocal_rank_before": made.before.reciprocal_rank,
            "reciprocal_rank_after": made.after.reciprocal_rank,
            "synthesized_before": made.synthesized_before.reciprocal_rank,
            "synthesized_after": made.synthesized_after.reciprocal_rank,
        }
    )
    journal.register(EMBEDDER, made.folder, made.name, live=False)


def _figures(look: dict[str, Any]) -> dict[str, float]:
    """Return the numbers of a look, those in a table inside too, by ``table name``."""
    tables = {name: value for name, value in look.items() if isinstance(value, dict)}
    flat = {f"{table} {name}": value for table, rows in tables.items() for name, value in rows.items()}
    both = {**look, **flat}
    return {name: float(value) for name, value in both.items() if isinstance(value, int | float)}
