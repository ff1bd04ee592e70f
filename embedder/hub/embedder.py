"""What YAMNet and VGGish share as embedders: windows in, vectors out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.clip import Clip, Samples
from swara.embedder.errors import ModelUnfit, reading
from swara.embedder.litert import cores
from swara.embedder.spec import EmbedderSpec, Embeddings
from swara.embedder.windows import Network, WindowRunner

from .contract import VGGISH, YAMNET, YAMNET_TFLITE, Contract, Outputs, saved_model_digest
from .convert import converted_file
from .converted_network import LiteRTNetwork
from .locate import verify_unchanged
from .yamnet_tflite import TfliteNetwork, cut_at_embedding

__all__ = ["HubEmbedder", "hub_embedder"]

_REVISION = 1
"""To be raised when the vectors change though the weights do not."""

_BLOCK_SAMPLES = 160_000


class HubEmbedder:
    """An embedder whose network was published on TF Hub, run on LiteRT.

    Parameters
    ----------
    contract : Contract
        What the model takes and gives, as it is documented.
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


def hub_embedder(
    model: Path,
    contract: Contract,
    report: Callable[[str], None] | None = None,
    *,
    scores: bool = False,
    manifest: Path | None = None,
) -> HubEmbedder:
    """Return the embedder of a published model on this machine.

    Parameters
    ----------
    model : Path
        A SavedModel folder, converted on first use; or the official TFLite file of YAMNet, a network of 8-bit
        integers, whose vectors are other ones.
    contract : Contract
        What the embedder is called by; either form of YAMNet does for either of its two.
    report : callable, optional
        Told, in a line, when a conversion begins.
    scores : bool
        Whether ``outputs`` is to give class scores where that costs time.
    manifest : Path, optional
        What the model was pulled with, and must still be.

    Raises
    ------
    ModelError, MissingPackage
        If the model cannot be used.
    """
    where = str(model)
    make: Callable[[], Network]
    if model.is_dir():
        digest = saved_model_digest(model)
        verify_unchanged(manifest, digest)
        network = VGGISH if contract is VGGISH else YAMNET
        file = converted_file(model, digest, network, report)
        # Of VGGish one copy on every core: its weights are some 290 MB.
        threads, workers = (cores(), 1) if network is VGGISH else (1, cores())
        make = partial(LiteRTNetwork, file, network, where, threads)
        return HubEmbedder(network, digest, "saved_model", make, workers, name=contract.name)
    if contract is VGGISH:
        raise ModelUnfit(
            "VGGish is read from a SavedModel folder, not from a file",
            where=where,
            fix=f"Get {VGGISH.url}: swara models pull vggish",
        )
    with reading(model):
        content = model.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    verify_unchanged(manifest, digest)
    cut_at_embedding(content, where)  # refused here if at all
    make = partial(TfliteNetwork, content, where, scores=scores)
    return HubEmbedder(YAMNET_TFLITE, digest, "tflite", make, cores(), name=contract.name)
