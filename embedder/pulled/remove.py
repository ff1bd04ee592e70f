"""A model, taken off this machine."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from embedder.errors import ModelAbsent

from .catalogue import Pullable
from .inventory import hub_copy
from .layout import ModelLayout
from .lock import model_lock
from .part_file import PartFile
from .patience import Patience
from .refusals import writing

__all__ = ["remove"]


def remove(
    model: Pullable, models: Path, environment: Mapping[str, str], patience: Patience | None = None
) -> Path:
    """Remove a model with all that was made from it, and what was downloaded of it; return its folder.

    Raises
    ------
    ModelAbsent
        If there is nothing of it, or only a copy that is TF Hub's own.
    ModelBusy
        If another process has it in hand for too long.
    OutputError
        If it may not be removed.
    """
    at = ModelLayout(models, model)
    part = PartFile(at.part)
    if not at.folder.exists() and not part.path.exists():
        raise _absent(at, environment)
    with model_lock(at, (patience or Patience()).lock_s):
        old = at.old_folder()
        with writing(at.models):
            # Under its name it is there whole, or not at all.
            with suppress(FileNotFoundError):
                at.folder.rename(old)
            if old.exists():
                shutil.rmtree(old)
        part.discard()
    return at.folder


def _absent(at: ModelLayout, environment: Mapping[str, str]) -> ModelAbsent:
    hub = hub_copy(at.model, environment)
    if hub is not None:
        return ModelAbsent(
            "the copy here is TF Hub's, which other programs may use",
            where=str(hub),
            fix="Delete that folder yourself, or unset TFHUB_CACHE_DIR",
        )
    return ModelAbsent("the model is not on this machine", where=at.model.name)
