"""Every embedder on every sound."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.recordings import SightSinging
from swara.embedder import Embedder

from .ear import POOLINGS, heard, pooled
from .instruments import font_notes, iowa_notes
from .peers import PEERS
from .probe import Probed, probe
from .retrieval import Found, Halves, found
from .single_notes import NoteScores, embed_notes, score_notes
from .takes import Condition, Pair

__all__ = [
    "ASKED",
    "TAUGHT",
    "InstrumentScores",
    "SingerScores",
    "name_instruments",
    "recognise_notes",
    "recognise_singers",
]

TAUGHT, UNHEARD, IOWA = "fluidr3", "timgm6mb", "iowa"
ASKED = {IOWA: "Iowa recordings", UNHEARD: "TimGM6mb"}
"""What the probe is asked about, and how it is called on the page."""

_Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class InstrumentScores:
    """What a probe on one embedder made of each collection in `ASKED`, with the penalty that it chose.

    Parameters
    ----------
    inverse_penalty : float
    probed : mapping of str to Probed
        With frames pooled as the embedder's peer has it.
    by_pooling : mapping of str to (mapping of str to Probed)
        By how frames were pooled, then by collection.
    """

    inverse_penalty: float
    probed: Mapping[str, Probed]
    by_pooling: Mapping[str, Mapping[str, Probed]]


@dataclass(frozen=True, slots=True)
class SingerScores:
    """How well one embedder's halves found each other: pooled as its peer has it, and by how else."""

    found: Found
    by_pooling: Mapping[str, Found]


def name_instruments(
    embedders: Mapping[str, Embedder], root: Path | None, every: int = 1, tell: _Tell = print
) -> dict[str, InstrumentScores]:
    """Teach a probe on one soundfont, and ask it about another and, with a folder, about recordings.

    Raises
    ------
    MissingPackage
        If fluidsynth or one of the fonts is not installed.
    """
    taught, others = font_notes(TAUGHT, every), {UNHEARD: font_notes(UNHEARD, every)}
    if root is not None:
        others = {IOWA: iowa_notes(root)} | others
    scores = {}
    for name, embedder in embedders.items():
        began_s = time.monotonic()
        known = heard(embedder, taught.sounds)
        asked = {key: (heard(embedder, notes.sounds), notes.labels) for key, notes in others.items()}
        tried = {
            weight: probe(
                pooled(known, weight),
                taught.labels,
                taught.keys,
                {key: (pooled(sounds, weight), labels) for key, (sounds, labels) in asked.items()},
            )
            for weight in POOLINGS.values()
        }
        scores[name] = InstrumentScores(
            *tried[PEERS[name].spread], {title: tried[weight][1] for title, weight in POOLINGS.items()}
        )
        shares = "  ".join(f"{key} {100 * p.accuracy.value:.1f} %" for key, p in scores[name].probed.items())
        tell(f"{name:16s}instruments: {shares}   {time.monotonic() - began_s:.0f} s")
    return scores


def recognise_singers(
    embedders: Mapping[str, Embedder],
    takes: Sequence[SightSinging],
    found_in: Sequence[Condition],
    tell: _Tell = print,
) -> dict[str, dict[str, SingerScores]]:
    """Let halves of takes find each other in every condition; by condition, then by embedder."""
    scores: dict[str, dict[str, SingerScores]] = {}
    for condition in found_in:
        rounds = condition.make([take.clip.samples for take in takes])
        scores[condition.name] = {}
        for name, embedder in embedders.items():
            began_s = time.monotonic()
            scores[condition.name][name] = _searched(embedder, PEERS[name].spread, rounds)
            mrr = scores[condition.name][name].found.mrr
            tell(f"{name:16s}{condition.name}: MRR {mrr.value:.3f}   {time.monotonic() - began_s:.0f} s")
    return scores


def recognise_notes(
    embedders: Mapping[str, Embedder], takes: Sequence[SightSinging], tell: _Tell = print
) -> dict[str, NoteScores]:
    """Let labelled notes of takes look for notes of their own take; by embedder."""
    scores = {}
    for name, embedder in embedders.items():
        scores[name] = score_notes(embed_notes(takes, embedder))
        own_take, over_pitch = scores[name].shares
        tell(f"{name:16s}notes: own take {own_take.value:.3f}, voice over pitch {over_pitch.value:.3f}")
    return scores


def _searched(embedder: Embedder, usual: float, rounds: Sequence[Sequence[Pair]]) -> SingerScores:
    halves = [_embedded(embedder, pairs) for pairs in rounds]
    tried = {
        weight: found([each.mapped(partial(pooled, weight=weight)) for each in halves])
        for weight in POOLINGS.values()
    }
    return SingerScores(tried[usual], {title: tried[weight] for title, weight in POOLINGS.items()})


def _embedded(embedder: Embedder, pairs: Sequence[Pair]) -> Halves:
    ones, others = heard(embedder, [p.one for p in pairs]), heard(embedder, [p.other for p in pairs])
    sought = [p.sought for p in pairs if p.sought is not None]
    return Halves(ones, others, heard(embedder, sought) if sought else None)
