"""What the store keeps so that it need not be computed again: how much there is, and what can go."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from swara.classifier.pitch.head import PitchCache
from swara.data.storage.array_cache import ArrayCache, CacheInfo, RecentCache, SealedCache
from swara.embedder.spec import EmbeddingCache
from swara.service.errors import StoreError

from . import Layout, Manifest, all_versions, current_version, read_manifest
from .lock import writer_lock

__all__ = ["CacheShare", "Kind", "Pruned", "cache_shares", "prune_cache"]

Kind: TypeAlias = Literal["embeddings", "pitch", "notes", "takes"]


@dataclass(frozen=True, slots=True)
class CacheShare:
    """What one embedder, or one tracker, has computed.

    Parameters
    ----------
    kind : {"embeddings", "pitch", "notes", "takes"}
        What is kept in it.
    fingerprint : str
        Of the embedder or tracker.
    name : str or None
        What it is called, if a version in the store says so.
    live : bool
        Whether the live version was made with it.
    entries, size : int
        Recordings, and bytes that they take.
    damaged : int
        How many of them are damaged, as far as was looked.
    """

    kind: Kind
    fingerprint: str
    name: str | None
    live: bool
    entries: int
    size: int
    damaged: int


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was removed: entries that only others than the live version need, and damaged ones.

    Parameters
    ----------
    outdated : CacheInfo
        Entries of embedders and trackers that no version uses.
    damaged : CacheInfo
        Entries that could not be read.
    left : CacheInfo
        What is kept.
    stuck : int
        Entries that were to go, and could not be removed.
    """

    outdated: CacheInfo
    damaged: CacheInfo
    left: CacheInfo
    stuck: int

    def __add__(self, other: Pruned) -> Pruned:
        return Pruned(
            self.outdated + other.outdated,
            self.damaged + other.damaged,
            self.left + other.left,
            self.stuck + other.stuck,
        )


def cache_shares(store: Layout, *, thorough: bool = False) -> tuple[CacheShare, ...]:
    """Look at the end of every entry of the caches, or `thorough` at all of it; nothing is written."""
    live, names = _fingerprints_of(_live(store)), _names(_manifests(store))
    shares = []
    for kind, cache in _caches(store).items():
        for one in cache.fingerprints():
            info, damaged = cache.look_over(one)
            if thorough:
                damaged = len(cache.corrupt_entries(one))
            shares.append(
                CacheShare(kind, one, names.get(one), one in live, info.entries, info.size, damaged)
            )
    return tuple(shares)


def prune_cache(store: Layout, *, everything: bool = False) -> Pruned:
    """Remove what the live version has no use for, takes that were analyzed, and what is damaged; or all.

    Raises
    ------
    StoreBusy
        If a rebuild is at work: what it keeps may be of an embedder that is not live yet.
    StoreError
        If the store may not be written; or if no version is live, so that nothing says what is of use, unless
        `everything` goes.
    """
    nothing = CacheInfo(0, 0)
    caches, total = _caches(store).values(), Pruned(nothing, nothing, nothing, 0)
    if not any(cache.fingerprints() for cache in caches):
        return total
    with writer_lock(store):
        keep = frozenset() if everything else _needed(store)
        for cache in caches:
            total += _prune(cache, frozenset() if isinstance(cache, RecentCache) else keep)
    return total


def _prune(cache: ArrayCache[Any], keep: frozenset[str]) -> Pruned:
    outdated, damaged = cache.prune(keep), CacheInfo(0, 0)
    stuck = sum(cache.info(each).entries for each in cache.fingerprints() if each not in keep)
    for path in (path for fingerprint in keep for path in cache.corrupt_entries(fingerprint)):
        try:
            size = path.stat().st_size
            path.unlink()
        except OSError:
            stuck += path.exists()
        else:
            damaged += CacheInfo(1, size)
    return Pruned(outdated, damaged, cache.info(), stuck)


def _caches(store: Layout) -> dict[Kind, ArrayCache[Any]]:
    return {
        "embeddings": EmbeddingCache(store.embeddings),
        "pitch": PitchCache(store.pitch),
        "notes": SealedCache(store.notes),
        "takes": RecentCache(store.takes),
    }


def _needed(store: Layout) -> frozenset[str]:
    version = current_version(store)
    if version is None:
        raise StoreError(
            "no version is live, so nothing says what is still of use",
            where=str(store.folder),
            fix="Make one with: swara rebuild; or remove everything with: swara cache prune --all",
        )
    return _fingerprints_of(read_manifest(store, version))


def _live(store: Layout) -> Manifest | None:
    with suppress(StoreError):
        version = current_version(store)
        return None if version is None else read_manifest(store, version)
    return None


def _manifests(store: Layout) -> Iterator[Manifest]:
    for version in all_versions(store):
        with suppress(StoreError):  # one that cannot be read names nobody
            yield read_manifest(store, version)


def _fingerprints_of(manifest: Manifest | None) -> frozenset[str]:
    return frozenset() if manifest is None else frozenset(_names([manifest]))


def _names(manifests: Iterable[Manifest]) -> Mapping[str, str]:
    """Return the names of embedders and trackers by their fingerprints."""
    names = {}
    for manifest in manifests:
        names[manifest.embedder.fingerprint] = manifest.embedder.name
        tracker, _, fingerprint = str(manifest.parameters.get("tracker", "")).rpartition(" ")
        names[fingerprint] = tracker
    return names
