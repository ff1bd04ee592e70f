"""Modules of somebody else's with the names of our folders: beside the program, and installed before it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMES = ("benchmarks", "classifier", "cli", "data", "embedder", "index", "raga", "service", "tests")
HOSTILE = "from pathlib import Path\nPath(__file__).with_name('RAN').touch()\nraise SystemExit('hostile')\n"
PROGRAM = """
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import swara

take, store = sys.argv[1], swara.open_store(sys.argv[2])
report = swara.analyze(take, tonic="C#3", store=store)
assert report.opinions and not report.warnings, report.warnings
assert len(store.search(take, 2.4, tonic="C#3").neighbours) == 5
assert swara.embed(take).spec.name == "builtin"
with ProcessPoolExecutor(1, get_context("spawn")) as processes:
    assert len(processes.submit(swara.pitch, take).result()) == len(report.track) == 486
print(report.worst[0].swara, len(store.samples()), swara.__version__)

from swara import cli
sys.argv = ["swara", "analyze", take, "--tonic", "C#3", "--store", sys.argv[2], "-q"]
cli.main()
"""


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A folder with a module or a package of each name; whoever imports one is stopped."""
    folder = tmp_path / "hostile"
    for number, name in enumerate(NAMES):
        module = folder / f"{name}.py" if number % 2 else folder / name / "__init__.py"
        module.parent.mkdir(parents=True, exist_ok=True)
        module.write_text(HOSTILE)
    return folder


@pytest.mark.parametrize("where", ["working folder", "installed", "both"])
def test_a_program_is_not_led_astray(
    where, hostile: Path, demo: Path, pack_store: Path, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    cwd = elsewhere if where == "installed" else hostile
    path = [ROOT] if where == "working folder" else [hostile, ROOT]
    around = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
    words = [sys.executable, "-c", PROGRAM, str(demo), str(pack_store)]
    done = subprocess.run(words, cwd=cwd, env=around, capture_output=True, check=False, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    worst, samples, _ = done.stdout.split()
    assert (worst, samples) == ("Pa", "184")
    assert list(hostile.rglob("RAN")) == []


@pytest.mark.parametrize("name", NAMES)
def test_they_are_hostile(hostile: Path, name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", f"import {name}"], cwd=hostile, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr.strip()) == (1, b"hostile")
    assert len(list(hostile.rglob("RAN"))) == 1
