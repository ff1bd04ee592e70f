"""A SavedModel is converted to LiteRT once; what came out is kept beside it."""

from __future__ import annotations

import errno
import hashlib
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from swara.data.errors import OutputError
from swara.data.installation import install_command
from swara.data.storage.disk import check_writable, errno_of, write_bytes, writing
from swara.embedder.errors import ModelDamaged, ModelError
from swara.embedder.litert import stderr_closed
from swara.embedder.windows import WindowRunner

from .contract import Contract, check_contract, saved_model_digest
from .converted_network import LiteRTNetwork, block_sizes, signature
from .savedmodel import SavedModelRunner, first_line

__all__ = ["PARITY", "converted_file", "exported"]


PARITY = 0.9999
"""Least cosine between a frame of the SavedModel and the same frame of the LiteRT file."""

_HOPS = 12
_FREE_SPACE = "Free some space on the disk for temporary files, or name another with TMPDIR"


def exported(folder: Path, contract: Contract) -> bytes:
    """Convert a SavedModel and compare what came out with it.

    Parameters
    ----------
    folder : Path
        The SavedModel.
    contract : Contract
        What it must do; its classes are not checked.

    Returns
    -------
    bytes
        A LiteRT file with one signature for each of ``block_sizes(contract)``, sharing their weights.

    Raises
    ------
    ModelDamaged, ModelUnfit, MissingPackage
        If the SavedModel cannot be loaded or is another one.
    ModelError
        If TensorFlow cannot convert it, or what it made differs.
    """
    where = str(folder)
    model = SavedModelRunner(folder, contract)
    check_contract(contract, model, check_classes=False, where=where)
    try:
        with stderr_closed():
            content = _converted(model, contract)
    except ModelError:
        raise
    except Exception as error:  # what TensorFlow's converter raises is not documented
        raise ModelError(
            f"TensorFlow cannot convert this SavedModel to LiteRT ({first_line(error)})",
            where=where,
            fix=_FREE_SPACE if "no space left" in str(error).lower() else _another_tensorflow(),
        ) from error
    _compare(model, contract, content, where)
    return content


def _converted(model: SavedModelRunner, contract: Contract) -> bytes:
    tf = model.tf
    owner, sizes = tf.Module(), block_sizes(contract)
    owner.model = model.saved  # and its variables
    several = len(sizes) > 1
    signatures = {signature(size): _fixed(model, contract, size, constant=several) for size in sizes}
    with tempfile.TemporaryDirectory(prefix="swara-convert-") as scratch:
        tf.saved_model.save(tf.Module() if several else owner, scratch, signatures=signatures)
        converter = tf.lite.TFLiteConverter.from_saved_model(scratch, signature_keys=list(signatures))
        return bytes(converter.convert())


def _fixed(model: SavedModelRunner, contract: Contract, windows: int, *, constant: bool) -> Any:
    """Return the model for just so many windows: every shape known beforehand is what makes LiteRT fast.

    Several signatures need their weights as constants, which they then share: they would keep variables. Of
    one the converter makes constants itself, in far less memory.
    """
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    tf = model.tf
    samples = contract.window_samples + (windows - 1) * contract.hop_samples
    spec = [tf.TensorSpec([samples], tf.float32, name="waveform")]
    names = ("embeddings", "scores")[: 2 if contract.classes else 1]

    def whole(waveform: Any) -> list[Any]:
        named = model.outputs(waveform)
        return [named[name] for name in names]

    if not constant:
        return tf.function(model.outputs, input_signature=spec).get_concrete_function()
    frozen = convert_variables_to_constants_v2(
        tf.function(whole, input_signature=spec).get_concrete_function()
    )

    def run(waveform: Any) -> dict[str, Any]:
        return dict(zip(names, frozen(waveform), strict=True))

    return tf.function(run, input_signature=spec).get_concrete_function()


def _compare(model: SavedModelRunner, contract: Contract, content: bytes, where: str) -> None:
    """Raise `ModelError` unless each frame of some noise is the same."""
    rng = np.random.default_rng(0)
    loudness = np.repeat(10.0 ** rng.uniform(-3.0, 0.0, _HOPS + 1), contract.hop_samples)
    samples = contract.window_samples + _HOPS * contract.hop_samples
    waveform = (np.resize(loudness, samples) * rng.uniform(-1.0, 1.0, samples)).astype(np.float32)
    runner = WindowRunner(contract, lambda: LiteRTNetwork(content, contract, where, 1), 1)
    found = runner.run([waveform]).embeddings.astype(np.float64)
    wanted = model(waveform).embeddings.astype(np.float64)
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(wanted, axis=1)
    cosines = (found * wanted).sum(axis=1) / np.maximum(lengths, np.finfo(np.float64).tiny)
    if cosines.min() < PARITY:
        raise ModelError(
            f"the converted model differs from the SavedModel: frames have a cosine of {cosines.min():.5f}",
            where=where,
            fix=_another_tensorflow(),
        )


def _another_tensorflow() -> str:
    command = install_command(extra="tensorflow", option="--upgrade")
    return f"Use another version of TensorFlow: {command}"


_DIGITS = 16
_REVISION = 1
"""To be raised when files are converted differently: those that were kept are then passed over."""

_FULL = (errno.ENOSPC, errno.EDQUOT)


def converted_file(
    saved_model: Path, digest: str, contract: Contract, report: Callable[[str], None] | None = None
) -> Path:
    """Return the LiteRT file of a SavedModel, converting it if that has not been done.

    It is called ``<name>-<revision>-<digest of the SavedModel>-<digest of itself>.tflite``, so that
    a changed SavedModel has another one, and a damaged one is made again. It lies in the folder
    ``<saved_model>.litert``, or, where that cannot be written, in the user's cache folder. Of two processes
    that want it at once, one converts and the other waits.

    Parameters
    ----------
    saved_model : Path
        The folder.
    digest : str
        What `saved_model_digest` says of it.
    contract : Contract
        What the model takes and gives, as it is documented.
    report : callable, optional
        Told, in a line, when a conversion begins, which takes some ten seconds, and why.

    Raises
    ------
    ModelDamaged
        If it is another one after the conversion than `digest` says.
    ModelError, MissingPackage
        If it cannot be converted.
    """
    folders, key = _folders(saved_model), f"{contract.name}-{_REVISION}-{digest[:_DIGITS]}"
    for folder in folders:
        if found := _found(folder, key):
            return found
    folder = _writable(folders, saved_model)
    from filelock import FileLock

    with FileLock(folder / ".lock"):
        if found := _found(folder, key):  # another process has made it meanwhile
            return found
        if report is not None:
            again = "again: its LiteRT file is damaged" if _named(folder, key) else "once, to LiteRT"
            report(f"Converting {contract.name} {again}")

        content = exported(saved_model, contract)
        if saved_model_digest(saved_model) != digest:
            raise ModelDamaged("it changed while it was converted", where=str(saved_model), fix="Try again")
        for damaged in _named(folder, key):
            with suppress(OSError):
                damaged.unlink()
        file = folder / f"{key}-{hashlib.sha256(content).hexdigest()[:_DIGITS]}.tflite"
        write_bytes(file, content)
        return file


def _found(folder: Path, key: str) -> Path | None:
    """Return the file of that key if it is there and is what it was."""
    for path in _named(folder, key):
        with suppress(OSError), path.open("rb") as file:
            if path.stem[-_DIGITS:] == hashlib.file_digest(file, "sha256").hexdigest()[:_DIGITS]:
                return path
    return None


def _named(folder: Path, key: str) -> list[Path]:
    with suppress(OSError):
        return sorted(folder.glob(f"{key}-*.tflite"))
    return []


def _folders(saved_model: Path) -> tuple[Path, Path]:
    """Where the file may lie: beside the SavedModel, or in the user's cache folder."""
    from platformdirs import user_cache_path

    beside = saved_model.resolve()
    return beside.with_name(f"{beside.name}.litert"), user_cache_path("swara") / "litert"


def _writable(folders: tuple[Path, ...], saved_model: Path) -> Path:
    """Return the first folder that can be written to; one is full only if the disk is."""
    failures, fix = [], "Give yourself permission to write into one of them"
    for folder in folders:
        try:
            with writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                check_writable(folder / "try.tflite")
        except OutputError as error:
            failures.append(f"{folder}: {error.what}")
            if errno_of(error) in _FULL:
                fix = "Free some space"
                break
        else:
            return folder
    raise ModelError(
        f"its LiteRT file can be kept nowhere ({'; '.join(failures)})",
        where=str(saved_model),
        fix=f"{fix}, or set XDG_CACHE_HOME to a folder that can be written",
    )
