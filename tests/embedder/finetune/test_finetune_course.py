"""Gradual unfreezing in Keras: what learns when, stopped and gone on with, exported and used."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="fine-tuning needs tensorflow")

import keras

from swara.data.recording import Recording
from swara.embedder.builtin.embedder import MODEL_FILE
from swara.embedder.builtin.features import BANDS
from swara.embedder.errors import FinetuneError, ModelInUse
from swara.embedder.finetune.batches import BatchSampler
from swara.embedder.finetune.export import PARITY
from swara.embedder.finetune.model import FinetuneModel, set_free
from swara.embedder.finetune.note_features import NoteFeatures
from swara.embedder.finetune.plan import HEAD, FinetunePlan
from swara.embedder.finetune.retrieval import RetrievalScore
from swara.embedder.finetune.run import Finetuned, finetune
from swara.embedder.finetune.synthesized import Voices
from swara.embedder.finetune.trainer import Trainer
from swara.embedder.registry import embedder_named
from swara.embedder.training.layers import BLOCKS

pytestmark = pytest.mark.xdist_group("tensorflow")

PLAN = FinetunePlan(steps=3, every=3, patience=99, idle_stages=99, timbres=4, voices=4, rate=1e-3)
TINY = FinetunePlan(steps=2, every=1, patience=1, idle_stages=1, timbres=4, voices=4)


def _draws(seed: int = 1) -> BatchSampler:
    rng = np.random.default_rng(9)

    def notes() -> tuple[np.ndarray, ...]:
        return tuple(rng.normal(-3.0, 1.0, (40, BANDS)).astype(np.float16) for _ in range(3))

    heard = [NoteFeatures(f"{singer}{n}", singer, notes()) for singer in "abc" for n in range(3)]
    voices = Voices(
        rng.normal(-3.0, 1.0, (4, 4, 124, BANDS)).astype(np.float16), np.zeros((2, 200, BANDS), np.float16)
    )
    return BatchSampler(heard, voices, PLAN.timbres, PLAN.users_share, seed)


class Rising:
    """A watch that finds more at every look, and keeps what the weights were."""

    def __init__(self) -> None:
        self.seen: list[dict[str, list[np.ndarray]]] = []

    def found(self, model: FinetuneModel) -> RetrievalScore:
        parts = model.parts.items()
        self.seen.append({part: [w for x in layers for w in x.get_weights()] for part, layers in parts})
        return RetrievalScore(1, 0.0, 0.1 + 0.01 * len(self.seen))


class Still(Rising):
    """A watch that always finds the same."""

    def found(self, model: FinetuneModel) -> RetrievalScore:
        return RetrievalScore(1, 0.5, 0.5)


def _trainer(
    folder: Path, watch: Rising, plan: FinetunePlan = PLAN, progress=None
) -> tuple[Trainer, FinetuneModel]:
    draws = _draws()
    model = FinetuneModel(MODEL_FILE, draws.classes, plan.seed)
    return Trainer(model, draws, watch, plan, folder / "checkpoint.npz", progress), model  # type: ignore[arg-type]


def _changed(before: list[np.ndarray], after: list[np.ndarray]) -> bool:
    return any(not np.array_equal(one, other) for one, other in zip(before, after, strict=True))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    watch, shares = Rising(), []
    trainer, model = _trainer(tmp_path_factory.mktemp("whole"), watch, progress=shares.append)
    trainer.run()
    return SimpleNamespace(looks=trainer.position.looks, model=model, seen=watch.seen, shares=shares)


def test_a_block_changes_from_its_stage_on_at_falling_rates(uninterrupted: SimpleNamespace) -> None:
    seen, looks, falling = uninterrupted.seen, uninterrupted.looks, (HEAD, *reversed(BLOCKS))
    assert len(seen) == 1 + len(falling)  # once before, then at the end of each stage
    for stage in range(len(falling)):
        changed = {part for part in falling if _changed(seen[stage][part], seen[stage + 1][part])}
        assert changed == set(falling[: stage + 1])
    assert [look["stage"] for look in looks] == list(range(7))
    assert [look["free"][-1] for look in looks] == list(falling)
    freed = [look["rates"][look["free"][-1]] for look in looks[1:]]
    assert freed == sorted(freed, reverse=True)
    assert all(np.isfinite(look["loss"]) for look in looks)
    assert uninterrupted.shares == sorted(uninterrupted.shares)
    assert uninterrupted.shares[-1] == 1.0


def test_one_that_was_stopped_comes_to_the_same_weights(
    tmp_path: Path, uninterrupted: SimpleNamespace
) -> None:
    def stop(after: float) -> Callable[[float], None]:
        def told(share: float) -> None:
            if share > after:
                raise KeyboardInterrupt

        return told

    with pytest.raises(KeyboardInterrupt):
        _trainer(tmp_path, Rising(), progress=stop(0.25))[0].run()  # in the middle of the second stage
    watch = Rising()
    watch.seen = uninterrupted.seen[:3]  # the figures go on from where they were
    trainer, _ = _trainer(
        tmp_path, watch, progress=stop(0.42)
    )  # at the end of the third: the others are alike
    assert trainer.resumed
    assert trainer.position.stage == 1
    with pytest.raises(KeyboardInterrupt):
        trainer.run()
    looks = trainer.position.looks
    assert len(looks) == 3
    for part, weights in watch.seen[-1].items():
        for one, other in zip(uninterrupted.seen[3][part], weights, strict=True):
            assert one == pytest.approx(other, abs=1e-7)
    for look, wanted in zip(looks, uninterrupted.looks, strict=False):
        assert (look["stage"], look["loss"]) == (wanted["stage"], pytest.approx(wanted["loss"], abs=1e-3))


def test_one_singer_in_two_rooms_is_not_told_apart() -> None:
    draws = _draws()
    batch = draws.draw(0)
    assert len(set(batch.takes)) > len(set(batch.timbres))
    model = FinetuneModel(MODEL_FILE, draws.classes, PLAN.seed)
    model.free((HEAD,))
    still = {HEAD: 0.0}
    loss = model.learn(batch, still)
    order = np.random.default_rng(1).permutation(len(batch.takes))
    assert model.learn(replace(batch, takes=batch.takes[order]), still) == pytest.approx(loss)
    assert model.learn(replace(batch, timbres=batch.timbres[order]), still) != pytest.approx(loss, rel=1e-3)


def test_where_nothing_is_gained_it_stops_early_and_gives_back_what_it_began_with(tmp_path: Path) -> None:
    plan = FinetunePlan(steps=9, every=1, patience=2, idle_stages=1, timbres=4, voices=4, rate=1e-2)
    (tmp_path / "checkpoint.npz").write_bytes(b"PK\x03\x04 cut short")
    trainer, model = _trainer(tmp_path, Still(), plan)
    assert not trainer.resumed  # a damaged checkpoint is begun anew
    before = model.weights()
    trainer.run()
    assert [look["stage"] for look in trainer.position.looks] == [0] * 9 + [1, 1]
    assert not _changed(before, model.weights())


def test_batch_normalisation_stays_as_in_use_while_it_is_frozen() -> None:
    norm = keras.layers.BatchNormalization()
    loud = np.random.default_rng(1).normal(5.0, 3.0, (32, 4)).astype(np.float32)
    norm.build(loud.shape)
    set_free({"low": [norm], "high": []}, ["high"])
    moments = norm.get_weights()
    assert np.asarray(norm(loud, training=True)) == pytest.approx(np.asarray(norm(loud, training=False)))
    assert not _changed(moments, norm.get_weights())
    set_free({"low": [norm], "high": []}, ["high", "low"])
    assert abs(float(np.mean(norm(loud, training=True)))) < 0.1
    assert _changed(moments, norm.get_weights())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, few: list[Recording]) -> tuple[Finetuned, Path]:
    models = tmp_path_factory.mktemp("models")
    return finetune(few, models, plan=TINY, keep_anyway=True), models


def test_what_is_kept_says_what_it_is(made: tuple[Finetuned, Path], few: list[Recording]) -> None:
    found, models = made
    manifest = json.loads((found.folder / "manifest.json").read_text())
    assert found.folder == models / found.name
    assert sorted(path.name for path in found.folder.iterdir()) == ["manifest.json", "model.tflite"]
    assert manifest["name"] == found.name == f"finetuned-{manifest['sha256'][:8]}"
    assert manifest["plan"]["seed"] == TINY.seed
    assert len(manifest["corpus_digest"]) == 64
    assert sum(map(len, manifest["recordings"].values())) == len(few)
    assert set(manifest["judged"]) == set(manifest["synthesized"]) == {"before", "after"}
    assert manifest["better"] is found.better
    assert manifest["parity"] <= PARITY
    assert {path.name for path in models.iterdir()} <= {found.name, ".finetuning.lock"}
    spec = embedder_named(found.name, environment={"SWARA_MODELS": str(models)}).spec
    builtin = embedder_named("builtin").spec
    assert (spec.name, spec.dim) == (found.name, builtin.dim)
    assert spec.fingerprint != builtin.fingerprint
    assert spec.parameters["weights"] == manifest["sha256"] != builtin.parameters["weights"]


def test_a_rebuild_with_it_goes_live_and_analyze_uses_it(
    made: tuple[Finetuned, Path],
    swara,
    demo: Path,
    stub_tracker,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    found, models = made
    monkeypatch.setenv("SWARA_MODELS", str(models))
    monkeypatch.setenv("SWARA_STORE", str(tmp_path / "own"))
    done = swara("rebuild", "--init", "--embedder", found.name)
    assert done.code == 0, done.err
    assert found.name in done.out
    (fingerprint,) = (path.name for path in (tmp_path / "own" / "cache" / "embeddings").iterdir())
    builtin = embedder_named("builtin").spec.fingerprint
    assert fingerprint == embedder_named(found.name).spec.fingerprint != builtin
    done = swara("analyze", demo, "--tonic", "C#3")
    assert done.code == 0, done.err
    asked = {path.name for path in (tmp_path / "own" / "cache" / "embeddings").iterdir()}
    assert builtin not in asked
    monkeypatch.setenv("SWARA_MODELS", str(tmp_path))
    done = swara("rebuild")
    assert done.code == 1
    assert f"made with the embedder {found.name}" in done.err
    assert "swara rebuild --embedder builtin" in done.err


def test_a_stop_and_another_process_are_told_in_a_line(tmp_path: Path, few: list[Recording]) -> None:
    def stop(what: str, share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(FinetuneError, match="Run the same again to go on"):
        finetune(few, tmp_path, plan=TINY, tell=stop)

    def nested(what: str, share: float) -> None:
        finetune(few, tmp_path, plan=TINY)

    with pytest.raises(ModelInUse, match="another process"):
        finetune(few, tmp_path, plan=TINY, tell=nested)

    assert not list(tmp_path.glob("finetuned-*"))
