"""A SavedModel in TensorFlow: to be checked and converted, never to work with."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from swara.data.clip import Samples
from swara.data.errors import MissingPackage
from swara.data.installation import install_command
from swara.data.storage.disk import writing
from swara.embedder.errors import ModelDamaged, ModelError, ModelUnfit, reading
from swara.embedder.litert import stderr_closed

from .called_part import called_part
from .contract import SAVED_MODEL_FILE, Contract, Outputs

__all__ = ["SavedModelRunner", "first_line"]

_VARIABLES = "variables"
"""Where a SavedModel keeps them, and what their files' names begin with."""

_ELSEWHERE = "name another folder for temporary files with TMPDIR"


class SavedModelRunner:
    """The call of a SavedModel, checked before it is loaded; a ``Run`` for ``check_contract``.

    Parameters
    ----------
    folder : Path
        The SavedModel.
    contract : Contract
        Tells its outputs apart: by their lengths, whatever they are called.

    Attributes
    ----------
    tf : module
        TensorFlow, which takes seconds to import.
    saved : object
        The model as TensorFlow loads it, with its variables.

    Raises
    ------
    ModelDamaged
        If TensorFlow cannot load it.
    ModelUnfit
        If `called_part` refuses it, or, once called, it takes no waveform or gives other things than
        documented.
    MissingPackage
        If TensorFlow is not installed.
    """

    def __init__(self, folder: Path, contract: Contract) -> None:
        self._contract, self._where = contract, str(folder)
        self.tf = _tensorflow(self._where)
        try:
            with _private_copy(folder) as copy, stderr_closed():
                self.saved = self.tf.saved_model.load(str(copy))
        except ModelUnfit as error:
            fix = f"Get {contract.url}: swara models pull {contract.name}"
            raise ModelUnfit(error.what, where=self._where, fix=fix) from error
        except ModelError:
            raise
        except Exception as error:  # TensorFlow raises what it likes for a damaged file
            raise ModelDamaged(
                f"TensorFlow cannot load this SavedModel ({first_line(error)})",
                where=self._where,
                fix="Get it again; it may be cut short",
            ) from error
        # Called as TF Hub's models are, else as a served one is.
        served = getattr(self.saved, "signatures", {}).get("serving_default")
        self._function: Any = self.saved if callable(self.saved) else served
        if self._function is None:
            raise self._unfit("it has no function to call")

    def __call__(self, waveform: Samples) -> Outputs:
        """Return what the model gives for a waveform, float32 of shape [n]."""
        with stderr_closed():
            named = self.outputs(self.tf.constant(waveform))
        arrays = {name: np.asarray(tensor, dtype=np.float32) for name, tensor in named.items()}
        return Outputs(arrays["embeddings"], arrays.get("scores"))

    def outputs(self, waveform: Any) -> dict[str, Any]:
        """Return the embeddings, and the scores if there are classes, for a waveform: tensors all."""
        try:
            given = self.tf.nest.flatten(self._function(waveform))
        except (TypeError, ValueError, KeyError, self.tf.errors.OpError) as error:
            raise self._unfit(f"it does not take a waveform [samples] ({first_line(error)})") from error
        lengths = {"embeddings": self._contract.dim}
        if self._contract.classes:
            lengths["scores"] = self._contract.classes
        return {name: self._of_length(given, length) for name, length in lengths.items()}

    def _of_length(self, given: list[Any], length: int) -> Any:
        fitting = [each for each in given if each.shape.rank == 2 and each.shape[-1] == length]
        if len(fitting) != 1:
            shapes = ", ".join(str(tensor.shape) for tensor in given)
            raise self._unfit(f"of its outputs {shapes} not one is [frames, {length}]")
        return fitting[0]

    def _unfit(self, what: str) -> ModelUnfit:
        return ModelUnfit(
            f"this SavedModel is not {self._contract.name}: {what}",
            where=self._where,
            fix=f"Get {self._contract.url}: swara models pull {self._contract.name}",
        )


@contextmanager
def _private_copy(folder: Path) -> Iterator[Path]:
    """Lend a SavedModel that nobody else can write to, of the part of `folder` that its call needs.

    What was checked is what is loaded, whoever writes to `folder` meanwhile: its graph is read once, and its
    variables are copied. Nothing else of it, assets and metadata of Keras', is there to be read.
    """
    with reading(folder / SAVED_MODEL_FILE):
        content = (folder / SAVED_MODEL_FILE).read_bytes()
    part = called_part(content, str(folder))
    scratch = Path(tempfile.gettempdir())
    with writing(scratch, "the model cannot be copied", error=ModelError, elsewhere=_ELSEWHERE):
        lent = tempfile.TemporaryDirectory(prefix="swara-model-")
    with lent as copy:
        with writing(scratch, "the model cannot be copied", error=ModelError, elsewhere=_ELSEWHERE):
            (Path(copy) / SAVED_MODEL_FILE).write_bytes(part)
            (Path(copy) / _VARIABLES).mkdir()
            for source in sorted((folder / _VARIABLES).glob(f"{_VARIABLES}.*")):
                if source.is_file():
                    _copy(source, Path(copy) / _VARIABLES / source.name)
        yield Path(copy)


def _copy(source: Path, target: Path) -> None:
    with reading(source):
        opened = source.open("rb")
    with opened, target.open("xb") as file:
        shutil.copyfileobj(opened, file)


def first_line(error: Exception) -> str:
    """Return what an error of TensorFlow's says, cut short."""
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(" :.")[:120] if lines else type(error).__name__


def _tensorflow(where: str) -> Any:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with stderr_closed():
            import tensorflow as tf
    except ImportError as error:
        raise MissingPackage(
            "a SavedModel is converted once by TensorFlow, which is not installed",
            where=where,
            fix=f"Install it with: {install_command(extra='tensorflow')}",
        ) from error
    return tf
