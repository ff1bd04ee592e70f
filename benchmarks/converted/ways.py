"""Ways to embed takes with one SavedModel; TensorFlow is imported by the way that needs it alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from swara.data.clip import Clip, Samples
from swara.embedder.hub.contract import YAMNET
from swara.embedder.hub.embedder import hub_embedder
from swara.embedder.spec import Vectors

RATE_HZ = 16_000

Embed = Callable[[Sequence[Samples]], list[Vectors]]


def _hub(model: Path) -> Embed:
    import tensorflow_hub as hub

    loaded = hub.load(str(model))
    return lambda takes: [loaded(take)[1].numpy() for take in takes]


def _one_by_one(model: Path) -> Embed:
    embedder = hub_embedder(model, YAMNET)
    return lambda takes: [embedder.embed(Clip(take, RATE_HZ)).vectors for take in takes]


def _together(model: Path) -> Embed:
    embedder = hub_embedder(model, YAMNET)
    return lambda takes: [each.vectors for each in embedder.embed_all(Clip(take, RATE_HZ) for take in takes)]


WAYS: Mapping[str, Callable[[Path], Embed]] = {
    "`hub.load(path)(waveform)`, one by one": _hub,
    "converted, one by one": _one_by_one,
    "converted, all together": _together,
}
"""By name: given the SavedModel, what embeds takes."""


def embedding(way: str, model: str, sounds: str) -> Callable[[], None]:
    """Return what embeds the takes in a file (``.npz``, 16 kHz) in one of `WAYS`; a job for the meter."""
    with np.load(sounds) as kept:
        takes = [kept[name] for name in kept.files]
    embed = WAYS[way](Path(model))

    def run() -> None:
        embed(takes)

    return run
