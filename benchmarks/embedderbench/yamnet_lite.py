"""YAMNet by its official TFLite file, whose embedding is an internal tensor."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from data.clip import Clip
from data.pitch_track import FloatArray
from embedder import EmbedderSpec, Embeddings

__all__ = ["YamnetLite"]

_RATE_HZ = 16_000
_WINDOW, _HOP, _DIM = 15_600, 7_680, 1024
_EMBEDDING = 115
"""Number of the tensor that the classifier's layer reads."""


class YamnetLite:
    """Google's ``lite-model/yamnet/classification/tflite/1``, window by window.

    Parameters
    ----------
    path : Path
        The file; it is read when the embedder is made.
    """

    def __init__(self, path: Path) -> None:
        from ai_edge_litert.interpreter import Interpreter

        content = path.read_bytes()
        self._digest = hashlib.sha256(content).hexdigest()[:16]
        self._interpreter = Interpreter(model_content=content, experimental_preserve_all_tensors=True)
        self._interpreter.allocate_tensors()
        (self._input,) = (detail["index"] for detail in self._interpreter.get_input_details())

    @property
    def spec(self) -> EmbedderSpec:
        """What this embedder is."""
        window_s, hop_s = _WINDOW / _RATE_HZ, _HOP / _RATE_HZ
        return EmbedderSpec("yamnet-lite", _DIM, _RATE_HZ, window_s, hop_s, {"weights": self._digest})

    def embed(self, clip: Clip) -> Embeddings:
        """Embed the whole clip, silence added at its end until the last window is full."""
        windows = 1 + max(0, -(-(clip.samples.size - _WINDOW) // _HOP))
        padded = np.zeros((windows - 1) * _HOP + _WINDOW, dtype=np.float32)
        padded[: clip.samples.size] = clip.samples
        vectors = np.empty((windows, _DIM), dtype=np.float32)
        for number in range(windows):
            self._interpreter.set_tensor(self._input, padded[number * _HOP :][:_WINDOW])
            self._interpreter.invoke()
            vectors[number] = self._interpreter.get_tensor(_EMBEDDING).ravel()
        times_s: FloatArray = (_HOP * np.arange(windows) + _WINDOW / 2) / _RATE_HZ
        return Embeddings(vectors, times_s, self.spec)
