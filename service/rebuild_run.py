"""A rebuild as the command line asks for it: with the embedder chosen, on all cores."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from classifier.pitch import PitchTracker, pitch_tracker
from embedder import Embedder
from embedder.litert import cores

from .embedders import Notice, choose_embedder, embedder_called
from .rebuild import rebuild
from .rebuild_result import RebuildResult
from .stages import StageProgress, StageReport
from .store import Layout

__all__ = ["run_rebuild"]

_TRACKER: Final = "head"


def run_rebuild(
    store: Path,
    embedder: str | None,
    *,
    force: bool,
    jobs: int | None,
    progress: StageProgress | None,
    report: StageReport | None,
    notice: Notice | None = None,
) -> tuple[tuple[str, ...], RebuildResult]:
    """Rebuild a store with the embedder of that name, or the live one; return warnings, and the result.

    `notice` is told where the embedder's model is converted first, which takes its time.
    Errors are those of `choose_embedder` and of `service.rebuild.rebuild`.
    """
    choice = choose_embedder(Layout(store), embedder, notice)
    result = rebuild(
        store,
        embedder=choice.embedder,
        tracker=pitch_tracker(_TRACKER),
        force=force,
        jobs=jobs or cores(),
        ears=partial(_ears, choice.embedder.spec.name),
        progress=progress,
        report=report,
    )
    return choice.warnings, result


def _ears(embedder: str) -> tuple[Embedder, PitchTracker]:
    return embedder_called(embedder), pitch_tracker(_TRACKER)
