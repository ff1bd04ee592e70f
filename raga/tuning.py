"""Where each svarasthana lies, in cents above Sa, and which one a sung pitch is nearest to.

A target is a point, or a band where practice knows two tunings: in just intonation Dha is anything from
5/3 (884.4 cents) to 27/16 (905.9 cents).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from fractions import Fraction

from .errors import UnknownRaga, fold_name, nearest_names
from .swaras import SVARASTHANAS, Svarasthana

__all__ = ["EQUAL", "JUST", "Placed", "Target", "Tuning", "learned", "tuning_named"]

_OCTAVE_CENTS = 1200.0
_FURTHEST_LEARNED_CENTS = 60.0
"""A learned target further than this from the just one is a mistake in learning, not a tuning."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a svarasthana is in tune, in cents above Sa; a point has `low_cents` equal to `high_cents`.

    Raises
    ------
    ValueError
        If an edge is not finite, or they are in the wrong order.
    """

    low_cents: float
    high_cents: float

    def __post_init__(self) -> None:
        # Written so that NaN fails it.
        if not -math.inf < self.low_cents <= self.high_cents < math.inf:
            raise ValueError(f"a target from {self.low_cents} to {self.high_cents} cents is no band")

    @property
    def middle_cents(self) -> float:
        """The middle of the band."""
        return (self.low_cents + self.high_cents) / 2

    def offset(self, cents: float) -> float:
        """Return the signed distance of `cents` from the band: 0 inside, negative below, positive above."""
        if cents < self.low_cents:
            return cents - self.low_cents
        return max(0.0, cents - self.high_cents)


@dataclass(frozen=True, slots=True)
class Placed:
    """A pitch as a swara: which one, in which octave, and how far off in cents (0 inside a band)."""

    svarasthana: Svarasthana
    octave: int
    cents_off: float


@dataclass(frozen=True, slots=True)
class Tuning:
    """The targets of the twelve svarasthanas.

    Parameters
    ----------
    name : str
        ``just``, ``equal`` or ``learned``.
    targets : tuple of Target
        Twelve, in order of index, each wholly above the one before and all within one octave.

    Raises
    ------
    ValueError
        If they are not twelve, overlap, or span an octave or more.
    """

    name: str
    targets: tuple[Target, ...]

    def __post_init__(self) -> None:
        if len(self.targets) != len(SVARASTHANAS):
            raise ValueError(f"a tuning has 12 targets, got {len(self.targets)}")
        taar_sa_cents = self.targets[0].low_cents + _OCTAVE_CENTS
        starts_cents = [*(target.low_cents for target in self.targets[1:]), taar_sa_cents]
        for target, next_cents, place in zip(self.targets, starts_cents, SVARASTHANAS, strict=True):
            if target.high_cents >= next_cents:
                raise ValueError(
                    f"{place.name} reaches {target.high_cents} cents, past the next at {next_cents}"
                )

    def cents_of(self, index: int, octave: int) -> float:
        """Return the middle of a target in an octave, in cents above madhya Sa."""
        return self.targets[index].middle_cents + octave * _OCTAVE_CENTS

    def nearest(self, cents: float, among: Collection[int] | None = None) -> Placed:
        """Return the swara nearest to a pitch.

        Parameters
        ----------
        cents : float
            Pitch above madhya Sa.
        among : collection of int, optional
            Indices of the svarasthanas to choose from; all twelve by default.

        Returns
        -------
        Placed
            The nearest in any octave, by distance from its target; the lower of two equally near.

        Raises
        ------
        ValueError
            If `cents` is not finite, or `among` is empty or holds anything but 0 to 11.
        """
        if not math.isfinite(cents):
            raise ValueError(f"a pitch of {cents} cents has no nearest swara")
        indices = range(len(self.targets)) if among is None else among
        if not indices or not all(0 <= index < len(self.targets) for index in indices):
            raise ValueError(f"svarasthanas to choose from must be some of 0 to 11, got {sorted(indices)}")
        placed = (p for index in indices for p in self._around(cents, index))
        return min(placed, key=lambda p: (abs(p.cents_off), self.cents_of(p.svarasthana.index, p.octave)))

    def _around(self, cents: float, index: int) -> tuple[Placed, Placed]:
        """Return svarasthana `index` in the last octave that starts below `cents`, and in the next."""
        target = self.targets[index]
        below = math.floor((cents - target.low_cents) / _OCTAVE_CENTS)
        first, second = (
            Placed(SVARASTHANAS[index], octave, target.offset(cents - octave * _OCTAVE_CENTS))
            for octave in (below, below + 1)
        )
        return first, second


_JUST_RATIOS = "1 16/15 9/8 6/5 5/4 4/3 45/32 3/2 8/5 5/3:27/16 16/9 15/8"
"""Frequency ratios to Sa, in order of index; the two edges of a band stand either side of a colon."""


def _just(ratios: str) -> Target:
    edges_cents = [_OCTAVE_CENTS * math.log2(Fraction(ratio)) for ratio in ratios.split(":")]
    return Target(edges_cents[0], edges_cents[-1])


JUST = Tuning("just", tuple(_just(ratios) for ratios in _JUST_RATIOS.split()))
"""Just intonation, the default."""

EQUAL = Tuning("equal", tuple(Target(100.0 * s.index, 100.0 * s.index) for s in SVARASTHANAS))
"""Twelve equal semitones, as a harmonium has them."""

_BY_NAME = {tuning.name: tuning for tuning in (JUST, EQUAL)}


def tuning_named(text: str) -> Tuning:
    """Return the tuning called ``just`` or ``equal``, in any case.

    Raises
    ------
    UnknownRaga
        If there is none of that name; a learned tuning has no name, it is made with `learned`.
    """
    tuning = _BY_NAME.get(fold_name(text))
    if tuning is None:
        names = {name: name for name in _BY_NAME}
        raise UnknownRaga(f'no tuning is called "{text}"', fix=nearest_names(text, names))
    return tuning


def learned(targets_cents: Mapping[str, float]) -> Tuning:
    """Return a tuning with targets that were measured, and just ones for the rest.

    Parameters
    ----------
    targets_cents : mapping of str to float
        Letter of a svarasthana, and its target in cents above Sa.

    Raises
    ------
    ValueError
        If a letter is unknown, a target is not within 60 cents of the just one, or targets overlap.
    """
    targets = {s.letter: target for s, target in zip(SVARASTHANAS, JUST.targets, strict=True)}
    for letter, cents in targets_cents.items():
        if letter not in targets:
            raise ValueError(f"no svarasthana has the letter {letter!r}")
        # Written so that NaN fails it.
        if not abs(targets[letter].offset(cents)) <= _FURTHEST_LEARNED_CENTS:
            raise ValueError(f"{letter} at {cents} cents is too far from its place in just intonation")
        targets[letter] = Target(cents, cents)
    return Tuning("learned", tuple(targets.values()))
