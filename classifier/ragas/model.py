"""How well the held notes of a take fit a raga as the table outlines it.

Nothing here is learned from recordings but five constants. A raga is three things: its swaras, how much each
is dwelt on (Sa and its companion, vadi, samvadi and nyas more, what is weak less), and which swara follows
which going up and going down (neighbours in ascent and descent, the steps of its key phrases). A minute
dwells on a few of them, so that shares and steps are drawn from a Dirichlet around what the table says: that
a swara is missing says little, that one is sung which the raga lacks says much.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from swara.classifier.notes import HeldNote
from swara.data.arrays import BoolArray, FloatArray, IntArray
from swara.raga.notation import parse_notation
from swara.raga.ragas import Raga
from swara.raga.swaras import svarasthana_named
from swara.raga.tuning import JUST

__all__ = ["WEIGHTS", "Fit", "RagaModel", "SungLine", "Weights", "sung_line"]


@dataclass(frozen=True, slots=True)
class Weights:
    """The constants of the model.

    Parameters
    ----------
    concentration : float
        How closely a minute follows the shares that the table tells, in notes of 0.3 s; below 1 not at all.
    stray : float
        Share of what is held that lies outside the raga or on no swara.
    floor : float
        What a step that neither scale nor key phrase has weighs, where a step of the scale weighs 1.
    step_concentration : float
        As `concentration`, for the steps from one swara, in steps.
    steps : float
        What steps count beside the rest; 0 leaves them out.
    """

    concentration: float = 32.0
    stray: float = 0.02
    floor: float = 2.0
    step_concentration: float = 8.0
    steps: float = 1.0


WEIGHTS = Weights()
"""Chosen among 162 settings by how seven concerts and three calans came out. What a choice among 16 gives,
made without the concert it is tried on, is in ``docs/benchmarks/notation.md``."""

SA, COMPANION, VADI, SAMVADI, NYAS, WEAK = 1.0, 0.5, 0.8, 0.4, 0.3, 0.4
"""Added to the 1 of each swara, as `swara.classifier.tonic.template` does; what is weak is multiplied."""

SKIP = 0.4
"""A step over one swara of the scale weighs so much of a step to the next, over two that again."""

SPREAD_CENTS, SWINGING_CENTS = 25.0, 50.0
"""How far a swara is sung from its place, and one with andolan half of the time; of four figures for that,
tried on the seven concerts with the rest, the best."""

UNIT_S, LONGEST_S = 0.3, 9.0
"""A note counts with the square root of its steady time in units, up to the longest: a Sa proves little."""

MOST_GAP_S = 1.0
"""A longer rest parts two notes."""

LEAST_STEP_CENTS = 50.0
OFTEN = 3
MANDRA_BELOW_CENTS = -50.0
_MA, _PA = 5, 7


@dataclass(frozen=True, slots=True, eq=False)
class SungLine:
    """The held notes of a take over Sa, in order.

    Parameters
    ----------
    cents : float64 array, shape [notes]
        Above madhya Sa.
    steady_s : float64 array, shape [notes]
        How long each is steady.
    joined : bool array, shape [notes - 1]
        Whether each is followed by the next without a rest.
    """

    cents: FloatArray
    steady_s: FloatArray
    joined: BoolArray

    @property
    def indices(self) -> IntArray:
        """The nearest of the 12 svarasthanas to each note, shape [notes]."""
        return np.asarray(np.abs(_from_swaras(self.cents)).argmin(axis=1))

    @property
    def sung_s(self) -> FloatArray:
        """Steady seconds on each of the 12 svarasthanas, shape [12]."""
        return np.asarray(np.bincount(self.indices, self.steady_s, 12), dtype=np.float64)


def sung_line(notes: Sequence[HeldNote], sa_hz: float) -> SungLine:
    """Return the held notes of a take over Sa in Hz."""
    cents = [1200.0 * math.log2(note.hz / sa_hz) for note in notes]
    joined = [after.start_s - before.end_s <= MOST_GAP_S for before, after in pairwise(notes)]
    steady_s = [note.steady_s for note in notes]
    return SungLine(np.array(cents), np.array(steady_s), np.array(joined, dtype=np.bool_))


def _from_swaras(cents: FloatArray) -> FloatArray:
    """Return how far pitches are from each svarasthana in its nearest octave, shape [notes, 12]."""
    middles = np.array([JUST.cents_of(index, 0) for index in range(12)])
    return np.asarray((cents[:, None] - middles + 600.0) % 1200.0 - 600.0)


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a line fits a raga, as log likelihoods: by its swaras, by their shares, by its steps."""

    swaras: float
    shares: float
    steps: float

    @property
    def total(self) -> float:
        """Their sum."""
        return self.swaras + self.shares + self.steps


@dataclass(frozen=True, slots=True, eq=False)
class _Outline:
    """A raga as arrays over its own swaras.

    `shares`, shape [2, swaras], is for madhya and taar, then for mandra, where vadi and nyas are not sought;
    `steps`, shape [2, swaras, swaras], going up and going down, each row summing to 1.
    """

    raga: Raga
    own: IntArray
    swings: BoolArray
    shares: FloatArray
    steps: FloatArray


class RagaModel:
    """Some ragas, to compare what was sung with.

    Parameters
    ----------
    ragas : collection of Raga
        Those to choose from.
    weights : Weights
        The constants.
    """

    def __init__(self, ragas: Collection[Raga], weights: Weights = WEIGHTS) -> None:
        self.weights = weights
        self._outlines = [_outline(raga, weights) for raga in ragas]

    @property
    def ragas(self) -> list[Raga]:
        """Those to choose from, in order."""
        return [outline.raga for outline in self._outlines]

    def fits(self, line: SungLine) -> list[Fit]:
        """Return how well a line fits each of the ragas, in order."""
        if not line.cents.size:
            return [Fit(0.0, 0.0, 0.0) for _ in self._outlines]
        away = _from_swaras(line.cents)
        return [self._fit(line, away[:, outline.own], outline) for outline in self._outlines]

    def _fit(self, line: SungLine, away: FloatArray, outline: _Outline) -> Fit:
        weights, count = self.weights, outline.own.size
        nearest = np.abs(away).argmin(axis=1)
        off_cents, swings = np.abs(away).min(axis=1), outline.swings[nearest]
        still, swinging = (_bell(off_cents, spread) for spread in (SPREAD_CENTS, SWINGING_CENTS))
        own = (1.0 - weights.stray) * np.where(swings, (still + swinging) / 2.0, still)
        any_pitch = own + weights.stray / 1200.0
        belongs = own / any_pitch
        notes = np.sqrt(np.minimum(line.steady_s, LONGEST_S) / UNIT_S)
        low = (line.cents < MANDRA_BELOW_CENTS).astype(np.intp)
        sung = np.zeros((2, count))
        np.add.at(sung, (low, nearest), notes * belongs)
        shares = _drawn(sung, weights.concentration * outline.shares)
        steps = _sung_steps(line, nearest, belongs, count)
        even = np.broadcast_to((1.0 - np.eye(count)) / (count - 1), steps.shape)
        as_told, as_any = (_drawn(steps, weights.step_concentration * of) for of in (outline.steps, even))
        return Fit(float(notes @ np.log(any_pitch)), shares, weights.steps * (as_told - as_any))

    def telling_steps(self, line: SungLine, raga: Raga) -> Iterator[tuple[int, int]]:
        """Yield the steps that speak for one of the ragas, as indices of svarasthanas, the clearest first.

        Each was sung `OFTEN` times at least.
        """
        outline = next(each for each in self._outlines if each.raga is raga)
        away = np.abs(_from_swaras(line.cents)[:, outline.own])
        counts = _sung_steps(line, away.argmin(axis=1), away.min(axis=1) < LEAST_STEP_CENTS, outline.own.size)
        says = counts * np.log(np.maximum(outline.steps, 1e-9) * (outline.own.size - 1))
        for place in np.argsort(-says, axis=None, kind="stable").tolist():
            way, before, after = np.unravel_index(place, says.shape)
            if counts[way, before, after] >= OFTEN and says[way, before, after] > 0:
                yield int(outline.own[before]), int(outline.own[after])


def _bell(off_cents: FloatArray, spread_cents: float) -> FloatArray:
    bell: FloatArray = np.exp(-0.5 * (off_cents / spread_cents) ** 2) / (
        spread_cents * math.sqrt(2.0 * math.pi)
    )
    return bell


def _sung_steps(line: SungLine, nearest: IntArray, belongs: FloatArray | BoolArray, count: int) -> FloatArray:
    """Count the steps up and down between the swaras of a raga, shape [2, count, count]."""
    rise = np.diff(line.cents)
    stepped = line.joined & (np.abs(rise) > LEAST_STEP_CENTS) & (nearest[1:] != nearest[:-1])
    steps = np.zeros((2, count, count))
    falls = (rise < 0).astype(np.intp)
    where = (falls[stepped], nearest[:-1][stepped], nearest[1:][stepped])
    np.add.at(steps, where, (belongs[1:] * belongs[:-1])[stepped])
    return steps


_log_gamma = np.vectorize(math.lgamma, otypes=[np.float64])


def _drawn(counts: FloatArray, expected: FloatArray) -> float:
    """Return the log likelihood of counts, each last axis drawn from a Dirichlet around `expected`."""
    sung = counts > 0
    parts = _log_gamma(expected[sung] + counts[sung]) - _log_gamma(expected[sung])
    total, some = expected.sum(axis=-1), counts.sum(axis=-1) > 0
    if not some.any():
        return 0.0
    wholes = _log_gamma(total[some]) - _log_gamma(total[some] + counts.sum(axis=-1)[some])
    return float(parts.sum() + wholes.sum())


def _outline(raga: Raga, weights: Weights) -> _Outline:
    own = np.array(sorted(raga.swaras))
    shares = np.array([list(_dwelt_on(raga, mandra=mandra)) for mandra in (False, True)])
    steps = _steps(raga)[:, own][:, :, own] + weights.floor
    steps *= 1.0 - np.eye(own.size)
    swings = np.array([any(_is(letter, index) for letter in raga.andolit) for index in own.tolist()])
    shares /= shares.sum(axis=1, keepdims=True)
    return _Outline(raga, own, swings, shares, steps / steps.sum(axis=2, keepdims=True))


def _dwelt_on(raga: Raga, *, mandra: bool) -> Iterator[float]:
    """Yield how much each swara of a raga is dwelt on, in order of index."""
    companion = _PA if raga.allows(_PA) else _MA
    for index in sorted(raga.swaras):
        weight = 1.0 + SA * (index == 0) + COMPANION * (index == companion)
        if not mandra:
            weight += VADI * _is(raga.vadi, index) + SAMVADI * _is(raga.samvadi, index)
            weight += NYAS * any(_is(letter, index) for letter in raga.nyas)
        yield weight * (WEAK if any(_is(letter, index) for letter, _ in raga.alpatva) else 1.0)


def _is(letter: str, index: int) -> bool:
    return bool(letter) and svarasthana_named(letter).index == index


def _steps(raga: Raga) -> FloatArray:
    """Return what each step weighs in ascent, descent and key phrases, up and down, shape [2, 12, 12]."""
    steps = np.zeros((2, 12, 12))
    for scale in (raga.aroha, raga.avaroha):
        for before, after, weight in _scale_steps(_pitches(" ".join(scale))):
            steps[int(after < before), before % 12, after % 12] += weight
    for phrase in raga.pakad:
        for before, after in pairwise(_pitches(phrase)):
            if before != after:
                steps[int(after < before), before % 12, after % 12] += 1.0
    return steps


def _scale_steps(pitches: Sequence[int]) -> Iterator[tuple[int, int, float]]:
    """Yield steps of a scale, those over some of its swaras too as long as it goes on in one direction."""
    for place, before in enumerate(pitches):
        weight, last = 1.0, before
        rest = pitches[place + 1 :]
        for after in rest:
            if (after > last) != (rest[0] > before) or after == last or abs(after - before) >= 12:
                break
            yield before, after, weight
            weight, last = SKIP * weight, after


def _pitches(notation: str) -> list[int]:
    return [swara.svarasthana.index + 12 * swara.octave for swara in parse_notation(notation)]
