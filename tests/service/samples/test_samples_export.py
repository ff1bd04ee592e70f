"""A corpus exported and added again is the same corpus."""

from __future__ import annotations

import csv
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.data.errors import CorpusError, OutputError
from swara.data.layouts import Given
from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import append_recordings, corpus_digest, pack_recordings, read_corpus
from swara.data.storage.disk import sha256_of
from swara.service.samples.add import add_samples
from swara.service.samples.export import export_samples
from swara.service.samples.known import known_samples

NOTHING_SAID = Given()
ODD_NAMES = (
    *("plain", "Śruti, 'take' 2", "सा", 'quote " and , comma', "-leading dash", "a" * 120, "..dots", "CON"),
    "per%cent #hash",
)


class DeafTracker:
    """What was exported needs no ear."""

    name = "deaf"
    release = "1"

    def track(self, clip, progress=None):
        raise AssertionError("it was heard")


@pytest.fixture
def recorded(noted):
    """Write noise, and return it noted."""

    def record(path: Path, seed: int, **more) -> Recording:
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = 0.1 * np.random.default_rng(seed).standard_normal(8000)
        kind = {".flac": "FLAC", ".ogg": "OGG"}.get(path.suffix.lower(), "WAV")
        soundfile.write(path, noise, 16_000, format=kind)
        return noted(path, **more)

    return record


def _corpus(folder: Path, *recordings: Recording) -> Path:
    corpus = folder / "corpus.jsonl"
    append_recordings(corpus, recordings)
    return corpus


def _read_back(source: Path, corpus: Path, given: Given = NOTHING_SAID):
    return add_samples(source, given, corpus, tracker=DeafTracker())


def _descriptions(corpus: Path) -> list[Recording]:
    return sorted((replace(each, path="") for each in read_corpus(corpus)), key=lambda each: each.sha256)


@pytest.mark.parametrize("through", ["", "samples.csv"])
def test_what_is_exported_is_read_back_equal(tmp_path: Path, through: str, recorded) -> None:
    regions = (SwaraLabel(0.0312, 0.1, ".D"), SwaraLabel(0.1, 0.2001, "S'"), SwaraLabel(0.3, 0.4567, "g"))
    corpus = _corpus(
        tmp_path / "one",
        recorded(tmp_path / "in" / "a.wav", 1),
        recorded(tmp_path / "in" / "b.flac", 2, labels=regions, raga="yaman", tonic_hz=80.0001),
        recorded(tmp_path / "in" / "c.OGG", 3, labels=(), raga="bhupali"),
        recorded(tmp_path / "in" / "no suffix", 4, singer="synthesized: someone", synthesized=True),
    )
    exported = export_samples(corpus, tmp_path / "out")
    shutil.rmtree(tmp_path / "in")
    result = _read_back(tmp_path / "out" / through, tmp_path / "two" / "corpus.jsonl")
    assert result.ok
    assert (exported.recordings, len(result.added)) == (4, 4)
    assert _descriptions(tmp_path / "two" / "corpus.jsonl") == _descriptions(corpus)
    assert corpus_digest(result.added) == corpus_digest(read_corpus(corpus))
    assert all(sha256_of(Path(each.path)) == each.sha256 for each in result.added)


def test_odd_names_and_words_survive(tmp_path: Path, recorded) -> None:
    singers = ("=1+1", "रा\nव", 'say "सा", twice', "a,b;c\td", "a\r\nb", "#", "inner  spaces", "0", "None")
    recordings = [
        recorded(tmp_path / "in" / f"{name}.wav", seed, singer=singer, licence=f"© {singer}")
        for seed, (name, singer) in enumerate(zip(ODD_NAMES, singers, strict=True))
    ]
    if os.name == "posix":
        name = os.fsdecode(b"not \xff utf-8.wav")
        plain = recorded(tmp_path / "in" / "plainer.wav", 99)
        stray = Path(plain.path).rename(tmp_path / "in" / name)
        recordings.append(replace(plain, path=str(stray)))
    corpus = _corpus(tmp_path / "one", *recordings)
    export_samples(corpus, tmp_path / "out")
    names = [path.name for path in (tmp_path / "out" / "audio").iterdir()]
    assert len(names) == len(recordings)
    assert all(name.isascii() and len(name) < 90 for name in names)
    result = _read_back(tmp_path / "out", tmp_path / "two" / "corpus.jsonl")
    assert result.ok
    assert _descriptions(tmp_path / "two" / "corpus.jsonl") == _descriptions(corpus)


def test_no_cell_is_computed_by_a_spreadsheet_and_each_is_read_back(tmp_path: Path, recorded) -> None:
    singers = ("=HYPERLINK(0)", "+91 Asha", "-Asha", "@asha", "'=Asha", "'tis Asha", "-5")
    recordings = [recorded(tmp_path / f"{n}.wav", n, singer=singer) for n, singer in enumerate(singers)]
    corpus = _corpus(tmp_path / "one", *recordings)
    export_samples(corpus, tmp_path / "out")
    with (tmp_path / "out" / "samples.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["singer"] for row in rows} == {f"'{singer}" for singer in singers[:5]} | set(singers[5:])
    result = _read_back(tmp_path / "out", tmp_path / "two" / "corpus.jsonl")
    assert {each.singer for each in result.added} == set(singers)


def test_the_bundled_samples_are_there_on_demand(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(CorpusError, match="--bundled"):
        export_samples(tmp_path / "corpus.jsonl", tmp_path / "out")
    exported = export_samples(tmp_path / "corpus.jsonl", tmp_path / "out", bundled=True)
    assert exported.recordings == len(pack_recordings())
    # A swara that has them knows them again; one that has none reads them as they are.
    known = _read_back(tmp_path / "out", tmp_path / "two" / "corpus.jsonl")
    assert (known.added, len(known.duplicates)) == ((), exported.recordings)
    assert corpus_digest(known_samples(tmp_path / "two" / "corpus.jsonl")) == corpus_digest(pack_recordings())
    monkeypatch.setattr("swara.service.samples.add.pack_recordings", lambda: ())
    bare = _read_back(tmp_path / "out", tmp_path / "three" / "corpus.jsonl")
    assert corpus_digest(bare.added) == corpus_digest(pack_recordings())


def test_audio_beside_the_table_is_told_and_a_row_that_was_edited_is_heard(tmp_path: Path, recorded) -> None:
    corpus = _corpus(tmp_path / "one", recorded(tmp_path / "a.wav", 1), recorded(tmp_path / "b.wav", 2))
    export_samples(corpus, tmp_path / "out")
    shutil.copy(tmp_path / "a.wav", tmp_path / "out" / "stray.wav")
    result = _read_back(tmp_path / "out", tmp_path / "two" / "corpus.jsonl")
    assert len(result.added) == 2
    assert ["stray.wav" in failure.line for failure in result.failures] == [True]
    table = tmp_path / "out" / "samples.csv"
    edited = re.sub(r"(?<=,)S(?=,)", "P", table.read_text("utf-8"), count=1)
    assert edited != table.read_text("utf-8")
    table.write_text(edited, "utf-8")
    lines = [failure.line for failure in _read_back(table, tmp_path / "three" / "corpus.jsonl").failures]
    assert any("it was heard" in line for line in lines)


def test_a_recording_that_is_not_what_was_added_stops_it(tmp_path: Path, recorded) -> None:
    gone, changed = (recorded(tmp_path / f"{name}.wav", n) for n, name in enumerate(("gone", "changed")))
    corpus = _corpus(tmp_path / "one", gone, changed, recorded(tmp_path / "fine.wav", 9))
    Path(gone.path).unlink()
    Path(changed.path).write_bytes(b"other")
    with pytest.raises(CorpusError, match=r"2 recordings are gone.*swara samples check") as refused:
        export_samples(corpus, tmp_path / "out")
    assert gone.id in str(refused.value)
    assert changed.id in str(refused.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["changed.wav", "fine.wav", "one"]


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path, recorded) -> None:
    corpus = _corpus(tmp_path / "one", recorded(tmp_path / "a.wav", 1))
    taken = tmp_path / "taken"
    taken.mkdir()
    (taken / "mine.txt").write_text("mine")
    for target, says in (
        (taken, "not empty"),
        (taken / "mine.txt", "a file"),
        (taken / "mine.txt" / "x", "cannot"),
    ):
        with pytest.raises(OutputError, match=says):
            export_samples(corpus, target)
    assert [path.name for path in taken.rglob("*")] == ["mine.txt"]
    (taken / "mine.txt").unlink()
    assert export_samples(corpus, taken).recordings == 1
    assert (taken / "samples.csv").is_file()


@pytest.mark.parametrize("when", ["copy", "table", "rename"])
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch, when: str, recorded) -> None:
    corpus = _corpus(tmp_path / "one", recorded(tmp_path / "a.wav", 1))

    def full(*_args, **_options):
        raise OSError(28, "No space left on device")

    place = {
        "copy": "swara.service.samples.export.shutil.copyfileobj",
        "table": "swara.service.samples.export.write_table",
        "rename": "swara.service.samples.export.Path.rename",
    }[when]
    with monkeypatch.context() as patched:
        patched.setattr(place, full)
        with pytest.raises(OutputError, match="no space left"):
            export_samples(corpus, tmp_path / "deep" / "out")
    assert not list((tmp_path / "deep").iterdir())


def test_words_that_no_table_can_hold_are_told(tmp_path: Path, recorded) -> None:
    for seed, singer in enumerate((" Asha", "As\udcffha")):
        corpus = _corpus(tmp_path / str(seed), recorded(tmp_path / f"{seed}.wav", seed, singer=singer))
        with pytest.raises(CorpusError, match=r"swara samples label [0-9a-f]{12} --singer"):
            export_samples(corpus, tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_the_commands_go_round(tmp_path: Path, swara, recorded) -> None:
    store, other, out = tmp_path / "store", tmp_path / "other", tmp_path / "out"
    append_recordings(store / "corpus.jsonl", [recorded(tmp_path / "a.wav", 1)])
    done = swara("samples", "export", out, "--store", store)
    assert (done.code, done.err) == (0, "")
    assert "1 recording, " in done.out
    added = swara("samples", "add", out, "--store", other)
    assert (added.code, added.err) == (0, "")
    assert _descriptions(other / "corpus.jsonl") == _descriptions(store / "corpus.jsonl")
    again = swara("samples", "export", out, "--store", store)
    assert again.code == 1
    assert len(again.err.splitlines()) == 1
    assert "not empty" in again.err
