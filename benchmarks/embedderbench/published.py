"""YAMNet and VGGish in float with random weights: as fast as the real ones, and good for nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias

from swara.embedder.registry import embedder_named

__all__ = ["Architecture", "saved"]

Architecture: TypeAlias = Literal["yamnet", "vggish"]


def saved(architecture: Architecture, cache: Path) -> Path:
    """Return the folder of a SavedModel, converted; made the first time, which takes TensorFlow."""
    folder = cache / "published" / architecture
    if folder.is_dir():
        return folder
    part = folder.with_name(f"{architecture}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.parent.mkdir(parents=True, exist_ok=True)
    _WRITERS[architecture](part)
    part.replace(folder)
    # Converted on first use, and the file kept beside it.
    embedder_named(architecture, folder)
    return folder


def _save_yamnet(folder: Path) -> None:
    from benchmarks.published.yamnet import save_yamnet

    save_yamnet(folder)


def _save_vggish(folder: Path) -> None:
    from benchmarks.published.vggish import save_vggish

    save_vggish(folder)


_WRITERS: Mapping[Architecture, Callable[[Path], None]] = MappingProxyType(
    {"yamnet": _save_yamnet, "vggish": _save_vggish}
)
