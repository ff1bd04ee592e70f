"""Which recordings are learned from, which say when to stop, and which judge what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from swara.data.recording import Recording
from swara.embedder.errors import FinetuneError

__all__ = ["LEAST_RECORDINGS", "LEAST_SINGERS", "SingerSplit", "split"]

LEAST_SINGERS, LEAST_RECORDINGS = 2, 4
"""There must be so many singers with so many recordings of each."""

_SINGERS_TO_HOLD_OUT = 8
"""From so many singers up, whole singers are held out."""

_SHARE = 6  # one in so many is watched, one in so many judges


@dataclass(frozen=True, slots=True)
class SingerSplit:
    """Every recording is in one of the three.

    Parameters
    ----------
    learned : tuple of Recording
        What the weights are fitted to.
    watched : tuple of Recording
        What says when to stop, and which weights were best.
    judged : tuple of Recording
        What is looked at once, at the end: the figures come from here.
    by : {"singer", "recording"}
        What is never on two sides. With "recording", other recordings of those singers are learned from.
    """

    learned: tuple[Recording, ...]
    watched: tuple[Recording, ...]
    judged: tuple[Recording, ...]
    by: Literal["singer", "recording"]


def split(recordings: Sequence[Recording], seed: int) -> SingerSplit:
    """SingerSplit by singer where there are enough of them, else by recording.

    The same recordings, in whatever order, and the same seed are split in the same way.

    Raises
    ------
    FinetuneError
        If there are not `LEAST_SINGERS` with `LEAST_RECORDINGS` labelled recordings each.
    """
    by_singer: dict[str, list[Recording]] = {}
    for recording in sorted(recordings, key=lambda each: each.sha256):
        if recording.labels:
            by_singer.setdefault(recording.singer, []).append(recording)
    full = [singer for singer, theirs in sorted(by_singer.items()) if len(theirs) >= LEAST_RECORDINGS]
    if len(full) < LEAST_SINGERS:
        count = sum(map(len, by_singer.values()))
        raise FinetuneError(
            f"{count} labelled recordings of {len(by_singer)} singers are too few: "
            f"{LEAST_SINGERS} singers with {LEAST_RECORDINGS} recordings each are needed, and {len(full)} "
            "has so many",
            fix="Add recordings with: swara samples add; or learn from the bundled ones too, with --bundled",
        )
    rng = np.random.default_rng(seed)
    if len(full) >= _SINGERS_TO_HOLD_OUT:
        return _by_singer(by_singer, full, rng)
    return _by_recording(by_singer, full, rng)


def _by_singer(
    by_singer: Mapping[str, Sequence[Recording]], full: Sequence[str], rng: np.random.Generator
) -> SingerSplit:
    count = max(2, len(full) // _SHARE)
    drawn = [full[int(n)] for n in rng.permutation(len(full))[: 2 * count]]
    watched, judged = set(drawn[:count]), set(drawn[count:])

    def of(wanted: bool, singers: set[str]) -> tuple[Recording, ...]:
        return tuple(r for singer, rs in by_singer.items() if (singer in singers) is wanted for r in rs)

    return SingerSplit(of(False, watched | judged), of(True, watched), of(True, judged), "singer")


def _by_recording(
    by_singer: Mapping[str, Sequence[Recording]], full: Sequence[str], rng: np.random.Generator
) -> SingerSplit:
    learned, watched, judged = [], [], []
    for singer, theirs in by_singer.items():
        count = max(1, len(theirs) // _SHARE) if singer in full else 0
        order = [theirs[n] for n in rng.permutation(len(theirs))]
        watched += order[:count]
        judged += order[count : 2 * count]
        learned += order[2 * count :]
    return SingerSplit(tuple(learned), tuple(watched), tuple(judged), "recording")
