"""The floor: what most would try first."""

from __future__ import annotations

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Clip
from swara.embedder import EmbedderSpec, Embeddings

__all__ = ["MfccEmbedder"]

_RATE_HZ = 16_000
_FRAME, _HOP = 512, 160
_COEFFICIENTS, _BANDS = 20, 40


class MfccEmbedder:
    """20 mel-frequency cepstral coefficients every 10 ms by librosa, the one for loudness left out."""

    @property
    def spec(self) -> EmbedderSpec:
        """What this embedder is."""
        return EmbedderSpec(
            name="mfcc",
            dim=_COEFFICIENTS,
            rate_hz=_RATE_HZ,
            window_s=_FRAME / _RATE_HZ,
            hop_s=_HOP / _RATE_HZ,
            parameters={"bands": _BANDS},
        )

    def embed(self, clip: Clip) -> Embeddings:
        """Embed the whole clip; frames are centred, as librosa has it."""
        from librosa.feature import mfcc

        vectors = mfcc(
            y=clip.samples,
            sr=clip.rate_hz,
            n_mfcc=1 + _COEFFICIENTS,
            n_fft=_FRAME,
            hop_length=_HOP,
            n_mels=_BANDS,
        )[1:].T
        times_s: FloatArray = self.spec.hop_s * np.arange(len(vectors), dtype=np.float64)
        return Embeddings(vectors.astype(np.float32), times_s, self.spec)
