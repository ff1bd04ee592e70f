"""Samples on their way into the corpus: heard, held against their names, and noted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.data.audio.decode import load_clip
from swara.data.errors import CorpusError, OutputError
from swara.data.layouts import Given
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import audio_path, pack_recordings, read_corpus
from swara.raga.tonic_names import parse_tonic
from swara.service.samples.add import add_samples
from swara.service.samples.results import AddResult

RATE_HZ = 16_000
A2_HZ, A3_HZ = 110.0, 220.0
SWARAS = {"sa": 0.0, "re": 204.0, "ga": 386.0, "pa": 702.0, "dha": 890.0, "taar-sa": 1200.0}


def _swaras(recording: Recording) -> str:
    return " ".join(label.swara for label in recording.labels)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return tmp_path / "store" / "corpus.jsonl"


@pytest.fixture
def scale(sung):
    """Write a single note for each swara into a folder."""

    def write(folder: Path, sa_hz: float, swaras: Mapping[str, float] = SWARAS) -> None:
        for name, cents in swaras.items():
            sung(folder / f"{name}.wav", [(cents, 0.8)], sa_hz)

    return write


@pytest.fixture
def add(corpus: Path, tracker):
    """Add a folder to the corpus, sung by Asha."""

    def add_to(source: Path, *, tonic: str | None = None, raga: str | None = None, **more) -> AddResult:
        given = Given("Asha", "own", None if tonic is None else parse_tonic(tonic), raga)
        return add_samples(source, given, corpus, tracker=tracker, **more)

    return add_to


def test_single_notes_get_their_names_and_the_octave_of_the_voice(
    tmp_path: Path, corpus: Path, scale, add
) -> None:
    voices = {"man": A2_HZ, "woman": A3_HZ}
    for voice, sa_hz in voices.items():
        scale(tmp_path / "in" / voice / "A", sa_hz)
    shares: list[float] = []
    result = add(tmp_path / "in", progress=shares.append)
    assert result.ok
    assert len(result.added) == 2 * len(SWARAS) - 1  # the taar Sa of the man is the Sa of the woman
    named = dict(zip(SWARAS, ["S", "R", "G", "P", "D", "S'"], strict=True))
    for recording in result.added:
        path, (label,) = Path(recording.path), recording.labels
        assert path.is_absolute()
        assert (label.swara, recording.tonic_hz) == (named[path.stem], voices[path.parts[-3]])
        assert 0.08 <= label.start_s <= 0.2
        assert 0.8 <= label.end_s <= 0.95
        assert (recording.singer, recording.licence, recording.synthesized) == ("Asha", "own", False)
    read = read_corpus(corpus)
    assert [(r.path, r.sha256) for r in read] == [(r.path, r.sha256) for r in result.added]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_a_name_and_a_pitch_that_differ_are_a_conflict(tmp_path: Path, corpus: Path, scale, add) -> None:
    wrong = {"re": 316.0, "dha": 900.0 - 1200.0, "ga": 386.0 + 55.0}
    scale(tmp_path / "in" / "A", A2_HZ, SWARAS | wrong)
    result = add(tmp_path / "in")
    assert not result.ok
    assert {c.path.stem: c.line for c in result.conflicts} == {
        "re": "named Re, but sounds like komal Ga",
        "dha": "named Dha, but sounds like mandra Dha",
    }
    assert sorted(Path(r.path).stem for r in read_corpus(corpus)) == ["ga", "pa", "sa", "taar-sa"]


@pytest.mark.parametrize(
    ("tonic", "dha", "says"),
    [
        ("B", 890.0, "Sa on B2 fits 0 of 6 notes, Sa on A2 would fit 6"),
        ("A3", 890.0, "Sa on A3 fits 0 of 6 notes, Sa on A2 would fit 6"),
        ("C#3", 890.0, "Sa on C#3 fits 0 of 6 notes, Sa on A2 would fit 6"),
        # One fits by accident.
        ("B", 1090.0, "Sa on B2 fits 1 of 6 notes, Sa on A2 would fit 5"),
    ],
)
def test_a_wrong_tonic_is_one_line_that_names_the_right_one(
    tmp_path: Path, corpus: Path, scale, add, tonic: str, dha: float, says: str
) -> None:
    scale(tmp_path / "in", A2_HZ, SWARAS | {"dha": dha})
    result = add(tmp_path / "in", tonic=tonic)
    (remark,) = result.remarks
    assert says in remark
    assert len(result.conflicts) == 6 - ("fits 1" in says)
    assert result.added == ()
    assert not corpus.exists()


def test_most_of_the_notes_wrong_without_a_better_sa_is_no_remark(tmp_path: Path, scale, add) -> None:
    scale(tmp_path / "in" / "A2", A2_HZ, {"sa": 0.0, "re": 520.0, "ga": 890.0, "pa": 330.0})
    result = add(tmp_path / "in")
    assert (result.remarks, len(result.conflicts), len(result.added)) == ((), 3, 1)


PHRASE = [(0.0, 0.6), (204.0, 0.6), (386.0, 0.6), (702.0, 0.6), (895.0, 0.6), (1200.0, 0.6), (702.0, 0.6)]


def test_a_raga_is_labelled_where_it_is_surely_one_of_its_swaras(tmp_path: Path, sung, add) -> None:
    strangers = [(1088.0, 0.6), (702.0 + 45.0, 0.5), (386.0, 0.19), (0.0, 1.2)]
    path = sung(tmp_path / "in" / "Bhupali" / "C#.wav", PHRASE + strangers, 138.5913)
    result = add(tmp_path / "in")
    (recording,), (left,) = result.added, result.unlabelled
    assert (recording.raga, recording.tonic_hz) == ("bhupali", pytest.approx(138.5913, abs=1e-3))
    assert _swaras(recording) == "S R G P D S' P S"
    assert (left.path, left.labelled, left.foreign, left.off_pitch) == (path, 8, 1, 1)
    assert left.short <= 1
    assert all(label.end_s - label.start_s >= 0.2 for label in recording.labels)


def test_a_drone_in_the_rests_is_not_the_singer(tmp_path: Path, sung, add) -> None:
    path = sung(tmp_path / "in" / "A.wav", [*PHRASE, (0.0, 1.0)], A2_HZ)
    drone = sung(tmp_path / "drone.wav", [(0.0, 0.9)], A2_HZ, level=0.06)
    samples = np.concatenate([soundfile.read(drone)[0], soundfile.read(path)[0]])
    soundfile.write(path, samples, RATE_HZ)
    result = add(tmp_path / "in", raga="bhupali")
    assert result.unlabelled[0].faint == 1
    assert _swaras(result.added[0]) == "S R G P D S' P S"


@pytest.mark.parametrize("tonic", ["D", "E", "F", "A#"])
def test_a_raga_on_a_wrong_sa_is_refused_with_the_right_one(tmp_path: Path, tonic: str, sung, add) -> None:
    """Sa on D leaves four of the five swaras in place, and would name every note wrongly."""
    sung(tmp_path / "in" / "take.wav", [*PHRASE, *PHRASE[::-1], (0.0, 1.5)], A2_HZ)
    result = add(tmp_path / "in", tonic=tonic, raga="bhupali")
    (failure,) = result.failures
    assert f"Sa on {tonic}" in failure.line
    assert "Sa on A2" in failure.line
    assert result.added == ()


def test_content_that_is_there_already_is_not_added_again(tmp_path: Path, corpus: Path, scale, add) -> None:
    folder = tmp_path / "in" / "A2"
    scale(folder, A2_HZ)
    shutil.copy(folder / "sa.wav", folder / "sa_take2.wav")
    first = add(tmp_path / "in")
    (twice,) = first.duplicates
    assert first.ok
    assert (twice.path.name, Path(twice.of).name, twice.known) == ("sa_take2.wav", "sa.wav", False)
    before = corpus.read_bytes()
    again = add(tmp_path / "in")
    assert (again.added, len(again.duplicates), again.ok) == ((), 7, True)
    assert all(duplicate.known for duplicate in again.duplicates)
    assert corpus.read_bytes() == before


def test_samples_that_moved_are_noted_where_they_are(tmp_path: Path, corpus: Path, scale, add) -> None:
    scale(tmp_path / "in" / "A2", A2_HZ)
    first = add(tmp_path / "in").added
    (tmp_path / "in").rename(tmp_path / "elsewhere")
    again = add(tmp_path / "elsewhere")
    assert (again.added, again.duplicates, len(again.moved), again.ok) == ((), (), 6, True)
    now = read_corpus(corpus)
    assert [Path(each.path).parent for each in now] == 6 * [tmp_path / "elsewhere" / "A2"]
    assert [replace(each, path="") for each in now] == [replace(each, path="") for each in first]


def test_a_pipe_a_device_and_a_crash_cost_no_other_file(
    tmp_path: Path, scale, add, tracker, monkeypatch
) -> None:
    folder = tmp_path / "in" / "A2"
    scale(folder, A2_HZ)
    os.mkfifo(folder / "ni.wav")
    (folder / "ma.wav").symlink_to("/dev/zero")
    table = tmp_path / "list.csv"
    table.write_text("path,swara\nin/A2/ni.wav,ni\nin/A2/ma.wav,ma\nin/A2/ga.wav,ga\nin/A2,sa\n")
    listed = add(table, tonic="A2")
    assert [len(each.labels) for each in listed.added] == [1]
    assert sorted(each.line.rpartition("read: ")[2] for each in listed.failures) == [
        "this is a folder, no file.",
        *2 * ["this is a pipe or a device, no file."],
    ]
    track = tracker.track

    def crashing(clip, progress=None):
        if tracker.heard == 3:
            tracker.heard += 1
            raise RuntimeError("no such luck")
        return track(clip, progress)

    monkeypatch.setattr(tracker, "track", crashing)
    result = add(tmp_path / "in")
    assert len(result.added) == 4
    lines = " ".join(failure.line for failure in result.failures)
    assert all(said in lines for said in ("this is a pipe", "this is a device", "RuntimeError: no such luck"))


def test_every_file_that_fails_is_told_and_the_rest_is_added(tmp_path: Path, scale, sung, add) -> None:
    folder = tmp_path / "in" / "A"
    scale(folder, A2_HZ)
    (folder / "ni.wav").write_text("this is no audio")
    (folder / "ma.wav").touch()
    (folder / "README.txt").write_text("the takes of May")
    sung(folder / "gaa.wav", [(386.0, 0.7)], A2_HZ)
    sung(folder / "ga_take2.wav", [(386.0, 0.1)], A2_HZ)
    sung(folder / "song.wav", PHRASE, A2_HZ)
    sung(folder / "sa_re.wav", [(0.0, 0.7)], A2_HZ, level=0.3)
    sung(folder / "Paa" / "take1.wav", [(702.0, 0.7)], A2_HZ)
    result = add(tmp_path / "in")
    lines = {failure.path.name: failure.line for failure in result.failures}
    assert not result.ok
    assert len(result.added) == len(SWARAS)
    assert "not a recording that can be read" in lines.pop("ni.wav")
    assert "empty" in lines.pop("ma.wav")
    assert '"gaa" names no swara' in lines["gaa.wav"]
    assert "The nearest name" in lines["gaa.wav"]
    assert "Ga" in lines.pop("gaa.wav")
    assert '"Paa" names no swara' in lines.pop("take1.wav")
    assert "no steady note was heard where Ga should be" in lines.pop("ga_take2.wav")
    assert "Give --raga" in lines.pop("song.wav")
    assert "several swaras" in lines.pop("sa_re.wav")
    assert lines == {}
    assert [path.name for path in result.passed_over] == ["README.txt"]


def test_a_table_labels_where_it_says(tmp_path: Path, sung, add) -> None:
    sung(tmp_path / "take.wav", [(0.0, 0.8), (204.0, 0.8), (1200.0, 0.8)], A2_HZ)
    sung(tmp_path / "odd.wav", [(386.0, 0.8), (204.0, 0.8)], A2_HZ)
    rows = ("take.wav,sa,0.2,0.8", "take.wav,re,1.1,1.7", "take.wav,taar sa,2,2.6")
    more = ("odd.wav,ga,0.2,0.8", "odd.wav,pa,1.1,1.7", "late.wav,sa,0,1")
    table = tmp_path / "list.csv"
    table.write_text("\n".join(("path,swara,start_s,end_s", *rows, *more)))
    result = add(table, tonic="A")
    (recording,) = result.added
    assert [(label.start_s, label.end_s, label.swara) for label in recording.labels] == [
        (0.2, 0.8, "S"),
        (1.1, 1.7, "R"),
        (2.0, 2.6, "S'"),
    ]
    assert [(c.path.name, c.named) for c in result.conflicts] == [("odd.wav", "Pa")]
    assert [failure.path.name for failure in result.failures] == ["late.wav"]
    assert "cannot be read: no such file" in result.failures[0].line


def test_a_folder_without_audio_and_what_is_bundled_add_nothing(tmp_path: Path, corpus: Path, add) -> None:
    (tmp_path / "A").mkdir()
    with pytest.raises(CorpusError, match="no audio in this folder"):
        add(tmp_path / "A")
    assert not corpus.parent.exists()
    bundled = pack_recordings()[0]
    shutil.copy(audio_path(bundled), tmp_path / "A" / "sa.ogg")
    assert [duplicate.of for duplicate in add(tmp_path / "A").duplicates] == [bundled.path]


def test_a_corpus_that_cannot_be_written_is_found_out_before_the_work(tmp_path: Path, scale) -> None:
    scale(tmp_path / "A", A2_HZ)
    blocked = tmp_path / "file" / "corpus.jsonl"
    blocked.parent.touch()
    with pytest.raises((OutputError, CorpusError)):
        add_samples(tmp_path / "A", Given("Asha", "own"), blocked, tracker=None)


def test_a_batch_that_is_broken_off_leaves_nothing(tmp_path: Path, corpus: Path, scale, add) -> None:
    scale(tmp_path / "A", A2_HZ)

    def stop(share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add(tmp_path / "A", progress=stop)
    assert list(corpus.parent.iterdir()) == []


def test_a_real_voice_and_tracker(tmp_path: Path, corpus: Path) -> None:
    """The bundled samples, in another coding so that they are new: the labels come back."""
    bundled = [
        r for r in pack_recordings() if "low-female/C-sharp/" in r.path and "svarasthanas" not in r.path
    ]
    for recording in bundled:
        clip = load_clip(audio_path(recording))
        path = tmp_path / "in" / "C#" / f"{Path(recording.path).stem}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, clip.samples, clip.rate_hz, subtype="PCM_16")
    given = Given("synthesized: again", "own", raga="bhupali")
    result = add_samples(tmp_path / "in", given, corpus)
    assert result.ok
    found = {Path(recording.path).stem: recording for recording in result.added}
    assert len(found) == len(bundled) == 7
    for recording in bundled:
        again = found[Path(recording.path).stem]
        assert again.synthesized
        assert again.tonic_hz == pytest.approx(recording.tonic_hz, abs=1e-3)
        assert _swaras(again) == _swaras(recording)
        for one, other in zip(again.labels, recording.labels, strict=True):
            assert one.start_s == pytest.approx(other.start_s, abs=0.12)
            assert one.end_s == pytest.approx(other.end_s, abs=0.12)
