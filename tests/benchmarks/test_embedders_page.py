"""The benchmark of embedders: its peers, its targets, its page, its command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.embedders import __main__ as embedders
from benchmarks.embedders import peers
from benchmarks.embedders.instruments import Probed
from benchmarks.embedders.measure import ANALYZE, RECORDED, TENSORFLOW, UNHEARD, EmbedderCost
from benchmarks.embedders.peers import FLOOR, OURS, PEERS, YAMNET, present
from benchmarks.embedders.report import PAGE, Measured
from benchmarks.embedders.singers import Condition, NoteScores
from benchmarks.note_head import FEATURES, Feature, HeadScores, Outcome, fit, outcome
from benchmarks.shares import Share
from swara.classifier.note_head.examples import NoteSource
from swara.embedder.builtin.embedder import VECTOR_DIM

CONDITIONS = tuple(Condition(name, name, lambda takes: []) for name in ("plain", "fifth"))


def _probed(right: int) -> dict[tuple[str, str], Probed]:
    def probed(right):
        return Probed(0.1, Share.of(np.arange(40) < right), {"oboe": right / 40})

    return {("npm", RECORDED): probed(right), (UNHEARD, RECORDED): probed(40)}


def _share(value: float) -> Share:
    return Share(np.full(24, 10.0 * value), np.full(24, 10.0))


def _cost(rate: float) -> EmbedderCost:
    return EmbedderCost({1: rate, 2: 2 * rate}, rate, 0.25, 60.0, 90.0)


@pytest.fixture
def measured() -> Measured:
    rights = {OURS: 36, YAMNET: 30, FLOOR: 20}
    ranks = {OURS: (0.95, 0.55), YAMNET: (0.86, 0.33), FLOOR: (0.96, 0.26)}
    whole, _, _, alone, _ = FEATURES
    full, most = Outcome(100, 0, 0, 100), Outcome(98, 1, 1, 99)
    poolings = ("mean alone", "mean and spread")
    return Measured(
        peers=(*(PEERS[name] for name in (OURS, YAMNET, FLOOR)), PEERS["vggish"]),
        left_out=("something: not installed: x",),
        conditions=CONDITIONS,
        instruments={name: _probed(n) for name, n in rights.items()},
        singers={
            c.name: {name: dict.fromkeys(poolings, _share(mrrs[k])) for name, mrrs in ranks.items()}
            for k, c in enumerate(CONDITIONS)
        },
        notes={OURS: NoteScores(_share(0.8), _share(0.7))},
        takes=24,
        heads={OURS: [HeadScores(each, None, 6, full, full, full, most) for each in (whole, alone)]},
        costs={OURS: _cost(900.0), YAMNET: _cost(100.0), "vggish": _cost(10.0)},
        program={ANALYZE: (0.9, 250.0), TENSORFLOW: (4.0, 600.0)},
    )


def _page(measured: Measured) -> str:
    return PAGE.render(measured.sections(), left_out=measured.left_out)


class TestPeers:
    def test_an_unknown_embedder_is_refused(self):
        with pytest.raises(SystemExit, match="there is no embedder openl3"):
            present(("builtin", "openl3"))

    def test_what_is_not_installed_or_lacks_its_weights_is_left_out(self, tmp_path, monkeypatch):
        monkeypatch.setattr(peers, "find_spec", lambda name: None)
        monkeypatch.setenv(peers.MODELS, str(tmp_path))
        here, absent = present((OURS, FLOOR, YAMNET))
        assert [peer.name for peer in here] == [OURS]
        assert absent[0].missing.startswith(f"there is no {tmp_path}")
        assert absent[1].missing == "not installed: librosa"

    def test_models_lie_beside_the_recordings_unless_told_otherwise(self, tmp_path, monkeypatch):
        monkeypatch.delenv(peers.MODELS, raising=False)
        monkeypatch.setenv("SWARA_EVAL_DATA", str(tmp_path / "audio"))
        assert peers.model_file("a/b.tflite") == tmp_path / "models" / "a" / "b.tflite"
        monkeypatch.setenv(peers.MODELS, str(tmp_path / "elsewhere"))
        assert peers.model_file("b.tflite") == tmp_path / "elsewhere" / "b.tflite"


class TestTargets:
    def test_each_is_met_or_missed_by_so_much(self, measured):
        checks = [check for section in measured.sections() for check in section.checks]
        verdicts = {check.what: check.verdict for check in checks}
        assert len(verdicts) == len(checks) == 17
        assert {
            "npm sets: ahead of YAMNet by": "met",
            # Neck and neck is not ahead.
            "TimGM6mb: ahead of YAMNet by": "missed by 0.1 points",
            "same singer, as recorded: ahead of MFCC by": "missed by 0.02",
            "same singer, a half a fifth higher: MRR": "missed by 0.05",
            "note head, bundled samples in other keys: right": "missed by 1.0 points",
            "throughput over YAMNet's, one core": "met",
            "time of `swara analyze` over `import tensorflow`": "met",
        }.items() <= verdicts.items()

    def test_what_was_not_measured_is_no_target(self):
        assert Measured().sections() == []
        (without,) = Measured(program={ANALYZE: (1.0, 320.0)}).sections()
        assert [check.verdict for check in without.checks] == ["missed by 20 MB"]


class TestPage:
    def test_it_holds_every_table(self, measured):
        page = _page(measured)
        for row in (
            "YAMNet (TFLite, 8 bits) | +15.0 (",
            "MFCC, npm sets | 50 |",
            "MFCC | -0.01 (-0.01 to -0.01) **behind** | +0.29 (+0.29 to +0.29) |",
            "swara, built in, mean alone | 0.95 | 0.55 |",
            "**swara, built in** | 80.0 (80.0 to 80.0) | 70.0 (70.0 to 70.0) |",
            "pitch alone | 100 of 100 (100.0 %) | 100 of 100 (100.0 %) | 98 of 100 (99.0 %) |",
            "**swara, built in** | 900 | 1800 | 900 | 9.0 | 0.25 s | 60 MB | 90 MB |",
            "`swara analyze` | 0.90 s | 250 MB |",
        ):
            assert f"| {row}" in page
        assert page.count("VGGish") == 1  # random weights stand in the table of costs alone

    def test_it_says_whose_weights_are_random_and_draws_beside_it(self, measured, tmp_path):
        options = PAGE.parser("").parse_args(
            ["--page", str(tmp_path / "page.md"), "--json", str(tmp_path / "raw")]
        )
        measured.write(options)
        page = " ".join((tmp_path / "page.md").read_text("utf-8").split())
        assert "VGGish (float, random weights): the published architecture with random weights" in page
        assert "- something: not installed: x" in page
        assert "](page.png)" in page
        assert (tmp_path / "page.png").read_bytes().startswith(b"\x89PNG")
        figures = json.loads((tmp_path / "raw").read_text("utf-8"))
        assert figures["singers"]["fifth"][YAMNET]["mean alone"]["value"] == pytest.approx(0.33)
        assert figures["heads"][OURS][1][-1] == [98, 1, 1, 99]

    def test_nothing_measured_is_still_a_page(self, tmp_path):
        Measured(quick=True).write(PAGE.parser("").parse_args(["--page", str(tmp_path / "page.md")]))
        page = (tmp_path / "page.md").read_text("utf-8")
        assert "no real recording" in " ".join(page.split())
        assert "Not the whole benchmark" in page
        assert "nan" not in page
        assert "| ---" not in page
        assert not (tmp_path / "page.png").exists()


class TestAblation:
    def test_a_feature_cuts_a_pooled_vector_to_its_parts(self):
        vector = np.arange(VECTOR_DIM + 3, dtype=np.float32)
        cuts = {feature.title: feature.cut(vector).tolist() for feature in FEATURES}
        assert cuts["without the envelope"] == list(range(VECTOR_DIM))
        assert cuts["without the network"] == [VECTOR_DIM, VECTOR_DIM + 1, VECTOR_DIM + 2]
        assert cuts["pitch and embedding"] == cuts["pitch alone"] == vector.tolist()
        assert not Feature("", True, None).embedding

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
            feature.title: outcome(fit(notes, feature).head, notes, feature).likeliest for feature in FEATURES
        }
        assert right["embedding alone"] == right["without the network"] == 60
        assert right["pitch alone"] == 30
        assert right["without the envelope"] < 50


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def _no_recordings(self, monkeypatch, tmp_path):
        monkeypatch.delenv("SWARA_EVAL_DATA", raising=False)
        monkeypatch.setenv(peers.CACHE, str(tmp_path / "cache"))

    def test_without_recordings_and_soundfonts_it_says_what_it_left_out(self, tmp_path: Path, monkeypatch):
        monkeypatch.setattr("swara.data.synth.soundfont.FOLDERS", (str(tmp_path),))
        monkeypatch.delenv("SWARA_SOUNDFONTS", raising=False)
        page = tmp_path / "docs" / "embedders.md"
        parts = ["singers", "notes", "instruments"]
        embedders.main(["--only", OURS, "--parts", *parts, "--page", str(page)])
        text = page.read_text("utf-8")
        assert "- who sings: there is no folder ssvd" in text
        assert "- which swara: there is no folder sung_notes, hindustani_calan" in text
        assert "- which instrument: there is no soundfont FluidR3_GM.sf2" in text
        assert not page.with_suffix(".png").exists()
