"""Sets of recordings that heads are trained on: how each is laid out, its index, its splits, its card."""

from __future__ import annotations

from types import ModuleType
from typing import Literal, TypeAlias, assert_never

__all__ = ["CorpusName", "corpus_named"]

CorpusName: TypeAlias = Literal["vocalset", "nsynth", "philharmonia", "freesound", "folders"]


def corpus_named(name: CorpusName) -> ModuleType:
    """Return the module of a corpus: its `CARD`, and `find`, which reads its layout.

    Parameters
    ----------
    name : str
        One of the names of `CorpusName`.
    """
    from . import folders, freesound, nsynth, philharmonia, vocalset

    match name:
        case "vocalset":
            return vocalset
        case "nsynth":
            return nsynth
        case "philharmonia":
            return philharmonia
        case "freesound":
            return freesound
        case "folders":
            return folders
        case _:
            assert_never(name)
