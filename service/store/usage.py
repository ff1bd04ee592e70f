"""What the store keeps so that it need not be computed again: how much there is, and what can go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from swara.data.storage.array_cache import ArrayCacheDir, CacheInfo
from swara.embedder.cache import EmbeddingCache
from swara.service.errors import StoreError

from . import Layout, Manifest, current_version, read_manifest, writer_lock
from .pitch_cache import PitchCache

__all__ = ["CacheShare", "Kind", "Pruned", "cache_shares", "prune_cache"]

Kind: TypeAlias = Literal["embeddings", "pitch"]


@dataclass(frozen=True, slots=True)
class CacheShare:
    """What one embedder, or one tracker, has computed.

    Parameters
    ----------
    kind : {"embeddings", "pitch"}
    fingerprint : str
        Of the embedder or tracker.
    name : str or None
        What it is called, if a version in the store says so.
    live : bool
        Whether the live version was made with it.
    entries, size : int
        Recordings, and bytes that they take.
    damaged : int
        How many of them are damaged.
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
    damaged : CacheInfo
    left : CacheInfo
        What is kept.
    stuck : int
        Entries that were to go, and could not be removed.
    """

    outdated: CacheInfo
    damaged: CacheInfo
    left: CacheInfo
    stuck: int


@dataclass(frozen=True, slots=True)
class _Cache:
    kind: Kind
    entries: ArrayCacheDir
    corrupt_entries: Callable[[str], tuple[Path, ...]]


def cache_shares(store: Layout) -> tuple[CacheShare, ...]:
    """Look at every entry of the caches; nothing is written."""
    live = _fingerprints_of(_live(store))
    names = _names(_manifests(store))

    def share(cache: _Cache, fingerprint: str) -> CacheShare:
        info = cache.entries.info(fingerprint)
        return CacheShare(
            kind=cache.kind,
            fingerprint=fingerprint,
            name=names.get(fingerprint),
            live=fingerprint in live,
            entries=info.entries,
            size=info.size,
            damaged=len(cache.corrupt_entries(fingerprint)),
        )

    return tuple(share(cache, one) for cache in _caches(store) for one in cache.entries.fingerprints())


def prune_cache(store: Layout, *, everything: bool = False) -> Pruned:
    """Remove what the live version has no use for, and what is damaged; or all there is.

    Raises
    ------
    StoreBusy
        If a rebuild is at work: what it keeps may be of an embedder that is not live yet.
    StoreError
        If no version is live, so that nothing says what is of use; not if `everything` goes.
    StoreUnwritable
        If the store may not be written.
    """
    caches = _caches(store)
    if not any(cache.entries.fingerprints() for cache in caches):
        return _summed([])
    with writer_lock(store):
        keep = frozenset() if everything else _needed(store)
        return _summed(_prune(cache, keep) for cache in caches)


def _prune(cache: _Cache, keep: frozenset[str]) -> Pruned:
    outdated = cache.entries.prune(keep)
    stuck = sum(cache.entries.info(f).entries for f in cache.entries.fingerprints() if f not in keep)
    sizes = []
    for path in (path for fingerprint in keep for path in cache.corrupt_entries(fingerprint)):
        try:
            size = path.stat().st_size
            path.unlink()
        except OSError:
            stuck += path.exists()
        else:
            sizes.append(size)
    return Pruned(outdated, CacheInfo(len(sizes), sum(sizes)), cache.entries.total(), stuck)


def _summed(parts: Iterable[Pruned]) -> Pruned:
    parts = tuple(parts)
    return Pruned(
        _total(part.outdated for part in parts),
        _total(part.damaged for part in parts),
        _total(part.left for part in parts),
        sum(part.stuck for part in parts),
    )


def _total(infos: Iterable[CacheInfo]) -> CacheInfo:
    infos = tuple(infos)
    return CacheInfo(sum(info.entries for info in infos), sum(info.size for info in infos))


def _caches(store: Layout) -> tuple[_Cache, ...]:
    embeddings, pitch = EmbeddingCache(store.embeddings), PitchCache(store.pitch)
    return (
        _Cache("embeddings", embeddings.entries, embeddings.corrupt_entries),
        _Cache("pitch", pitch.entries, pitch.corrupt_entries),
    )


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
    folders = sorted(store.versions.iterdir()) if store.versions.is_dir() else []
    for folder in folders:
        with suppress(StoreError):  # one that cannot be read names nobody
            yield read_manifest(store, folder.name)


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
