"""`swara raga-of`: three names and why, or that it cannot be told; nothing is judged by it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.data.synth import VOICES, SungNote, sing_take
from swara.raga.notation import parse_notation
from swara.raga.tuning import JUST

SA_HZ, RATE_HZ = 150.0, 16_000
MALKAUNS = "S g m d n S', n d m, g m g S, .d .n S m, g m g S"


@pytest.fixture(autouse=True)
def _own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWARA_STORE", str(tmp_path / "store"))


@pytest.fixture(scope="module")
def malkauns(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pitches = [(each.svarasthana, each.octave) for each in parse_notation(MALKAUNS)]
    notes = [SungNote(JUST.cents_of(swara.index, octave), 0.8) for swara, octave in pitches]
    take = sing_take(pitches, notes, SA_HZ, VOICES["mid male"], rng=np.random.default_rng(3))
    path = tmp_path_factory.mktemp("takes") / "a take.wav"
    soundfile.write(path, take.clip.samples, RATE_HZ)
    return path


def test_a_raga_is_named_with_what_speaks_for_it_and_nothing_is_judged(swara, malkauns):
    done = swara("raga-of", malkauns, "--tonic", SA_HZ, "-q")
    lines = done.out.splitlines()

    assert (done.code, done.err) == (0, "")
    assert lines[0].startswith("Probably Malkauns (Sa D3, ")
    assert lines[1].startswith("1. Malkauns: 100% of what is held is on its swaras; often ")
    assert [line[:3] for line in lines[1:4]] == ["1. ", "2. ", "3. "]
    assert "held besides" in lines[2] or "not held" in lines[2]
    assert lines[4].endswith(f"swara analyze '{malkauns}' --raga malkauns")

    found = json.loads(swara("raga-of", malkauns, "--tonic", SA_HZ, "-q", "--json").out)
    assert (found["schema"], found["raga"], found["doubt"]) == ("swara.raga-guess/1", "Malkauns", None)
    assert len(found["candidates"]) == 3
    assert found["candidates"][0]["behind"] == 0.0 < found["candidates"][1]["behind"]


def test_where_nothing_is_sung_or_there_is_no_take_none_is_named(swara, tmp_path, assert_one_line):
    silence = tmp_path / "silence.wav"
    soundfile.write(silence, np.zeros(RATE_HZ), RATE_HZ)
    done = swara("raga-of", silence, "-q")
    assert (done.code, done.out) == (0, "Cannot tell. Nothing is held.\n")
    found = json.loads(swara("raga-of", silence, "-q", "--json").out)
    assert (found["raga"], found["candidates"]) == (None, [])
    assert_one_line(swara("raga-of", tmp_path / "none.wav", "-q"), "none.wav")


def test_a_short_phrase_names_none_and_shows_the_nearest(swara, demo):
    done = swara("raga-of", demo, "--tonic", "C#3", "-q")
    assert done.code == 0
    assert done.out.startswith("Cannot tell (Sa C#3, given). Too little is held to tell a raga by")
    assert "The nearest, the likeliest first:" in done.out
    assert "swara analyze" not in done.out
