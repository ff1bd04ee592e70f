"""The seam of the trackers: what they are called, and what they say when they cannot run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from swara.classifier.pitch import pitch_tracker
from swara.classifier.pitch.network import MODEL_FILE, PitchNetwork
from swara.data.errors import MissingPackage

ROOT = Path(__file__).parents[3]
HEAR_NOISE = """
import numpy as np
from swara.classifier.pitch import pitch_tracker
from swara.data.clip import Clip
noise = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
print(len(pitch_tracker("head").track(Clip(0.1 * noise, 16_000))))
"""


def test_the_release_of_the_head_names_its_network() -> None:
    assert pitch_tracker("head").name == "head"
    assert pitch_tracker("head").release.split()[1:] == [PitchNetwork().digest]


def test_without_litert_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
    with pytest.raises(MissingPackage) as caught:
        PitchNetwork()
    what = "the pitch head runs on LiteRT, which is not installed."
    assert str(caught.value) == f"{MODEL_FILE}: {what} Install it with: pip install 'ai-edge-litert>=2.1'."


def test_litert_has_nothing_to_say_to_the_reader() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HEAR_NOISE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("101\n", "")
