"""Exercises on the command line: lines, JSON, and one line about whatever is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile


def test_a_scale_is_told_in_lines_and_as_json(swara, demo: Path, tmp_path: Path) -> None:
    written = tmp_path / "found.json"
    done = swara("exercise", demo, "--json", written)
    assert done.code == 0
    assert done.out.startswith("Scale (scale ")
    found = json.loads(written.read_text())
    assert (found["schema"], found["kind"]) == ("swara.exercise/1", "scale")
    assert sum(found["probabilities"].values()) == pytest.approx(1.0, abs=1e-3)
    assert all(0 <= part["start_s"] < part["end_s"] <= found["duration_s"] for part in found["parts"])
    assert json.loads(swara("exercise", demo, "--json", "-").out) == found


@pytest.mark.parametrize(
    ("seconds", "code", "says"), [(2.0, 0, "No singing was found"), (0.05, 1, "at least")]
)
def test_silence_and_too_little(swara, tmp_path: Path, seconds: float, code: int, says: str) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, np.zeros(round(16_000 * seconds)), 16_000)
    done = swara("exercise", path)
    assert done.code == code
    assert says in done.out + done.err
    assert "Traceback" not in done.err
