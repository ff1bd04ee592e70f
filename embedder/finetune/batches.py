"""Batches in which a user's singers stand among synthesized ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from swara.embedder.builtin.features import band_features
from swara.embedder.training.batches import (
    VIEW_FRAMES,
    VIEWS,
    ViewBatch,
    draw_shares,
    draw_stretches,
    hear_through_channels,
)

from .note_features import NoteFeatures
from .synthesized import Voices

__all__ = ["BatchSampler"]

_ASIS_SHARE = 0.5
"""How many views of a user's recordings are left as they are: they have been through a channel before."""


class BatchSampler:
    """BatchSampler batches: the n-th is the same whatever was drawn before.

    Parameters
    ----------
    heard : sequence of Heard
        Of the recordings that are learned from.
    voices : Voices
        The synthesized singers.
    timbres : int
        Singers in a batch; a singer of whom there are few others may come more than once.
    users_share : float
        How many of them are the user's, 0 to 1.
    seed : int
        What all that is random is drawn from: the same seed, the same result.

    Attributes
    ----------
    classes : int
        How many singers there are to be told apart, the user's first.
    """

    def __init__(
        self, heard: Sequence[NoteFeatures], voices: Voices, timbres: int, users_share: float, seed: int
    ) -> None:
        names = sorted({each.singer for each in heard})
        self._theirs = [[each.notes for each in heard if each.singer == name] for name in names]
        self._voices, self._seed = voices, seed
        self._users = max(1, round(users_share * timbres))
        self._others = min(timbres - self._users, len(voices.phrases))
        self.classes = len(names) + len(voices.phrases)

    def draw(self, number: int) -> ViewBatch:
        """Return the batch of that number."""
        rng = np.random.default_rng((self._seed, number))
        users = self._drawn_users(rng)
        others = rng.choice(len(self._voices.phrases), self._others, replace=False)
        stored = [self._sung_by_user(singer, rng) for singer in users]
        stored += [draw_stretches(self._voices.phrases[voice], rng) for voice in others]
        powers = np.exp(np.concatenate(stored).astype(np.float32))
        takes = np.repeat(np.arange(2 * len(stored)), VIEWS // 2)
        heard = hear_through_channels(powers, takes, self._voices.drones, rng)
        as_is = (rng.random(2 * len(stored)) < _ASIS_SHARE)[takes]
        as_is[VIEWS * len(users) :] = False
        heard[as_is] = powers[as_is]
        levels, weights = band_features(heard)
        shares = draw_shares(len(takes), rng)
        singers = np.repeat(np.concatenate([users, len(self._theirs) + others]), VIEWS)
        return ViewBatch(levels, weights, shares, singers, takes, np.ones(len(takes), np.bool_))

    def _drawn_users(self, rng: np.random.Generator) -> npt.NDArray[np.int64]:
        """Draw the user's singers, each as often as any other, one more or less."""
        rounds = -(-self._users // len(self._theirs))
        drawn = np.concatenate([rng.permutation(len(self._theirs)) for _ in range(rounds)])
        return np.asarray(drawn[: self._users], dtype=np.int64)

    def _sung_by_user(self, singer: int, rng: np.random.Generator) -> npt.NDArray[np.float16]:
        """Return two runs of notes of each of two recordings, of one where there is no other."""
        theirs = self._theirs[singer]
        first, second = rng.permutation(len(theirs))[[0, -1]]
        return np.stack([_run(theirs[n], rng) for n in (first, first, second, second)])


def _run(notes: Sequence[npt.NDArray[np.float16]], rng: np.random.Generator) -> npt.NDArray[np.float16]:
    """Put notes one after the other, each from anywhere in it: shape [VIEW_FRAMES, BANDS]."""
    parts: list[npt.NDArray[np.float16]] = []
    order, total = rng.permutation(len(notes)), 0
    while total < VIEW_FRAMES:
        note = notes[order[len(parts) % len(order)]]
        part = note[int(rng.integers(0, max(1, len(note) // 2))) :]
        parts.append(part)
        total += len(part)
    return np.concatenate(parts)[:VIEW_FRAMES]
