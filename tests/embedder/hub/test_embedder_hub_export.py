"""A conversion that fails, or gives something else, is refused; TF Hub's package is not needed for one."""

from __future__ import annotations

import errno
import os
import re
import tomllib
from pathlib import Path
from unittest import mock

import numpy as np
import pytest

from swara.embedder.errors import ModelError, ModelUnfit
from swara.embedder.hub import convert as lite_export
from swara.embedder.hub.contract import VGGISH, Outputs

ROOT = Path(__file__).parents[3]


class _Loaded:
    """In the place of a SavedModel in TensorFlow: gives for each window its loudness and its number."""

    def __init__(self, folder, contract):
        self.contract = contract

    def __call__(self, waveform):
        window, hop = self.contract.window_samples, self.contract.hop_samples
        frames = self.contract.frames(waveform.size)
        rows = [np.arange(128) + waveform[i * hop :][:window].std() for i in range(frames)]
        return Outputs(np.asarray(rows, dtype=np.float32))


class _Converted:
    """In the place of LiteRT: the same, but for an error of its own."""

    sizes = (1,)

    def __init__(self, content, contract, where, threads):
        self.model, self.error = _Loaded(None, contract), float(content)

    def run(self, samples, windows):
        embeddings = self.model(samples).embeddings
        embeddings[:, ::2] *= 1 + self.error
        return Outputs(embeddings)


@pytest.fixture(autouse=True)
def _no_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lite_export, "SavedModelRunner", _Loaded)
    monkeypatch.setattr(lite_export, "LiteRTNetwork", _Converted)


@pytest.mark.parametrize(
    ("made", "kind", "said"),
    [
        (b"0.1", ModelError, r"frames have a cosine of 0\.99[0-9]+\. Use another version"),
        (
            OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)),
            ModelError,
            r"TensorFlow cannot convert this SavedModel .* Free some space on the disk for temporary files",
        ),
        (RuntimeError("one\ntwo"), ModelError, r"\(one\)\. Use another version of TensorFlow"),
        (KeyError(), ModelError, r"\(KeyError\)\. Use another version of TensorFlow"),
        (ModelUnfit("no waveform"), ModelUnfit, "no waveform"),
    ],
)
def test_what_is_the_same_is_taken_and_what_differs_or_fails_is_said(made, kind, said, monkeypatch) -> None:
    made_in_turn = mock.Mock(side_effect=[b"0.001", made])
    monkeypatch.setattr(lite_export, "_converted", made_in_turn)
    assert lite_export.exported(Path("some/model"), VGGISH) == b"0.001"
    with pytest.raises(kind, match=said):
        lite_export.exported(Path("some/model"), VGGISH)


def test_no_shipped_module_needs_what_newer_setuptools_lack() -> None:
    """tensorflow-hub 0.16.1 imports ``pkg_resources``; TensorFlow loads a SavedModel without either."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["only-include"]
    texts = {path: path.read_text("utf-8") for name in shipped for path in ROOT.glob(f"{name}/**/*.py")}
    assert ROOT / "embedder" / "hub" / "savedmodel.py" in texts
    needs = re.compile(r"^\s*(import|from) (tensorflow_hub|pkg_resources)\b", re.MULTILINE)
    assert not [path for path, text in texts.items() if needs.search(text)]
