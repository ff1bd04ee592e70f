"""The documented contract is run, and what breaks it is refused in one line."""

from __future__ import annotations

import numpy as np
import pytest

from swara.embedder.errors import ModelUnfit
from swara.embedder.hub.contract import (
    NOISE_CLASS,
    SILENCE_CLASS,
    SINE_CLASS,
    VGGISH,
    YAMNET,
    YAMNET_TFLITE,
    Outputs,
    check_contract,
)


def _model(contract, *, dim=None, frames=0, spoil=0.0, sine_rank=0, noise_rank=0):
    """Embeds by loudness; scores by whether it hears nothing, or as much as noise, or as a sine."""

    def run(waveform):
        count = contract.frames(waveform.size) + frames
        level = float(np.sqrt(np.mean(waveform**2)))
        embeddings = np.full((count, dim or contract.dim), level + spoil, dtype=np.float32)
        if not contract.classes:
            return Outputs(embeddings)
        scores = np.zeros((count, contract.classes), dtype=np.float32)
        heard, rank = (NOISE_CLASS, noise_rank) if level < 0.65 else (SINE_CLASS, sine_rank)
        scores[:, :rank] = 0.9
        scores[:, SILENCE_CLASS if level == 0 else heard] = 0.8 if level else 0.95
        return Outputs(embeddings, scores)

    return run


@pytest.mark.parametrize(
    ("contract", "given", "check_classes"),
    [
        (YAMNET, {}, True),
        (YAMNET_TFLITE, {}, True),
        (VGGISH, {}, True),
        (YAMNET, {"sine_rank": 9, "noise_rank": 9}, True),  # so many may come before them
        (YAMNET, {"sine_rank": 400, "noise_rank": 400}, False),  # random weights
    ],
)
def test_a_model_that_does_what_is_documented_passes(contract, given, check_classes: bool) -> None:
    check_contract(contract, _model(contract, **given), check_classes=check_classes)


@pytest.mark.parametrize(
    ("contract", "given", "says"),
    [
        (YAMNET, {"dim": 512}, "embeddings of shape (6, 512) for silence, not (6, 1024)"),
        (VGGISH, {"frames": 1}, "embeddings of shape (7, 128) for silence, not (6, 128)"),
        (VGGISH, {"spoil": np.nan}, "not finite"),
        (YAMNET, {"spoil": np.inf}, "not finite"),
        (YAMNET, {"sine_rank": 10}, "class 495 among the first 10 for sine"),
        (YAMNET_TFLITE, {"sine_rank": 1}, "class 495 first for sine, but class 0"),
        (YAMNET, {"noise_rank": 10}, "class 514 among the first 10 for noise"),
        (YAMNET_TFLITE, {"noise_rank": 10}, "class 514 among the first 10 for noise"),
    ],
)
def test_a_model_that_does_otherwise_is_refused(contract, given, says) -> None:
    with pytest.raises(ModelUnfit) as refusal:
        check_contract(contract, _model(contract, **given), where="some/folder")
    line = str(refusal.value)
    assert says in line
    assert line.startswith("some/folder: ")
    assert "swara models pull" in line
    assert "\n" not in line


def test_a_model_that_hears_nothing_is_refused() -> None:
    deaf = Outputs(np.ones((VGGISH.frames(VGGISH.window_samples + 5 * VGGISH.hop_samples), 128), np.float32))
    with pytest.raises(ModelUnfit, match="the same embeddings for noise as for silence"):
        check_contract(VGGISH, lambda waveform: deaf)


def test_scores_must_be_there() -> None:
    def run(waveform):
        return Outputs(_model(YAMNET)(waveform).embeddings)

    with pytest.raises(ModelUnfit, match="no class scores"):
        check_contract(YAMNET, run)


@pytest.mark.parametrize(
    ("samples", "frames"),
    [(1, 1), (15_600, 1), (15_601, 2), (23_280, 2), (23_281, 3), (80_000, 10)],
)
def test_frames_are_counted_as_published(samples: int, frames: int) -> None:
    assert YAMNET.frames(samples) == frames
