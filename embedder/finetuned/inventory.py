"""The fine-tuned embedders on this machine: listed, checked, removed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swara.data.clip import Clip
from swara.data.storage.model_folder import remove_dir, size_bytes
from swara.embedder.errors import ModelDamaged, removing
from swara.embedder.hub.locate import models_folder

from .embedder import finetuned_embedder, finetuned_folder, finetuned_manifest, finetuned_names

__all__ = [
    "FinetunedKept",
    "check_finetuned",
    "finetuned_kept",
    "remove_finetuned",
    "run_finetuned",
    "unfinished_finetunings",
]

_UNFINISHED = ".finetuning-*"


@dataclass(frozen=True, slots=True)
class FinetunedKept:
    """A fine-tuned embedder.

    Parameters
    ----------
    name : str
        ``finetuned-`` and 8 hex digits.
    folder : Path
        Where it lies.
    size_bytes : int
        Of everything in it.
    damage : str or None
        What is wrong with it; what follows is then not known.
    digest : str or None
        SHA-256 of its network: 64 hex digits.
    fingerprint : str or None
        What its vectors are known by.
    base : str or None
        Name and fingerprint of the embedder that it was made from.
    before, after : float or None
        Mean reciprocal rank on the recordings that only judged, of that one and of this.
    """

    name: str
    folder: Path
    size_bytes: int
    damage: str | None = None
    digest: str | None = None
    fingerprint: str | None = None
    base: str | None = None
    before: float | None = None
    after: float | None = None


def finetuned_kept(environment: Mapping[str, str]) -> tuple[FinetunedKept, ...]:
    """Look at every fine-tuned embedder there is; their files are compared with their digests."""
    found = []
    for name in finetuned_names(environment):
        try:
            found.append(check_finetuned(name, environment))
        except ModelDamaged as error:
            folder = models_folder(environment) / name
            found.append(FinetunedKept(name, folder, size_bytes(folder), damage=str(error)))
    return tuple(found)


def check_finetuned(name: str, environment: Mapping[str, str]) -> FinetunedKept:
    """Compare a fine-tuned embedder with its digest, and return what is known about it.

    Raises
    ------
    ModelAbsent
        If it is not on this machine.
    ModelDamaged
        If its network or its manifest is not what was kept.
    """
    folder = finetuned_folder(name, environment)
    spec = finetuned_embedder(name, environment).spec
    manifest = finetuned_manifest(folder)
    base, judged = manifest.base, manifest.judged
    return FinetunedKept(
        name,
        folder,
        size_bytes(folder),
        digest=manifest.sha256,
        fingerprint=spec.fingerprint,
        base=f"{base.name} {base.fingerprint}" if base else None,
        before=judged.before.reciprocal_rank if judged else None,
        after=judged.after.reciprocal_rank if judged else None,
    )


def run_finetuned(name: str, environment: Mapping[str, str]) -> FinetunedKept:
    """Do as `check_finetuned`, and let it hear a second of noise.

    Raises
    ------
    ModelAbsent, ModelDamaged
        As `check_finetuned`, and if it cannot be run or answers with anything but numbers.
    MissingPackage
        If LiteRT is not installed.
    """
    kept = check_finetuned(name, environment)
    embedder = finetuned_embedder(name, environment)
    noise = np.random.default_rng(0).normal(0.0, 0.1, embedder.spec.rate_hz).astype(np.float32)
    if not np.isfinite(embedder.embed(Clip(noise, embedder.spec.rate_hz)).vectors).all():
        fix = f"Remove it with: swara models remove {name}; and fine-tune again"
        raise ModelDamaged("it does not answer with numbers", where=str(kept.folder), fix=fix)
    return kept


def remove_finetuned(name: str, environment: Mapping[str, str]) -> Path:
    """Remove a fine-tuned embedder, damaged or not, and return where it was.

    Raises
    ------
    ModelAbsent
        If it is not on this machine.
    OutputError
        If it may not be removed.
    """
    folder = finetuned_folder(name, environment)
    with removing(folder):
        remove_dir(folder)
    return folder


def unfinished_finetunings(environment: Mapping[str, str]) -> tuple[tuple[Path, int], ...]:
    """Return the folders of fine-tunings that were stopped, or kept nothing, each with its size in bytes."""
    folders = sorted(models_folder(environment).glob(_UNFINISHED))
    return tuple((folder, size_bytes(folder)) for folder in folders if folder.is_dir())
