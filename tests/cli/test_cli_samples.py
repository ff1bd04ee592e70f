"""Samples from the command line: added, learned, searched, removed; and what is said when that fails."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import append_recordings
from swara.data.synth import VOICES, SungNote, bhupali_take, sing_take, swara_sequence
from swara.data.synth.takes import aim
from swara.service.samples.known import known_samples

SINGLE_NOTES = ("Sa", "Re", "Ga", "Pa", "Dha", "Taar-Sa")
SA_HZ = 146.83


@pytest.fixture(scope="module")
def notes(tmp_path_factory) -> Path:
    """Six single notes with Sa on D, by a voice that is not in the pack."""
    folder = tmp_path_factory.mktemp("notes") / "D3"
    folder.mkdir()
    for seed, name in enumerate(SINGLE_NOTES):
        (pitch,) = swara_sequence([name])
        note = SungNote(aim(pitch, 0.0), 1.0)
        rng = np.random.default_rng(seed)
        take = sing_take([pitch], [note], SA_HZ, VOICES["high male"], rng=rng, tanpura_db=None)
        soundfile.write(folder / f"{name}.wav", take.clip.samples, take.clip.rate_hz)
    return folder


def test_a_fresh_machine_knows_the_bundled_samples(swara):
    done = swara("samples", "list")
    assert done.code == 0
    assert "184 samples" in done.out
    assert done.out.count("synthesized:") == 184


def test_added_samples_are_learned_found_and_forgotten(swara, store, notes, demo):
    words = ("--singer", "A. Singer", "--tonic", "D3", "--raga", "bhupali", "--licence", "mine")
    added = swara("samples", "add", notes, *words)
    again = swara("samples", "add", notes, *words)
    learned = swara("rebuild")
    nothing = swara("rebuild")
    found = swara("search", notes / "Ga.wav", "--at", 0.5, "--tonic", "D3", "--count", 3)
    assert (added.code, added.err) == (0, "")
    assert "6 recordings added, 6 notes" in added.out
    assert again.code == 0
    assert "0 recordings added" in again.out
    assert " ".join(again.out.split()).count("not added again") == 6
    assert learned.code == 0
    assert "6 recordings embedded, 184 known from before" in learned.out
    assert "Nothing new" in nothing.out
    assert found.code == 0
    ids = [line.split()[0] for line in swara("samples", "list").out.splitlines() if "A. Singer" in line]
    assert len(ids) == 6
    own = next(i for i in ids if "Ga.wav" in swara("samples", "show", i).out)
    assert own not in found.out
    shown = swara("samples", "show", own[:8])
    assert "A. Singer" in shown.out
    assert "146.8" in shown.out
    assert Path(swara("samples", "path", own).out.strip()) == notes / "Ga.wav"
    assert swara("samples", "remove", own).code == 0
    assert own not in swara("samples", "list").out
    assert (notes / "Ga.wav").is_file()


def test_search_writes_what_it_finds(swara, demo, tmp_path):
    words = ("--tonic", "kali 1", "--count", 2, "--clips", tmp_path / "found")
    done = swara("search", demo, "--at", "0:01,5", *words)
    clips = sorted((tmp_path / "found").iterdir())
    assert done.code == 0
    assert "The note head is not sure: " in done.out  # Ga, half-way to komal Ga
    assert [clip.name[:2] for clip in clips] == ["1-", "2-"]
    for clip in clips:
        samples, rate_hz = soundfile.read(clip)
        assert 0.2 * rate_hz < samples.size < 3 * rate_hz
        assert np.abs(samples).max() > 0.05


def test_the_report_names_head_and_samples(swara, demo, tmp_path):
    page = tmp_path / "take.html"
    done = swara("analyze", demo, "--tonic", "C#3", "--json", "-", "--report", page)
    report = json.loads(done.out)
    assert report["model"]
    assert len(report["opinions"]) == len(report["notes"]) == 7
    letters = {"Sa": "S", "Re": "R", "Ga": "G", "Pa": "P", "Dha": "D"}
    for note, opinion in zip(report["notes"], report["opinions"], strict=True):
        low_ga = note["raga_swara"] == "Ga" and note["cents_off"] < -25
        assert opinion["agrees"] is (None if low_ga else True)
        assert low_ga or opinion["swara"] == letters[note["raga_swara"]]
        assert len({near["recording"] for near in opinion["neighbours"]}) == 3
    html = page.read_text(encoding="utf-8")
    # Five swaras, each as a sample and on the singer's Sa; the two to work on first ask for theirs again.
    asked = re.findall(r'data-sample="([^"]+)"', html)
    assert set(asked) == set(re.findall(r'<audio class="sample" id="([^"]+)"', html))
    assert (len(set(asked)), len(asked)) == (10, 12)
    shown = swara("analyze", demo, "--tonic", "C#3").out
    assert "What it should sound like" in shown
    assert "synthesized: " in shown


def test_swaras_outside_bhupali_are_heard_as_what_they_are(swara, tmp_path):
    sung = ["S", "R", "g", "G", "P", "d", "D", "S'", "R'", "G'", "P'"]
    take = bhupali_take(3, sa_hz=138.59, phrase=" ".join(sung), errors_cents=[0.0] * 11)
    soundfile.write(tmp_path / "take.wav", take.clip.samples, take.clip.rate_hz)
    report = json.loads(swara("analyze", tmp_path / "take.wav", "--tonic", "138.59", "--json", "-").out)
    assert [opinion["swara"] for opinion in report["opinions"]] == sung
    assert all(opinion["agrees"] for opinion in report["opinions"])
    assert [note["foreign"] for note in report["notes"]] == [each in "gd" for each in sung]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("samples", "show", "ffffffffffff"), "samples list"),
        (("samples", "remove", "zzz"), "samples list"),
        (("search", "DEMO", "--at", "90", "--tonic", "C#3"), "The nearest is"),
        (("samples", "add", "EMPTY", "--tonic", "A"), "EMPTY"),
        (("samples", "add", "EMPTY/nowhere", "--tonic", "A"), "nowhere"),
        (("samples", "add", "EMPTY", "--tonic", "H"), "tonic"),
        (("samples", "add", "EMPTY", "--tonic", "A", "--raga", "bhupli"), "known by name"),
    ],
)
def test_one_clear_line(swara, assert_one_line, demo, tmp_path, words, says):
    empty = tmp_path / "EMPTY"
    empty.mkdir()
    known = {"DEMO": str(demo), "EMPTY": str(empty), "EMPTY/nowhere": str(empty / "nowhere")}
    assert_one_line(swara(*(known.get(word, word) for word in words)), says)


def test_a_damaged_store_does_not_stop_an_analysis(swara, store, demo):
    version = store / "versions" / (store / "CURRENT").read_text().strip()
    head = version / "note_head.npz"
    content = bytearray(head.read_bytes())
    content[len(content) // 2] ^= 1
    head.write_bytes(content)
    done = swara("analyze", demo, "--tonic", "C#3")
    searched = swara("search", demo, "--at", 1.5, "--tonic", "C#3")
    assert done.code == 0
    assert "Ga, 32 cents low" in done.out
    assert "Not compared with professional samples" in done.out
    assert searched.code == 1
    assert "note_head.npz" in searched.err
    assert "swara rebuild" in searched.err
    assert swara("rebuild", "--force").code == 0
    assert swara("search", demo, "--at", 1.5, "--tonic", "C#3").code == 0


def test_a_long_list_has_a_line_for_each(swara, store, tmp_path):
    labels = (SwaraLabel(0.1, 0.5, "S"),)
    names = [f"an evening in May, take {number} of a thousand, by the river.wav" for number in range(1000)]
    known = [
        Recording(f"/far/{name}", sha256(name.encode()).hexdigest(), "आशा", 138.59, None, labels, "own")
        for name in names
    ]
    append_recordings(store / "corpus.jsonl", known)
    lines = swara("samples", "list").out.splitlines()
    rows = [line for line in lines if line.endswith("by the river.wav")]
    assert [line.split()[0] for line in rows] == [each.id for each in known]
    assert all(name in line for name, line in zip(names, rows, strict=True))
    assert f"{len(known_samples(store / 'corpus.jsonl'))} samples, " in lines[-1]
