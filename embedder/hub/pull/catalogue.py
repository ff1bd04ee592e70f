"""The models that can be pulled: from where, and whether one on disk does what is documented."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from swara.data.errors import MissingPackage
from swara.data.installation import install_command
from swara.embedder.errors import ModelAbsent, ModelUnfit
from swara.embedder.hub.contract import (
    VGGISH,
    YAMNET,
    YAMNET_TFLITE,
    Contract,
    Run,
    check_contract,
    contract_with_handle,
)

__all__ = ["CATALOGUE", "Form", "Pullable", "check_documented", "check_needs", "pullable"]

Form: TypeAlias = Literal["saved_model", "tflite"]


@dataclass(frozen=True, slots=True)
class Pullable:
    """A model that can be pulled.

    Parameters
    ----------
    name : str
        What it is called by, and its folder.
    contract : Contract
        What it is documented to do.
    form : {"saved_model", "tflite"}
        A SavedModel folder, or one TFLite file.
    largest_bytes : int
        More is never kept or unpacked: several times what the model has.
    file_sha256, file_bytes : str and int, optional
        Of the TFLite file; another one is refused.
    archive_sha256 : str, optional
        Of the archive as TF Hub served it. Another one is only reported: the same model may be packed again.
    """

    name: str
    contract: Contract
    form: Form
    largest_bytes: int
    file_sha256: str | None = None
    file_bytes: int | None = None
    archive_sha256: str | None = None

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
        name="yamnet",
        contract=YAMNET,
        form="saved_model",
        largest_bytes=100_000_000,
        archive_sha256="b80da2a1a56926fb0767205051a200dd7b3beaf3ea1ea126c42a53943996e5e0",
    ),
    Pullable(
        name="vggish",
        contract=VGGISH,
        form="saved_model",
        largest_bytes=1_500_000_000,
    ),
    Pullable(
        name="yamnet-tflite",
        contract=YAMNET_TFLITE,
        form="tflite",
        largest_bytes=30_000_000,
        file_sha256="10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de",
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
    model = _of_form(model, path)
    check_needs(model)
    check_contract(model.contract, _run(model, path), where=str(path))


def _of_form(model: Pullable, path: Path) -> Pullable:
    """Return what a TFLite file in the place of a SavedModel stands for: the other network of YAMNet."""
    if model.form == "tflite" or path.is_dir():
        return model
    if model.contract is not YAMNET:
        raise ModelUnfit(
            f"{model.name} is read from a SavedModel folder, not from a file",
            where=str(path),
            fix=f"Get {model.contract.url}: swara models pull {model.name}",
        )
    return next(each for each in CATALOGUE if each.contract is YAMNET_TFLITE)


def _run(model: Pullable, path: Path) -> Run:
    if model.form == "saved_model":
        from swara.embedder.hub.savedmodel import SavedModelRunner

        return SavedModelRunner(path, model.contract)
    from swara.embedder.hub.embedder import YamnetEmbedder

    return YamnetEmbedder(path, scores=True).outputs
