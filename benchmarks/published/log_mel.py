"""The log-mel patches that YAMNet and VGGish hear, as published: they differ in hop and offset only.

Hershey et al., "CNN architectures for large-scale audio classification" (ICASSP 2017): magnitudes of a
25 ms STFT every 10 ms, 64 mel bands from 125 to 7500 Hz, a logarithm with an offset, patches of 0.96 s.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

__all__ = ["BANDS", "PATCH_FRAMES", "padded", "patches"]

RATE_HZ, FRAME_SAMPLES, STEP_SAMPLES, FFT_SAMPLES = 16_000, 400, 160, 512
BANDS, PATCH_FRAMES = 64, 96
_WINDOW_SAMPLES = (PATCH_FRAMES - 1) * STEP_SAMPLES + FRAME_SAMPLES


def padded(waveform: Any, hop_frames: int) -> Any:
    """Return the waveform with silence at its end until its last patch is full, and at least one is."""
    hop = hop_frames * STEP_SAMPLES
    beyond = tf.maximum(0, tf.shape(waveform)[0] - _WINDOW_SAMPLES)
    length = _WINDOW_SAMPLES + hop * ((beyond + hop - 1) // hop)
    return tf.pad(waveform, [[0, length - tf.shape(waveform)[0]]])


def patches(waveform: Any, hop_frames: int, offset: float) -> tuple[Any, Any]:
    """Return the log-mel spectrogram [frames, BANDS] and its patches [m, PATCH_FRAMES, BANDS]."""
    spectrum = tf.abs(tf.signal.stft(waveform, FRAME_SAMPLES, STEP_SAMPLES, FFT_SAMPLES))
    weights = tf.signal.linear_to_mel_weight_matrix(BANDS, FFT_SAMPLES // 2 + 1, RATE_HZ, 125.0, 7500.0)
    levels = tf.math.log(tf.matmul(spectrum, weights) + offset)
    return levels, tf.signal.frame(levels, PATCH_FRAMES, hop_frames, axis=0)
