"""YAMNet and VGGish in float with random weights: as fast as the real ones, and good for nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.clip import Clip
from data.pitch_track import FloatArray
from embedder import EmbedderSpec, Embeddings

__all__ = ["VGGISH", "YAMNET_FLOAT", "Architecture", "SavedModel", "saved"]

_RATE_HZ = 16_000


@dataclass(frozen=True, slots=True)
class Architecture:
    """A published network: its name, length of a vector, and samples of a window and a hop."""

    name: str
    dim: int
    window: int
    hop: int


YAMNET_FLOAT = Architecture("yamnet", 1024, 15_600, 7_680)
VGGISH = Architecture("vggish", 128, 15_600, 15_360)


class SavedModel:
    """A SavedModel as TF Hub has it, called with the whole clip.

    Parameters
    ----------
    architecture : Architecture
    folder : Path
        Where it lies; from `saved`.
    """

    def __init__(self, architecture: Architecture, folder: Path) -> None:
        import tensorflow as tf

        self._architecture = architecture
        self._call: Callable[[Any], Any] = tf.saved_model.load(str(folder))

    @property
    def spec(self) -> EmbedderSpec:
        """What this embedder is."""
        a = self._architecture
        return EmbedderSpec(
            f"{a.name}-random", a.dim, _RATE_HZ, a.window / _RATE_HZ, a.hop / _RATE_HZ, {"weights": "random"}
        )

    def embed(self, clip: Clip) -> Embeddings:
        """Embed the whole clip."""
        given = self._call(clip.samples)
        vectors = np.asarray(given[1] if isinstance(given, (tuple, list)) else given)
        centres = self._architecture.hop * np.arange(len(vectors)) + self._architecture.window / 2
        times_s: FloatArray = centres / _RATE_HZ
        return Embeddings(vectors, times_s, self.spec)


def saved(architecture: Architecture, cache: Path) -> Path:
    """Return the folder of the SavedModel; written the first time, which takes TensorFlow."""
    folder = cache / "published" / architecture.name
    if folder.is_dir():
        return folder
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    _save(architecture, part)
    part.replace(folder)
    return folder


def _save(architecture: Architecture, folder: Path) -> None:
    if architecture is VGGISH:
        from benchmarks.published.vggish import save_vggish

        save_vggish(folder)
    else:
        from benchmarks.published.yamnet import save_yamnet

        save_yamnet(folder)
