"""A model that is here, compared with what was pulled and with what is documented."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedder.errors import ModelAbsent, ModelDamaged, ModelError

from .catalogue import Pullable
from .install import ContractCheck
from .inventory import Kept, inventory
from .layout import ModelLayout
from .manifest import read_manifest
from .patience import Progress
from .soundness import check_files

__all__ = ["Verified", "verify"]


@dataclass(frozen=True, slots=True)
class Verified:
    """A model that is as it should be.

    Parameters
    ----------
    kept : Kept
    files : int
        How many files have the digest that they were pulled with; 0 if none is on record.
    contract : bool
        Whether the documented contract was run.
    """

    kept: Kept
    files: int
    contract: bool


def verify(
    model: Pullable,
    models: Path,
    environment: Mapping[str, str],
    check: ContractCheck | None,
    progress: Progress | None = None,
) -> Verified:
    """Compare every file with its digest, then run the documented contract.

    Parameters
    ----------
    model : Pullable
    models : Path
        The folder of all models.
    environment : mapping of str to str
        For ``TFHUB_CACHE_DIR``.
    check : callable or None
        The contract; None to leave it out.
    progress : callable, optional

    Raises
    ------
    ModelAbsent
        If it is not here.
    ModelDamaged
        Naming the file that is missing, cut short or changed.
    ModelUnfit
        If it does not do what is documented.
    """
    (kept,) = (each for each in inventory(models, environment) if each.model == model)
    if kept.where is None or kept.state == "begun":
        raise ModelAbsent(
            "the model is not on this machine", where=model.name, fix=f"Run: swara models pull {model.name}"
        )
    tell = progress or (lambda *_: None)
    at, files = ModelLayout(models, model), 0
    if kept.state in {"pulled", "damaged"}:
        tell(f"reading {model.name}", 0, None)
        files = _sound_files(at)
    if check is not None:
        tell(f"running the documented contract of {model.name}", 0, None)
        _run(check, kept, kept.where)
    return Verified(kept, files, contract=check is not None)


def _run(check: ContractCheck, kept: Kept, where: Path) -> None:
    try:
        check(kept.model, where)
    except ModelError as error:
        if kept.state != "pulled":
            raise
        # Its files are as they were pulled, so that another pull would leave it as it is.
        name = kept.model.name
        fix = f"Run: swara models remove {name}, then: swara models pull {name}"
        raise type(error)(error.what, where=str(where), fix=fix) from error


def _sound_files(at: ModelLayout) -> int:
    manifest = read_manifest(at.manifest)
    if manifest is None:  # removed by another process, just now
        raise ModelDamaged("the file is missing", where=str(at.manifest))
    check_files(at, manifest)
    return len(manifest.files)
