"""What the last rebuild cut is taken up to the last bit, and only where nothing changed since."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import replace

import pytest

from swara.data.errors import OutputError
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import append_recordings, append_removal, read_corpus
from swara.service.rebuild.labelled_notes import NoteExtractor
from swara.service.rebuild.packed_notes import PackedNotes


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ids of the recordings of which notes were cut anew."""
    found, notes_of = list[str](), NoteExtractor.notes_of

    def counted(extractor: NoteExtractor, recording: Recording):
        found.append(recording.id)
        return notes_of(extractor, recording)

    monkeypatch.setattr(NoteExtractor, "notes_of", counted)
    return found


def _from_nothing(studio) -> dict[str, bytes]:
    """The files of a version that a store with the same recordings, and nothing else, makes."""
    known = read_corpus(studio.store.corpus)
    held_out = studio.store.held_out.read_bytes()
    shutil.rmtree(studio.store.folder)
    append_recordings(studio.store.corpus, known)
    studio.store.held_out.write_bytes(held_out)
    return studio.files(studio.rebuild(force=True).version)


def test_only_what_changed_is_cut_anew_and_the_bytes_are_those_of_a_rebuild_from_nothing(studio, cut) -> None:
    studio.rebuild()
    first, *_, last = read_corpus(studio.store.corpus)
    cut.clear()
    assert studio.rebuild(force=True).from_cache == 4
    assert cut == []
    extra = studio.add("take 4", singer="singer 1", detuned_cents=20.0)
    append_recordings(
        studio.store.corpus,
        [replace(first, raga="bhupali"), replace(last, labels=last.labels[1:])],
    )
    result = studio.rebuild()
    assert (set(cut), result.embedded) == ({extra.id, first.id, last.id}, 1)
    append_removal(studio.store.corpus, first.id)
    cut.clear()
    mine = studio.files(studio.rebuild(force=True).version)
    assert set(cut) <= {last.id}, "that alone is asked about by its labels of before"
    assert mine == _from_nothing(studio)


@pytest.mark.parametrize("what", ["cut", "flipped", "other code", "entries copied"])
def test_what_does_not_hold_any_more_is_cut_anew(
    studio, learned_at_once, cut, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = studio.files(studio.rebuild().version)
    cut.clear()
    for path in studio.store.notes.rglob("*.npz"):
        if what in ("cut", "flipped"):
            studio.harm(path, what)
    if what == "other code":
        monkeypatch.setattr("swara.service.rebuild.packed_notes.code_digest", lambda _: "of other code")
    for path in studio.store.pitch.rglob("*.npz"):
        if what == "entries copied":
            os.utime(path, ns=(0, 0))
    for made_anew in (4, 0):
        cut.clear()
        result = studio.rebuild(force=True)
        assert len(cut) == made_anew
        assert studio.files(result.version) == first


def test_where_it_cannot_be_kept_the_rebuild_goes_on(
    studio, learned_at_once, cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(packed: PackedNotes) -> None:
        raise OutputError("no") from PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    studio.rebuild()
    with monkeypatch.context() as unseen:  # nothing is kept that would be known again
        unseen.setattr(PackedNotes, "get", lambda *_: None)
        unseen.setattr("swara.service.rebuild.labelled_notes.stamp_of", lambda _: None)
        studio.rebuild(force=True)
    cut.clear()
    studio.rebuild(force=True)
    assert cut == []
    shutil.rmtree(studio.store.notes)
    monkeypatch.setattr(PackedNotes, "save", refuse)
    studio.rebuild(force=True)
    cut.clear()
    for _ in range(2):
        assert studio.rebuild(force=True).from_cache == 4
    assert len(cut) == 8
