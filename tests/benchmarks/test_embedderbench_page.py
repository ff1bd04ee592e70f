"""The benchmark of embedders: its peers, its targets, its page, its command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import embedders
from benchmarks.embedderbench import peers, places
from benchmarks.embedderbench.ablation import FEATURES, OTHERS, Ablated, Feature, _fitted, _outcome
from benchmarks.embedderbench.cost import Cost
from benchmarks.embedderbench.figures import raw
from benchmarks.embedderbench.peers import FLOOR, OURS, PEERS, YAMNET, present
from benchmarks.embedderbench.plot import draw
from benchmarks.embedderbench.probe import Probed
from benchmarks.embedderbench.program import Program
from benchmarks.embedderbench.report import Measured, render
from benchmarks.embedderbench.retrieval import Found
from benchmarks.embedderbench.run import IOWA, UNHEARD, InstrumentScores, SingerScores
from benchmarks.embedderbench.single_notes import NoteScores
from benchmarks.embedderbench.takes import Condition
from benchmarks.note_head import Outcome
from swara.classifier.note_head.examples import NoteSource
from swara.embedder.builtin.network import VECTOR_DIM

CONDITIONS = tuple(Condition(name, name, lambda takes: []) for name in ("plain", "fifth"))


def _asked(right):
    return {IOWA: _probed(right), UNHEARD: _probed(40)}


def _probed(right: int) -> Probed:
    counts = np.column_stack([np.arange(40) < right, np.ones(40)]).astype(float)
    return Probed(counts, np.diag([right, 0, 0, 40 - right]))


def _singers(mrr: float) -> SingerScores:
    found = Found(np.column_stack([np.full(24, 2.0 * mrr), np.full(24, 2.0)]))
    return SingerScores(found, {"mean alone": found, "mean and spread": found})


def _cost(rate: float) -> Cost:
    return Cost({1: rate, 2: 2 * rate}, rate, 0.25, 60.0, 90.0)


@pytest.fixture
def measured() -> Measured:
    rights = {OURS: 36, YAMNET: 30, FLOOR: 20}
    ranks = {OURS: (0.95, 0.55), YAMNET: (0.86, 0.33), FLOOR: (0.96, 0.26)}
    whole, _, _, alone, _ = FEATURES
    full, most = Outcome(100, 0, 0, 100), Outcome(98, 1, 1, 99)
    return Measured(
        peers=(*(PEERS[name] for name in (OURS, YAMNET, FLOOR)), PEERS["vggish"]),
        left_out=("something: not installed: x",),
        conditions=CONDITIONS,
        instruments={
            name: InstrumentScores(0.1, _asked(n), {"mean alone": _asked(n), "mean and spread": _asked(0)})
            for name, n in rights.items()
        },
        singers={
            c.name: {name: _singers(mrrs[k]) for name, mrrs in ranks.items()}
            for k, c in enumerate(CONDITIONS)
        },
        notes={OURS: NoteScores(np.tile([8.0, 10.0], (24, 1)), np.tile([7.0, 10.0], (24, 1)))},
        takes=24,
        heads={OURS: [Ablated(whole, full, full, most), Ablated(alone, full, full, most)]},
        costs={OURS: _cost(900.0), YAMNET: _cost(100.0), "vggish": _cost(10.0)},
        program=Program(0.9, 4.0, 250.0, 600.0),
        has_recordings=True,
    )


class TestPeers:
    def test_ours_comes_first_and_random_weights_are_never_judged(self):
        assert next(iter(PEERS)) == OURS
        assert all(name == peer.name for name, peer in PEERS.items())
        assert [peer.name for peer in PEERS.values() if peer.speed_only] == ["yamnet-float", "vggish"]

    def test_an_unknown_embedder_is_refused(self):
        with pytest.raises(SystemExit, match="there is no embedder openl3"):
            present(("builtin", "openl3"))

    def test_what_is_not_installed_is_left_out(self, monkeypatch):
        monkeypatch.setattr(peers, "find_spec", lambda name: None)
        here, absent = present((OURS, FLOOR))
        assert [peer.name for peer in here] == [OURS]
        assert [peer.missing for peer in absent] == ["not installed: librosa"]

    def test_weights_that_are_not_there_leave_yamnet_out(self, tmp_path, monkeypatch):
        monkeypatch.setenv(places.MODELS, str(tmp_path))
        here, absent = present((YAMNET,))
        assert not here
        assert absent[0].missing.startswith("there is no ")
        assert str(tmp_path) in absent[0].missing

    def test_models_lie_beside_the_recordings_unless_told_otherwise(self, tmp_path, monkeypatch):
        monkeypatch.delenv(places.MODELS, raising=False)
        monkeypatch.setenv("SWARA_EVAL_DATA", str(tmp_path / "audio"))
        assert places.model_file("a/b.tflite") == tmp_path / "models" / "a" / "b.tflite"
        monkeypatch.setenv(places.MODELS, str(tmp_path / "elsewhere"))
        assert places.model_file("b.tflite") == tmp_path / "elsewhere" / "b.tflite"


class TestTargets:
    def test_each_is_met_or_missed_by_so_much(self, measured):
        verdicts = {check.what: check.verdict for check in measured.checks}
        assert len(verdicts) == len(measured.checks) == 17
        assert verdicts["Iowa recordings: ahead of YAMNet by"] == "met"
        # Neck and neck is not ahead.
        assert verdicts["TimGM6mb: ahead of YAMNet by"] == "missed by 0.1 points"
        assert verdicts["same singer, as recorded: MRR"] == "met"
        assert verdicts["same singer, as recorded: ahead of MFCC by"] == "missed by 0.02"
        assert verdicts["same singer, a half a fifth higher: MRR"] == "missed by 0.05"
        assert verdicts["note head, calans: right"] == "met"
        assert verdicts["note head, bundled samples in other keys: right"] == "missed by 1.0 points"
        assert verdicts["throughput over YAMNet's, one core"] == "met"
        assert verdicts["time of `swara analyze` over `import tensorflow`"] == "met"
        assert verdicts["peak memory of `swara analyze`"] == "met"

    def test_what_was_not_measured_is_no_target(self, measured):
        nothing = Measured((), (), (), {}, {}, {}, 0, {}, {}, None, False)
        assert nothing.checks == []
        nan = float("nan")
        without = Measured((), (), (), {}, {}, {}, 0, {}, {}, Program(1.0, nan, 320.0, nan), False)
        assert [check.verdict for check in without.checks] == ["missed by 20 MB"]


class TestPage:
    def test_it_holds_every_table(self, measured):
        page = render(measured)
        met = sum(check.met for check in measured.checks)
        assert f"{met} of 17 targets were met." in page
        assert "- something: not installed: x" in page
        assert "| **swara, built in** | 90.0 (" in page
        assert "| YAMNet (TFLite, 8 bits) | +15.0 (" in page
        assert "| MFCC, clarinet | 20 | 0 | 0 | 0 |" in page
        assert "| MFCC | -0.01 (-0.01 to -0.01) **behind** | +0.29 (+0.29 to +0.29) |" in page
        assert "| swara, built in, mean alone | 0.95 | 0.55 |" in page
        assert "| **swara, built in** | 80.0 (80.0 to 80.0) | 70.0 (70.0 to 70.0) |" in page
        assert "| pitch alone | 100 of 100 (100.0 %) | 100 of 100 (100.0 %) | 98 of 100 (99.0 %) |" in page
        assert "| **swara, built in** | 900 | 1800 | 900 | 9.0 | 0.25 s | 60 MB | 90 MB |" in page
        assert "| `swara analyze` | 0.90 s | 250 MB |" in page
        assert all(len(line) <= 110 or line.startswith(("|", "-")) for line in page.splitlines())

    def test_random_weights_are_said_to_be_random(self, measured):
        page = " ".join(render(measured).split())
        assert "VGGish (float, random weights): the published architecture with random weights" in page
        assert page.count("VGGish") == 2  # and in the table of costs; nowhere else

    def test_nothing_measured_is_still_a_page(self):
        page = render(Measured((), (), (), {}, {}, {}, 0, {}, {}, None, False, quick=True))
        assert "no real recording was heard" in " ".join(page.split())
        assert "Not the whole benchmark" in page
        assert "nan" not in page
        assert "| ---" not in page

    def test_the_plot_is_drawn(self, measured, tmp_path):
        assert draw(tmp_path / "plot.png", measured)
        assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
        nothing = Measured((), (), (), {}, {}, {}, 0, {}, {}, None, False)
        assert not draw(tmp_path / "none.png", nothing)

    def test_raw_figures_are_json(self, measured):
        figures = json.loads(json.dumps(raw(measured), allow_nan=False))
        assert figures["instruments"][OURS]["accuracy"][IOWA][0] == pytest.approx(0.9)
        assert figures["singers"]["fifth"][YAMNET]["mean alone"][0] == pytest.approx(0.33)
        assert figures["note_head"][OURS]["pitch alone"][2] == [98, 1, 1, 99]
        assert figures["costs"][OURS]["per_wall"]["2"] == 1800.0


class TestAblation:
    def test_a_feature_cuts_a_pooled_vector_to_its_parts(self):
        vector = np.arange(VECTOR_DIM + 3, dtype=np.float32)
        cuts = {feature.title: feature.cut(vector).tolist() for feature in FEATURES}
        assert cuts["without the envelope"] == list(range(VECTOR_DIM))
        assert cuts["without the network"] == [VECTOR_DIM, VECTOR_DIM + 1, VECTOR_DIM + 2]
        assert cuts["pitch and embedding"] == cuts["pitch alone"] == vector.tolist()
        assert not Feature("", True, None).embedding
        assert [feature.title for feature in OTHERS] == ["pitch and embedding", "embedding alone"]

    def test_only_what_a_feature_holds_can_name_a_note(self):
        """What stands for the envelope tells the swara; the rest and the pitch tell nothing."""
        rng = np.random.default_rng(0)
        notes = []
        for number in range(60):
            swara = number % 2
            vector = np.zeros(VECTOR_DIM + 2)
            vector[:2] = rng.normal(size=2) * 0.1
            vector[VECTOR_DIM + swara] = 1.0
            cents = np.zeros(20)
            notes.append(
                NoteSource(cents, vector.astype(np.float32), "SR"[swara], f"{number % 3}", f"{number}")
            )
        right = {
            feature.title: _outcome(_fitted(notes, feature), notes, feature).likeliest for feature in FEATURES
        }
        assert right["embedding alone"] == right["without the network"] == 60
        assert right["pitch alone"] == 30
        assert right["without the envelope"] < 50


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def _no_recordings(self, monkeypatch, tmp_path):
        monkeypatch.delenv("SWARA_EVAL_DATA", raising=False)
        monkeypatch.setenv(places.CACHE, str(tmp_path / "cache"))

    def test_an_unknown_part_is_refused(self):
        with pytest.raises(SystemExit):
            embedders.main(["--parts", "taste"])

    def test_without_recordings_it_says_what_it_left_out(self, tmp_path: Path, capsys):
        page = tmp_path / "docs" / "embedders.md"
        embedders.main(["--only", OURS, "--parts", "singers", "notes", "--page", str(page)])
        text = page.read_text("utf-8")
        assert "- who sings: there is no folder ssvd" in text
        assert "- which swara: there is no folder sung_notes, hindustani_calan" in text
        assert "wrote" in capsys.readouterr().out
        assert not page.with_suffix(".png").exists()

    def test_a_missing_soundfont_leaves_the_instruments_out(self, tmp_path: Path, monkeypatch):
        monkeypatch.setattr("swara.data.synth.soundfont.FOLDERS", (str(tmp_path),))
        monkeypatch.delenv("SWARA_SOUNDFONTS", raising=False)
        page = tmp_path / "embedders.md"
        embedders.main(["--only", OURS, "--parts", "instruments", "--page", str(page)])
        assert "- which instrument: there is no soundfont FluidR3_GM.sf2" in page.read_text("utf-8")


def test_a_peer_runs_in_a_process_of_its_own(tmp_path: Path):
    from benchmarks.stopwatch import run_python

    sound = tmp_path / "sound.npy"
    np.save(sound, np.random.default_rng(0).normal(0.0, 0.1, 16_000).astype(np.float32))
    probe = ("-m", "benchmarks.embedderbench.probe_cost", OURS, str(sound))
    said = run_python(*probe, "2", "1").split()
    assert said[0] == "spent"
    assert all(0.0 < float(seconds) < 60.0 for seconds in said[1:])
    assert run_python(*probe, "0", "0") == ""
