"""The demo take, analyzed as a singer would: every output is there, whole, true and the same each time."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import jsonschema
import numpy as np
import pytest
import soundfile
from matplotlib.image import imread

ROOT = Path(__file__).parents[2]
OUTPUTS = {
    "--json": "report.json",
    "--csv": "notes.csv",
    "--pitch-csv": "track.csv",
    "--plot": "plot.png",
    "--report": "page.html",
    "--target": "target.wav",
}
NEAR_S = 0.05


def _analyze(folder: Path, **environment: str) -> SimpleNamespace:
    words = [word for option, name in OUTPUTS.items() for word in (option, str(folder / name))]
    take = str(ROOT / "data" / "demo" / "take.flac")
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "analyze", take, "--tonic", "C#3", *words],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "utf-8", "COLUMNS": "80"} | environment,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert sorted(path.name for path in folder.iterdir()) == sorted(OUTPUTS.values())
    shown, _, written = done.stdout.decode("utf-8").rpartition("  Written: ")
    assert written == f"{', '.join(str(folder / name) for name in OUTPUTS.values())}\n"
    return SimpleNamespace(folder=folder, shown=shown)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, pack_store: Path) -> SimpleNamespace:
    return _analyze(tmp_path_factory.mktemp("first"), SWARA_STORE=str(pack_store))


@pytest.fixture(scope="module")
def report(run: SimpleNamespace) -> dict:
    return json.loads((run.folder / "report.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def truth() -> list[dict]:
    return json.loads((ROOT / "data" / "demo" / "take.json").read_text("utf-8"))["labels"]


def test_the_verdicts_are_the_truth(report: dict, truth: list[dict]) -> None:
    assert [note["swara"] for note in report["notes"]] == [label["swara"] for label in truth]
    for note, label in zip(report["notes"], truth, strict=True):
        error = label["error_cents"]
        assert note["verdict"] == ("perfect" if abs(error) <= 15 else "low" if error < 0 else "high")
        assert note["raga_cents_off"] == pytest.approx(error, abs=3)
        # Between the onset and where its pitch is reached: a meend is part of the note, or before it.
        assert label["onset_s"] - NEAR_S <= note["start_s"] <= label["start_s"] + NEAR_S
    assert [note["swara"] for note in report["notes"] if note["verdict"] == "low"] == ["Ga"]
    assert [n for n, note in enumerate(report["notes"]) if note["verdict"] == "high"] == [5]


def test_the_json_fits_its_schema(report: dict) -> None:
    schema = json.loads((ROOT / "service/report/take_report.schema.json").read_text("utf-8"))
    jsonschema.validate(report, schema)


def test_the_terminal_says_what_the_json_says(run: SimpleNamespace, report: dict) -> None:
    shown = " ".join(run.shown.split())
    assert report["verdict"] in shown
    assert len(report["worst"]) == 2
    for note in (report["notes"][index] for index in report["worst"]):
        assert f"{note['swara']}, {abs(note['raga_cents_off']):.0f} cents {note['verdict']}" in shown
    assert max(map(len, run.shown.splitlines())) <= 80


def test_the_readme_shows_what_is_shown(run: SimpleNamespace) -> None:
    blocks = (ROOT / "README.md").read_text("utf-8").split("```\n")[1::2]
    (sample,) = (block for block in blocks if block.startswith("  Take    take.flac"))
    promised = sample.removesuffix("  ...\n").splitlines()
    shown = [line.rstrip() for line in run.shown.replace("\xa0", " ").splitlines()]
    assert shown[1 : 1 + len(promised)] == promised


def test_the_notes_as_csv(run: SimpleNamespace, report: dict) -> None:
    with (run.folder / "notes.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["raga_cents_off"]) for row in rows] == [n["raga_cents_off"] for n in report["notes"]]
    assert [row["verdict"] for row in rows] == [note["verdict"] for note in report["notes"]]


def test_the_pitch_as_csv(run: SimpleNamespace, report: dict) -> None:
    path = run.folder / "track.csv"
    assert path.read_text("utf-8").partition("\n")[0] == "time,frequency,confidence,voiced"
    times_s, hz, confidence, voiced = np.loadtxt(path, delimiter=",", skiprows=1).T
    np.testing.assert_allclose(np.diff(times_s), 0.01)
    assert times_s[-1] == pytest.approx(report["duration_s"], abs=0.011)
    assert np.all((confidence >= 0) & (confidence <= 1))
    first = report["notes"][0]
    inside = (times_s > first["start_s"] + 0.1) & (times_s < first["end_s"] - 0.1)
    assert np.median(hz[inside]) == pytest.approx(138.59, rel=0.002)
    assert voiced[inside].all()


def test_the_picture_opens_and_is_not_blank_and_the_target_is_as_long_as_the_take(run, report) -> None:
    pixels = imread(run.folder / "plot.png")
    assert min(pixels.shape[:2]) >= 400
    assert len(np.unique(pixels[..., :3].reshape(-1, 3), axis=0)) > 50
    samples, rate_hz = soundfile.read(run.folder / "target.wav")
    assert samples.size / rate_hz == pytest.approx(report["duration_s"], abs=1e-4)
    assert 0.05 < np.abs(samples).max() < 1


def test_the_page_fetches_nothing(run: SimpleNamespace) -> None:
    page = (run.folder / "page.html").read_text("utf-8")
    links = re.findall(r"\b(?:src|href|poster|srcset|action|data)=\"([^\"]*)\"", page)
    assert links
    assert [link[:40] for link in links if not link.startswith(("data:", "#"))] == []
    without_names = page.replace("http://www.w3.org/2000/svg", "")
    assert (
        re.findall(r"https?://\S{0,40}|@import|\b(?:fetch|XMLHttpRequest|importScripts)\b", without_names)
        == []
    )


def test_a_second_run_gives_the_same_bytes(run: SimpleNamespace, tmp_path: Path, pack_store: Path) -> None:
    # Another hash seed: nothing may hang on the order of a set.
    again = _analyze(tmp_path, SWARA_STORE=str(pack_store), PYTHONHASHSEED="1", OMP_NUM_THREADS="1")
    assert again.shown == run.shown
    for name in OUTPUTS.values():
        assert (tmp_path / name).read_bytes() == (run.folder / name).read_bytes(), name


def test_outputs_replace_older_ones(run: SimpleNamespace, swara, demo: Path, stub_tracker, tmp_path) -> None:
    old = tmp_path / "report.json"
    old.write_text("old " * 10_000, "utf-8")
    assert swara("analyze", demo, "--json", old, "-q") == (0, "", "")
    assert json.loads(old.read_text("utf-8"))["source"] == "take.flac"
    assert list(tmp_path.iterdir()) == [old]
