"""Single notes of other databases, and what is known of each by its file."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.page import DOCS
from swara.classifier.instruments.network import NONE
from swara.classifier.instruments.training import fonts
from swara.data.arrays import FloatArray
from swara.data.corpora.entry import Entry
from swara.data.corpora.labels import midi_of
from swara.data.storage.npz import read_arrays, write_arrays

__all__ = ["ENVIRONMENT", "KEPT", "kept", "left_out_font", "note_sets"]

ENVIRONMENT = "SWARA_NOTE_SETS"
"""A folder with the unpacked packages tonejs-instrument-*-mp3, one folder each."""

KEPT = DOCS.parent / "build" / "heads"
_MAKES = {".py", ".npz", ".json", ".tflite"}
_FOLDER = re.compile(r"tonejs-instrument-(\w+)-mp3")
_NAMES = {"contrabass": "double bass"}


def note_sets() -> list[Entry]:
    """Return the notes of the packages; none where the environment does not name their folder."""
    folder, found = os.environ.get(ENVIRONMENT), list[Entry]()
    for path in sorted(Path(folder).glob("*/*.mp3")) if folder else ():
        if match := _FOLDER.match(path.parent.name):
            name = _NAMES.get(match[1], match[1])
            key = midi_of(path.stem.split()[0].replace("s", "#"))
            found.append(Entry(path, "tonejs", f"tonejs {name}", "CC BY 3.0", instrument=name, midi=key))
    return found


def left_out_font(folder: Path) -> list[Entry]:
    """Play TimGM6mb, every second key of the twelve and every ninth of the others, and return its notes."""
    fonts.play_font("timgm6mb", folder, 2, 9)
    known = set(fonts.PROGRAMS)
    return [
        Entry(
            each.path,
            each.source,
            each.player,
            each.licence,
            instrument=each.instrument if each.instrument in known else NONE,
            midi=each.midi,
        )
        for each in fonts.font_entries("timgm6mb", folder)
    ]


def kept(name: str, rows: Sequence[Any], work_out: Callable[[], FloatArray], *made_by: Path) -> FloatArray:
    """Return what `work_out` returns of recordings, from `KEPT` where it was worked out before.

    `made_by` are files and folders, code and weights, that the answers hang on: others, and they are stale.
    """
    digest = hashlib.sha256()
    for folder in made_by:
        for file in sorted(folder.rglob("*")) if folder.is_dir() else [folder]:
            if file.suffix in _MAKES:
                digest.update(file.read_bytes())
    made = f"-{digest.hexdigest()[:12]}" if made_by else ""
    file = KEPT / f"{name}-{len(rows)}{made}.npz"
    if not file.is_file():
        KEPT.mkdir(parents=True, exist_ok=True)
        write_arrays(file, {"found": work_out()})
    return np.asarray(read_arrays(file)["found"])
