"""A converted model on LiteRT."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from swara.data.clip import Samples
from swara.embedder.errors import ModelUnfit
from swara.embedder.litert import open_interpreter

from .contract import Contract, Outputs

__all__ = ["LiteRTNetwork", "block_sizes", "signature"]

_SIZES = {"yamnet": (10, 2), "vggish": (6,), "crepe": (32, 4), "crepe-full": (32, 4)}
"""Windows in an invocation. Ten of YAMNet's, or six of VGGish's, are a take of 5 s, and larger blocks hardly
save more; two, and CREPE's four, are for what is left over. VGGish has one size, because converting its
290 MB of weights for two takes more memory than many machines have."""


def block_sizes(contract: Contract) -> tuple[int, ...]:
    """Return the numbers of windows that a converted model takes, falling."""
    return _SIZES[contract.name]


def signature(windows: int) -> str:
    """Return the name of the signature that takes so many windows."""
    return f"windows_{windows}"


class LiteRTNetwork:
    """A LiteRT file that swara converted.

    Parameters
    ----------
    model : Path or bytes
        The file or its content.
    contract : Contract
        What the model takes and gives, as it is documented.
    where : str
        For messages.
    threads : int
        How many cores one invocation may use.

    Attributes
    ----------
    sizes : tuple of int
        The numbers of windows that it takes, falling.

    Raises
    ------
    ModelDamaged
        If it is no LiteRT file.
    ModelUnfit
        If it has other signatures.
    """

    def __init__(self, model: Path | bytes, contract: Contract, where: str, threads: int) -> None:
        interpreter = open_interpreter(model, where, threads)
        self.sizes = block_sizes(contract)
        if not {signature(size) for size in self.sizes} <= interpreter.get_signature_list().keys():
            raise ModelUnfit("this is not a model that swara converted", where=where)
        self._interpreter = interpreter  # the runners borrow from it
        self._runners = {size: interpreter.get_signature_runner(signature(size)) for size in self.sizes}
        for size, runner in self._runners.items():
            _check_shapes(runner, contract, size, where)

    def run(self, samples: Samples, windows: int) -> Outputs:
        """Return the embeddings and, where there are classes, the scores of consecutive windows."""
        given = self._runners[windows](waveform=np.ascontiguousarray(samples))
        return Outputs(given["embeddings"], given.get("scores"))


def _check_shapes(runner: object, contract: Contract, windows: int, where: str) -> None:
    details = {**runner.get_input_details(), **runner.get_output_details()}  # type: ignore[attr-defined]
    found = {name: tuple(int(n) for n in detail["shape"]) for name, detail in details.items()}
    samples = contract.window_samples + (windows - 1) * contract.hop_samples
    wanted = {"waveform": (samples,), "embeddings": (windows, contract.dim)}
    if contract.classes:
        wanted["scores"] = (windows, contract.classes)
    if found != wanted:
        raise ModelUnfit(f"this is not a converted {contract.name}: its shapes are {found}", where=where)
