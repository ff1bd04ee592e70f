"""Folds of a corpus that keep apart what must not stand on both sides."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.errors import CorpusError

from .index import IndexRow
from .labels import Label

__all__ = ["Apart", "Folds", "Learnable", "grouped_folds", "labelled", "random_folds"]

Learnable: TypeAlias = Label | Literal["midi"]
"""The columns of an index that can be learned: a label, or the note."""

Apart: TypeAlias = Literal["player", "source"]
"""What stands on one side alone: a player (a singer, an instrument of a library), or a whole source."""


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """Which fold each recording is in.

    Parameters
    ----------
    numbers : int array, shape [recordings]
        From 0 on; whoever tests on a fold learns from the others.
    groups : tuple of str
        What each recording may not be parted from, a name for each.
    lonely : tuple of str
        Labels that one group alone has: they cannot be both learned and tested.
    """

    numbers: npt.NDArray[np.intp]
    groups: tuple[str, ...]
    lonely: tuple[str, ...]


def labelled(rows: Sequence[IndexRow], label: Learnable) -> list[IndexRow]:
    """Return the rows that have a label, in the order of their digests.

    Parameters
    ----------
    rows : sequence of IndexRow
        An index, in any order.
    label : str
        The column that is to be learned.

    Raises
    ------
    CorpusError
        If none has one, or all have the same.
    """
    kept = sorted((row for row in rows if getattr(row, label) not in ("", None)), key=lambda row: row.sha256)
    names = {getattr(row, label) for row in kept}
    if not kept:
        raise CorpusError(f"no recording has a label in the column {label}")
    if len(names) == 1:
        what = f"every recording has the {label} {names.pop()}: there is nothing to tell apart"
        raise CorpusError(what, fix="Add recordings of another")
    return kept


def grouped_folds(
    rows: Sequence[IndexRow], label: Learnable, apart: Apart = "player", *, count: int = 5, seed: int = 0
) -> Folds:
    """Share recordings out, labels evenly, so that no player or no source is in two folds.

    The same rows and seed give the same folds. Sources that share a player are kept together.

    Parameters
    ----------
    rows : sequence of IndexRow
        As `labelled` returns them.
    label : str
        The column that is to be even among the folds.
    apart : str
        What stands in one fold alone. Recordings of one source whose player is not known count as one
        player's.
    count : int
        How many folds; fewer where there are fewer groups.
    seed : int
        Which of many such shares.

    Raises
    ------
    CorpusError
        If there is one group only, of which nothing can be held out, or no label has two recordings.
    """
    from sklearn.model_selection import StratifiedGroupKFold

    groups = _groups(rows, apart)
    several = len(set(groups))
    if several < 2:
        who = "singer or player" if apart == "player" else "source"
        fix = "Add recordings of others, or say in the column player who plays"
        raise CorpusError(
            f"all recordings are of one {who}, so that none can be held out", where=groups[0], fix=fix
        )
    names = [getattr(row, label) for row in rows]
    most = max(Counter(names).values())
    if most < 2:
        what = f"no {label} has two recordings, so that none can be both learned and tested"
        raise CorpusError(what, fix="Add more")
    splitter = StratifiedGroupKFold(min(count, several, most), shuffle=True, random_state=seed)
    having = Counter(name for name, _ in set(zip(names, groups, strict=True)))
    lonely = tuple(f"{name}" for name in sorted(name for name, owners in having.items() if owners == 1))
    return Folds(_numbers(splitter, names, groups), tuple(groups), lonely)


def random_folds(
    rows: Sequence[IndexRow], label: Learnable, *, count: int = 5, seed: int = 0
) -> npt.NDArray[np.intp]:
    """Share recordings out with no regard to who plays: what flatters, to be shown beside `grouped_folds`.

    Returns
    -------
    int array, shape [recordings]
        The fold of each.
    """
    from sklearn.model_selection import StratifiedKFold

    names = [getattr(row, label) for row in rows]
    rare = min(Counter(names).values())
    if rare < 2:
        name = min(names, key=names.count)
        raise CorpusError(f"one recording only has the {label} {name}", fix="Add more, or take it out")
    return _numbers(StratifiedKFold(min(count, rare), shuffle=True, random_state=seed), names, None)


def _numbers(splitter: object, names: list[str], groups: list[str] | None) -> npt.NDArray[np.intp]:
    numbers = np.full(len(names), -1)
    with warnings.catch_warnings():
        # Of a label with fewer recordings than folds; `lonely` and the table of folds say so.
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        parts = list(splitter.split(np.zeros(len(names)), names, groups))  # type: ignore[attr-defined]
    for number, (_, tested) in enumerate(parts):
        numbers[tested] = number
    return numbers


def _groups(rows: Sequence[IndexRow], apart: Apart) -> list[str]:
    """Return a name for each row, shared by those that may not be parted."""
    players = [f"{row.corpus}: {row.player or f'{row.source}, player not known'}" for row in rows]
    if apart == "player":
        return players
    leader: dict[str, str] = {}

    def head(name: str) -> str:
        while leader.setdefault(name, name) != name:
            name = leader[name]
        return name

    keys = [(f"{row.corpus}: {row.source}", f"\0{player}") for row, player in zip(rows, players, strict=True)]
    for source, player in keys:
        one, other = sorted((head(source), head(player)))
        leader[one] = other  # the greater, so never a player: those begin with \0
    return [head(source) for source, _ in keys]
