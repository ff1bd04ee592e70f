"""A new head beside the one that answers now: both asked about singers that neither learned from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

from swara.classifier import HeadError
from swara.classifier.head_files import HeadManifest, read_head
from swara.classifier.head_scores import HeadScores
from swara.data.corpora.labels import PIANO
from swara.service.errors import StoreError
from swara.service.rebuild.gate import GateDecision, decide
from swara.service.store import Layout, read_manifest
from swara.service.store.heads import head_in
from swara.service.store.layout import HeadKind
from swara.service.store.manifest import ACCURACY, MACRO_F1, Score, Scores
from swara.service.store.versions import training_recordings
from swara.service.versions.info import baseline_version

from .corpus import Side

__all__ = [
    "Known",
    "LiveHead",
    "beside_a_guess",
    "compare",
    "known_recordings",
    "labels_told",
    "live_for_comparison",
    "shares",
]

Known: TypeAlias = Mapping[str, Mapping[str, Any]]
"""What a head was made from, by digest: who sings, as ``singer``, the ``labels``, and on which ``side``."""

_ROUNDING = 1e-9

HELD_OUT, LEARNED = "held out", "learned"


@dataclass(frozen=True, slots=True)
class LiveHead:
    """The head to compare with.

    Parameters
    ----------
    folder : Path
        Where it lies.
    version : str or None
        Its id; None for the one that ships.
    known : mapping
        What it was made from; empty where that is not noted.
    """

    folder: Path
    version: str | None
    known: Known


def known_recordings(store: Layout, version: str) -> Known:
    """Return what a version was made from; nothing where that cannot be read."""
    with suppress(StoreError):
        return training_recordings(store, version, read_manifest(store, version)) or {}
    return {}


def live_for_comparison(
    store: Layout, kind: HeadKind, shipped: Path | None
) -> tuple[LiveHead | None, list[str]]:
    """Return the live head, or the one that rollback goes to, or the one that ships; and what is wrong.

    Parameters
    ----------
    store : Layout
        That of the heads of this kind.
    kind : str
        What they answer.
    shipped : Path, optional
        The folder of the head that ships.
    """
    warnings = list[str]()
    baseline = baseline_version(store)
    if baseline is not None:
        version = baseline[0]
        try:
            return LiveHead(head_in(store, version), version, known_recordings(store, version)), warnings
        except (StoreError, HeadError) as error:
            warnings.append(f"not compared with {version}: {error.what}")
    if shipped is not None:
        try:
            read_head(shipped, kind)
        except HeadError as error:
            warnings.append(f"not compared with the head that ships: {error.what}")
        else:
            return LiveHead(shipped, None, {}), warnings
    return None, warnings


def compare(
    live: LiveHead,
    new: Path,
    scores: HeadScores,
    held_out: Side,
    ask: Callable[[Path, Side], HeadScores],
) -> tuple[GateDecision, HeadScores]:
    """Ask both heads, and decide; what the live one learned from is left out where anything else is there.

    Parameters
    ----------
    live : LiveHead
        The one to compare with.
    new : Path
        The folder of the new one.
    scores : HeadScores
        How the new one did on all that was held out.
    held_out : Side
        What the new one did not learn from.
    ask : callable
        Asks the head in a folder.

    Returns
    -------
    tuple of GateDecision and HeadScores
        How the live one did is the second.
    """
    taught = [digest for digest, fields in live.known.items() if fields.get("side") == LEARNED]
    fresh = held_out.without(taught)
    side = fresh if fresh.labels else held_out
    ours, theirs = scores if side.labels == held_out.labels else ask(new, side), ask(live.folder, side)
    decision = decide(shares(ours), shares(theirs), side.digest)
    known, now = (labels_told(read_head(folder)) for folder in (live.folder, new))
    if gone := [label for label in known if label not in now]:
        why = f"it cannot tell {', '.join(gone)}, which the live head can"
        decision = replace(decision, reasons=(*decision.reasons, why))
    if fresh.labels != held_out.labels:
        asked = f"compared on {len(side.labels)} of the {len(held_out.labels)} recordings held out"
        told = asked if fresh.labels else "the live head learned from all that is held out: it is flattered"
        decision = replace(decision, warnings=(*decision.warnings, told))
    return decision, theirs


def beside_a_guess(decision: GateDecision, scores: HeadScores) -> GateDecision:
    """Let nothing pass that does no better than to answer always the same, whatever was live before.

    Parameters
    ----------
    decision : GateDecision
        What was decided so far.
    scores : HeadScores
        How the new head did on all that was held out.
    """
    share = max(map(sum, scores.confusion)) / scores.recordings
    guess = 2 * share / (1 + share) / len(scores.f1)
    if scores.macro_f1 > guess + _ROUNDING:
        return decision
    why = f"macro F1 is {scores.macro_f1:.3f}; to answer always the same would have {guess:.3f}"
    return replace(decision, reasons=(*decision.reasons, why))


def labels_told(head: HeadManifest) -> list[str]:
    """Return what a head can answer; of a pitch head, whose outputs may be finer, whole notes of a piano."""
    if head.kind != "pitch":
        return list(head.labels)
    notes = {round(float(label)) for label in head.labels}
    return [str(midi) for midi in PIANO if midi in notes]


def shares(scores: HeadScores) -> Scores:
    """Return what the gate looks at."""
    asked = Counter({label: sum(row) for label, row in zip(scores.labels, scores.confusion, strict=True)})
    rarest = min(number for number in asked.values() if number)
    # What one recording of the rarest label moves.
    return {
        MACRO_F1: Score(scores.macro_f1, rarest * len(scores.f1)),
        ACCURACY: Score(scores.accuracy, scores.recordings),
    }
