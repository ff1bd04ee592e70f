"""Notes on the instruments of a soundfont, played by the ``fluidsynth`` program."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from swara.data.audio.decode import load_clip
from swara.data.clip import Samples
from swara.data.errors import AudioError, MissingPackage

from .midi import MidiNote, midi_file

__all__ = ["ENVIRONMENT", "FONTS", "Font", "find_soundfont", "fluidsynth", "render_notes"]

ENVIRONMENT = "SWARA_SOUNDFONTS"
"""Folders to look for soundfonts in before the usual ones, separated as in PATH."""

FOLDERS = ("/usr/share/sounds/sf2", "/usr/share/sounds/sf3", "/usr/share/soundfonts")
TAIL_S = 1.0
"""What is played after the last note has ended, for its release."""

_PLAYED_HZ = 44_100
_GAIN = 0.5
_LIMIT_S = 1800.0


@dataclass(frozen=True, slots=True)
class Font:
    """A soundfont: what its file may be called, and the Debian package that has it."""

    files: tuple[str, ...]
    package: str


FONTS: Mapping[str, Font] = MappingProxyType(
    {
        "fluidr3": Font(("FluidR3_GM.sf2",), "fluid-soundfont-gm"),
        "timgm6mb": Font(("TimGM6mb.sf2",), "timgm6mb-soundfont"),
        "musescore-general": Font(
            ("MuseScore_General.sf3", "MuseScore_General.sf2"), "musescore-general-soundfont"
        ),
    }
)
"""MuseScore General descends from FluidR3: a model trained on the one has heard much of the other."""


def find_soundfont(name: str) -> Path:
    """Return the file of a soundfont.

    Parameters
    ----------
    name : str
        A key of `FONTS`, or the name of a file.

    Raises
    ------
    MissingPackage
        If none of the folders has it.
    """
    font = FONTS.get(name.lower(), Font((name,), ""))
    folders = list(_folders())
    for file in font.files:
        for folder in folders:
            if (folder / file).is_file():
                return folder / file
    package = f"Install the Debian package {font.package}, or set" if font.package else "Set"
    raise MissingPackage(
        f"there is no soundfont {font.files[0]} in {', '.join(map(str, folders))}",
        fix=f"{package} {ENVIRONMENT} to the folder that it lies in",
    )


def fluidsynth() -> str:
    """Return the path of the program.

    Raises
    ------
    MissingPackage
        If it is not installed.
    """
    found = shutil.which("fluidsynth")
    if found is None:
        raise MissingPackage(
            "the program fluidsynth, which plays soundfonts, is not on the PATH",
            fix="Install the package fluidsynth (apt install fluidsynth, brew install fluid-synth)",
        )
    return found


def render_notes(font: Path, notes: Sequence[MidiNote], rate_hz: int) -> Samples:
    """Play notes without reverb or chorus.

    Played at 44.1 kHz and resampled, since fluidsynth at a low rate would fold what lies above half of it.
    The same font, notes and version of fluidsynth give the same samples.

    Parameters
    ----------
    font : Path
        From `find_soundfont`.
    notes : sequence of MidiNote
        At least one. No more than 15 may sound at once.
    rate_hz : int
        Sample rate of the result.

    Returns
    -------
    float32 array, shape [n]
        From 0 s to `TAIL_S` after the end of the last note. Loud chords may go beyond [-1, 1].

    Raises
    ------
    MissingPackage
        If fluidsynth is not installed.
    AudioError
        If fluidsynth cannot play that font.
    ValueError
        If there are no notes.
    """
    program = fluidsynth()
    length_s = max((note.end_s for note in notes), default=0.0) + TAIL_S
    content = midi_file(notes, length_s)
    with tempfile.TemporaryDirectory(prefix="swara-soundfont-") as folder:
        score, sound = Path(folder) / "notes.mid", Path(folder) / "notes.wav"
        score.write_bytes(content)
        _play(program, font, score, sound)
        samples = load_clip(sound, rate_hz=rate_hz, max_duration_s=None).samples
    count = round(length_s * rate_hz)
    return np.pad(samples[:count], (0, max(0, count - samples.size)))


def _play(program: str, font: Path, score: Path, sound: Path) -> None:
    quiet = ("--no-shell", "--no-midi-in", "--quiet")
    # A default font would be played in place of one that does not load.
    alone = ("-o", "synth.default-soundfont=")
    dry = ("--reverb=0", "--chorus=0", f"--gain={_GAIN}")
    written = ("--audio-file-format=float", "--audio-file-type=wav", f"--sample-rate={_PLAYED_HZ}")
    command = [program, *quiet, *alone, *dry, *written, f"--fast-render={sound}", str(font), str(score)]
    try:
        done = subprocess.run(  # noqa: S603 - no shell, and the program is the one on the PATH
            command, capture_output=True, text=True, errors="replace", timeout=_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _unplayable(font, str(error)) from error
    # It ends with 0 and plays silence when it could not load the font, but says so.
    said = [line for line in done.stderr.splitlines() if "error:" in line.lower()]
    if done.returncode or said or not sound.is_file():
        raise _unplayable(font, said[0] if said else f"it ended with {done.returncode}")


def _unplayable(font: Path, why: str) -> AudioError:
    return AudioError(
        f"fluidsynth could not play {font}: {why}", fix="Check that it is a whole soundfont (.sf2 or .sf3)"
    )


def _folders() -> Iterator[Path]:
    named = os.environ.get(ENVIRONMENT, "")
    yield from (Path(folder) for folder in named.split(os.pathsep) if folder)
    yield from map(Path, FOLDERS)
