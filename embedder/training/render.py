"""Render what is trained on into a folder: ``python -m swara.embedder.training.render FOLDER``.

The notes of a soundfont, and phrases of singers and of instruments drawn at random.

It needs the program ``fluidsynth`` and, unless another soundfont is named, that of the Debian package
``fluid-soundfont-gm``. What is there already is not rendered again.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from swara.data.synth.soundfont import find_soundfont
from swara.raga.errors import SwaraError

from .bank import render, save_array
from .soundfont import PROGRAMS, render_program

__all__ = ["main"]

_DRONES = 24


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
    for name, count in {"voices": options.singers, "families": options.families, "drones": _DRONES}.items():
        render(options.folder, name, count, options.seed)


def _render_programs(folder: Path, font: Path, seed: int) -> None:
    for program in range(PROGRAMS):
        path = folder / f"program-{program:03d}.npy"
        if not path.exists():
            sounds, keys = render_program(program, font, seed)
            save_array(path.with_name(f"keys-{program:03d}.npy"), keys)
            save_array(path, sounds)
        sys.stdout.write(f"\r{program + 1} of {PROGRAMS} programs")
        sys.stdout.flush()
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
