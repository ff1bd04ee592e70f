"""Frames pooled into one vector for a note."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swara.embedder import EmbedderSpec, Embeddings
from swara.embedder.spec import frame_shares, pool

SPEC = EmbedderSpec("test", 3, 16_000, 0.272, 0.1, {})


def _frames(vectors: list[list[float]]) -> Embeddings:
    return Embeddings(np.array(vectors, np.float32), 0.136 + 0.1 * np.arange(len(vectors)), SPEC)


RAMP = _frames([[1, 0, 0], [0, 2, 0], [0, 0, 3], [4, 4, 0], [0, 5, 5]])


def _expected(weights: list[float]) -> np.ndarray:
    shares = np.array(weights) / np.sum(weights)
    mean = sum(w * v for w, v in zip(shares, RAMP.vectors, strict=True))
    return mean / np.sqrt(np.sum(mean**2))


@pytest.mark.parametrize(
    ("start_s", "end_s", "weights"),
    [
        (0.0, 9.0, [1, 1, 1, 1, 1]),
        (-3.0, 0.186, [1, 0, 0, 0, 0]),
        (0.086, 0.286, [1, 1, 0, 0, 0]),
        (0.136, 0.336, [1, 2, 1, 0, 0]),
        (0.211, 0.361, [0, 3, 3, 0, 0]),
        (0.236, 0.336, [0, 1, 1, 0, 0]),
        # Where no hop fits, the nearest frame stands.
        (0.2, 0.22, [0, 1, 0, 0, 0]),
        (0.27, 0.33, [0, 0, 1, 0, 0]),
        (0.0, 0.0, [1, 0, 0, 0, 0]),
        (0.0, 0.01, [1, 0, 0, 0, 0]),
        (8.0, 9.0, [0, 0, 0, 0, 1]),
    ],
)
def test_weights_are_overlaps_with_the_hops(start_s: float, end_s: float, weights: list[float]) -> None:
    assert pool(RAMP, start_s, end_s) == pytest.approx(_expected(weights), abs=1e-6)


@pytest.mark.parametrize("start_s", [0.0, 17.03, 99.9, 250.0])
@pytest.mark.parametrize("length_s", [0.0, 0.4, 30.0])
def test_a_note_is_pooled_as_if_all_frames_were_looked_at(start_s: float, length_s: float) -> None:
    """Slow oracle: the product over every frame."""
    take = _frames(np.random.default_rng(1).normal(size=(1_000, 3)).tolist())
    mean = frame_shares(take, start_s, start_s + length_s) @ take.vectors
    np.testing.assert_allclose(
        pool(take, start_s, start_s + length_s), mean / np.linalg.norm(mean), atol=1e-6
    )


@settings(deadline=None)  # a busy machine is no fault
@given(
    st.lists(st.lists(st.floats(-50, 50, width=32), min_size=3, max_size=3), min_size=1, max_size=8),
    st.floats(-1, 2),
    st.floats(0, 2),
)
def test_always_finite_and_of_length_one_or_zero(vectors: list, start_s: float, length_s: float) -> None:
    pooled = pool(_frames(vectors), start_s, start_s + length_s)
    assert pooled.shape == (3,)
    assert pooled.dtype == np.float32
    length = float(np.linalg.norm(pooled))
    assert length == pytest.approx(1, abs=1e-5) or not pooled.any()


@pytest.mark.parametrize(("start_s", "end_s"), [(0.2, 0.1), (np.nan, 0.1), (0.1, np.nan), (0.0, np.inf)])
def test_what_is_no_stretch_of_time_is_refused(start_s: float, end_s: float) -> None:
    with pytest.raises(ValueError, match="no stretch"):
        pool(RAMP, start_s, end_s)


def test_silence_is_zero_and_no_frames_are_refused() -> None:
    assert not pool(_frames([[0, 0, 0]] * 4), 0.0, 0.5).any()
    with pytest.raises(ValueError, match="no frames"):
        pool(Embeddings(np.zeros((0, 3), np.float32), np.zeros(0), SPEC), 0.0, 1.0)
