"""Whether a new version may go live: only where nothing that is measured falls by more than its margin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from swara.service.store.manifest import (
    ACCURACY,
    HARD,
    HITS,
    HITS_IN_COMMON,
    INDEX_RECALL,
    MACRO_F1,
    PHRASES,
    PHRASES_KEPT,
    Score,
    Scores,
)

__all__ = ["FLOORS", "MARGINS", "GateDecision", "decide", "pitch_scores"]

MARGINS: Mapping[str, float] = {
    MACRO_F1: 0.02,
    ACCURACY: 0.02,
    "naming accuracy": 0.02,
    "answered": 0.05,
    "precision": 0.02,
    f"naming accuracy{HARD}": 0.05,
    f"precision{HARD}": 0.06,
    HITS: 0.02,
    HITS_IN_COMMON: 0.10,
    PHRASES: 0.02,
    PHRASES_KEPT: 0.02,
    "labels in place": 0.03,
    "labels in place, worst singer": 0.10,
    "labels in place, worst singer of few notes": 0.34,
}
"""By how much each share may fall from one version to the next. Where it is of few notes, one note may fall
whatever the margin: it says nothing. Other scores are told and decide nothing.

Of hard notes and of retrieval the falls of 14 rebuilds of the bundled samples, each without another tenth of
the recordings, which makes no worse a version, are about as large: up to 0.051 (naming), 0.056 (precision)
and 0.028 (retrieval) from one to the next, none beyond what is chance too (`NOISY`). How many hard notes are
answered fell by up to 0.077, as the threshold is chosen anew each time; to abstain is not wrong, so that is
told and decides nothing. ``python -m benchmarks.rebuild --only margins`` measures them."""

NOISY = frozenset({HITS, PHRASES, *(name for name in MARGINS if name.endswith(HARD))})
"""Those that move from version to version though nothing got worse: these may also fall by what is chance."""

FLOORS: Mapping[str, float] = {INDEX_RECALL: 0.99}
"""What a share must reach, whatever the live version has."""

_TAKEN_FOR: Mapping[str, Score] = {"labels in place, worst singer of few notes": Score(1.0, 1)}
"""What the live version is taken to have had where it had nothing to measure: the first singer with few notes
must have most of them in place."""

_ROUNDING = 1e-9
_DIGITS = 6


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
    chance : mapping of str to float
        By how much a score may seem to have fallen, and not have, as far as that was measured.
    """

    reasons: tuple[str, ...]
    scores: Scores
    live: Scores | None
    held_out: str
    warnings: tuple[str, ...] = ()
    asked: str = ""
    chance: Mapping[str, float] = field(default_factory=dict)

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
            "chance": {name: round(share, _DIGITS) for name, share in sorted(self.chance.items())},
        }


def decide(
    candidate: Scores,
    live: Scores | None,
    held_out: str,
    *,
    same_embedder: bool = True,
    chance: Mapping[str, float] | None = None,
) -> GateDecision:
    """Compare a candidate with the live version, and with `FLOORS`; with none, there is nothing to fall from.

    Where they hear by different embedders only labels and phrases decide: a user who asks for another
    embedder is to have it, and the live version may be one that nothing can be asked any more. What fell all
    the same is told.
    """
    low = list(_below_floor(candidate))
    if live is None:
        return GateDecision(tuple(low), candidate, None, held_out)
    chance = {name: share for name, share in (chance or {}).items() if name in NOISY}
    gone = [
        f"{name} was not compared: the new version has too little to measure it"
        for name in live
        if name in MARGINS and name not in candidate
    ]
    falls = _falls(candidate, live, chance)
    reasons = [why for name, why in falls if same_embedder or name in pitch_scores(candidate)]
    told = [f"{why}; it hears by another embedder" for _, why in falls if why not in reasons]
    return GateDecision((*low, *reasons), candidate, live, held_out, (*gone, *told), chance=chance)


def pitch_scores(scores: Scores) -> Scores:
    """Return those that are of labels and lines, whatever embedder hears them."""
    by_pitch = PHRASES, PHRASES_KEPT
    return {name: each for name, each in scores.items() if name.startswith("labels in") or name in by_pitch}


def _below_floor(candidate: Scores) -> Iterator[str]:
    for name, floor in FLOORS.items():
        score = candidate.get(name)
        if score is not None and score.share < floor - _ROUNDING:
            whose = f" ({score.of})" if score.of else ""
            yield f"{name}{whose} is {score.share:.3f}, below the {floor:.3f} that it must reach"


def _falls(candidate: Scores, live: Scores, chance: Mapping[str, float]) -> list[tuple[str, str]]:
    """Return the names of what fell by more than may be, and a sentence for each."""
    falls = []
    for name, margin in MARGINS.items():
        now, before = candidate.get(name), live.get(name, _TAKEN_FOR.get(name))
        if now is None or before is None:
            continue
        allowed = max(margin, 1 / now.notes, chance.get(name, 0.0))
        if before.share - now.share > allowed + _ROUNDING:
            whose = f" ({now.of})" if now.of else ""
            fell = f"fell from {before.share:.3f} to {now.share:.3f}"
            falls.append((name, f"{name}{whose} {fell}, by more than the {allowed:.3f} that may be"))
    return falls


def _to_json(scores: Scores) -> dict[str, Any]:
    return {name: asdict(score) for name, score in scores.items()}
