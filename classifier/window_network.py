"""A small network that judges pictures of a fixed size, on LiteRT; and how Keras writes one."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from swara.embedder.errors import ModelDamaged
from swara.embedder.litert import Fitted, open_interpreter

from . import HeadError

__all__ = ["PARITY", "WindowNetwork", "exported"]

PARITY = 1e-4
"""How far shares may differ between Keras and the file."""


class WindowNetwork:
    """A LiteRT file that takes one window of a log-mel picture and gives a share of belief in each class.

    Threads may share it, and take turns.

    Parameters
    ----------
    content : bytes
        The file: one input float32 [1, T, F] or [1, T, F, 1], one output float32 [1, classes].
    where : str
        What to call it where it is refused.

    Attributes
    ----------
    shape : tuple of two int
        Frames and bands of a window.
    classes : int
        How many numbers it gives for one.

    Raises
    ------
    HeadError
        If it is no such network, or a part of one.
    MissingPackage
        If LiteRT is not installed.
    """

    def __init__(self, content: bytes, where: str = "the network") -> None:
        try:
            self._interpreter = open_interpreter(content, where, 1)
        except ModelDamaged as error:
            raise HeadError(error.what, where=where, fix=error.fix) from error
        inputs, outputs = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        taken, given = tuple(map(int, inputs[0]["shape"])), tuple(map(int, outputs[0]["shape"]))
        one_each = len(inputs) == len(outputs) == 1
        if not one_each or taken[0] != 1 or taken[3:] not in ((), (1,)) or len(given) != 2 or given[0] != 1:
            raise HeadError(
                f"the network takes {taken} and gives {given}, not windows and classes", where=where
            )
        self._input, self._output, self._taken = inputs[0]["index"], outputs[0]["index"], taken
        self.shape, self.classes = (taken[1], taken[2]), given[1]
        self._where, self._turn = where, Lock()

    def expect(self, shape: tuple[int, int], classes: int) -> None:
        """Raise `HeadError` unless it takes windows of that shape and tells that many classes."""
        if (self.shape, self.classes) != (shape, classes):
            found = f"windows of {self.shape} and {self.classes} classes, not {shape} and {classes}"
            raise HeadError(f"this network is for {found}", where=self._where, fix="Train it anew")

    def run(self, windows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Judge windows, one at a time.

        Parameters
        ----------
        windows : float32 array, shape [n, T, F]
            Log-mel pictures as the network was trained on.

        Returns
        -------
        float32 array, shape [n, classes]

        Raises
        ------
        HeadError
            If what it gives is no number.
        """
        if windows.shape[1:] != self.shape:
            raise ValueError(f"the network takes windows of {self.shape}, not {windows.shape[1:]}")
        found = np.empty((len(windows), self.classes), np.float32)
        # The interpreter writes into one arena: two threads in it at once would mix up their sounds.
        with self._turn:
            for at, window in enumerate(windows):
                try:
                    self._interpreter.set_tensor(self._input, window.reshape(self._taken))
                    self._interpreter.invoke()
                    found[at] = self._interpreter.get_tensor(self._output)[0]
                except Fitted as error:
                    raise HeadError(f"LiteRT cannot run the network ({error})", where=self._where) from error
        if not np.isfinite(found).all():
            raise HeadError("the network gives what is no number", where=self._where, fix="Train it again")
        return found


def exported(model: Any, windows: npt.NDArray[np.float32], *, half: bool = False) -> tuple[bytes, float]:
    """Write a trained network as a LiteRT file; return it, and how far it is from Keras at most.

    Parameters
    ----------
    model : keras.Model
        Takes one window and gives shares. A batch that is not fixed fails to convert, and an LSTM unrolled
        gives NaN; a batch fixed to 1 does neither.
    windows : float32 array, shape [n, T, F]
        What both are asked about.
    half : bool
        Whether weights are rounded to 16 bits first, the model's too: a file of half the size. What is worked
        out with them stays at 32 bits.

    Raises
    ------
    HeadError
        If they differ by more than `PARITY`, or the file gives what is no number.
    """
    import tensorflow as tf

    writer = tf.lite.TFLiteConverter.from_keras_model(model)
    if half:
        model.set_weights([each.astype(np.float16).astype(np.float32) for each in model.get_weights()])
        writer.optimizations = [tf.lite.Optimize.DEFAULT]
        writer.target_spec.supported_types = [tf.float16]
    content = bytes(writer.convert())
    told = model.predict(windows.reshape(-1, *model.input_shape[1:]), batch_size=1, verbose=0)
    difference = float(np.abs(WindowNetwork(content).run(windows) - told).max())
    if not difference <= PARITY:
        raise HeadError(f"LiteRT and Keras differ by {difference:.2g}", fix="Train it anew")
    return content, difference
