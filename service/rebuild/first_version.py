"""The first version: made from what there is, when nothing is live yet."""

from __future__ import annotations

from pathlib import Path

from swara.classifier.pitch import PitchTracker
from swara.embedder import Embedder
from swara.service.errors import NoSuchVersion
from swara.service.stages import StageProgress
from swara.service.store import Layout, LiveVersion, open_live

__all__ = ["ensure_live"]


def ensure_live(
    store_folder: Path,
    *,
    embedder: Embedder,
    tracker: PitchTracker,
    progress: StageProgress | None = None,
) -> LiveVersion:
    """Open the live version; where there is none yet, make it first, from the bundled samples at least.

    Parameters and errors are those of `rebuild`, and those of `open_live`.

    Raises
    ------
    NoSuchVersion
        If versions are kept, none of them is live, and what would be learned now does worse.
    """
    live = open_live(Layout(store_folder), embedder.spec)
    while live is None:
        from .rebuild import rebuild  # 30 modules that an analysis has no use for where a version is live

        result = rebuild(store_folder, embedder=embedder, tracker=tracker, progress=progress)
        live = open_live(Layout(store_folder), embedder.spec)
        if live is None and result.outcome == "rejected":
            raise NoSuchVersion(
                f"no version is live, and what is learned now does worse: {result.reasons[0]}",
                where=str(store_folder),
                fix=f"Run: swara versions rollback, or swara versions promote {result.candidate}",
            )
    return live
