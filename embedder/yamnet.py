"""YAMNet, by Google: 521 classes of sound, 1024 numbers for each 0.96 s."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from .as_pulled import check_as_pulled
from .contract import YAMNET, YAMNET_TFLITE, Contract
from .convert import converted_file
from .converted import ConvertedNetwork
from .errors import ModelDamaged
from .hub_embedder import HubEmbedder
from .litert import cores
from .saved_model import saved_model_digest
from .yamnet_tflite import TfliteNetwork, cut_at_embedding

__all__ = ["YamnetEmbedder"]


class YamnetEmbedder(HubEmbedder):
    """Embeds by a YAMNet on this machine.

    Parameters
    ----------
    model : Path
        A SavedModel folder as of ``google/yamnet/1``, converted on first use; or the official TFLite file, a
        network of 8-bit integers, whose vectors are other ones.
    report : callable, optional
        Told, in a line, when a conversion begins.
    scores : bool
        Whether ``outputs`` is to give class scores where that costs time.
    manifest : Path, optional
        What the model was pulled with, and must still be.
    name : str
        What the embedder is called: ``yamnet`` for either form, ``yamnet-tflite`` for the file alone.

    Raises
    ------
    ModelDamaged, ModelUnfit, ConversionFailed, MissingPackage
        If the model cannot be used.
    """

    def __init__(
        self,
        model: Path,
        report: Callable[[str], None] | None = None,
        *,
        scores: bool = False,
        manifest: Path | None = None,
        name: str = YAMNET.name,
    ) -> None:
        self.contract: Contract = YAMNET if model.is_dir() else YAMNET_TFLITE
        where = str(model)
        if model.is_dir():
            digest = saved_model_digest(model)
            check_as_pulled(manifest, digest)
            file = converted_file(model, digest, YAMNET, report)
            super().__init__(
                YAMNET,
                digest,
                "saved_model",
                lambda: ConvertedNetwork(file, YAMNET, where, 1),
                cores(),
                name=name,
            )
            return
        content = _content(model)
        digest = hashlib.sha256(content).hexdigest()
        check_as_pulled(manifest, digest)
        cut_at_embedding(content, where)  # refused here if at all
        super().__init__(
            YAMNET_TFLITE,
            digest,
            "tflite",
            lambda: TfliteNetwork(content, where, scores=scores),
            cores(),
            name=name,
        )


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ModelDamaged(f"the model cannot be read: {reason}", where=str(file)) from error
