"""Each corpus is read from its own layout, into one index, with what is wrong named file by file."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.data.corpora import corpus_named
from swara.data.corpora.entry import CorpusCard, Given
from swara.data.corpora.index import COLUMNS, changed_files, read_index, write_index
from swara.data.corpora.labels import exercise_named, family_of, instrument_named, midi_of
from swara.data.corpora.splits import grouped_folds, labelled, random_folds
from swara.data.errors import CorpusError, OutputError
from swara.data.freesound.download import Sound
from swara.data.storage.disk import sha256_of
from swara.data.storage.json_lines import json_line
from swara.service.corpora import add
from swara.service.corpora.add import add_to_index

GIVEN = Given(licence="CC0")


def _wav(path: Path, hz: float) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    times_s = np.arange(8000) / 16_000
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * hz * times_s), 16_000, format="WAV")
    return path


def _vocalset(root: Path) -> None:
    for number, singer in enumerate(("female1", "female2", "male1", "male10")):
        short = f"{singer[0]}{singer.lstrip('femal')}"
        for step, exercise in enumerate(("scales", "arpeggios", "long_tones")):
            name = f"{short}_{exercise}_belt_a.wav"
            _wav(root / "FULL" / singer / exercise / "belt" / name, 200 + 10 * number + step)
    _wav(root / "data_by_vowel" / "a" / "f1_scales_belt_a.wav", 200)
    _wav(root / "FULL" / "male1" / "humming" / "x" / "m1_humming.wav", 300)


def _note(family: str, number: int, pitch: int, **more: object) -> dict[str, object]:
    instrument = f"{family}_acoustic_{number:03d}"
    return {
        "note": 1,
        "note_str": f"{instrument}-{pitch:03d}-050",
        "instrument": number,
        "pitch": pitch,
        "instrument_str": instrument,
        "velocity": 50,
        "sample_rate": 16000,
        "qualities": [0] * 10,
        "qualities_str": [],
        "instrument_family": 3,
        "instrument_family_str": family,
        "instrument_source": 0,
        "instrument_source_str": "acoustic",
        **more,
    }


def _nsynth(root: Path) -> None:
    notes = [_note(family, number, 60 + number) for family in ("reed", "string") for number in range(4)]
    odd = _note("reed", 7, 50, reverb=True)
    wrong, gone = _note("reed", 8, 51) | {"pitch": 52}, _note("reed", 9, 53)
    for at, note in enumerate((*notes, odd, wrong)):
        _wav(root / "audio" / f"{note['note_str']}.wav", 200 + at)
    _wav(root / "audio" / "guitar_acoustic_001-060-050.wav", 400)
    described = {str(note["note_str"]): note for note in (*notes, odd, wrong, gone)}
    (root / "examples.json").write_text(json.dumps(described))


def _philharmonia(root: Path) -> None:
    for at, (instrument, note) in enumerate((("cello", "A2"), ("cello", "As2"), ("saxophone", "C4"))):
        _wav(root / instrument / f"{instrument}_{note}_05_forte_arco-normal.mp3", 200 + at)
    _wav(root / "cello" / "cello_H2_05_forte_arco-normal.mp3", 300)


def _folders(root: Path) -> None:
    for at, name in enumerate(("Cello/Anna", "cello/Berta", "contrabass/Carl", "=1+1/Dora")):
        _wav(root / name / "#1 é.wav", 500 + at)
    _wav(root / "loose.wav", 300)


def _freesound(root: Path) -> None:
    lines = []
    for at, label in enumerate(("cello", "oboe")):
        path = _wav(root / f"{at}.mp3", 200 + at)
        told = {"id": at, "file": path.name, "sha256": sha256_of(path), "name": "../a", "username": f"u{at}"}
        told |= {"url": "u", "licence": "CC0", "label": label, "duration_s": 0.5}
        assert Sound(**told).credit.startswith('"../a" by u')
        lines.append(json_line(told))
    (root / "sounds.jsonl").write_bytes(b"".join(lines))
    _wav(root / "9.mp3", 300)


CORPORA: dict[str, tuple[Callable[[Path], None], int, list[str]]] = {
    "vocalset": (_vocalset, 12, ["no folder says which exercise"]),
    "nsynth": (_nsynth, 9, ["describes it as reed_acoustic_008-052", "not there", "says nothing of it"]),
    "philharmonia": (_philharmonia, 3, ["instrument_note_length"]),
    "folders": (_folders, 4, ["lies in no folder"]),
    "freesound": (_freesound, 2, ["says nothing of it"]),
}
"""How each is laid out with faults in it, how many recordings are right, what is said of the others."""


@pytest.fixture(params=CORPORA)
def corpus(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The name of a corpus that lies in the folder `here`."""
    (tmp_path / "here").mkdir()
    CORPORA[request.param][0](tmp_path / "here")
    return request.param


def test_each_corpus_becomes_an_index_and_a_card(corpus: str, tmp_path: Path) -> None:
    index = tmp_path / "corpus.csv"
    result = add_to_index(corpus, tmp_path / "here", index, GIVEN)
    _, right, faults = CORPORA[corpus]
    assert (result.added, result.renewed, len(result.rows)) == (right, 0, right)
    assert len(result.refused) == len(faults)
    assert all(any(fault in each.line for each in result.refused) for fault in faults)
    rows = read_index(index)
    assert rows == tuple(sorted(result.rows, key=lambda row: (row.corpus, str(row.path))))
    assert not changed_files(rows)
    for row in rows:
        assert row.corpus == corpus
        assert row.source
        assert row.licence
        assert row.player
        assert row.instrument or row.family
        assert row.duration_s == pytest.approx(0.5, abs=0.1)
    card = result.card.read_text()
    assert f"- Recordings: {right}," in card
    assert all(leak in card for leak in corpus_named(corpus).CARD.leaks)
    assert str(tmp_path) not in index.read_text()
    again = add_to_index(corpus, tmp_path / "here", index, GIVEN)
    assert (again.added, again.renewed, again.rows) == (0, right, rows)


def test_each_corpus_has_the_same_shape(corpus: str, tmp_path: Path) -> None:
    module = corpus_named(corpus)
    assert isinstance(module.CARD, CorpusCard)
    assert module.CARD.name == corpus
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "none", next((tmp_path / "here").rglob("*.*"))):
        with pytest.raises(CorpusError) as error:
            module.find(folder, GIVEN)
        assert str(folder) in str(error.value)


def test_labels_and_players_are_those_of_the_layout(tmp_path: Path) -> None:
    for name in ("vocalset", "nsynth", "folders"):
        CORPORA[name][0](tmp_path / name)
    rows = add_to_index("vocalset", tmp_path / "vocalset", tmp_path / "c.csv", GIVEN).rows
    assert {row.player for row in rows} == {"female1", "female2", "male1", "male10"}
    assert {row.technique for row in rows} == {"belt"}
    assert {row.path.parts[-3]: row.exercise for row in rows} == {
        "scales": "scale",
        "arpeggios": "arpeggio",
        "long_tones": "other",
    }
    found = corpus_named("nsynth").find(tmp_path / "nsynth", Given())
    assert "reverb" in found.remarks[0]
    assert {(entry.family, entry.midi) for entry in found.entries} >= {("reed", 60), ("string", 63)}
    result = add_to_index("folders", tmp_path / "folders", tmp_path / "c.csv", GIVEN)
    assert {row.corpus for row in result.rows} == {"vocalset", "folders"}
    assert {row.instrument for row in result.rows} == {"voice", "cello", "double bass", "=1+1"}
    assert "'=1+1" in (tmp_path / "c.csv").read_text()
    with pytest.raises(CorpusError, match=r"none of 5 files can be added; .* that would say its label\.$"):
        add_to_index("folders", tmp_path / "folders", tmp_path / "d.csv", Given("exercise", "CC0"))
    with pytest.raises(CorpusError, match="--licence"):
        add_to_index("folders", tmp_path / "folders", tmp_path / "d.csv", Given())
    assert not (tmp_path / "d.csv").exists()


def test_names_of_notes_and_instruments() -> None:
    assert [midi_of(note) for note in ("A4", "As2", "C#4", "Db4", "C-1", "G9", "A9", "H2", "")] == [
        *(69, 46, 61, 61, 0, 127, None, None, None)
    ]
    assert instrument_named("Sax alto") == "alto saxophone"
    assert instrument_named("agogo-bells") == "agogo bells"
    assert (family_of("oboe"), family_of("agogo bells")) == ("reed", "")
    assert exercise_named("Arpeggios") == "arpeggio"


def test_what_cannot_be_heard_is_refused_by_name(tmp_path: Path) -> None:
    folder = tmp_path / "here" / "cello"
    good = _wav(folder / "good.wav", 220)
    (folder / "copy.wav").write_bytes(good.read_bytes())
    (folder / "empty.wav").touch()
    for name in ("text.wav", "text.caf"):
        (folder / name).write_text("no sound")
    (folder / "gone.wav").symlink_to(tmp_path / "nowhere.wav")
    soundfile.write(folder / "silent.wav", np.zeros(8000), 16_000)
    os.mkfifo(folder / "pipe.wav")
    result = add_to_index("folders", tmp_path / "here", tmp_path / "corpus.csv", GIVEN)
    lines = {each.path.name: each.line for each in result.refused}
    told = {f"{name}.wav" for name in ("empty", "text", "gone", "silent", "good", "pipe")}
    assert set(lines) == told | {"text.caf"}
    assert "pipe" in lines["pipe.wav"]
    assert "same as" in lines["good.wav"]  # copy.wav came first
    assert (lines["gone.wav"], lines["silent.wav"]) == ("it is missing", "it is silent")
    good.rename(folder / "text.wav")
    (folder / "copy.wav").unlink()
    moved = add_to_index("folders", tmp_path / "here", tmp_path / "corpus.csv", GIVEN)
    assert (moved.added, moved.renewed, [row.path.name for row in moved.rows]) == (0, 1, ["text.wav"])


def test_a_recording_moved_onto_another_takes_its_row(tmp_path: Path) -> None:
    one, other = (_wav(tmp_path / "here" / "cello" / f"{name}.wav", 220 + ord(name)) for name in "ab")
    add_to_index("folders", tmp_path / "here", tmp_path / "corpus.csv", GIVEN)
    one.rename(other)
    rows = add_to_index("folders", tmp_path / "here", tmp_path / "corpus.csv", GIVEN).rows
    assert ([row.path.name for row in rows], changed_files(rows)) == (["b.wav"], {})


def test_a_full_disk_leaves_the_index_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _folders(tmp_path / "here")
    index = tmp_path / "corpus.csv"
    add_to_index("folders", tmp_path / "here", index, GIVEN)
    before, files = index.read_bytes(), set(tmp_path.iterdir())
    _wav(tmp_path / "here" / "oboe" / "Eva" / "a.wav", 500)

    def full(path: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="no space left"):
        add.add_to_index("folders", tmp_path / "here", index, GIVEN)
    assert (index.read_bytes(), set(tmp_path.iterdir())) == (before, files)


@pytest.fixture
def index(tmp_path: Path) -> Path:
    """An index of VocalSet."""
    _vocalset(tmp_path / "here")
    add_to_index("vocalset", tmp_path / "here", tmp_path / "corpus.csv", GIVEN)
    return tmp_path / "corpus.csv"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("scale,voice", "scales,voice", '"scales" is no exercise'),
        (",vocal,,", ",vocal,128,", 'midi is "128"'),
        (",vocal,,", ",voices,,", '"voices" is no family'),
        (",0.500,", ",nan,", 'duration_s is "nan"'),
        ("VocalSet", "", "it has no source"),
        (",CC0,", ",CC0,,", "cells, not"),
        ("sha256", "sha", "the index lacks sha256"),
        ("path,", '"path', "no CSV"),
    ],
)
def test_a_wrong_row_is_named_by_its_line(index: Path, old: str, new: str, said: str) -> None:
    text = index.read_text()
    assert old in text
    index.write_text(text.replace(old, new, 1))
    with pytest.raises(CorpusError) as error:
        read_index(index)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_recording_listed_twice_missing_or_changed(index: Path) -> None:
    text = index.read_text()
    rows = read_index(index)
    index.write_text(text + text.splitlines()[1] + "\n")
    with pytest.raises(CorpusError, match="line 14: it is listed twice: line 2"):
        read_index(index)
    rows[0].path.unlink()
    rows[1].path.write_bytes(b"other")
    assert list(changed_files(rows).values()) == ["it is missing", "it was changed since it was added"]
    assert text.splitlines()[0] == ",".join(COLUMNS)


def test_folds_keep_players_and_sources_apart_whatever_the_order(index: Path, tmp_path: Path) -> None:
    _nsynth(tmp_path / "notes")
    rows = add_to_index("nsynth", tmp_path / "notes", index, GIVEN).rows
    for label in ("exercise", "family"):
        named = labelled(rows, label)
        folds = grouped_folds(named, label)
        assert set(folds.numbers) >= {0, 1}
        sides = {(group, number) for group, number in zip(folds.groups, folds.numbers, strict=True)}
        assert len(sides) == len(set(folds.groups))
        again = grouped_folds(labelled(rows[::-1], label), label)
        assert np.array_equal(folds.numbers, again.numbers)
        assert min(random_folds(named, label, count=3)) == 0
    by_source = grouped_folds(labelled(rows, "family"), "family", "source")
    assert len(set(by_source.groups)) == 2
    assert by_source.lonely == ("reed", "string", "vocal")


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        ("scales", "every recording has the exercise scale"),
        ("female1", "of one singer or player"),
        ("z", "no recording"),
    ],
)
def test_one_class_or_one_singer_is_said(index: Path, keep: str, said: str) -> None:
    rows = [row for row in read_index(index) if keep in row.path.parts]
    write_index(index, rows)
    with pytest.raises(CorpusError, match=said):
        grouped_folds(labelled(read_index(index), "exercise"), "exercise")
