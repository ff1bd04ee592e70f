"""Any sound on the command line: what plays, which notes, a picture; and what is said of no sound."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import soundfile

from swara.service.report.picture.sound_plot import staff_place

RATE_HZ = 16_000


def _write(path: Path, *notes: tuple[float, float]) -> Path:
    """Write notes of (Hz, seconds), 0 Hz for silence, bright as a bowed string."""
    rng, parts = np.random.default_rng(1), []
    for hz, seconds in notes:
        times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
        wave = sum(np.sin(2 * np.pi * n * hz * times_s) / n for n in range(1, 20) if n * hz < 7500)
        edge = np.clip(np.minimum(times_s, seconds - times_s) / 0.03, 0.0, 1.0)
        parts.append(0.2 * np.asarray(wave * edge) if hz else np.zeros(times_s.size))
    noise = rng.normal(0.0, 1e-4, sum(part.size for part in parts))
    soundfile.write(path, np.concatenate(parts) + noise, RATE_HZ)
    return path


def test_the_notes_of_a_melody_as_json_and_picture(swara, tmp_path: Path) -> None:
    sound, picture = tmp_path / "melody.wav", tmp_path / "melody.png"
    _write(sound, (261.63, 0.6), (0, 0.2), (392.0, 0.6), (0, 0.2), (220.0, 0.6))
    sheet = tmp_path / "melody.musicxml"
    done = swara("identify", sound, "--json", "-", "--plot", picture, "--musicxml", sheet)
    assert (done.code, done.err) == (0, "")
    said = json.loads(done.out)
    assert [each["midi"] for each in said["sounds"]] == [60, 67, 57]
    assert [each["note"] for each in said["sounds"]] == ["C4", "G4", "A3"]
    starts_s = [each["start_s"] for each in said["sounds"]]
    np.testing.assert_allclose(starts_s, [0.0, 0.8, 1.6], atol=0.05)
    assert said["duration_s"] == 2.2
    for each in (said, *said["sounds"]):
        assert sum(each["probabilities"].values()) == pytest.approx(1.0, abs=0.01)
    assert picture.read_bytes().startswith(b"\x89PNG")
    written = [node.text for node in ElementTree.parse(sheet).iter("text")]
    assert written[::2] == ["C4", "G4", "A3"]
    table = swara("identify", sound).out.splitlines()
    assert table[0] == said["summary"]
    assert [line.split()[5] for line in table[1:]] == ["C4", "G4", "A3"]


@pytest.mark.parametrize(
    ("notes", "code", "words"),
    [
        (((0, 1.0),), 0, "Nothing sounds here"),
        (((440.0, 0.05),), 1, "0.05"),
        (((440.0, 70.0),), 1, "--max-minutes"),
    ],
    ids=["silence", "too short", "too long"],
)
def test_what_is_no_sound_is_said_in_one_line(
    swara, tmp_path: Path, notes: tuple, code: int, words: str
) -> None:
    done = swara("identify", _write(tmp_path / "x.wav", *notes), "--max-minutes", "1")
    assert done.code == code
    assert words in done.out + done.err
    assert "Traceback" not in done.err
    assert len(done.err.splitlines()) <= 1 + (code == 0)


@pytest.mark.parametrize(
    ("midi", "step", "sharp", "ledgers"),
    [
        (60, 28, False, [28]),
        (61, 28, True, [28]),
        (64, 30, False, []),  # E4, the lowest line of the upper staff
        (77, 38, False, []),
        (79, 39, False, []),  # G5 sits on the highest line
        (81, 40, False, [40]),
        (84, 42, False, [40, 42]),
        (59, 27, False, []),
        (43, 18, False, []),  # G2, the lowest line of the lower staff
        (40, 16, False, [16]),
        (21, 5, False, [16, 14, 12, 10, 8, 6]),
    ],
)
def test_where_notes_stand_on_the_staff(midi: int, step: int, sharp: bool, ledgers: list[int]) -> None:
    assert staff_place(midi) == (step, sharp, ledgers)
