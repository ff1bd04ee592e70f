"""Trainings mirrored in MLflow, and what becomes of one whose server is down."""

from __future__ import annotations

import http.server
import json
import shutil
import socket
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from swara.embedder.builtin.embedder import MODEL_FILE
from swara.embedder.finetune.plan import FinetunePlan
from swara.embedder.finetune.result import Finetuned
from swara.embedder.finetune.retrieval import RetrievalScore
from swara.service.commands.options import asks_mlflow
from swara.service.rebuild.rebuild import RebuildResult
from swara.service.store import Layout, current_version, read_manifest
from swara.service.tracking import run as tracking
from swara.service.tracking.mirror import note_finetuned, note_rebuild


def needs_mlflow() -> None:
    for name in ("mlflow", "sqlalchemy", "alembic", "pandas"):
        pytest.importorskip(name, reason="mirroring in MLflow needs the extra mlflow")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new database with its tables: making them takes 8 s."""
    needs_mlflow()
    folder = tmp_path_factory.mktemp("mlflow")
    said: list[str] = []
    tracking.Run(folder, {"MLFLOW_EXPERIMENT_NAME": "tables"}, said.append).begin("making the tables")
    assert said == []
    return folder / "mlflow" / "mlflow.db"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def mirrored(school, migrated, said):
    """Train with a run in MLflow, in a store that has a database."""
    folder = school.store.folder / "mlflow"
    folder.mkdir(parents=True)
    shutil.copy(migrated, folder / "mlflow.db")

    def train(*given, **fields):
        with tracking.tracked(school.store.folder, "train instrument", {}, said.append) as journal:
            return school.train(*given, journal=journal, **fields)

    return train


@pytest.fixture
def client(school, mirrored):
    import mlflow

    return mlflow.MlflowClient(f"sqlite:///{school.store.folder}/mlflow/mlflow.db")


def runs(client):
    experiment = client.get_experiment_by_name("swara")
    return client.search_runs([experiment.experiment_id])


def champion(client, kind="instrument", alias="champion"):
    return client.get_model_version_by_alias(f"swara-{kind}", alias).tags["swara_version"]


def test_a_training_is_a_run_and_its_head_a_model_that_answers(
    school, mirrored, client, said, trainer, monkeypatch
) -> None:
    import mlflow

    monkeypatch.setattr("swara.service.tracking.serving.trainer_of", lambda kind: trainer())
    made = mirrored()
    assert said == []
    (run,) = runs(client)
    assert (run.info.status, run.info.run_name) == ("FINISHED", "train instrument")
    manifest = read_manifest(school.heads, made.version)
    assert run.data.params["corpus_digest"] == manifest.corpus_digest
    assert run.data.params["learned_from"] == "24"
    assert run.data.metrics["held_out_macro_f1"] == 1.0
    losses = client.get_metric_history(run.info.run_id, "loss")
    assert [(each.step, each.value) for each in losses] == [(1, 1.0), (2, 0.5), (3, pytest.approx(1 / 3))]
    files = {item.path for item in client.list_artifacts(run.info.run_id)}
    assert {"confusion.json", "confusion.png"} <= files
    place = client.download_artifacts(run.info.run_id, "confusion.json", str(school.folder))
    assert json.loads(Path(place).read_text())["counts"] == [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 2, 0]]
    assert champion(client) == made.version
    model = mlflow.pyfunc.load_model("models:/swara-instrument@champion")
    assert model.metadata.signature.inputs.to_dict()[0]["tensor-spec"]["shape"] == (-1, -1)
    assert model.input_example.shape == (1, 32_000)
    times_s = np.arange(16_000) / 16_000
    sound = 0.1 * np.sin(2 * np.pi * 220 * times_s) + 0.001 * np.random.default_rng(1).normal(size=16_000)
    assert model.predict(sound.astype(np.float32)[None]).tolist() == ["flute"]
    kept = school.store.folder / "mlflow" / "artifacts"
    assert [path.name for path in kept.rglob("*.pkl")] == []
    assert {"served_model.py", "head.json", "arrays.npz", "MLmodel"} <= {
        path.name for path in kept.rglob("*")
    }


def test_aliases_follow_the_gate_promotions_and_rollbacks(
    school, mirrored, client, said, swara, trainer, monkeypatch
) -> None:
    monkeypatch.setattr("swara.service.tracking.serving.trainer_of", lambda kind: trainer())
    monkeypatch.setenv("SWARA_STORE", str(school.store.folder))
    first, worse = mirrored(), mirrored(trainer(wrong=1.0), force=True)
    assert (champion(client), champion(client, alias="challenger")) == (first.version, worse.version)
    assert swara("versions", "promote", worse.version, "--head", "instrument").err == ""
    assert champion(client) == worse.version
    assert "challenger" not in client.get_registered_model("swara-instrument").aliases
    assert swara("versions", "rollback", "--head", "instrument").err == ""
    assert champion(client) == first.version
    swara("versions", "promote", worse.version, "--head", "instrument", "--no-mlflow")
    assert champion(client) == first.version
    client.set_registered_model_alias("swara-instrument", "challenger", "2")
    assert swara("versions", "rollback", "shipped", "--head", "instrument").err == ""
    assert client.get_registered_model("swara-instrument").aliases == {}
    unknown = school.train(trainer(wrong=0.5), force=True)
    assert "not in the registry" in swara("versions", "promote", unknown.version, "--head", "instrument").err
    assert said == []


def test_a_training_that_fails_is_a_run_that_failed(school, mirrored, client) -> None:
    school.rows[0].path.unlink()
    with pytest.raises(Exception, match="missing"):
        mirrored()
    (run,) = runs(client)
    assert run.info.status == "FAILED"
    assert "it is missing" in run.data.tags["error"]


def test_a_rebuild_and_a_finetuning_are_runs_with_models(school, mirrored, client, said, pack_store) -> None:
    import mlflow

    live = current_version(Layout(pack_store))
    manifest = read_manifest(Layout(pack_store), live)
    result = RebuildResult(
        *(live, True, False, "builtin", 1, 0, {"learn": 1.5}, manifest.metrics, ()), gate=manifest.gate
    )
    with tracking.tracked(school.store.folder, "rebuild", {}, said.append) as journal:
        note_rebuild(journal, Layout(pack_store), result, "night-17")
    folder = school.folder / "finetuned-00000000"
    folder.mkdir()
    shutil.copy(MODEL_FILE, folder / "model.tflite")
    rank = RetrievalScore(10, 0.8, 0.9)
    looks = tuple({"stage": 1, "free": ["head"], "watched": rank.to_json()} for _ in range(2))
    made = Finetuned(folder.name, folder, rank, rank, rank, rank, "singer", 0, 2, looks, False)
    with tracking.tracked(school.store.folder, "finetune", {}, said.append) as journal:
        note_finetuned(journal, made, FinetunePlan())
    assert said == []
    by_name = {run.info.run_name: run for run in runs(client)}
    assert by_name["rebuild"].data.params["run"] == "night-17"
    assert by_name["rebuild"].data.params["corpus_digest"] == manifest.corpus_digest
    assert by_name["rebuild"].data.metrics["seconds learn"] == 1.5
    history = client.get_metric_history(by_name["finetune"].info.run_id, "watched reciprocal_rank")
    assert [(each.step, each.value) for each in history] == [(1, 0.9), (2, 0.9)]
    assert champion(client, "note-head") == live
    assert champion(client, "embedder", "challenger") == folder.name
    head = mlflow.pyfunc.load_model("models:/swara-note-head@champion")
    assert head.predict(head.input_example).shape == (1,)
    vectors = mlflow.pyfunc.load_model("models:/swara-embedder@challenger").predict(
        np.ones((1, 16_000), np.float32)
    )
    assert np.isfinite(vectors).all()


@contextmanager
def dead():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    yield port


@contextmanager
def silent():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@contextmanager
def of_another_version():
    class Strange(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(404)

        do_POST = do_GET  # noqa: N815

        def log_message(self, *words):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Strange)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()


@pytest.mark.parametrize("server", [dead, silent, of_another_version], ids=lambda server: server.__name__)
def test_a_server_that_is_down_stops_no_training_and_is_told_once(school, said, monkeypatch, server) -> None:
    needs_mlflow()
    monkeypatch.setattr(tracking, "_ELSEWHERE_WITHIN_S", 2.0)
    began = time.monotonic()
    with server() as port:
        environment = {"MLFLOW_TRACKING_URI": f"http://user:secret@127.0.0.1:{port}"}
        with tracking.tracked(school.store.folder, "train", environment, said.append) as journal:
            assert time.monotonic() - began < 60
            made = school.train(journal=journal)
    assert made.promoted
    (line,) = said
    assert line.startswith(f"no longer kept in MLflow (http://127.0.0.1:{port}): ")
    assert "secret" not in line


def test_a_database_that_is_none_stops_no_training(school, said) -> None:
    needs_mlflow()
    (school.folder / "mlflow.db").write_bytes(b"no database" * 100)
    environment = {"MLFLOW_TRACKING_URI": f"sqlite:///{school.folder}/mlflow.db"}
    with tracking.tracked(school.store.folder, "train", environment, said.append) as journal:
        assert school.train(journal=journal).promoted
    assert len(said) == 1


def test_without_mlflow_a_line_says_what_to_install(school, said, monkeypatch) -> None:
    def refuse(name: str) -> None:
        raise ModuleNotFoundError(f"No module named '{name}'", name=name)

    monkeypatch.setattr(tracking, "import_module", refuse)
    with tracking.tracked(school.store.folder, "train", {}, said.append) as journal:
        assert school.train(journal=journal).promoted
    (line,) = said
    assert line.startswith("not kept in MLflow: mlflow is not installed; install it with: ")
    assert "mlflow-skinny" in line


@pytest.mark.parametrize(
    ("option", "environment", "asked"),
    [(None, "", False), (None, "1", True), (None, "off", False), (False, "1", False), (True, "", True)],
)
def test_mlflow_is_off_unless_asked(option, environment, asked, monkeypatch) -> None:
    monkeypatch.setenv("SWARA_MLFLOW", environment)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert asks_mlflow(option) is asked
