"""Help for a name that nobody knows: the known names nearest to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

__all__ = ["fold_name", "nearest_names"]

_MOST = 3
_LIKENESS = 0.6
"""Ratio of `difflib` from which two spellings count as near; its own default."""


def fold_name(text: str) -> str:
    """Return `text` without case, spaces, hyphens and underscores."""
    return "".join(text.casefold().replace("-", " ").replace("_", " ").split())


def nearest_names(text: str, spellings: Mapping[str, str]) -> str:
    """Say which known names are nearest to `text`.

    Parameters
    ----------
    text : str
        What was asked for.
    spellings : mapping of str to str
        Each folded spelling, and the name to show for it; several may lead to one name.

    Returns
    -------
    str
        A sentence without its full stop, fit for the `fix` of an error; it lists every name when none is
        near.
    """
    # More spellings than names are taken, because several of them may stand for one name.
    close = get_close_matches(fold_name(text), spellings, n=2 * _MOST, cutoff=_LIKENESS)
    near = _unique(spellings[spelling] for spelling in close)[:_MOST]
    if len(near) == 1:
        return f"The nearest name is {near[0]}"
    if near:
        return f"The nearest names are {_listed(near)}"
    return f"The names known are {_listed(_unique(spellings.values()))}"


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
