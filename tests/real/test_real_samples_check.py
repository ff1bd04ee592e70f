"""Real recordings as a corpus: nothing is found wrong with them, and a Sa that is wrong by a fifth is."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from swara.data.layouts import Given
from swara.data.sample_corpus.corpus import append_recordings, read_corpus
from swara.raga.tonic_names import parse_tonic
from swara.service.samples.add import add_samples
from swara.service.samples.check import check_samples
from swara.service.store import Layout

NOTES = {48: "sa", 50: "re", 52: "ga", 55: "pa", 57: "dha", 60: "taar-sa"}
CONCERT = "bfefde58-4eb2-49b0-9c63-7e4ce1070e61_2-32.mp3"


@pytest.fixture
def store(tmp_path: Path, recordings, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """Six single notes of one voice, and half a minute of Bhupali of another."""
    monkeypatch.setattr("swara.service.samples.known.pack_recordings", lambda: ())
    made, notes = Layout(tmp_path / "store"), tmp_path / "C3"
    notes.mkdir()
    for number, name in NOTES.items():
        (sung,) = (recordings.folder / "sung_notes" / "chengu" / "notes").glob(f"note{number:03}-*.wav")
        shutil.copy(sung, notes / f"{name}.wav")
    assert len(add_samples(notes, Given("one", "own"), made.corpus).added) == len(NOTES)
    concert = recordings.folder / "hindustani_concert" / CONCERT
    given = Given("another", "own", parse_tonic("155.564"), "bhupali")
    assert len(add_samples(concert, given, made.corpus).added) == 1
    return made


def test_only_what_is_wrong_is_found(store: Layout) -> None:
    assert check_samples(store).findings == ()
    known = read_corpus(store.corpus)
    append_recordings(store.corpus, [replace(each, tonic_hz=1.5 * each.tonic_hz) for each in known])
    wrong = check_samples(store).findings
    assert {found.recording.id for found in wrong} == {each.id for each in known}
    assert {found.kind for found in wrong} == {"sa"}
    assert all("0% of the notes" in found.what for found in wrong)
