"""What YAMNet and VGGish share as embedders: windows in, vectors out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from data.clip import Clip, Samples
from data.pitch_track import FloatArray

from .contract import Contract, Outputs
from .spec import EmbedderSpec, Embeddings
from .windows import Network, WindowRunner

__all__ = ["HubEmbedder"]

_REVISION = 1
"""To be raised when the vectors change though the weights do not."""

_BLOCK_SAMPLES = 160_000


class HubEmbedder:
    """An embedder whose network was published on TF Hub, run on LiteRT.

    Parameters
    ----------
    contract : Contract
    weights : str
        SHA-256 of the model's files.
    form : {"saved_model", "tflite"}
        What those files are: a float network, or one of 8-bit integers.
    make : callable
        Makes a copy of the network.
    workers : int
        How many copies run at once.
    name : str, optional
        What the embedder is called, if not as the model is.
    """

    def __init__(
        self,
        contract: Contract,
        weights: str,
        form: str,
        make: Callable[[], Network],
        workers: int,
        *,
        name: str | None = None,
    ) -> None:
        self._contract = contract
        self._runner = WindowRunner(contract, make, workers)
        self._spec = EmbedderSpec(
            name=name or contract.name,
            dim=contract.dim,
            rate_hz=contract.rate_hz,
            window_s=contract.window_samples / contract.rate_hz,
            hop_s=contract.hop_samples / contract.rate_hz,
            parameters={"revision": _REVISION, "form": form, "weights": weights},
        )

    @property
    def spec(self) -> EmbedderSpec:
        """What this embedder is; two sets of weights, or two forms of them, are two embedders."""
        return self._spec

    def embed(self, clip: Clip) -> Embeddings:
        """Embed the whole clip, silence added at its end until the last window is full.

        Parameters
        ----------
        clip : Clip
            At ``spec.rate_hz``. One shorter than a window gives one frame.

        Returns
        -------
        Embeddings
            The first frame begins with the clip.

        Raises
        ------
        ValueError
            If the clip has another sample rate.
        ModelDamaged, ModelUnfit
            If the model's file is not what it should be.
        """
        return self.embed_blocks(_blocks(self._checked(clip)))

    def embed_blocks(self, blocks: Iterable[Samples]) -> Embeddings:
        """Embed a recording that comes in blocks of samples at ``spec.rate_hz``, of any length each.

        Nothing of it is kept but a few windows, so that it may last for hours.
        """
        return self._embeddings(self._runner.run(blocks))

    def embed_all(self, clips: Iterable[Clip]) -> Iterator[Embeddings]:
        """Embed clips one after the other, in their order; the next is begun before the last is done."""
        waveforms = (_blocks(self._checked(clip)) for clip in clips)
        return map(self._embeddings, self._runner.run_all(waveforms))

    def outputs(self, waveform: Samples) -> Outputs:
        """Return embeddings and class scores: a ``Run`` for ``check_contract``."""
        return self._runner.run([waveform])

    def _checked(self, clip: Clip) -> Clip:
        if clip.rate_hz != self._contract.rate_hz:
            raise ValueError(f"a clip at {clip.rate_hz} Hz for an embedder at {self._contract.rate_hz} Hz")
        return clip

    def _embeddings(self, outputs: Outputs) -> Embeddings:
        frames = len(outputs.embeddings)
        centres = self._contract.hop_samples * np.arange(frames) + self._contract.window_samples / 2
        times_s: FloatArray = centres / self._contract.rate_hz
        return Embeddings(outputs.embeddings, times_s, self._spec)


def _blocks(clip: Clip) -> Iterator[Samples]:
    for begin in range(0, clip.samples.size, _BLOCK_SAMPLES):
        yield clip.samples[begin : begin + _BLOCK_SAMPLES]
