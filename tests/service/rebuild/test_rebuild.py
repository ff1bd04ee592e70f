"""A rebuild learns what is known, once, and makes it live."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swara.data.errors import CorpusError
from swara.data.sample_corpus.corpus import append_recordings, append_removal, read_corpus
from swara.embedder.spec import pool
from swara.service.errors import EmbedderChanged, StoreDamaged, StoreError, StoreNewer
from swara.service.rebuild.rebuild import ensure_live
from swara.service.rebuild.train import draft_manifest
from swara.service.store import Manifest, current_version, open_live, verify_version


def test_the_first_rebuild_makes_the_store(studio) -> None:
    assert open_live(studio.store, studio.embedder.spec) is None
    told: list[tuple[str, float]] = []
    result = studio.rebuild(progress=lambda *heard: told.append(heard))
    assert [share for stage, share in told if stage == "listen"] == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]
    assert told[-1] == ("write", 1.0)
    live = studio.open()
    assert live.id == result.version == current_version(studio.store)
    assert (result.promoted, result.nothing_new) == (True, False)
    assert (result.embedded, result.from_cache) == (4, 0)
    assert list(result.seconds) == ["check", "listen", "learn", "evaluate", "write"]
    assert result.metrics["note_head"]["split"] == "singer"
    assert result.metrics["note_head"]["scores"]["accuracy"] == 1.0
    assert result.metrics["learned_from"]["by_swara"] == {"S": 12, "P": 12}
    assert live.manifest.metrics == result.metrics
    assert json.loads(studio.store.version(live.id).report.read_bytes()) == result.metrics
    assert live.manifest.parent is None
    assert studio.half_made() == []


def test_nothing_new_writes_nothing_and_needs_no_permission(studio, as_nobody) -> None:
    first = studio.rebuild()
    before = studio.tree()
    again = studio.rebuild()
    assert (again.nothing_new, again.promoted, again.version) == (True, False, first.version)
    assert (again.embedded, again.from_cache) == (0, 0)
    assert again.metrics == first.metrics
    assert studio.tree() == before
    studio.make_read_only()
    done = studio.run(studio.rebuild, prepare=as_nobody)
    assert done.code == 0, done.said
    assert studio.tree() == before


def test_only_what_is_new_is_embedded_and_tracked_and_what_is_removed_is_forgotten(studio) -> None:
    first = studio.rebuild()
    extra = studio.add("take 4", singer="singer 1", detuned_cents=20.0)
    result = studio.rebuild()
    assert (result.embedded, result.from_cache) == (1, 4)
    assert (studio.embedder.embedded, studio.tracker.tracked) == (5, 5)
    assert studio.open().manifest.parent == first.version
    assert result.metrics["learned_from"]["recordings"] == 5
    append_recordings(studio.store.corpus, [replace(extra, labels=extra.labels[:2])])
    assert studio.rebuild().metrics["learned_from"]["notes"] == 26, "other labels are learned"
    append_removal(studio.store.corpus, extra.id)
    assert studio.rebuild().metrics["learned_from"]["recordings"] == 4
    assert extra.id not in {item.recording for item in studio.open().index.items}


def test_the_same_recordings_make_the_same_bytes(studio) -> None:
    first = studio.files(studio.rebuild().version)
    assert {"note_head.npz", "report.json"} < set(first)
    assert studio.files(studio.rebuild(force=True).version) == first
    known = read_corpus(studio.store.corpus)
    shutil.rmtree(studio.store.folder)
    append_recordings(studio.store.corpus, reversed(known))
    assert studio.files(studio.rebuild().version) == first


@pytest.mark.parametrize("part", ["note_head", "index"])
def test_head_and_index_of_different_embedders_are_refused(
    studio, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(*given: object) -> Manifest:
        draft = draft_manifest(*given)
        return replace(draft, made_with={**draft.made_with, part: "0" * 16})

    monkeypatch.setattr("swara.service.rebuild.rebuild.draft_manifest", other)
    studio.rebuild()
    with pytest.raises(EmbedderChanged, match="Run: swara rebuild"):
        studio.open()
    monkeypatch.undo()
    monkeypatch.setattr("swara.service.samples.known.pack_recordings", lambda: ())
    assert not studio.rebuild().nothing_new
    studio.open()


def test_another_tracker_seed_or_program_learns_anew(studio, monkeypatch: pytest.MonkeyPatch) -> None:
    studio.rebuild()
    studio.tracker.name = "other"
    assert not studio.rebuild().nothing_new
    assert studio.tracker.tracked == 8
    monkeypatch.setattr("swara.service.rebuild.plan.SEED", 2)
    assert not studio.rebuild().nothing_new
    for module in ("plan", "train"):
        monkeypatch.setattr(f"swara.service.rebuild.{module}.code_version", lambda: "99.0")
    result = studio.rebuild()
    assert (result.nothing_new, result.embedded, result.from_cache) == (False, 0, 4)
    assert studio.rebuild().nothing_new


def refusal(studio, **options: object) -> str:
    with pytest.raises(CorpusError) as caught:
        studio.rebuild(**options)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_recordings_deleted_or_changed_are_all_named(studio) -> None:
    first = studio.rebuild()
    gone = studio.add("take 4", detuned_cents=20.0)
    changed = studio.add("take 5", detuned_cents=30.0)
    before = studio.tree()
    Path(gone.path).unlink()
    Path(changed.path).write_bytes(b"noise")
    for force in (False, True):
        line = refusal(studio, force=force)
        assert f"2 recordings are not what was added: {gone.path} (deleted), {changed.path} (changed)" in line
        assert f"swara samples remove {gone.id}; swara samples remove {changed.id}" in line
    assert studio.tree() == before
    assert studio.open().id == first.version


def test_where_all_is_gone_a_disk_is_not_mounted(studio) -> None:
    """Forgetting recordings, one by one, would cost their labels."""
    studio.rebuild()
    studio.sounds.rename(studio.sounds.with_name("away"))
    line = refusal(studio)
    assert "4 recordings are not what was added" in line
    assert f"Nothing that was added from {studio.sounds} is there" in line
    assert "mount it" in line
    assert line.count("swara samples remove") == 1


def test_what_to_do_of_many_recordings_is_not_told_in_one_line(studio) -> None:
    wrong = [Path(studio.add(f"more {n}", detuned_cents=20.0 + n).path) for n in range(12)]
    wrong[0].write_bytes(b"noise")
    for path in wrong[1:]:
        path.unlink()
    line = refusal(studio)
    assert "12 recordings are not what was added" in line
    assert " and 2 more" in line
    assert "swara samples remove" not in line
    assert line.endswith("swara samples check.")
    wrong[0].unlink()
    assert "Put the files back; to be told" in refusal(studio)


def test_too_little_to_learn_from_leaves_the_live_version(studio) -> None:
    studio.rebuild()
    for item in {item.recording for item in studio.open().index.items}:
        append_removal(studio.store.corpus, item)
    before = studio.tree()
    with pytest.raises(Exception, match="too few labelled notes"):
        studio.rebuild()
    assert studio.tree() == before


@pytest.mark.parametrize("what", ["flipped", "cut", "missing"])
def test_every_damaged_file_is_named_and_a_rebuild_mends_it(studio, learned_at_once, what: str) -> None:
    live = studio.rebuild().version
    files = [*studio.files(live), "manifest.json"]
    assert len(files) >= 5
    for file in files:
        damaged = studio.store.version(live).folder / file
        studio.harm(damaged, what)
        with pytest.raises(StoreDamaged) as caught:
            studio.open()
        assert caught.value.where == str(damaged)
        assert "swara rebuild --force" in str(caught.value)
        result = studio.rebuild()
        assert (result.nothing_new, result.from_cache) == (False, 4)
        assert str(damaged) in result.warnings[0]
        studio.open()
        live = result.version


@pytest.mark.parametrize("force", [False, True])
def test_a_version_of_a_newer_swara_is_left_alone(
    studio, learned_at_once, force: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from swara.service.store import manifest

    monkeypatch.setattr(manifest.Manifest.__init__, "__defaults__", (manifest.SCHEMA + 1,))
    studio.rebuild()
    before = studio.tree()
    for act in (studio.open, lambda: studio.rebuild(force=force)):
        with pytest.raises(StoreNewer, match="Use the newer swara; this one is "):
            act()
    assert studio.tree() == before


def test_a_damaged_cache_entry_is_made_again(studio, learned_at_once) -> None:
    studio.rebuild()
    for cache in (studio.store.embeddings, studio.store.pitch):
        studio.harm(next(cache.rglob("*.npz")), "cut")
    result = studio.rebuild(force=True)
    assert (result.embedded, result.from_cache, studio.tracker.tracked) == (1, 3, 5)
    assert result.warnings[0] == "damaged entries of the cache, found and computed again: 2"
    assert studio.rebuild(force=True).warnings == result.warnings[1:]


def test_a_fresh_store_is_filled_on_demand_and_only_once(studio) -> None:
    def ensure():
        return ensure_live(studio.store.folder, embedder=studio.embedder, tracker=studio.tracker)

    first = ensure()
    assert ensure().id == first.id
    assert len(list(studio.store.versions.iterdir())) == 1
    studio.embedder = type(studio.embedder)(seed=2)
    with pytest.raises(StoreError, match="swara rebuild"):
        ensure()


def test_notes_without_pitch_are_left_out_and_counted(studio, monkeypatch: pytest.MonkeyPatch) -> None:
    track = studio.tracker.track

    def deaf_at_first(clip, progress=None):
        heard = track(clip)
        sung = heard.times_s > studio.NOTE_S
        return replace(heard, voiced=sung, hz=np.where(sung, heard.hz, np.nan))

    monkeypatch.setattr(studio.tracker, "track", deaf_at_first)
    result = studio.rebuild()
    assert result.metrics["learned_from"]["notes"] == 20
    assert "4 labelled notes have no pitch" in result.warnings[0]
    assert verify_version(studio.store, result.version).metrics == result.metrics


def test_a_version_that_pooled_notes_otherwise_is_refused_and_can_be_made_anew(
    studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pool_twice(*given: object) -> np.ndarray:
        return np.tile(pool(*given), 2)

    with monkeypatch.context() as before:
        before.setattr("swara.service.rebuild.labelled_notes.pool", pool_twice)
        before.setattr("swara.service.rebuild.plan.BUILD_FORMAT", 2)
        before.setattr("swara.service.rebuild.packed_notes.code_digest", lambda _: "of other code")
        first = studio.rebuild()
    with pytest.raises(EmbedderChanged, match=r"at 6 numbers of a note, .* 3 of it .* Run: swara rebuild"):
        studio.open()
    assert studio.rebuild().version != first.version
    studio.open()
