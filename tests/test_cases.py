"""Small inputs that went wrong once, and their right answers: the folder ``cases`` beside the recordings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import swara
from swara.data.errors import AudioError

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
    report = swara.analyze(CASES / name, tonic="C#3", samples=False)
    assert [note.swara for note in report.notes] == [swara for swara, _ in SEVEN[:count]]
    for note, (_, cents) in zip(report.notes, SEVEN, strict=False):
        assert note.cents_off == pytest.approx(cents, abs=5)
    assert any(remark in each for each in report.warnings) or not remark
    assert report.level is not None
    assert (report.level.peak_db < -79) == ("quiet" in name)
    late_s = 2.0 if "2s" in name else 0.0
    assert report.notes[0].start_s == pytest.approx(0.3 + late_s, abs=0.03)


@pytest.mark.parametrize(
    ("name", "tonic", "swaras", "remark"),
    [
        ("child_sa_G4.flac", "G4", {"Sa", "Pa", "Ga"}, "beyond what is heard"),
        ("bass_sa_E2.flac", "E2", {"Sa", "Re", "Ga"}, "below what is heard"),
    ],
)
def test_what_lies_beyond_the_range_is_said_and_not_made_another_swara(
    name: str, tonic: str, swaras: set[str], remark: str
) -> None:
    report = swara.analyze(CASES / name, tonic=tonic, samples=False)
    right = swaras | {"Pa", "Dha"}
    assert swaras <= {note.swara for note in report.notes} <= right
    assert not any(note.foreign for note in report.notes)
    assert any(remark in each for each in report.warnings)


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
        swara.pitch(CASES / "damaged" / name)
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
