"""The singers that versions are examined with: chosen once by rule, then frozen in the store."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import corpus_digest, read_corpus, write_corpus
from swara.service.errors import writing
from swara.service.store import Layout

__all__ = ["HeldOut", "frozen_held_out", "hash_of_singer", "held_out_singers"]

ONE_IN = 5
"""About this share of the singers is held out: those whose hash is divisible by it."""

_LEAST_SINGERS = 2
"""With fewer there would be nobody left to learn from."""


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What to examine with.

    Parameters
    ----------
    recordings : tuple of Recording
        As they were, labels and Sa included, when they were frozen; only those that are still known, and
        where they lie now.
    singers : frozenset of str
        Who sings in them, by the name of then and by that of now.
    relabelled : tuple of str
        Ids of those whose labels, Sa or singer are others now.
    """

    recordings: tuple[Recording, ...] = ()
    singers: frozenset[str] = frozenset()
    relabelled: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """64 hex digits that differ between sets that are compared with different questions."""
        return corpus_digest(self.recordings)


def frozen_held_out(store: Layout, recordings: Iterable[Recording]) -> HeldOut:
    """Return the held-out set of a store, chosen or extended by rule first; the caller holds the lock.

    A recording once in it stays as it was, whatever becomes of its labels: otherwise labels gone wrong would
    be examined with themselves. New are all other recordings of singers who are held out, and of new singers
    whose hash says so. To choose anew, delete ``HELD_OUT``.

    Raises
    ------
    CorpusError
        If ``HELD_OUT`` is damaged.
    StoreError
        If it cannot be written.
    """
    known = {recording.id: recording for recording in recordings}
    frozen = {recording.id: recording for recording in read_corpus(store.held_out)}
    singers = held_out_singers(known.values(), frozen.values())
    new = [each for each in known.values() if each.singer in singers and each.id not in frozen]
    frozen |= {recording.id: recording for recording in new}
    if new:
        with writing(store.folder):
            write_corpus(store.held_out, frozen.values())
    kept = tuple(
        replace(frozen[each], path=known[each].path) for each in sorted(frozen.keys() & known.keys())
    )
    names = {each.singer for each in kept} | {known[each.id].singer for each in kept}
    return HeldOut(kept, frozenset(names), tuple(each.id for each in kept if not _same(each, known[each.id])))


def held_out_singers(known: Iterable[Recording], frozen: Iterable[Recording]) -> frozenset[str]:
    """Return who is to be held out: those who are, and whom the rule names; never everybody."""
    singers = {recording.singer for recording in known}
    chosen = {recording.singer for recording in frozen} & singers
    if len(singers) < _LEAST_SINGERS:
        return frozenset(chosen)
    by_hash = sorted(singers, key=hash_of_singer)
    chosen |= {singer for singer in by_hash if hash_of_singer(singer) % ONE_IN == 0}
    chosen = chosen or {by_hash[0]}
    return frozenset(chosen - {by_hash[-1]} if chosen == singers else chosen)


def hash_of_singer(singer: str) -> int:
    """Return a number that is the same on every machine and in every release."""
    return int.from_bytes(hashlib.sha256(f"held out: {singer}".encode()).digest()[:8])


def _same(frozen: Recording, now: Recording) -> bool:
    return (frozen.labels, frozen.tonic_hz, frozen.singer) == (now.labels, now.tonic_hz, now.singer)
