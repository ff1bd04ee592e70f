"""Render what is trained on into a folder: ``python -m swara.embedder.training.render FOLDER``.

The notes of a soundfont, and phrases of singers and of instruments drawn at random.

It needs the program ``fluidsynth`` and, unless another soundfont is named, that of the Debian package
``fluid-soundfont-gm``. What is there already is not rendered again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from swara.data.storage.disk import write_atomically
from swara.data.synth.soundfont import find_soundfont
from swara.raga.errors import SwaraError

from .bank import render_drones, render_families, render_voices
from .soundfont import PROGRAMS, render_program

__all__ = ["main"]


def main() -> None:
    """Parse the command line, and render."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the notes are kept: 0.6 GB")
    parser.add_argument("--soundfont", default="fluidr3", help="its name, or that of its file")
    parser.add_argument("--singers", type=int, default=1600)
    parser.add_argument("--families", type=int, default=4000, help="of instruments drawn at random")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        _render_programs(options.folder, find_soundfont(options.soundfont), options.seed)
    except SwaraError as error:
        sys.exit(str(error))
    render_voices(options.folder, options.singers, options.seed)
    render_families(options.folder, options.families, options.seed)
    render_drones(options.folder, options.seed)


def _render_programs(folder: Path, font: Path, seed: int) -> None:
    for program in range(PROGRAMS):
        path = folder / f"program-{program:03d}.npy"
        if not path.exists():
            sounds, keys = render_program(program, font, seed)
            write_atomically(path.with_name(f"keys-{program:03d}.npy"), _saver(keys))
            write_atomically(path, _saver(sounds))
        sys.stdout.write(f"\r{program + 1} of {PROGRAMS} programs")
        sys.stdout.flush()
    sys.stdout.write("\n")


def _saver(array: npt.NDArray[Any]) -> Callable[[Path], None]:
    def save(path: Path) -> None:
        with path.open("wb") as file:
            np.save(file, array)

    return save


if __name__ == "__main__":
    main()
