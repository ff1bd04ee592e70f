"""A SavedModel is converted to LiteRT once; what came out is kept beside it."""

from __future__ import annotations

import errno
import hashlib
import tempfile
from collections.abc import Callable, Mapping
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

__all__ = ["PARITY", "converted_file", "exported", "lite_file_content"]


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
    return lite_file_content(tf.Module() if several else owner, signatures)


def lite_file_content(owner: Any, signatures: Mapping[str, Any]) -> bytes:
    """Return a LiteRT file of TensorFlow's functions.

    Parameters
    ----------
    owner : tensorflow.Module
        Of the variables that they need.
    signatures : mapping of str to ConcreteFunction
        By name; all their shapes are known.
    """
    import tensorflow as tf

    with tempfile.TemporaryDirectory(prefix="swara-convert-") as scratch:
        tf.saved_model.save(owner, scratch, signatures=dict(signatures))
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
    model: Path,
    digest: str,
    contract: Contract,
    report: Callable[[str], None] | None = None,
    export: Callable[[], bytes] | None = None,
) -> Path:
    """Return the LiteRT file of a model, converting it if that has not been done.

    It is called ``<name>-<revision>-<digest of the model>-<digest of itself>.tflite``, so that
    a changed model has another one, and a damaged one is made again. It lies in the folder
    ``<model>.litert`` beside a SavedModel, or, where that cannot be written, in the user's cache folder; that
    of a package's weights is there too. Of two processes that want it at once, one converts and the other
    waits.

    Parameters
    ----------
    model : Path
        The folder of the SavedModel, or the file of the weights.
    digest : str
        Of what is converted; of a SavedModel, what `saved_model_digest` says.
    contract : Contract
        What the model takes and gives, as it is documented.
    report : callable, optional
        Told, in a line, when a conversion begins, which takes some ten seconds, and why.
    export : callable, optional
        Converts what was read already; if left out, the SavedModel is read.

    Raises
    ------
    ModelDamaged
        If a SavedModel is another one after the conversion than `digest` says.
    ModelError, MissingPackage
        If it cannot be converted.
    """
    folders, key = _folders(model), f"{contract.name}-{_REVISION}-{digest[:_DIGITS]}"
    for folder in folders:
        if found := _found(folder, key):
            return found
    folder = _writable(folders, model)
    from filelock import FileLock

    with FileLock(folder / ".lock"):
        if found := _found(folder, key):  # another process has made it meanwhile
            return found
        if report is not None:
            again = "again: its LiteRT file is damaged" if _named(folder, key) else "once, to LiteRT"
            report(f"Converting {contract.name} {again}")
        return _kept(folder, key, export() if export else _exported_unchanged(model, digest, contract))


def _exported_unchanged(saved_model: Path, digest: str, contract: Contract) -> bytes:
    content = exported(saved_model, contract)
    if saved_model_digest(saved_model) != digest:
        raise ModelDamaged("it changed while it was converted", where=str(saved_model), fix="Try again")
    return content


def _kept(folder: Path, key: str, content: bytes) -> Path:
    """Write the file in the place of those of that key, which are damaged."""
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


def _folders(model: Path) -> tuple[Path, ...]:
    """Where the file may lie: beside a SavedModel, or in the user's cache folder."""
    from platformdirs import user_cache_path

    beside, cache = model.resolve(), user_cache_path("swara") / "litert"
    return (beside.with_name(f"{beside.name}.litert"), cache) if model.is_dir() else (cache,)


def _writable(folders: tuple[Path, ...], model: Path) -> Path:
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
        where=str(model),
        fix=f"{fix}, or set XDG_CACHE_HOME to a folder that can be written",
    )
