"""Whether a new version may go live: only where nothing that is measured falls by more than its margin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from swara.service.store.manifest import ACCURACY, HITS_IN_COMMON, MACRO_F1, Score, Scores

__all__ = ["MARGINS", "GateDecision", "decide", "label_scores"]

MARGINS: Mapping[str, float] = {
    MACRO_F1: 0.02,
    ACCURACY: 0.02,
    "naming accuracy": 0.02,
    "answered": 0.05,
    "precision": 0.02,
    HITS_IN_COMMON: 0.10,
    "labels in place": 0.03,
    "labels in place, worst singer": 0.10,
    "labels in place, worst singer of few notes": 0.34,
}
"""By how much each share may fall from one version to the next. Where it is of few notes, one note may fall
whatever the margin: it says nothing. Other scores are told and decide nothing."""

_TAKEN_FOR: Mapping[str, Score] = {"labels in place, worst singer of few notes": Score(1.0, 1)}
"""What the live version is taken to have had where it had nothing to measure: the first singer with few notes
must have most of them in place."""

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class GateDecision:
    """What became of a candidate, and on what grounds.

    Parameters
    ----------
    reasons : tuple of str
        What fell, as sentences without full stop; none where it may go live.
    scores : mapping of str to Score
        How the candidate did.
    live : mapping of str to Score, or None
        How the version did that was live, asked the same; None where there was none to ask.
    held_out : str
        Digest of the recordings that both were examined with.
    warnings : tuple of str
        What could not be compared, as sentences without full stop.
    asked : str
        Digest of all that the scores hang on beside the files of a version.
    """

    reasons: tuple[str, ...]
    scores: Scores
    live: Scores | None
    held_out: str
    warnings: tuple[str, ...] = ()
    asked: str = ""

    @property
    def promoted(self) -> bool:
        """Whether the candidate may go live."""
        return not self.reasons

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values, as a manifest keeps it."""
        return {
            "promoted": self.promoted,
            "reasons": list(self.reasons),
            "scores": _to_json(self.scores),
            "live": None if self.live is None else _to_json(self.live),
            "held_out": self.held_out,
            "asked": self.asked,
        }


def decide(
    candidate: Scores, live: Scores | None, held_out: str, *, same_embedder: bool = True
) -> GateDecision:
    """Compare a candidate with the live version; with none, there is nothing to fall from.

    Where they hear by different embedders only labels decide: a user who asks for another embedder is to have
    it, and the live version may be one that nothing can be asked any more. What fell all the same is told.
    """
    if live is None:
        return GateDecision((), candidate, None, held_out)
    gone = [
        f"{name} was not compared: the new version has too little to measure it"
        for name in live
        if name in MARGINS and name not in candidate
    ]
    falls = _falls(candidate, live)
    reasons = [why for name, why in falls if same_embedder or name in label_scores(candidate)]
    told = [f"{why}; it hears by another embedder" for _, why in falls if why not in reasons]
    return GateDecision(tuple(reasons), candidate, live, held_out, (*gone, *told))


def label_scores(scores: Scores) -> Scores:
    """Return those that are of labels, whatever hears them."""
    return {name: score for name, score in scores.items() if name.startswith("labels in place")}


def _falls(candidate: Scores, live: Scores) -> list[tuple[str, str]]:
    """Return the names of what fell by more than may be, and a sentence for each."""
    falls = []
    for name, margin in MARGINS.items():
        now, before = candidate.get(name), live.get(name, _TAKEN_FOR.get(name))
        if now is None or before is None:
            continue
        allowed = max(margin, 1 / now.notes)
        if before.share - now.share > allowed + _ROUNDING:
            whose = f" ({now.of})" if now.of else ""
            fell = f"fell from {before.share:.3f} to {now.share:.3f}"
            falls.append((name, f"{name}{whose} {fell}, by more than the {allowed:.3f} that may be"))
    return falls


def _to_json(scores: Scores) -> dict[str, Any]:
    return {name: asdict(score) for name, score in scores.items()}
