"""What the caches hold and what may go from them."""

from __future__ import annotations

import pytest

from swara.data.storage.array_cache import CacheInfo
from swara.service.errors import StoreBusy, StoreError
from swara.service.store import current_version, verify_version
from swara.service.store.lock import writer_lock
from swara.service.store.usage import cache_shares, prune_cache


@pytest.fixture
def two(studio, learned_at_once):
    """A store in which two embedders have heard four recordings; the second is live."""
    studio.rebuild()
    studio.embedder = type(studio.embedder)(seed=2)
    studio.rebuild()
    return studio


def _entries(studio) -> int:
    return len(list(studio.store.cache.rglob("*.npz")))


def _size(folder) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.npz"))


def test_each_share_is_named_and_measured(two) -> None:
    shares = sorted(cache_shares(two.store), key=lambda share: (share.kind, share.live))
    old, live, *notes, pitch = shares
    assert [(each.kind, each.name, each.live) for each in notes] == [
        ("notes", "stub", False),
        ("notes", "stub", True),
    ]
    assert sum(each.size for each in notes) == _size(two.store.notes)
    assert (old.kind, old.name, old.live, old.entries, old.damaged) == ("embeddings", "stub", False, 4, 0)
    assert (live.kind, live.name, live.live, live.entries) == ("embeddings", "stub", True, 4)
    assert live.fingerprint == two.embedder.spec.fingerprint
    assert live.size == _size(two.store.embeddings / live.fingerprint)
    assert (pitch.kind, pitch.name, pitch.live, pitch.entries) == ("pitch", "stub", True, 4)
    assert pitch.size == _size(two.store.pitch)


def test_damage_is_counted_and_left_alone(two) -> None:
    for folder in (two.store.embeddings / two.embedder.spec.fingerprint, two.store.pitch):
        two.harm(next(folder.rglob("*.npz")))
    before = two.tree()
    damaged = {(share.kind, share.live): share.damaged for share in cache_shares(two.store, thorough=True)}
    notes = {("notes", False): 0, ("notes", True): 0}
    assert damaged == {("embeddings", False): 0, ("embeddings", True): 1, ("pitch", True): 1} | notes
    assert two.tree() == before
    pruned = prune_cache(two.store)
    assert (pruned.outdated.entries, pruned.damaged.entries, pruned.left.entries) == (8, 2, 10)
    result = two.rebuild(force=True)
    assert (result.embedded, result.from_cache) == (1, 3)


def test_prune_removes_what_other_embedders_made(two) -> None:
    live = two.embedder.spec.fingerprint
    old_size = sum(_size(each) - _size(each / live) for each in (two.store.embeddings, two.store.notes))
    pruned = prune_cache(two.store)
    assert (pruned.outdated, pruned.damaged) == (CacheInfo(8, old_size), CacheInfo(0, 0))
    assert (pruned.left, pruned.stuck) == (CacheInfo(12, _size(two.store.cache)), 0)
    assert all(share.live for share in cache_shares(two.store))
    result = two.rebuild(force=True)
    assert (result.embedded, result.from_cache, two.tracker.tracked) == (0, 4, 4)


def test_prune_all_leaves_nothing_but_the_versions(two) -> None:
    assert prune_cache(two.store, everything=True).outdated.entries == 20
    assert _entries(two) == 0
    two.open()
    assert two.rebuild(force=True).embedded == 4


def test_nothing_goes_while_a_rebuild_is_at_work_and_without_a_live_version_only_all(two) -> None:
    before = _entries(two)
    with writer_lock(two.store), pytest.raises(StoreBusy):
        prune_cache(two.store)
    two.store.current.unlink()
    with pytest.raises(StoreError, match="swara cache prune --all"):
        prune_cache(two.store)
    assert _entries(two) == before
    assert prune_cache(two.store, everything=True).outdated.entries == before


def test_a_name_is_known_as_long_as_a_version_says_it(two) -> None:
    version = current_version(two.store)
    parent = verify_version(two.store, version).parent
    two.store.version(parent).manifest.unlink()
    names = {share.live: share.name for share in cache_shares(two.store) if share.kind == "embeddings"}
    assert names == {True: "stub", False: None}


def test_what_cannot_be_removed_is_counted(two, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swara.data.storage.array_cache.shutil.rmtree", lambda *_, **__: None)
    pruned = prune_cache(two.store)
    assert (pruned.outdated.entries, pruned.stuck, pruned.left.entries) == (0, 8, 20)
