"""Small inputs that went wrong once, and their right answers: the folder ``cases`` beside the recordings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import swara as library
from swara.data.errors import AudioError
from swara.data.layouts import Given
from swara.data.sample_corpus.corpus import read_corpus
from swara.service.samples.add import add_samples

_DATA = os.environ.get("SWARA_EVAL_DATA")
CASES = Path(_DATA or ".").parent / "cases"
pytestmark = pytest.mark.skipif(not _DATA or not CASES.is_dir(), reason="no `cases` beside SWARA_EVAL_DATA")

SEVEN = [("Sa", 0), ("Re", 0), ("Ga", -32), ("Pa", 0), ("Dha", 0), ("Pa", 30), ("Ga", 0)]
TAKES = {
    "plain.flac": (7, ""),
    "antiphase.flac": (7, "channels cancel"),
    "two_tracks_voice_on_second.mp4": (7, "number 2 was read"),
    "chained.opus": (7, ""),
    "rate_changes.mp3": (7, ""),
    "video_audio_starts_at_2s.mov": (7, "times are the video's"),
    "id3_before_riff.wav": (3, ""),
    "quiet_80dbfs_24bit.flac": (7, "very quiet"),
}


@pytest.mark.parametrize("name", TAKES)
def test_every_form_of_a_take_gives_its_notes(name: str) -> None:
    count, remark = TAKES[name]
    report = library.analyze(CASES / name, tonic="C#3", samples=False)
    assert [note.swara for note in report.notes] == [swara for swara, _ in SEVEN[:count]]
    for note, (_, cents) in zip(report.notes, SEVEN, strict=False):
        assert note.cents_off == pytest.approx(cents, abs=5)
    assert any(remark in each for each in report.warnings) or not remark
    assert report.level is not None
    assert (report.level.peak_db < -79) == ("quiet" in name)
    late_s = 2.0 if "2s" in name else 0.0
    assert report.notes[0].start_s == pytest.approx(0.3 + late_s, abs=0.03)


@pytest.mark.parametrize(
    ("name", "tonic", "swaras"),
    [("child_sa_G4.flac", "G4", {"Sa", "Pa", "Ga"}), ("bass_sa_E2.flac", "E2", {"Sa", "Re", "Ga", "Pa"})],
)
def test_the_lowest_and_the_highest_notes_are_no_other_swaras(
    name: str, tonic: str, swaras: set[str]
) -> None:
    report = library.analyze(CASES / name, tonic=tonic, samples=False)
    right = swaras | {"Pa", "Dha"}
    assert swaras <= {note.swara for note in report.notes} <= right
    assert not any(note.foreign for note in report.notes)
    assert not any("what is heard" in each for each in report.warnings)


def test_wide_vibrato_is_one_note_judged_by_its_mean() -> None:
    report = library.analyze(CASES / "vibrato_80.flac", tonic=207.89, samples=False)

    assert [note.swara for note in report.notes] == ["Sa", "Re", "Ga", "Pa", "Pa"]
    for note, off in zip(report.notes, (0, 0, -32, 0, 30), strict=True):
        assert note.cents_off == pytest.approx(off, abs=5)


_DAMAGED = (
    "segv_min.mp4",
    "decode_13959.ogg",
    "bd_A_MPEG_L3_30000000000.mka",
    "unk.wav",
    "decode_1235.wav",
)


@pytest.mark.parametrize("name", _DAMAGED)
def test_a_damaged_file_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(AudioError) as caught:
        library.pitch(CASES / "damaged" / name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


@pytest.mark.skipif(os.name != "posix", reason="`cat` and a pipe")
@pytest.mark.parametrize("name", ["plain.flac", "chained.opus"])
def test_a_take_comes_through_a_pipe(name: str, tmp_path: Path) -> None:
    words = [
        sys.executable,
        "-m",
        "swara.cli",
        "analyze",
        "-",
        "--tonic",
        "C#3",
        "--no-samples",
        "--json",
        "-",
    ]
    with (CASES / name).open("rb") as take:
        done = subprocess.run(
            words, stdin=take, capture_output=True, check=True, cwd=Path(__file__).parents[1]
        )
    report = json.loads(done.stdout)
    assert report["source"] == "stdin"
    assert [note["swara"] for note in report["notes"]] == [swara for swara, _ in SEVEN]


@pytest.mark.parametrize(
    ("source", "swaras"),
    [
        ("words", {"sa": "S", "ऋषभ": "R", "ga": "G", "high sa": "S'"}),
        ("side", {"sa": "S", "re": "R"}),
        ("tab/backslash.csv", {"ga": "G"}),
        ("tab/re_komal.csv", {"komal re": "r"}),
        *(
            (f"tab/{name}.csv", {"sa": "S", "re": "R"})
            for name in ("c_sharp", "capitals", "semicolon", "spaces")
        ),
    ],
)
def test_samples_are_added_as_people_name_them(tmp_path: Path, source: str, swaras) -> None:
    result = add_samples(CASES / source, Given("Asha", "own"), tmp_path / "corpus.jsonl")
    added = {Path(each.path).stem: each for each in read_corpus(tmp_path / "corpus.jsonl")}
    assert result.ok
    assert {name: " ".join(label.swara for label in each.labels) for name, each in added.items()} == swaras
    assert all(each.tonic_hz == pytest.approx(138.59, abs=0.01) for each in added.values())
    beside = {path.suffix for path in result.passed_over}
    assert beside == ({".part", ".asd", ".reapeaks"} if source == "side" else set())


@pytest.mark.parametrize(
    ("tonic", "raga", "note"),
    [
        ("C sharp", "भूपाली", "C#"),
        ("138,59", "Bhūpālī", "C#"),
        ("Kali 4", "Mohanam", "G#"),
        ("safed 1", "S R G P D", "C"),
    ],
)
def test_sa_and_raga_as_singers_write_them(swara, tonic: str, raga: str, note: str) -> None:
    words = ("analyze", CASES / "plain.flac", "--raga", raga, "--no-samples", "--json", "-")
    report = json.loads(swara(*words, "--tonic", tonic).out)
    assert report["tonic"]["name"].rstrip("0123456789") == note
    right = json.loads(swara(*words, "--tonic", "C#3").out)
    assert right["raga"] == (raga if " " in raga else "Bhupali")
    assert [each["swara"] for each in right["notes"]] == ["Sa", "Re", "Ga", "Pa", "Dha", "Pa", "Ga"]
    cents_off = [each["raga_cents_off"] for each in right["notes"]]
    assert cents_off == pytest.approx([0, 0, -32, 0, 0, 30, 0], abs=5)


@pytest.mark.parametrize("raga", ["Kirvani", "Desi", "Bhim"])
def test_an_unknown_raga_is_no_other(swara, raga: str) -> None:
    done = swara("analyze", CASES / "plain.flac", "--raga", raga)
    assert (done.code, done.out) == (1, "")
    assert f'"{raga}" is not known yet. Give its swaras' in done.err


def test_a_raga_called_like_another_is_itself(swara) -> None:
    words = ("analyze", CASES / "plain.flac", "--raga", "Bhairavi", "--tonic", "C#3", "--no-samples")
    done = swara(*words, "--json", "-")
    assert (done.code, json.loads(done.out)["raga"]) == (0, "Bhairavi")


def test_a_time_in_minutes(swara) -> None:
    words = ("search", CASES / "plain.flac", "--tonic", "C#3")
    found = [swara(*words, "--at", at) for at in ("1.8", "0:01.8", "0:01,8", "00:00:01.8")]
    assert {(done.code, done.err) for done in found} == {(0, "")}
    assert len({done.out for done in found}) == 1
