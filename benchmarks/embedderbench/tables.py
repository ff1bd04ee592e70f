"""Scores become rows of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from benchmarks.note_head import Outcome
from benchmarks.page import percent
from benchmarks.pitchbench.bootstrap import Interval

from .ablation import Ablated
from .cost import CLIP_S, CORES, LONG_S, Cost
from .instruments import INSTRUMENTS
from .peers import OURS, YAMNET, Peer
from .run import ASKED, IOWA, InstrumentScores, SingerScores
from .single_notes import NoteScores
from .takes import Condition

__all__ = [
    "ahead_rows",
    "confusion_rows",
    "cost_rows",
    "head_rows",
    "instrument_pooling_rows",
    "instrument_rows",
    "note_rows",
    "plain",
    "pooling_rows",
    "singer_rows",
]

Rows: TypeAlias = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""Headings, and rows under them."""

_DASH = "-"


class _Comparable(Protocol):
    """A score that can be set against another one of its kind, on the same material."""

    def ahead_of(self, other: Any) -> Interval:
        """How far this one lies ahead."""
        ...


def instrument_rows(peers: Sequence[Peer], scores: Mapping[str, InstrumentScores]) -> Rows:
    """Return the share of notes named rightly, by embedder and collection."""
    sets = list(next(iter(scores.values())).probed)
    rows = [
        (
            peer.title,
            *(_interval(score.probed[key].accuracy, scale=100, digits=1) for key in sets),
            f"{score.inverse_penalty:.2g}",
        )
        for peer, score in _of(peers, scores)
    ]
    return ("embedder", *(f"{ASKED[key]}, %" for key in sets), "C"), rows


def confusion_rows(peers: Sequence[Peer], scores: Mapping[str, InstrumentScores]) -> Rows:
    """Return what the recorded notes of each instrument were taken for, by embedder."""
    names = [instrument.name for instrument in INSTRUMENTS]
    rows = [
        (f"{plain(peer)}, {name}", *(str(count) for count in counts))
        for peer, score in _of(peers, scores)
        if IOWA in score.probed
        for name, counts in zip(names, score.probed[IOWA].confusion.tolist(), strict=True)
    ]
    return ("is", *names), rows


def ahead_rows(
    peers: Sequence[Peer], scores: Mapping[str, Mapping[str, _Comparable]], *, scale: float, digits: int
) -> Rows:
    """Return how far ours lies ahead of each peer, by what was asked; empty without ours."""
    others = [peer for peer in peers if peer.name != OURS and not peer.speed_only]
    if not all(OURS in by_peer for by_peer in scores.values()):
        return (), []
    rows = [
        (
            peer.title,
            *(
                _difference(by_peer[OURS].ahead_of(by_peer[peer.name]), scale, digits)
                for by_peer in scores.values()
            ),
        )
        for peer in others
    ]
    return ("built-in less", *(ASKED.get(key, key) for key in scores)), rows


def singer_rows(
    peers: Sequence[Peer], found_in: Sequence[Condition], scores: Mapping[str, Mapping[str, SingerScores]]
) -> Rows:
    """Return the mean reciprocal ranks, by embedder and condition."""
    rows = [
        (
            peer.title,
            *(_interval(scores[c.name][peer.name].found.mrr, scale=1, digits=2) for c in found_in),
        )
        for peer in peers
        if all(peer.name in scores[c.name] for c in found_in)
    ]
    return ("embedder", *(c.title for c in found_in)), rows


def instrument_pooling_rows(peers: Sequence[Peer], scores: Mapping[str, InstrumentScores]) -> Rows:
    """Return the shares named rightly for every way of pooling, without intervals."""
    rows = [
        (f"{plain(peer)}, {pooling}", *(f"{100 * each.accuracy.value:.1f}" for each in probed.values()))
        for peer, score in _of(peers, scores)
        for pooling, probed in score.by_pooling.items()
    ]
    asked = next(iter(scores.values())).probed
    return ("embedder", *(f"{ASKED.get(key, key)}, %" for key in asked)), rows


def pooling_rows(
    peers: Sequence[Peer], found_in: Sequence[Condition], scores: Mapping[str, Mapping[str, SingerScores]]
) -> Rows:
    """Return the same for every way of pooling, without intervals."""
    rows = [
        (
            f"{plain(peer)}, {pooling}",
            *(f"{scores[c.name][peer.name].by_pooling[pooling].mrr.value:.2f}" for c in found_in),
        )
        for peer in peers
        if all(peer.name in scores[c.name] for c in found_in)
        for pooling in scores[found_in[0].name][peer.name].by_pooling
    ]
    return ("embedder", *(c.title for c in found_in)), rows


def head_rows(peers: Sequence[Peer], heads: Mapping[str, Sequence[Ablated]]) -> Rows:
    """Return the notes named rightly, by embedder and what the head looked at."""
    rows = [
        (
            f"{each.feature.title}, {plain(peer)}" if each.feature.embedding else each.feature.title,
            *map(_outcome, each.outcomes),
        )
        for peer, ablated in _of(peers, heads)
        for each in ablated
    ]
    return ("what it looks at", "chromatic scale", "calans", "bundled, other keys"), rows


def note_rows(peers: Sequence[Peer], scores: Mapping[str, NoteScores]) -> Rows:
    """Return what single notes found, by embedder."""
    rows = [
        (peer.title, *(_interval(share, scale=100, digits=1) for share in score.shares))
        for peer, score in _of(peers, scores)
    ]
    return ("embedder", "note's own take first, %", "voice over pitch, %"), rows


def cost_rows(peers: Sequence[Peer], costs: Mapping[str, Cost]) -> Rows:
    """Return what each embedder costs, and its throughput over YAMNet's."""
    yamnet = costs.get(YAMNET)
    headings = (
        "embedder",
        *(f"audio s per s, {count} core{'s' if count > 1 else ''}" for count in CORES),
        "per CPU s",
        "over YAMNet's",
        f"cold start, {CLIP_S} s",
        f"memory, {CLIP_S} s",
        f"memory, {LONG_S} s",
    )
    rows = [
        (
            peer.title,
            *(f"{cost.per_wall[count]:.0f}" for count in CORES),
            f"{cost.per_cpu:.0f}",
            f"{cost.per_wall[1] / yamnet.per_wall[1]:.1f}" if yamnet else _DASH,
            f"{cost.cold_s:.2f} s",
            f"{cost.clip_mb:.0f} MB",
            f"{cost.long_mb:.0f} MB",
        )
        for peer, cost in _of(peers, costs)
    ]
    return headings, rows


def plain(peer: Peer) -> str:
    """Return the title of a peer without its stars."""
    return peer.title.replace("*", "")


def _of(peers: Sequence[Peer], scores: Mapping[str, Any]) -> Iterator[tuple[Peer, Any]]:
    return ((peer, scores[peer.name]) for peer in peers if peer.name in scores)


def _interval(span: Interval, *, scale: float, digits: int) -> str:
    value, low, high = (f"{scale * bound:.{digits}f}" for bound in (span.value, span.low, span.high))
    return f"{value} ({low} to {high})"


def _difference(span: Interval, scale: float, digits: int) -> str:
    value, low, high = (f"{scale * bound:+.{digits}f}" for bound in (span.value, span.low, span.high))
    return f"{value} ({low} to {high}){' **behind**' if span.high < 0 else ''}"


def _outcome(outcome: Outcome) -> str:
    likeliest = percent(outcome.likeliest / outcome.notes if outcome.notes else float("nan"))
    return f"{outcome.right} of {outcome.notes} ({likeliest})"
