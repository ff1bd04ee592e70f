"""The single notes of a soundfont, by ``fluidsynth``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from swara.data.synth.midi import MidiNote
from swara.data.synth.soundfont import render_notes
from swara.embedder.builtin.features import RATE_HZ

__all__ = ["HELD_S", "PROGRAMS", "SLOT_S", "NoteBank", "render_program"]

Pcm: TypeAlias = npt.NDArray[np.int16]

PROGRAMS = 120
"""Programs from 120 on are sound effects."""

HELD_S, SLOT_S = 1.3, 1.75
"""How long a key is held, and what is kept of its sound from the key on."""

_SLOT = round(SLOT_S * RATE_HZ)
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
                f"{folder} holds no rendered notes: run python -m swara.embedder.training.render {folder}"
            )
        return cls(sounds, keys)


def render_program(program: int, font: Path, seed: int) -> tuple[Pcm, npt.NDArray[np.int64]]:
    """Render keys all over the range at random velocities; leave out those that make no sound.

    Raises
    ------
    MissingPackage
        If fluidsynth is not installed.
    AudioError
        If it cannot play that font.
    """
    rng = np.random.default_rng((seed, program))
    keys = np.sort(rng.permutation(np.resize(np.array(_KEYS), _NOTES)))
    velocities = rng.integers(_VELOCITIES[0], _VELOCITIES[1] + 1, keys.size)
    notes = [
        MidiNote(program, int(key), SLOT_S * slot, HELD_S, int(velocity))
        for slot, (key, velocity) in enumerate(zip(keys, velocities, strict=True))
    ]
    sounds = render_notes(font, notes, RATE_HZ)[: _SLOT * keys.size].reshape(-1, _SLOT)
    peaks = np.abs(sounds).max(axis=1)
    loud = peaks > _AUDIBLE / 32768
    pcm = np.round(sounds[loud] / np.maximum(1.0, peaks[loud, None]) * 32767.0).astype(np.int16)
    return pcm, keys[loud].astype(np.int64)
