"""Damage makes no store forget what was chosen, what was added, and what somebody stepped back from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from benchmarks.rebuild.choir import sing
from swara.data.errors import CorpusError
from swara.data.sample_corpus.corpus import append_recordings, read_corpus
from swara.service.embedders.choose import choose_embedder, live_name
from swara.service.errors import NoSuchVersion
from swara.service.store import current_version, read_manifest
from swara.service.versions.diff import difference
from swara.service.versions.info import find_version
from swara.service.versions.promote import roll_back

SINGERS, TAKES = 5, 3


@pytest.fixture
def grown(choir):
    """A store with five singers, and a version of four of them before the live one."""
    content = choir.store.corpus.read_bytes()
    choir.store.corpus.write_bytes(b"".join(content.splitlines(keepends=True)[:-TAKES]))
    choir.rebuild()
    choir.store.corpus.write_bytes(content)
    choir.rebuild()
    return choir


HURT = {"CURRENT is gone": None, "CURRENT is noise": None}
HURT |= {"its manifest": "manifest", "its recordings": "recordings", "its head": "note_head"}


def hurt(grown, what: str) -> None:
    """Damage the live version, or what says that it is."""
    live = grown.store.version(current_version(grown.store))
    if HURT[what]:
        grown.harm(getattr(live, HURT[what]))
    elif "gone" in what:
        grown.store.current.unlink()
    else:
        grown.store.current.write_text("noise")


@pytest.mark.parametrize("what", HURT)
def test_a_lost_list_is_told_all_the_same(grown, what: str) -> None:
    hurt(grown, what)
    grown.store.corpus.unlink()
    append_recordings(grown.store.corpus, [sing(grown.sounds, 9, 0)])
    with pytest.raises(CorpusError):
        grown.rebuild()


@pytest.mark.parametrize("what", HURT)
def test_what_somebody_stepped_back_from_does_not_come_back(grown, what: str) -> None:
    left = current_version(grown.store)
    roll_back(grown.store)
    before = current_version(grown.store)
    hurt(grown, what)
    with pytest.raises(NoSuchVersion, match=rf"stepped back from.*swara versions promote {left}"):
        grown.rebuild()
    assert len(list(grown.store.versions.iterdir())) == 2
    assert before != left


@pytest.mark.parametrize("what", HURT)
def test_the_embedder_stays_the_one_that_was_chosen(
    grown, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    called: list[str] = []

    def embedder(name, *_):
        called.append(name)
        return grown.embedder

    monkeypatch.setattr("swara.service.embedders.choose.embedder_called", embedder)
    hurt(grown, what)
    choose_embedder(grown.store, None)
    assert called == ["stub"]
    if what == "CURRENT is gone":
        assert live_name(grown.store) == "stub"


def test_where_no_version_can_be_asked_it_is_told(grown) -> None:
    for version in grown.store.versions.iterdir():
        grown.harm(grown.store.version(version.name).manifest)
    result = grown.rebuild()
    assert result.promoted
    assert any("compared with none" in warning for warning in result.warnings)


@pytest.mark.parametrize("what", ["its head", "its manifest"])
def test_what_only_the_two_share_is_not_said_to_be_too_little(grown, what: str) -> None:
    hurt(grown, what)
    assert not [warning for warning in grown.rebuild(force=True).warnings if "too little" in warning]


def test_versions_are_told_apart_by_what_can_be_held_against_each_other(grown) -> None:
    live = current_version(grown.store)
    parent = read_manifest(grown.store, live).parent
    append_recordings(grown.store.corpus, [sing(grown.sounds, 11, 0)])
    newest = grown.rebuild().version
    before, between, after = (find_version(grown.store, each) for each in (parent, live, newest))
    name = "retrieval hits, in common"
    found = difference(grown.store, between, after)
    assert found.score_before(name) == after.scores[name], "both heard the same of the same"
    assert difference(grown.store, before, after).score_before(name) is None
    assert found.score_before("labels in place") == between.scores["labels in place"]


def test_versions_that_differ_by_a_correction_name_it(grown) -> None:
    live = find_version(grown.store, "live")
    assert live.manifest is not None
    corrections = {"used": [{"id": "0123abcd"}]}
    other = replace(live, manifest=replace(live.manifest, metrics={"corrections": corrections}))
    assert difference(grown.store, live, other).corrected == ("0123abcd",)


def test_stepping_back_from_a_rebuild_without_the_lost_is_nothing_new(grown) -> None:
    content = grown.store.corpus.read_bytes()
    lines = content.splitlines(keepends=True)
    grown.store.corpus.write_bytes(b"".join(lines[:-1]))
    assert grown.rebuild(force=True).promoted
    assert len(read_corpus(grown.store.corpus)) == SINGERS * TAKES - 1
    roll_back(grown.store)
    assert grown.rebuild().nothing_new
