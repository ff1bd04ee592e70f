"""What can go wrong while a model is pulled; the tree is drawn in ``raga.errors``."""

from __future__ import annotations

from embedder.errors import ModelError

__all__ = ["DownloadFailed", "ModelBusy", "ModelRefused", "UnknownModel"]


class UnknownModel(ModelError):
    """No model of that name can be pulled."""


class DownloadFailed(ModelError):
    """A model could not be downloaded: no network, no such address, or a server that gives up."""


class ModelRefused(ModelError):
    """What was given or downloaded is not the model: a web page, a broken archive, another digest."""


class ModelBusy(ModelError):
    """Another process pulls or removes the same model."""
