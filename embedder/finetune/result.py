"""What came of a fine-tuning, and what is kept about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swara.embedder.errors import FinetuneError

from .retrieval import RetrievalScore

__all__ = ["LEAST_GAIN", "Finetuned", "no_better"]

LEAST_GAIN = 0.01
"""Of the mean reciprocal rank, for the new embedder to count as better: less is noise."""


@dataclass(frozen=True, slots=True)
class Finetuned:
    """What came of a fine-tuning.

    Parameters
    ----------
    name : str
        Of the new embedder.
    folder : Path
        Where it is kept.
    before, after : RetrievalScore
        The built-in and the new embedder, on recordings that only judged.
    synthesized_before, synthesized_after : RetrievalScore
        On synthesized singers that neither learned from.
    by : str
        ``singer`` if whole singers were held out, else ``recording``.
    unlabelled : int
        Recordings without labels, which were left out.
    stages : int
        How many there were until nothing was gained any more.
    looks : tuple of dict
        What was seen on the way.
    resumed : bool
        Whether it went on from a checkpoint.
    """

    name: str
    folder: Path
    before: RetrievalScore
    after: RetrievalScore
    synthesized_before: RetrievalScore
    synthesized_after: RetrievalScore
    by: str
    unlabelled: int
    stages: int
    looks: tuple[dict[str, Any], ...]
    resumed: bool

    @property
    def better(self) -> bool:
        """Whether singers are found better than before, by more than chance would have it now and then."""
        return self.after.reciprocal_rank >= self.before.reciprocal_rank + LEAST_GAIN

    def figures(self) -> dict[str, Any]:
        """Return what the manifest says of how well it does: JSON values."""
        return {
            "held_out_by": self.by,
            "judged": {"before": self.before.to_json(), "after": self.after.to_json()},
            "synthesized": {
                "before": self.synthesized_before.to_json(),
                "after": self.synthesized_after.to_json(),
            },
            "better": self.better,
            "unlabelled": self.unlabelled,
            "looks": list(self.looks),
        }


def no_better(made: Finetuned) -> FinetuneError:
    """Return the error for an embedder that is no better than the built-in one."""
    after, before = made.after.reciprocal_rank, made.before.reciprocal_rank
    more = (
        "Add more recordings" if before < 1.0 else "There was nothing to gain: add recordings of more singers"
    )
    return FinetuneError(
        f"no better than the built-in embedder, and not kept: of {made.after.notes} held-out notes, the mean "
        f"reciprocal rank of the first by the same singer is {after:.3f}, and was {before:.3f} before",
        fix=f"{more}; or keep it all the same by running this again with --keep-anyway",
    )
