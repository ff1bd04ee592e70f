"""Render what is trained on into a folder: ``python -m swara.embedder.training.render FOLDER [RECORDINGS]``.

The notes of three soundfonts, phrases of singers and of instruments drawn at random, and the notes of
RECORDINGS, a folder with ``instrument_notes`` and ``iowa_notes`` (docs/evaluation.md); without it, nothing
recorded but what is in the soundfonts is learned from.

It needs the program ``fluidsynth``, the soundfonts of the Debian packages ``fluid-soundfont-gm`` and
``musescore-general-soundfont-small``, and ``sonivox.sf2`` of the npm package ``@coderline/alphatab``.
What is there already is not rendered again.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from swara.data.corpora.entry import Entry
from swara.data.corpora.free_notes import SINGERS as RECORDED_SINGERS
from swara.data.corpora.free_notes import free_notes
from swara.data.synth.soundfont import find_soundfont
from swara.raga.errors import SwaraError

from .bank import PLAYED, SINGERS, render
from .notes import KINDS, PROGRAMS, SPEEDS, Notes, recorded, render_program

__all__ = ["main"]

_DRONES = 24
_FONT, _SECOND_FONT, _THIRD_FONT = "fluidr3", "MuseScore_General_Lite.sf3", "sonivox.sf2"
_OTHERWISE = ("cello", "clarinet", "flute")
"""What the second font has other samples of: the levels of the bands of the same notes differ from the first
font's by 5 to 8 dB (median of their RMS over a note); all else of the kinds differs by 1 to 4."""

_LIKE = {"alto flute": "flute"}
"""What is taken for an instrument of another name."""


def main() -> None:
    """Parse the command line, and render."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the sounds are kept: 0.6 GB")
    parser.add_argument("recordings", type=Path, nargs="?", help="folder of instrument_notes and iowa_notes")
    parser.add_argument("--singers", type=int, default=1600)
    parser.add_argument("--families", type=int, default=4000, help="of instruments drawn at random")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    try:
        _render_font(options.folder, _FONT, PROGRAMS, options.seed)
        second = {KINDS[name]: name for name in _OTHERWISE}
        _render_font(options.folder, _SECOND_FONT, second, options.seed)
        third = {program: name for name, program in KINDS.items()}
        _render_font(options.folder, _THIRD_FONT, third, options.seed)
        if options.recordings is not None:
            _hear_recordings(options.folder, options.recordings)
    except (SwaraError, OSError) as error:
        sys.exit(str(error))
    for name, count in {"voices": options.singers, "families": options.families, "drones": _DRONES}.items():
        render(options.folder, name, count, options.seed)


def _render_font(folder: Path, name: str, programs: Mapping[int, str], seed: int) -> None:
    font = find_soundfont(name)
    for number, (program, instrument) in enumerate(programs.items()):
        file = folder / PLAYED / instrument / f"{name}.npz"
        if not file.exists():
            pcm, keys = render_program(program, font, seed)
            if len(keys):
                Notes.of(pcm, keys).write(file)
        sys.stdout.write(f"\r{number + 1} of {len(programs)} programs of {name}")
        sys.stdout.flush()
    sys.stdout.write("\n")


def _hear_recordings(folder: Path, root: Path) -> None:
    def made_of(row: Entry) -> tuple[str, str]:
        return row.source, row.player if row.instrument == "voice" else row.instrument

    for (source, name), rows in groupby(sorted(free_notes(root), key=made_of), made_of):
        sung = source == RECORDED_SINGERS
        place = SINGERS if sung else f"{PLAYED}/{_LIKE.get(name, name)}"
        file = folder / place / f"{name}-{source}.npz"
        if not file.exists():
            recorded(rows, (1.0,) if sung else SPEEDS).write(file)


if __name__ == "__main__":
    main()
