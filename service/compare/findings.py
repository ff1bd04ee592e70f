"""Where a take leaves the line of another: note by note, over two lines that were laid over each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, pairwise

import numpy as np

from swara.data.pitch_track import HOP_S
from swara.raga.swaras import parse_swara
from swara.raga.tuning import Tuning

from .comparison import Finding, FindingKind, Matched, Span
from .glides import other_way
from .line import Sung
from .overlay import SAME_CENTS, Gap, Overlay
from .timing import TimeMap, shifted_onsets, tempo_ratio, unevenness_s
from .words import late_words, name_of, pitch_words, way_words

__all__ = ["Findings"]

_TOUCHED_CENTS, _TOUCHED_S = 60.0, 0.08
"""A note is there, if only in passing, where the line stays so near to it for so long; a glide across it is
through sooner."""

_LEAST_ALONE_S = 0.2
"""A shorter note, which one take alone has, is an ornament and neither left out nor added."""

_AROUND_S = 0.08
"""Of the notes at both ends of a glide so much is looked at too: their edges are not certain."""


@dataclass(frozen=True)
class Findings:
    """All that can be said of two lines that were laid over each other.

    Parameters
    ----------
    overlay : Overlay
        The two lines and their pairs.
    limit_cents : float
        How far a note may lie from the other take's.
    tuning : Tuning
        Where the swaras' targets are.
    shift_cents : float
        What mine lies above the other on the whole, where that is put down to Sa being estimated.
    """

    overlay: Overlay
    limit_cents: float
    tuning: Tuning
    shift_cents: float = 0.0

    @cached_property
    def clock(self) -> TimeMap:
        """When in mine each moment of the other is; a note that is early or late is where it should be."""
        pairs, moments = self.overlay.pairs, list[tuple[float, float]]()
        moved = [bool(self.late_s.get(pair)) for pair in pairs]
        for pair, own, following in zip(pairs, moved, [*moved, False][1:], strict=True):
            mine, other = self.overlay.notes(pair)
            moments += [] if own else [(mine.start_s, other.start_s)]
            moments += [] if following else [(mine.end_s, other.end_s)]
        return TimeMap.of(moments)

    @cached_property
    def pieces(self) -> list[list[tuple[int, int]]]:
        """The pairs that follow each other without a break, of notes held in both.

        A piece ends with a phrase of the other take, and where notes are missing or added: what comes after
        that has no time that it should come at.
        """
        pieces = list[list[tuple[int, int]]]()
        for gap in self.overlay.gaps():
            if gap.after is None:
                break
            mine, other = self.overlay.notes(gap.after)
            joined = gap.before is not None and not gap.mine and not gap.other
            if not joined or other.phrase != self.overlay.notes(gap.before)[1].phrase:  # type: ignore[arg-type]
                pieces.append([])
            if mine.held and other.held:
                pieces[-1].append(gap.after)
        return [piece for piece in pieces if piece]

    @cached_property
    def late_s(self) -> dict[tuple[int, int], float]:
        """How late each note comes whose time can be told; 0 in time."""
        own, theirs = self.overlay.mine, self.overlay.other
        begins = [
            np.array([[theirs.onset_s(two), own.onset_s(one)] for one, two in each]) for each in self.pieces
        ]
        known = [np.isfinite(each).all(axis=1) for each in begins]
        pieces = [list(compress(*each)) for each in zip(self.pieces, known, strict=True)]
        onsets = [each[some] for each, some in zip(begins, known, strict=True)]
        tempo, uneven_s = tempo_ratio(onsets), unevenness_s(onsets)
        late = dict[tuple[int, int], float]()
        for piece, each in zip(pieces, onsets, strict=True):
            if len(piece) >= 3:
                late |= dict.fromkeys(piece, 0.0)
                late |= {piece[at]: by for at, by in shifted_onsets(each, tempo, uneven_s)}
        return late

    def cents(self, pair: tuple[int, int]) -> float | None:
        """Return how far mine lies from the other; None where either pitch is unsure."""
        mine, other = self.overlay.notes(pair)
        if not (mine.sure and other.sure):
            return None
        return mine.cents - other.cents - self.shift_cents

    def matched(self) -> Iterator[Matched]:
        """Yield the notes that both hold."""
        for pair in self.overlay.pairs:
            mine, other = self.overlay.notes(pair)
            if mine.held and other.held:
                spans = _span(mine), _span(other)
                yield Matched(other.swara, other.saptak, *spans, self.cents(pair), self.late_s.get(pair))

    def all(self) -> list[Finding]:
        """Return everything that was found, in order of time in mine."""
        found = [*self._pitches(), *self._times(), *self._ways()]
        for gap in self.overlay.gaps():
            if gap.kind == "single":
                found += self._alone(gap)
        return sorted(found, key=lambda finding: (finding.mine.start_s, finding.kind))

    def _pitches(self) -> Iterator[Finding]:
        for pair in self.overlay.pairs:
            mine, other = self.overlay.notes(pair)
            cents = self.cents(pair)
            if cents is None or not (mine.held and other.held) or abs(cents) <= self.limit_cents:
                continue
            own_off = self._off_target(mine, other)
            if min(abs(cents), abs(own_off)) > SAME_CENTS:
                yield self._another(mine, other)
                continue
            # Each in tune by itself: two tunings of one swara, or the play that every singer has.
            if max(abs(own_off), abs(other.off_cents)) <= self.limit_cents:
                continue
            words = pitch_words(cents, other, own_off)
            kind: FindingKind = "low" if cents < 0 else "high"
            yield Finding(kind, other.swara, other.saptak, _span(mine), _span(other), cents, None, words)

    def _off_target(self, mine: Sung, other: Sung) -> float:
        """Return how far mine lies from the target of the other's swara, in cents."""
        svarasthana, octave = parse_swara(f"{other.saptak} {other.swara}")
        target = self.tuning.targets[svarasthana.index]
        return target.offset(mine.cents - self.shift_cents - 1200.0 * octave)

    def _times(self) -> Iterator[Finding]:
        for pair, late_s in self.late_s.items():
            if late_s:
                mine, other = self.overlay.notes(pair)
                kind: FindingKind = "late" if late_s > 0 else "early"
                words = late_words(other, late_s)
                spans = _span(mine), _span(other)
                yield Finding(kind, other.swara, other.saptak, *spans, None, late_s, words)

    def _ways(self) -> Iterator[Finding]:
        own, theirs = self.overlay.mine, self.overlay.other
        for piece in self.pieces:
            for before, after in pairwise(piece):
                starts, ends = self.overlay.notes(before), self.overlay.notes(after)
                if max(abs(mine.cents - other.cents) for mine, other in (starts, ends)) > SAME_CENTS:
                    continue
                mine, guru = (_between(*each) for each in zip(starts, ends, strict=True))
                line = own.between(mine.start_s, mine.end_s) - self.shift_cents
                other_line = theirs.between(guru.start_s, guru.end_s)
                way = other_way(line, other_line, starts[1].cents, ends[1].cents)
                if way is not None:
                    note, words = ends[1], way_words(way, starts[1], ends[1])
                    yield Finding("another way", note.swara, note.saptak, mine, guru, None, None, words)

    def _alone(self, gap: Gap) -> Iterator[Finding]:
        mine_notes, other_notes = self.overlay.mine.notes, self.overlay.other.notes
        added = [at for at in gap.mine if self._is_alone(gap, at, 0)]
        omitted = [at for at in gap.other if self._is_alone(gap, at, 1)]
        if len(added) == len(omitted) == 1:
            yield self._another(mine_notes[added[0]], other_notes[omitted[0]])
            return
        for at in added:
            note = mine_notes[at]
            ends = (self.clock.to_other(each) for each in (note.start_s, note.end_s))
            place = Span(*self.overlay.other.within(*ends))
            words = f"{name_of(note)} added"
            yield Finding("added", note.swara, note.saptak, _span(note), place, None, None, words)
        for at in omitted:
            note = other_notes[at]
            ends = (self.clock.to_mine(each) for each in (note.start_s, note.end_s))
            place = Span(*self.overlay.mine.within(*ends))
            words = f"{name_of(note)} left out"
            yield Finding("omitted", note.swara, note.saptak, place, _span(note), None, None, words)

    def _is_alone(self, gap: Gap, at: int, side: int) -> bool:
        """Tell whether a note of one take is surely not in the other, not even touched."""
        lines = (self.overlay.mine, self.overlay.other)
        note = lines[side].notes[at]
        if note.duration_s < _LEAST_ALONE_S:
            return False
        around = [
            None if pair is None else tuple(self.overlay.notes(pair)) for pair in (gap.before, gap.after)
        ]
        for notes in around:
            if notes is None or notes[side].phrase != note.phrase:
                continue
            # Sung twice, or once for longer: syllables on one pitch are not told for certain.
            if abs(notes[side].cents - note.cents) <= _TOUCHED_CENTS:
                return False
        start_s = -np.inf if around[0] is None else around[0][1 - side].end_s - _AROUND_S
        end_s = np.inf if around[1] is None else around[1][1 - side].start_s + _AROUND_S
        there = lines[1 - side].between(start_s, end_s)
        shift = self.shift_cents if side else -self.shift_cents
        return int((np.abs(there - note.cents - shift) <= _TOUCHED_CENTS).sum()) * HOP_S < _TOUCHED_S

    def _another(self, mine: Sung, other: Sung) -> Finding:
        words = f"{name_of(mine)} in place of {name_of(other)}"
        return Finding(
            "another swara", other.swara, other.saptak, _span(mine), _span(other), None, None, words
        )


def _span(note: Sung) -> Span:
    return Span(note.start_s, note.end_s)


def _between(start: Sung, end: Sung) -> Span:
    return Span(start.end_s - _AROUND_S, end.start_s + _AROUND_S)
