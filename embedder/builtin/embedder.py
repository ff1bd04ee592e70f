"""The embedder that needs no network and no download: its weights ship with the package."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.blas import one_blas_thread
from swara.data.clip import Clip, Samples
from swara.embedder.litert import cores
from swara.embedder.spec import EmbedderSpec, Embeddings, Vectors

from .features import (
    COEFFICIENTS,
    FRAME_SAMPLES,
    RATE_HZ,
    STEP_SAMPLES,
    band_features,
    band_powers,
    window_envelopes,
)
from .network import HOP_FRAMES, VECTOR_DIM, WINDOW_FRAMES, EmbedderNetwork, network_frames, shipped_network

__all__ = ["BuiltinEmbedder"]

_REVISION = 3
"""To be raised when the vectors change under the same weights: every cached embedding is then stale."""

_ENVELOPE_SHARE = 0.2
"""Of the square of a vector's length: what the envelope counts beside what the network says."""

_DIM = VECTOR_DIM + COEFFICIENTS
_HOP_SAMPLES = HOP_FRAMES * STEP_SAMPLES
_WINDOW_SAMPLES = (WINDOW_FRAMES - 1) * STEP_SAMPLES + FRAME_SAMPLES
_SILENT = 1e-6
"""A window none of whose frames counts for more is silence: white noise at -143 dB of full scale."""

_BLOCK_WINDOWS = 300
"""Windows that a thread works on at a time, whatever the length of the clip and the number of cores. With
fewer, threads would wait for each other more often."""


class BuiltinEmbedder:
    """Describes how a voice or an instrument sounds, whatever its pitch, over windows of 0.28 s.

    First comes what a small network says, trained on synthesized voices and a soundfont's instruments to put
    the same timbre near itself at another pitch, in another phrase, and in another room. Then, counting for
    less, the direction of the smoothed envelope's cepstrum.
    ``docs/models/builtin-embedder.md`` says what it learned from and how well it does.

    Parameters
    ----------
    network : EmbedderNetwork, optional
        The one that ships with the package if not given; it is loaded when it is first needed.
    """

    def __init__(self, network: EmbedderNetwork | None = None) -> None:
        self._given = network

    @property
    def spec(self) -> EmbedderSpec:
        """What this embedder is; its weights count by their digest."""
        return EmbedderSpec(
            name="builtin",
            dim=_DIM,
            rate_hz=RATE_HZ,
            window_s=_WINDOW_SAMPLES / RATE_HZ,
            hop_s=_HOP_SAMPLES / RATE_HZ,
            parameters={
                "revision": _REVISION,
                "weights": self._network.digest,
                "envelope_share": _ENVELOPE_SHARE,
            },
        )

    @property
    def _network(self) -> EmbedderNetwork:
        return shipped_network() if self._given is None else self._given

    def embed(self, clip: Clip) -> Embeddings:
        """Embed the whole clip, silence added at its end until the last window is full.

        Parameters
        ----------
        clip : Clip
            At ``spec.rate_hz``. One shorter than a window gives one frame.

        Returns
        -------
        Embeddings
            The first frame begins with the clip. No vector is longer than 1; they are zero for digital
            silence, and the same at any loudness above it.

        Raises
        ------
        ValueError
            If the clip has another sample rate.
        ModelDamaged, MissingPackage
            If the network cannot be loaded.
        """
        if clip.rate_hz != RATE_HZ:
            raise ValueError(f"a clip at {clip.rate_hz} Hz for an embedder at {RATE_HZ} Hz")
        windows = 1 + max(0, -(-(clip.samples.size - _WINDOW_SAMPLES) // _HOP_SAMPLES))
        vectors = np.empty((windows, _DIM), dtype=np.float32)

        def embed_block(begin: int) -> None:
            end = min(begin + _BLOCK_WINDOWS, windows)
            vectors[begin:end] = self._block(clip.samples, begin, end)

        begins = range(0, windows, _BLOCK_WINDOWS)
        with one_blas_thread():
            if len(begins) == 1 or cores() == 1:
                for begin in begins:
                    embed_block(begin)
            else:
                list(_threads().map(embed_block, begins))
        centres = _HOP_SAMPLES * np.arange(windows) + _WINDOW_SAMPLES / 2
        times_s: FloatArray = centres / RATE_HZ
        return Embeddings(vectors, times_s, self.spec)

    def _block(self, samples: Samples, begin: int, end: int) -> Vectors:
        """Return the vectors of windows `begin` up to `end`; what the last of them lacks is silence."""
        length = (network_frames(end - begin) - 1) * STEP_SAMPLES + FRAME_SAMPLES
        part = samples[begin * _HOP_SAMPLES :][:length]
        powers = band_powers(part if part.size == length else np.pad(part, (0, length - part.size)))
        levels, weights = band_features(powers)
        heard = np.sqrt(1.0 - _ENVELOPE_SHARE) * self._network.run(levels, weights)
        envelopes = np.sqrt(_ENVELOPE_SHARE) * window_envelopes(powers, weights, WINDOW_FRAMES, HOP_FRAMES)
        vectors = np.concatenate([heard, envelopes], axis=1, dtype=np.float32)
        loudest = np.lib.stride_tricks.sliding_window_view(weights[:, 0], WINDOW_FRAMES)[::HOP_FRAMES].max(1)
        vectors[loudest <= _SILENT] = 0.0
        return vectors


@lru_cache(maxsize=1)
def _threads() -> ThreadPoolExecutor:
    """Return threads that stay: new ones for every clip would take a part of what they save."""
    return ThreadPoolExecutor(cores(), thread_name_prefix="embedder")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_threads.cache_clear)  # a forked process has none of them
