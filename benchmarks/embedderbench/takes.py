"""Halves of sight-singers' takes, as they are and changed in ways that leave the singer the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from swara.data.clip import Samples

from .channel import equaliser
from .shift import FIFTH, Resung

__all__ = ["Condition", "Pair", "conditions"]


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """Two sounds of one singer that should find each other: float32 arrays, 16 kHz.

    Where there is something sought, `one` should find that, among the `other` sounds of the other singers.
    """

    one: Samples
    other: Samples
    sought: Samples | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """A way to make pairs of takes.

    Parameters
    ----------
    name, title : str
        On the command line, and on the page.
    make : callable
        Given all takes, returns one or more rounds of pairs; each round holds a pair of every take.
    packages : tuple of str
        What it needs besides the project's own.
    """

    name: str
    title: str
    make: Callable[[Sequence[Samples]], list[list[Pair]]]
    packages: tuple[str, ...] = ()

    @property
    def missing(self) -> str:
        """Packages that it needs and that are not installed; empty where it can be made."""
        return ", ".join(package for package in self.packages if find_spec(package) is None)


def conditions(folder: Path) -> list[Condition]:
    """Return every condition; what WORLD makes is kept in `folder`."""
    world = Resung(folder)

    def fifth(takes: Sequence[Samples]) -> list[list[Pair]]:
        return _moved(takes, world, FIFTH)

    def crossed(takes: Sequence[Samples]) -> list[list[Pair]]:
        return _crossed(takes, world)

    def vocoder(takes: Sequence[Samples]) -> list[list[Pair]]:
        return _moved(takes, world, 1.0)

    needed = ("pyworld",)
    return [
        Condition("plain", "as recorded", _plain),
        Condition("flat", "equalised", lambda takes: _equalised(takes, _plain(takes))),
        Condition("fifth", "a half a fifth higher", fifth, needed),
        Condition("crossed", "only the right half a fifth higher", crossed, needed),
        Condition("flat-fifth", "the same, equalised", lambda t: _equalised(t, fifth(t)), needed),
        Condition("vocoder", "a half through WORLD alone", vocoder, needed),
    ]


def _plain(takes: Sequence[Samples]) -> list[list[Pair]]:
    return [[Pair(*np.array_split(take, 2)) for take in takes]]


def _moved(takes: Sequence[Samples], world: Resung, ratio: float) -> list[list[Pair]]:
    """Move the second halves in one round and the first halves in the other."""
    halves = [np.array_split(take, 2) for take in takes]
    return [
        [Pair(first, world(second, ratio)) for first, second in halves],
        [Pair(world(first, ratio), second) for first, second in halves],
    ]


def _crossed(takes: Sequence[Samples], world: Resung) -> list[list[Pair]]:
    """Look for a half a fifth higher among other singers' halves at the pitch they were sung at."""
    halves = [np.array_split(take, 2) for take in takes]
    return [
        [Pair(first, second, world(second, FIFTH)) for first, second in halves],
        [Pair(second, first, world(first, FIFTH)) for first, second in halves],
    ]


def _equalised(takes: Sequence[Samples], rounds: Sequence[Sequence[Pair]]) -> list[list[Pair]]:
    """Put both halves of each take through the filter that makes the take itself flat."""
    flat = [equaliser(take) for take in takes]
    return [
        [Pair(filtered(pair.one), filtered(pair.other)) for filtered, pair in zip(flat, pairs, strict=True)]
        for pairs in rounds
    ]
