"""What a registered model takes and gives, and how it is opened."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import numpy.typing as npt

from swara.classifier.note_head.head import load_note_head
from swara.data.audio.decode import RATE_HZ
from swara.data.clip import Clip
from swara.data.corpora.entry import Entry
from swara.embedder.finetuned.embedder import MODEL_FILE
from swara.service.store.layout import HeadKind
from swara.service.training.trainers import trainer_of

__all__ = ["EMBEDDER", "NOTE_HEAD", "Interface", "interface", "opened"]

NOTE_HEAD, EMBEDDER = "note-head", "embedder"

Answer: TypeAlias = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]

_EXAMPLE_S = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Interface:
    """What goes in and out.

    Parameters
    ----------
    example : array
        An input; its first axis, and those that `free` names, may have any length.
    free : tuple of int
        Axes of any length.
    answers : str
        Name of numpy's type of what comes out.
    shape : tuple of int
        Its shape; -1 for any length.
    """

    example: npt.NDArray[Any]
    free: tuple[int, ...]
    answers: str
    shape: tuple[int, ...]


def interface(kind: str, folder: Path) -> Interface:
    """Return what goes in and out of a model: sound at 16 kHz, or for the note head its features.

    Parameters
    ----------
    kind : str
        `NOTE_HEAD`, `EMBEDDER`, or what a trained head answers.
    folder : Path
        Where its files lie.
    """
    if kind == NOTE_HEAD:
        dim = load_note_head(folder / "note_head.npz").linear.mean.size
        return Interface(np.zeros((1, dim)), (0,), "str", (-1,))
    times_s = np.arange(int(_EXAMPLE_S * RATE_HZ)) / RATE_HZ
    sound = (0.1 * np.sin(2 * np.pi * 220.0 * times_s)).astype(np.float32)[None]
    if kind == EMBEDDER:
        return Interface(sound, (0, 1), "float32", (-1, -1))
    return Interface(sound, (0, 1), "str", (-1,))


def opened(kind: str, folder: Path) -> Answer:
    """Return what answers, as `interface` says; parameters are its."""
    if kind == NOTE_HEAD:
        head = load_note_head(folder / "note_head.npz")
        return lambda rows: np.array(head.classes)[head.probabilities(np.asarray(rows)).argmax(axis=1)]
    if kind == EMBEDDER:
        from swara.embedder.builtin.embedder import BuiltinEmbedder, EmbedderNetwork

        embedder = BuiltinEmbedder(EmbedderNetwork(folder / MODEL_FILE))
        return lambda rows: np.stack(
            [embedder.embed(Clip(row, RATE_HZ)).vectors.mean(axis=0) for row in np.asarray(rows, np.float32)]
        )
    trainer = trainer_of(cast("HeadKind", kind))

    def answer(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
        with tempfile.TemporaryDirectory() as place:
            return np.array(
                trainer.answers(list(_written(np.asarray(rows, np.float32), Path(place))), folder)
            )

    return answer


def _written(rows: npt.NDArray[np.float32], place: Path) -> Iterator[Entry]:
    """Write sounds as files, which is what heads are asked about."""
    import soundfile

    for number, row in enumerate(rows):
        path = place / f"{number}.wav"
        soundfile.write(path, row, RATE_HZ, subtype="FLOAT")
        yield Entry(path, source="served", player="", licence="")
