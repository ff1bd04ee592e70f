"""Recordings that moved, and a store that moves with them, by the commands of docs/operations.md."""

from __future__ import annotations

import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from swara.data.errors import CorpusError
from swara.data.sample_corpus.corpus import audio_path, read_corpus
from swara.service.feedback.log import (
    Correction,
    confirm_correction,
    known_corrections,
    note_correction,
    withdraw_correction,
)
from swara.service.samples.known import move_samples

MANUAL = Path(__file__).parents[3] / "docs" / "operations.md"


@pytest.mark.parametrize("corrections", [0, 2])
def test_the_paths_are_replaced(studio, swara, corrections: int) -> None:
    for n in range(corrections):
        take = read_corpus(studio.store.corpus)[n]
        place = {"path": take.path, "sha256": take.sha256, "tonic_hz": take.tonic_hz}
        heard = {"start_s": 0.05, "end_s": 0.2, "named": "P", "judged": "low", "swara": "S", "verdict": None}
        given = note_correction(studio.store, Correction(id="", at="", **place, **heard), confirmed=False)
        (withdraw_correction if n else confirm_correction)(studio.store, given.id)
    noted = known_corrections(studio.store)
    first = studio.rebuild()
    place, known = str(studio.sounds).encode(), {"corpus.jsonl", "feedback.jsonl", "HELD_OUT"}
    assert {path.rpartition("/")[2] for path, content in studio.tree().items() if place in content} <= known
    # The cache saves what is asked for by the old path; it is the first to be lost.
    shutil.rmtree(studio.store.folder / "cache")
    new = studio.sounds.with_name("elsewhere")
    studio.sounds.rename(new)
    with pytest.raises(CorpusError, match=r"swara samples move .* NEW"):
        studio.rebuild()

    line = next(line for line in MANUAL.read_text("utf-8").splitlines() if "samples move" in line)
    places = {"/old/place": studio.sounds, "/new/place": new}
    words = [places.get(word, word) for word in shlex.split(line)[1:]]
    done = swara(*words, "--store", studio.store.folder)
    assert (done.code, done.err) == (0, "")
    assert "4 recordings noted in the new place" in done.out
    assert all(audio_path(each).is_file() for each in read_corpus(studio.store.corpus))
    now = known_corrections(studio.store)
    assert [replace(each, path="") for each in now] == [replace(each, path="") for each in noted]
    assert [Path(each.path).parent for each in now] == corrections * [new]
    result = studio.rebuild()
    assert (result.nothing_new, result.version) == (True, first.version)
    studio.rebuild(force=True)


def test_what_is_called_otherwise_is_found_and_what_is_gone_is_named(studio, swara) -> None:
    known = read_corpus(studio.store.corpus)
    new = studio.sounds.with_name("elsewhere")
    (new / "deep").mkdir(parents=True)
    for number, each in enumerate(known[1:]):
        Path(each.path).rename(new / "deep" / f"{number}.wav")
    Path(known[0].path).unlink()
    result = move_samples(studio.store.corpus, studio.sounds, new)
    assert result.missing == (Path(known[0].path),)
    after = {each.sha256: each.path for each in read_corpus(studio.store.corpus)}
    assert [after[each.sha256] for each in known[1:]] == [
        str(new / "deep" / f"{number}.wav") for number in range(len(known) - 1)
    ]
    where = ("--store", studio.store.folder)
    done = swara("samples", "move", studio.sounds, new, *where)
    assert (done.code, "not found there" in done.out) == (1, True)
    assert "no sample was added from there" in swara("samples", "move", "/nowhere", new, *where).err
    assert "no such file or folder" in swara("samples", "move", new, "/nowhere", *where).err
