"""The single notes of a soundfont, by ``fluidsynth``."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from data.clip import Samples

from .midi import midi_file

__all__ = ["HELD_S", "PROGRAMS", "SLOT_S", "NoteBank", "render_notes", "render_program"]

Pcm: TypeAlias = npt.NDArray[np.int16]

PROGRAMS = 120
"""Programs from 120 on are sound effects."""

HELD_S, SLOT_S = 1.3, 1.75
"""How long a key is held, and what is kept of its sound from the key on."""

_RATE_HZ, _RENDER_HZ = 16_000, 48_000
_SLOT = round(SLOT_S * _RATE_HZ)
_KEYS = range(33, 100)
_VELOCITIES = (30, 127)
_NOTES = 80
_AUDIBLE = 33  # of 32768: a note whose peak is lower is taken for none


@dataclass(frozen=True, slots=True, eq=False)
class NoteBank:
    """The single notes of a soundfont's programs.

    Parameters
    ----------
    sounds : mapping of int to int16 array, shape [notes, samples]
        By program; 16 kHz, from the moment that the key goes down.
    keys : mapping of int to int64 array, shape [notes]
        MIDI keys, 60 is C4.
    """

    sounds: dict[int, Pcm]
    keys: dict[int, npt.NDArray[np.int64]]

    @classmethod
    def load(cls, folder: Path) -> NoteBank:
        """Open what was rendered into `folder`; sounds stay on disk until they are read.

        Raises
        ------
        SystemExit
            If nothing was rendered there.
        """
        sounds, keys = {}, {}
        for path in sorted(folder.glob("program-*.npy")):
            program = int(path.stem.split("-")[1])
            sounds[program] = np.load(path, mmap_mode="r")
            keys[program] = np.load(path.with_name(f"keys-{program:03d}.npy"))
        if not sounds:
            raise SystemExit(
                f"{folder} holds no rendered notes: run python -m embedder.training.render {folder}"
            )
        return cls(sounds, keys)


def render_program(program: int, soundfont: Path, seed: int) -> tuple[Pcm, npt.NDArray[np.int64]]:
    """Render keys all over the range at random velocities; leave out those that make no sound."""
    rng = np.random.default_rng((seed, program))
    keys = np.sort(rng.permutation(np.resize(np.array(_KEYS), _NOTES)))
    velocities = rng.integers(_VELOCITIES[0], _VELOCITIES[1] + 1, keys.size)
    notes = list(zip(keys.tolist(), velocities.tolist(), strict=True))
    sounds = np.stack(list(render_notes(program, notes, soundfont)))
    peaks = np.abs(sounds).max(axis=1)
    loud = peaks > _AUDIBLE / 32768
    pcm = np.round(sounds[loud] / np.maximum(1.0, peaks[loud, None]) * 32767.0).astype(np.int16)
    return pcm, keys[loud].astype(np.int64)


def render_notes(program: int, notes: Sequence[tuple[int, int]], soundfont: Path) -> Iterator[Samples]:
    """Yield the sound of every note, float32 of shape [SLOT_S at 16 kHz], without reverberation.

    Raises
    ------
    SystemExit
        If ``fluidsynth`` or the soundfont is not there, or the rendering fails.
    """
    from soundfile import read
    from soxr import resample

    if not soundfont.is_file():
        raise SystemExit(f"there is no soundfont {soundfont}: install fluid-soundfont-gm, or name another")
    with tempfile.TemporaryDirectory() as folder:
        score, wave = Path(folder) / "notes.mid", Path(folder) / "notes.wav"
        score.write_bytes(midi_file(program, notes, held_s=HELD_S, every_s=SLOT_S))
        _fluidsynth(str(soundfont), str(score), "-F", str(wave))
        stereo, _ = read(wave, dtype="float32", always_2d=True)
    sound = resample(stereo.mean(axis=1), _RENDER_HZ, _RATE_HZ)
    sound = np.pad(sound, (0, max(0, len(notes) * _SLOT - sound.size)))
    for number in range(len(notes)):
        yield sound[number * _SLOT : (number + 1) * _SLOT].astype(np.float32)


def _fluidsynth(soundfont: str, score: str, *more: str) -> None:
    dry = ("-o", "synth.reverb.active=0", "-o", "synth.chorus.active=0", "-g", "0.6")
    command = ["fluidsynth", "-ni", "-q", *dry, "-r", str(_RENDER_HZ), *more, soundfont, score]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError as error:
        raise SystemExit("fluidsynth is not installed: install the Debian package fluidsynth") from error
    if done.returncode:
        raise SystemExit(f"fluidsynth failed: {done.stderr.strip() or done.stdout.strip()}")
