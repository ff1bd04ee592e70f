"""The embedder that needs no network and no weights."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np

from data.clip import Clip, Samples
from data.pitch_track import FloatArray

from .envelope import EnvelopeParameters, envelope_cepstra
from .spec import EmbedderSpec, Embeddings
from .texture import window_summaries

__all__ = ["BuiltinEmbedder"]

_REVISION = 1
"""To be raised when the vectors change under the same parameters: every cached embedding is then stale."""

_ENVELOPE = EnvelopeParameters()
_WINDOW_FRAMES, _HOP_FRAMES = 13, 5
_HOP_SAMPLES = _HOP_FRAMES * _ENVELOPE.step_samples
_BLOCK_WINDOWS = 600
_WINDOW_SAMPLES = (_WINDOW_FRAMES - 1) * _ENVELOPE.step_samples + _ENVELOPE.frame_samples


class BuiltinEmbedder:
    """Describes how a voice sounds by its smoothed spectral envelope over windows of 0.27 s.

    Each window gives the mean of 20 cepstral coefficients, then how much each varies. The spectrum is
    smoothed over some 350 Hz first, which blurs the harmonics of most sung notes: what is left is vowel,
    tract, slope of the source and breath, and little pitch. Loudness is left out.

    It is computed, not trained: it hears the room, the microphone and the vowel as well as the singer, and
    in high voices some pitch. It was not made to tell who sings, only to put like sounds near each other. Its
    few constants were chosen on amateur takes and synthesized voices; ``benchmarks/embedders.py`` measures it
    on both.
    """

    @property
    def spec(self) -> EmbedderSpec:
        """What this embedder is."""
        return EmbedderSpec(
            name="builtin",
            dim=2 * _ENVELOPE.coefficients,
            rate_hz=_ENVELOPE.rate_hz,
            window_s=_WINDOW_SAMPLES / _ENVELOPE.rate_hz,
            hop_s=_HOP_SAMPLES / _ENVELOPE.rate_hz,
            parameters={"revision": _REVISION, "window_frames": _WINDOW_FRAMES} | asdict(_ENVELOPE),
        )

    def embed(self, clip: Clip) -> Embeddings:
        """Embed the whole clip, silence added at its end until the last window is full.

        Parameters
        ----------
        clip : Clip
            At ``spec.rate_hz``. One shorter than a window gives one frame.

        Returns
        -------
        Embeddings
            The first frame begins with the clip. Zero vectors for digital silence; the same to within 1e-5 on
            every machine.

        Raises
        ------
        ValueError
            If the clip has another sample rate.
        """
        if clip.rate_hz != _ENVELOPE.rate_hz:
            raise ValueError(f"a clip at {clip.rate_hz} Hz for an embedder at {_ENVELOPE.rate_hz} Hz")
        windows = 1 + max(0, -(-(clip.samples.size - _WINDOW_SAMPLES) // _HOP_SAMPLES))
        vectors = np.empty((windows, self.spec.dim), dtype=np.float32)
        for begin in range(0, windows, _BLOCK_WINDOWS):
            end = min(begin + _BLOCK_WINDOWS, windows)
            vectors[begin:end] = _summaries(clip.samples, begin, end)
        centres = _HOP_SAMPLES * np.arange(windows) + _WINDOW_SAMPLES / 2
        times_s: FloatArray = centres / _ENVELOPE.rate_hz
        return Embeddings(vectors, times_s, self.spec)


def _summaries(samples: Samples, begin: int, end: int) -> FloatArray:
    """Return the vectors of windows `begin` up to `end`; what the last of them lacks is silence."""
    length = (end - begin - 1) * _HOP_SAMPLES + _WINDOW_SAMPLES
    part = samples[begin * _HOP_SAMPLES :][:length]
    padded = np.pad(part, (0, length - part.size))
    return window_summaries(*envelope_cepstra(padded, _ENVELOPE), _WINDOW_FRAMES, _HOP_FRAMES)
