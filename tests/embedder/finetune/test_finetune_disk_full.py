"""A disk that fills up during a fine-tuning: one line, nothing half written, gone on with later."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("tensorflow", reason="fine-tuning needs tensorflow")

from swara.data.errors import OutputError
from swara.data.recording import Recording
from swara.embedder.builtin.embedder import MODEL_FILE
from swara.embedder.errors import FinetuneError
from swara.embedder.finetune import export as keeping
from swara.embedder.finetune.export import exported, keep, writing
from swara.embedder.finetune.plan import FinetunePlan
from swara.embedder.finetune.retrieval import RetrievalScore
from swara.embedder.finetune.run import finetune
from swara.embedder.finetuned.embedder import finetuned_embedder

pytestmark = pytest.mark.xdist_group("tensorflow")

TINY = FinetunePlan(steps=1, every=1, patience=1, idle_stages=1, timbres=4, voices=4)


def _full(*given: object, **named: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _half_then_full(write: Callable[..., object], at: int = 1) -> Callable[..., object]:
    """Write as asked for until the call of that number, which leaves half a file behind."""
    calls = []

    def save(target: object, *given: object, **named: object) -> object:
        calls.append(1)
        if len(calls) != at:
            return write(target, *given, **named)
        (target.write_bytes if isinstance(target, Path) else target.write)(b"half")
        return _full()

    return save


def _says_it_in_a_line(error: OutputError, folder: Path) -> None:
    line = str(error)
    assert line.startswith(f"{folder}: the fine-tuning cannot write here: no space left on device. Free some")
    assert "SWARA_MODELS" in line
    assert "run the same again to go on" in line


def test_wherever_it_fills_up_the_same_goes_on_and_nothing_worse_is_kept_unasked(
    tmp_path: Path, few: list[Recording]
) -> None:
    """One fine-tuning, stopped by a full disk at each of its files in turn, then finished."""

    def stopped(name: str, write: Callable[..., object]) -> set[str]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(name, write)
            with pytest.raises(OutputError) as refusal:
                finetune(few, tmp_path, plan=TINY, keep_anyway=True)
        _says_it_in_a_line(refusal.value, tmp_path)
        (begun,) = tmp_path.glob(".finetuning-*/")
        assert not list(tmp_path.glob("finetuned-*"))
        names = {path.name for path in begun.iterdir()}
        assert not {name for name in names if name.startswith(".swara-")}
        return names

    voices = stopped("swara.embedder.finetune.synthesized.np.savez", _half_then_full(np.savez, at=2))
    assert voices == {"control.npz"}
    checkpoint = stopped("swara.embedder.finetune.trainer.np.savez", _half_then_full(np.savez, at=3))
    assert checkpoint == {"control.npz", "voices.npz", "checkpoint.npz"}
    written = (next(tmp_path.glob(".finetuning-*/")) / "checkpoint.npz").read_bytes()
    assert len(written) > 10_000  # the one before is whole

    def half(model: object, out: Path) -> None:
        out.write_bytes(b"half")
        _full()

    assert stopped("swara.embedder.finetune.export.export", half) == checkpoint
    assert stopped("swara.embedder.finetune.export.sync_tree", _full) == {*checkpoint, "model.tflite"}

    name = "swara.embedder.finetune.run.found_singers"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(name, lambda notes, asked: RetrievalScore(8, 0.5, 0.6))
        with pytest.raises(FinetuneError, match=r"not kept: of 8 held-out notes.*0\.600.*--keep-anyway"):
            finetune(few, tmp_path, plan=TINY)
        assert not list(tmp_path.glob("finetuned-*"))
        made = finetune(few, tmp_path, plan=TINY, keep_anyway=True)
    assert made.resumed  # it does not learn all of it again
    assert not made.better
    assert finetuned_embedder(made.name, {"SWARA_MODELS": str(tmp_path)}).spec.name == made.name
    assert {path.name for path in tmp_path.iterdir()} - {".finetuning.lock"} == {made.name}


@pytest.mark.parametrize(
    "name",
    ["shutil.copyfile", "sync_tree", "swap_in", "Path.write_text", "Path.mkdir"],
)
def test_an_older_one_of_that_name_stays_as_it_was(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = tmp_path / keep(MODEL_FILE, tmp_path, {"of": "before"})
    before = {file.name: file.read_bytes() for file in kept.iterdir()}
    with monkeypatch.context() as patch:
        patch.setattr(f"swara.embedder.finetune.export.{name}", _full)
        with pytest.raises(OutputError) as refusal, writing(tmp_path):
            keep(MODEL_FILE, tmp_path, {"of": "now"})
    _says_it_in_a_line(refusal.value, tmp_path)
    assert {file.name: file.read_bytes() for file in kept.iterdir()} == before
    assert list(tmp_path.iterdir()) == [kept]
    assert keep(MODEL_FILE, tmp_path, {"of": "now"}) == kept.name
    assert '"of": "now"' in (kept / "manifest.json").read_text()
    assert list(tmp_path.iterdir()) == [kept]


def test_what_tensorflow_says_of_a_full_disk_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class ResourceExhaustedError(Exception):
        """As TensorFlow raises it: no OSError, and of many lines."""

    def full(model: object, out: Path) -> None:
        out.write_bytes(b"half")
        raise ResourceExhaustedError("variables: No space left on device\nnode 1\nnode 2")

    monkeypatch.setattr(keeping, "export", full)
    with pytest.raises(FinetuneError) as refusal:
        exported(None, tmp_path / "model.tflite")
    assert "No space left on device" in str(refusal.value)
    assert "node 1" not in str(refusal.value)
    assert "it goes on at the end" in str(refusal.value)
    assert list(tmp_path.iterdir()) == []
