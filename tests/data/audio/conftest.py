"""Recordings in the formats that only FFmpeg writes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest


@pytest.fixture
def encode() -> Callable[..., Path]:
    """Give what encodes 48 kHz mono samples with FFmpeg, and returns the path."""
    return _encode


def _encode(path: Path, samples: np.ndarray, codec: str, container: str, **options: str) -> Path:
    """Encode 48 kHz mono `samples` with FFmpeg."""
    with av.open(str(path), "w", format=container, options=options) as out:
        stream = out.add_stream(codec, rate=48_000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples[None], format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 48_000, 0  # a start time is what makes FFmpeg state its delay
        convert = av.AudioResampler(stream.codec_context.format.name, "mono", 48_000)
        for piece in (*convert.resample(frame), *convert.resample(None)):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))
    return path
