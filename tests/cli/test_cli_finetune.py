"""``swara finetune``: what is refused, in a line, before TensorFlow is imported; what is said at the end."""

from __future__ import annotations

import importlib.util
import inspect
import sys
from pathlib import Path

import pytest

from swara.data.installation import install_command
from swara.embedder.finetune.plan import FinetunePlan
from swara.embedder.finetune.result import LEAST_GAIN, Finetuned
from swara.embedder.finetune.retrieval import RetrievalScore
from swara.service.commands.models import finetune


def _made(before: float, after: float, unlabelled: int = 0) -> Finetuned:
    figures = [RetrievalScore(9, rank, rank) for rank in (before, after, 0.7, 0.6)]
    return Finetuned(
        "finetuned-0123abcd", Path("models/finetuned-0123abcd"), *figures, "singer", unlabelled, 4, (), False
    )


@pytest.fixture
def made_of(monkeypatch: pytest.MonkeyPatch):
    place = "swara.service.embedders.finetune.finetune_embedder"
    return lambda made: monkeypatch.setattr(place, lambda *given, **named: made)


def test_too_few_recordings_are_told_without_tensorflow(
    swara, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> None:
    monkeypatch.setenv("SWARA_STORE", str(tmp_path / "new"))
    found = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: found("json"))
    had = set(sys.modules)
    done = swara("finetune")
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "0 labelled recordings of 0 singers are too few" in done.err
    assert "swara samples add" in done.err
    assert not {"tensorflow", "keras"} & (set(sys.modules) - had)
    assert not (tmp_path / "new").exists()


def test_without_tensorflow_one_line_says_what_to_install(swara, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    done = swara("finetune", "--bundled")
    assert done.code == 1
    command = install_command(extra="tensorflow")
    assert "tensorflow>=" in command
    assert done.err.strip().endswith(f"Install it with: {command}.")
    assert done.err.count("\n") == 1


def test_a_better_one_is_told_with_its_figures_and_one_kept_anyway_says_so(swara, made_of) -> None:
    made_of(_made(0.5, 0.75, unlabelled=3))
    done = swara("finetune")
    assert done.code == 0
    words = " ".join(done.out.split())
    assert "finetuned-0123abcd finds your singers better" in words
    assert "mean reciprocal rank: 0.500 before, 0.750 now" in words
    assert "3 recordings have no labels and were left out" in words
    assert "lost some of what it could before" in words
    assert "swara rebuild --embedder finetuned-0123abcd" in words
    made_of(_made(0.5, 0.5 + LEAST_GAIN / 2))
    words = " ".join(swara("finetune", "--keep-anyway").out.split())
    assert "is no better than the built-in embedder; kept because of --keep-anyway" in words
    assert "finds your singers better" not in words


def test_an_unknown_name_is_told_with_those_there_are(
    swara, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWARA_MODELS", str(tmp_path))
    (tmp_path / "finetuned-0123abcd").mkdir()
    (tmp_path / "finetuned-0123abcd" / "model.tflite").touch()
    done = swara("rebuild", "--init", "--embedder", "finetuned-xyz")
    assert done.code == 1
    assert "There is builtin, crepe, yamnet, yamnet-tflite, vggish, finetuned-0123abcd" in done.err
    done = swara("rebuild", "--init", "--embedder", "finetuned-89abcdef")
    assert done.code == 1
    assert "not on this machine. There is finetuned-0123abcd" in done.err


def test_the_command_and_the_plan_agree() -> None:
    defaults = {name: each.default for name, each in inspect.signature(finetune).parameters.items()}
    plan = FinetunePlan()
    assert (defaults["seed"], defaults["steps"], defaults["voices"]) == (plan.seed, plan.steps, plan.voices)
