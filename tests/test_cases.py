"""Small inputs that went wrong somewhere, each with its right answer: see `cases` beside the recordings."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from swara.data.corpus.corpus import read_corpus
from swara.data.layouts import Given
from swara.service.samples.add import add_samples


@pytest.fixture(scope="module")
def cases() -> Path:
    """Skip where they are not."""
    folder = Path(os.environ.get("SWARA_EVAL_DATA", "")).resolve().parent / "cases"
    if not os.environ.get("SWARA_EVAL_DATA") or not folder.is_dir():
        pytest.skip("no folder cases beside SWARA_EVAL_DATA")
    return folder


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
def test_samples_are_added_as_people_name_them(cases: Path, tmp_path: Path, source: str, swaras) -> None:
    result = add_samples(cases / source, Given("Asha", "own"), tmp_path / "corpus.jsonl")
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
def test_sa_and_raga_as_singers_write_them(cases: Path, swara, tonic: str, raga: str, note: str) -> None:
    words = ("analyze", cases / "plain.flac", "--raga", raga, "--no-samples", "--json", "-")
    report = json.loads(swara(*words, "--tonic", tonic).out)
    assert report["tonic"]["name"].rstrip("0123456789") == note
    right = json.loads(swara(*words, "--tonic", "C#3").out)
    assert right["raga"] == (raga if " " in raga else "Bhupali")
    assert [each["swara"] for each in right["notes"]] == ["Sa", "Re", "Ga", "Pa", "Dha", "Pa", "Ga"]
    cents_off = [each["raga_cents_off"] for each in right["notes"]]
    assert cents_off == pytest.approx([0, 0, -32, 0, 0, 30, 0], abs=5)


@pytest.mark.parametrize("raga", ["Bhairavi", "Desh", "Bhimpalasi"])
def test_an_unknown_raga_is_no_other(cases: Path, swara, raga: str) -> None:
    done = swara("analyze", cases / "plain.flac", "--raga", raga)
    assert (done.code, done.out) == (1, "")
    assert f'"{raga}" is not known yet. Give its swaras' in done.err


def test_a_time_in_minutes(cases: Path, swara) -> None:
    words = ("search", cases / "plain.flac", "--tonic", "C#3")
    found = [swara(*words, "--at", at) for at in ("1.8", "0:01.8", "0:01,8", "00:00:01.8")]
    assert {(done.code, done.err) for done in found} == {(0, "")}
    assert len({done.out for done in found}) == 1
