"""CREPE tiny as an embedder: 256 numbers for each 20 ms, from the weights of the extra ``crepe``."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from swara.embedder.hub.embedder import HubEmbedder
from swara.embedder.litert import cores

from .network import CrepeNetwork, CrepeSize, crepe_contract, read_weights, weights_file

__all__ = ["crepe_embedder"]


def crepe_embedder(size: CrepeSize = "tiny", file: Path | None = None) -> HubEmbedder:
    """Return CREPE as an embedder.

    Parameters
    ----------
    size : {"tiny", "full"}
        How large a network.
    file : Path, optional
        Its weights; by default those of the package that the extra ``crepe`` installs.

    Returns
    -------
    HubEmbedder
        Its ``outputs`` have the belief in 360 pitches as scores.

    Raises
    ------
    MissingPackage
        If the weights, or h5py, which reads them, are not installed.
    ModelDamaged, ModelUnfit
        If the file is not what it should be.
    """
    contract = crepe_contract(size)
    weights, digest = read_weights(weights_file(size) if file is None else file)
    return HubEmbedder(
        contract, digest, "numpy", partial(CrepeNetwork, weights, contract.hop_samples), cores()
    )
