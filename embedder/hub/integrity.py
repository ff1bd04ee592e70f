"""A pulled model is used as it was pulled, or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from swara.embedder.errors import ModelDamaged

from .locate import MANIFEST_FILE, models_folder

__all__ = ["manifest_for", "verify_unchanged"]


def manifest_for(model: Path, environment: Mapping[str, str]) -> Path | None:
    """Return the manifest that a model was pulled with; None for one that lies elsewhere or has none."""
    folder = model.parent
    manifest = folder / MANIFEST_FILE
    return manifest if folder.parent == models_folder(environment) and manifest.exists() else None


def verify_unchanged(manifest: Path | None, digest: str) -> None:
    """Compare what a model is now with what was pulled.

    Parameters
    ----------
    manifest : Path or None
        As `manifest_for` says; nothing is known of a model without one.
    digest : str
        SHA-256 of the TFLite file, or that over the files of the SavedModel.

    Raises
    ------
    ModelDamaged
        Naming the file that is missing, cut short or changed.
    """
    if manifest is None or _recorded(manifest) == digest:
        return
    from .pull.manifest import check_files, read_manifest  # slow to import, and seldom needed

    if (pulled := read_manifest(manifest)) is not None:
        check_files(manifest.parent, pulled)
    raise ModelDamaged(
        "another one was pulled while it was read", where=str(manifest.parent), fix="Try again"
    )


def _recorded(manifest: Path) -> object:
    try:
        return json.loads(manifest.read_bytes())["digest"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
