"""What can be wrong with a model that was not made here; the tree is drawn in ``raga.errors``."""

from __future__ import annotations

from raga.errors import SwaraError

__all__ = ["ConversionFailed", "ModelAbsent", "ModelDamaged", "ModelError", "ModelUnfit"]


class ModelError(SwaraError):
    """A model from elsewhere that cannot be used."""


class ModelAbsent(ModelError):
    """A model that is in none of the places where it is looked for."""


class ModelDamaged(ModelError):
    """A model that is cut short, changed or unreadable."""


class ModelUnfit(ModelError):
    """A model with other inputs or outputs than documented, or one that does not do what is documented."""


class ConversionFailed(ModelError):
    """A SavedModel that could not be converted to LiteRT."""
