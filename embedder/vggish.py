"""VGGish, by Google: 128 numbers for each 0.96 s."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from .as_pulled import check_as_pulled
from .contract import VGGISH, Contract
from .convert import converted_file
from .converted import ConvertedNetwork
from .errors import ModelUnfit
from .hub_embedder import HubEmbedder
from .litert import cores
from .saved_model import saved_model_digest

__all__ = ["VggishEmbedder"]


class VggishEmbedder(HubEmbedder):
    """Embeds by a VGGish on this machine.

    Parameters
    ----------
    model : Path
        A SavedModel folder as of ``google/vggish/1``, converted on first use.
    report : callable, optional
        Told, in a line, when a conversion begins.
    manifest : Path, optional
        What the model was pulled with, and must still be.

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
        manifest: Path | None = None,
    ) -> None:
        self.contract: Contract = VGGISH
        if not model.is_dir():
            raise ModelUnfit(
                "VGGish is read from a SavedModel folder, not from a file",
                where=str(model),
                fix=f"Get {VGGISH.handle}: swara models pull vggish",
            )
        digest = saved_model_digest(model)
        check_as_pulled(manifest, digest)
        file = converted_file(model, digest, VGGISH, report)
        # One copy on every core: its weights are some 290 MB.
        super().__init__(
            VGGISH, digest, "saved_model", lambda: ConvertedNetwork(file, VGGISH, str(model), cores()), 1
        )
