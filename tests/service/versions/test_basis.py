"""Damage makes no store forget what was chosen, what was added, and what somebody stepped back from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.rebuild.choir import sing
from swara.data.corpus.corpus import append_recordings, read_corpus
from swara.data.errors import CorpusError
from swara.service.embedders.choose import choose_embedder, live_name
from swara.service.errors import NoSuchVersion
from swara.service.store import current_version, read_manifest
from swara.service.versions.diff import difference
from swara.service.versions.info import find_version
from swara.service.versions.promote import roll_back

SINGERS, TAKES = 5, 3


@pytest.fixture
def choir(studio):
    """A store with five singers, and a version of four of them before the live one."""
    studio.store.corpus.unlink()
    takes = [sing(studio.sounds, singer, take) for singer in range(SINGERS) for take in range(TAKES)]
    append_recordings(studio.store.corpus, takes[:-TAKES])
    studio.rebuild()
    append_recordings(studio.store.corpus, takes[-TAKES:])
    studio.rebuild()
    return studio


def hurt(choir, what: str) -> None:
    """Damage the live version, or what says that it is."""
    live = choir.store.version(current_version(choir.store))
    match what:
        case "CURRENT is gone":
            choir.store.current.unlink()
        case "CURRENT is noise":
            choir.store.current.write_text("noise")
        case "its manifest":
            choir.harm(live.manifest)
        case "its recordings":
            choir.harm(live.recordings)
        case "its head":
            choir.harm(live.note_head)


HURT = ("CURRENT is gone", "CURRENT is noise", "its manifest", "its recordings", "its head")


@pytest.mark.parametrize("what", HURT)
def test_a_lost_list_is_told_all_the_same(choir, what: str) -> None:
    hurt(choir, what)
    choir.store.corpus.unlink()
    append_recordings(choir.store.corpus, [sing(choir.sounds, 9, 0)])
    with pytest.raises(CorpusError):
        choir.rebuild()


@pytest.mark.parametrize("what", HURT)
def test_what_somebody_stepped_back_from_does_not_come_back(choir, what: str) -> None:
    left = current_version(choir.store)
    roll_back(choir.store)
    before = current_version(choir.store)
    hurt(choir, what)
    with pytest.raises(NoSuchVersion, match=rf"stepped back from.*swara versions promote {left}"):
        choir.rebuild()
    assert len(list(choir.store.versions.iterdir())) == 2
    assert before != left


@pytest.mark.parametrize("what", HURT)
def test_the_embedder_stays_the_one_that_was_chosen(
    choir, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    called: list[str] = []

    def embedder(name, *_):
        called.append(name)
        return choir.embedder

    monkeypatch.setattr("swara.service.embedders.choose.embedder_called", embedder)
    hurt(choir, what)
    choose_embedder(choir.store, None)
    assert called == ["stub"]
    if what == "CURRENT is gone":
        assert live_name(choir.store) == "stub"


def test_a_new_store_has_no_embedder_yet(lab) -> None:
    assert live_name(lab.store) is None


def test_where_no_version_can_be_asked_it_is_told(choir) -> None:
    for version in choir.store.versions.iterdir():
        choir.harm(choir.store.version(version.name).manifest)
    result = choir.rebuild()
    assert result.promoted
    assert any("compared with none" in warning for warning in result.warnings)


@pytest.mark.parametrize("what", ["its head", "its manifest"])
def test_what_only_the_two_share_is_not_said_to_be_too_little(choir, what: str) -> None:
    hurt(choir, what)
    assert not [warning for warning in choir.rebuild(force=True).warnings if "too little" in warning]


def test_versions_are_told_apart_by_what_can_be_held_against_each_other(choir) -> None:
    live = current_version(choir.store)
    parent = read_manifest(choir.store, live).parent
    append_recordings(choir.store.corpus, [sing(choir.sounds, 11, 0)])
    newest = choir.rebuild().version
    before, between, after = (find_version(choir.store, each) for each in (parent, live, newest))
    name = "retrieval hits, in common"
    found = difference(choir.store, between, after)
    assert found.score_before(name) == after.scores[name], "both heard the same of the same"
    assert difference(choir.store, before, after).score_before(name) is None
    assert found.score_before("labels in place") == between.scores["labels in place"]


def test_versions_that_differ_by_a_correction_name_it(choir) -> None:
    live = find_version(choir.store, "live")
    assert live.manifest is not None
    corrections = {"used": [{"id": "0123abcd"}]}
    other = replace(live, manifest=replace(live.manifest, metrics={"corrections": corrections}))
    assert difference(choir.store, live, other).corrected == ("0123abcd",)


def test_stepping_back_from_a_rebuild_without_the_lost_is_nothing_new(choir) -> None:
    content = choir.store.corpus.read_bytes()
    lines = content.splitlines(keepends=True)
    choir.store.corpus.write_bytes(b"".join(lines[:-1]))
    assert choir.rebuild(force=True).promoted
    assert len(read_corpus(choir.store.corpus)) == SINGERS * TAKES - 1
    roll_back(choir.store)
    assert choir.rebuild().nothing_new
