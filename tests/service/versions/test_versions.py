"""Versions listed, compared, gone back to and pruned; whatever is damaged, there is a way back."""

from __future__ import annotations

import json

import pytest

from swara.data.errors import CorpusError
from swara.data.sample_corpus.corpus import append_removal
from swara.service.errors import NoSuchVersion, StoreDamaged, StoreError
from swara.service.store import Layout, current_version, open_live
from swara.service.store.versions import withdraw
from swara.service.versions.diff import difference
from swara.service.versions.info import find_version, kept_versions
from swara.service.versions.promote import make_live, prune_versions, roll_back

pytestmark = pytest.mark.usefixtures("learned_at_once")


@pytest.fixture
def grown(studio):
    """A store with three versions: the third saw one recording more than the first, the second another."""
    studio.versions = [studio.rebuild().version]
    extra = studio.add("take 4", singer="singer 1", detuned_cents=20.0)
    studio.versions.append(studio.rebuild().version)
    append_removal(studio.store.corpus, extra.id)
    studio.kept = studio.add("take 5", detuned_cents=15.0)
    studio.versions.append(studio.rebuild().version)
    studio.extra = extra
    return studio


def states(studio) -> list[str]:
    return [info.state for info in reversed(kept_versions(studio.store))]


def test_the_versions_are_listed_newest_first(grown) -> None:
    infos = kept_versions(grown.store)
    assert [info.id for info in infos] == grown.versions[::-1]
    assert states(grown) == ["", "", "live"]
    assert all("labels in place" in info.scores for info in infos)
    assert kept_versions(Layout(grown.sounds / "nothing")) == ()


def test_a_difference_says_what_each_saw(grown) -> None:
    first, second, third = (find_version(grown.store, version) for version in grown.versions)
    assert difference(grown.store, first, second).added == {grown.extra.id: "singer 1"}
    found = difference(grown.store, second, third)
    assert (found.added, found.removed, found.relabelled) == (
        {grown.kept.id: "singer 0"},
        {grown.extra.id: "singer 1"},
        {},
    )


def test_a_version_is_found_by_a_part_of_its_id(grown) -> None:
    last = grown.versions[-1]
    assert find_version(grown.store, last[-8:]).id == find_version(grown.store, "live").id == last
    assert find_version(grown.store, last[:22]).id == last
    for text in ("2", "x", ""):
        with pytest.raises(NoSuchVersion, match="swara versions list"):
            find_version(grown.store, text)


def test_back_to_the_one_before_and_no_rebuild_undoes_it(grown) -> None:
    first, second, third = grown.versions
    assert roll_back(grown.store).id == second == current_version(grown.store)
    assert states(grown) == ["", "live", "left"]
    result = grown.rebuild()
    assert (result.outcome, result.version, result.candidate) == ("nothing new", second, third)
    assert f"swara versions promote {third}" in result.warnings[0]
    assert roll_back(grown.store).id == first

    assert make_live(grown.store, third).id == third == current_version(grown.store)
    assert states(grown) == ["", "left", "live"]
    assert grown.rebuild().nothing_new
    assert roll_back(grown.store, first[-8:]).id == first
    with pytest.raises(NoSuchVersion, match="no sound version to go back to"):
        roll_back(grown.store)
    grown.add("take 6", detuned_cents=25.0)
    assert grown.rebuild().promoted, "new recordings end a rollback"


@pytest.mark.parametrize("what", ["flipped", "cut", "missing"])
def test_whatever_file_of_the_live_version_is_damaged_a_rollback_works(grown, what: str) -> None:
    before, live = grown.versions[-2:]
    folder = grown.store.version(live).folder
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    assert {"manifest.json", "note_head.npz", "targets.json", "recordings.jsonl", "report.json"} < set(files)
    assert any(file.startswith("index/") for file in files)
    for file in files:
        path = folder / file
        content = path.read_bytes()
        grown.harm(path, what)
        with pytest.raises(StoreDamaged) as caught:
            grown.open()
        assert caught.value.where == str(path)
        assert "swara versions rollback" in str(caught.value)
        assert states(grown)[-1] == "live, damaged"

        assert roll_back(grown.store).id == before
        grown.open()
        path.write_bytes(content)
        make_live(grown.store, live)


def test_a_damaged_version_is_not_gone_back_to(grown) -> None:
    first, second, _ = grown.versions
    head = grown.store.version(second).note_head
    grown.harm(head, "flipped")
    with pytest.raises(StoreDamaged, match=r"note_head\.npz"):
        roll_back(grown.store, second)
    assert roll_back(grown.store).id == first
    assert states(grown) == ["live", "damaged", "left"]


def test_a_reader_survives_the_pruning_of_what_it_reads(grown, monkeypatch: pytest.MonkeyPatch) -> None:
    from swara.service.store import live

    look, looks = live.current_version, iter(grown.versions[1:])
    assert prune_versions(grown.store, 0) == (grown.versions[0],)
    assert grown.half_made() == []
    withdraw(grown.store, grown.versions[1])
    monkeypatch.setattr(live, "current_version", lambda store: next(looks, None) or look(store))
    opened = open_live(grown.store, grown.embedder.spec)
    assert opened is not None
    assert opened.id == grown.versions[-1]


def test_a_store_that_may_not_be_written_is_not_rolled_back(grown, as_nobody) -> None:
    grown.make_read_only()

    def act() -> None:
        with pytest.raises(StoreError):
            roll_back(grown.store)

    assert grown.run(act, prepare=as_nobody).code == 0
    assert current_version(grown.store) == grown.versions[-1]


def test_a_store_that_moves_with_its_recordings_stays_what_it_was(grown) -> None:
    old, new = grown.sounds, grown.sounds.with_name("elsewhere")
    old.rename(new)
    with pytest.raises(CorpusError, match="deleted"):
        grown.rebuild()
    grown.store.corpus.write_text(grown.store.corpus.read_text().replace(str(old), str(new)))
    moved = grown.store.folder.rename(grown.store.folder.with_name("moved store"))
    grown.store = Layout(moved)
    result = grown.rebuild()
    assert (result.outcome, result.version) == ("nothing new", grown.versions[-1])
    grown.open()


def test_the_command_line(grown, swara) -> None:
    first, second, third = grown.versions
    where = ("--store", grown.store.folder)
    listed = swara("versions", "list", *where)
    assert listed.code == 0
    assert all(version in listed.out for version in grown.versions)
    shown = swara("versions", "show", *where)
    assert third in shown.out
    assert "labels in place" in shown.out
    compared = swara("versions", "diff", second[-8:], *where)
    assert f"{grown.extra.id} (singer 1)" in compared.out
    assert swara("versions", "rollback", *where).out == f"Live: {second}\n"
    assert swara("versions", "promote", third, *where).out == f"Live: {third}\n"
    assert f"Removed: {first}" in swara("versions", "prune", "--keep", "1", *where).out
    missing = swara("versions", "rollback", "nonsense", *where)
    assert missing.code == 1
    assert "no version has an id" in missing.err


def test_targets_are_read_from_the_live_version(grown) -> None:
    from swara.service.rebuild.targets import learned_tuning

    targets = grown.store.version(grown.versions[-1]).targets
    assert json.loads(targets.read_bytes())["learned"] == {}
    assert learned_tuning(grown.store).name == "learned"
    grown.harm(targets, "flipped")
    with pytest.raises(StoreDamaged, match=r"targets\.json"):
        learned_tuning(grown.store)
