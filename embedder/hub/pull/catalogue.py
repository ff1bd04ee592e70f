"""The models that can be pulled: from where, and whether one on disk does what is documented."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from swara.data.errors import MissingPackage
from swara.data.installation import install_command
from swara.embedder.errors import ModelAbsent
from swara.embedder.hub.contract import (
    VGGISH,
    YAMNET,
    YAMNET_TFLITE,
    YAMNET_TFLITE_SHA256,
    Contract,
    check_contract,
    contract_with_handle,
)

__all__ = ["CATALOGUE", "Pullable", "check_documented", "check_needs", "pullable"]


@dataclass(frozen=True, slots=True)
class Pullable:
    """A model that can be pulled.

    Parameters
    ----------
    contract : Contract
        What it is documented to do.
    largest_bytes : int
        More is never kept or unpacked: several times what the model has.
    file_sha256, file_bytes : str and int, optional
        Of the TFLite file; another one is refused.
    archive_sha256 : str, optional
        Of the archive as TF Hub served it. Another one is only reported: the same model may be packed again.
    """

    contract: Contract
    largest_bytes: int
    file_sha256: str | None = None
    file_bytes: int | None = None
    archive_sha256: str | None = None

    @property
    def name(self) -> str:
        """What it is called by, and its folder."""
        return self.contract.name

    @property
    def form(self) -> Literal["saved_model", "tflite"]:
        """Whether it is a SavedModel folder, or one TFLite file."""
        return "tflite" if self.contract is YAMNET_TFLITE else "saved_model"

    @property
    def handle(self) -> str:
        """What TF Hub knows it by, such as ``google/yamnet/1``."""
        return self.contract.short_handle

    @property
    def url(self) -> str:
        """Where any program can download its archive."""
        return f"https://www.kaggle.com/api/v1/models/{self.contract.kaggle_handle}/download"


CATALOGUE: Final = (
    Pullable(
        contract=YAMNET,
        largest_bytes=100_000_000,
        archive_sha256="b80da2a1a56926fb0767205051a200dd7b3beaf3ea1ea126c42a53943996e5e0",
    ),
    Pullable(contract=VGGISH, largest_bytes=1_500_000_000),
    Pullable(
        contract=YAMNET_TFLITE,
        largest_bytes=30_000_000,
        file_sha256=YAMNET_TFLITE_SHA256,
        file_bytes=4_126_810,
    ),
)
"""The digest of YAMNet's archive is the one that several public projects pin; that of the TFLite file is of
the official file itself."""


def pullable(name: str) -> Pullable:
    """Return the model of that name, or of that handle on TF Hub or Kaggle.

    Raises
    ------
    ModelAbsent
        If there is none.
    """
    for model in CATALOGUE:
        if model.name == name or model.contract == contract_with_handle(name):
            return model
    names = ", ".join(model.name for model in CATALOGUE)
    raise ModelAbsent("no model of that name can be pulled", where=name, fix=f"Choose one of: {names}")


def check_needs(model: Pullable) -> None:
    """Raise `MissingPackage` unless what is needed to run the model is installed."""
    if model.form == "saved_model" and importlib.util.find_spec("tensorflow") is None:
        command = install_command(extra="tensorflow")
        raise MissingPackage(
            "it can be neither checked nor converted without TensorFlow",
            where=model.name,
            fix=f"Run: {command}; or pull yamnet-tflite, which needs none",
        )


def check_documented(model: Pullable, path: Path) -> None:
    """Run a model on silence, noise and a sine, and compare with what is documented.

    Parameters
    ----------
    model : Pullable
        Which of the models that can be pulled.
    path : Path
        The SavedModel folder or the TFLite file.

    Raises
    ------
    ModelDamaged
        If it cannot be loaded.
    ModelUnfit
        If it does anything else than documented.
    MissingPackage
        If what it needs to run is not installed.
    """
    if path.is_dir():
        check_needs(model)
        from swara.embedder.hub.savedmodel import SavedModelRunner

        check_contract(model.contract, SavedModelRunner(path, model.contract), where=str(path))
    else:  # a TFLite file in the place of a SavedModel too: it stands for the other network of YAMNet
        from swara.embedder.hub.embedder import hub_embedder

        embedder = hub_embedder(path, model.contract, scores=True)
        check_contract(YAMNET_TFLITE, embedder.outputs, where=str(path))
