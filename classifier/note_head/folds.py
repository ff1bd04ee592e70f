"""Which notes are held out together: never a singer, or a recording, on both sides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data.pitch_track import IntArray

__all__ = ["MOST_FOLDS", "grouped_folds"]

MOST_FOLDS = 5


def grouped_folds(groups: Sequence[str], rng: np.random.Generator) -> list[IntArray]:
    """Split notes into folds that hold whole groups.

    Parameters
    ----------
    groups : sequence of str
        The group of each note.
    rng : numpy.random.Generator
        Decides which groups share a fold; nothing, where each has its own.

    Returns
    -------
    list of int array
        Places of the notes of each fold; one fold for each group, or `MOST_FOLDS` of about equal size.
    """
    names, sizes = np.unique(np.array(groups), return_counts=True)
    shuffled = rng.permutation(names.size)
    largest_first = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    fold_sizes = np.zeros(min(names.size, MOST_FOLDS), dtype=np.intp)
    fold_of: dict[str, int] = {}
    for place in largest_first:
        lightest = int(fold_sizes.argmin())
        fold_of[str(names[place])] = lightest
        fold_sizes[lightest] += sizes[place]
    folds = np.array([fold_of[group] for group in groups], dtype=np.intp)
    return [np.flatnonzero(folds == fold) for fold in range(fold_sizes.size)]
