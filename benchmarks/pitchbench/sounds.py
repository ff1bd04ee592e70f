"""What is laid under a voice or put around it: tanpuras, pink noise, rooms."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.audio.decode import load_clip
from swara.data.clip import Samples
from swara.data.synth import mix_at_db, pink_noise, room, room_response, tanpura

from .material import RATE_HZ, Sung

__all__ = [
    "Tanpura",
    "in_room",
    "made_rooms",
    "over_made_tanpura",
    "over_noise",
    "over_tanpura",
    "real_rooms",
    "real_tanpuras",
]

SEED = 20_260
_DIRECT = 0.5
"""The direct sound is the first sample of a room's response that reaches this share of its peak."""

_MADE_ROOMS = ((0.3, 6.0), (0.5, 3.0), (0.8, 0.0))
"""Reverberation time in s, and direct over reverberant energy in dB."""


@dataclass(frozen=True, slots=True, eq=False)
class Tanpura:
    """One recorded cycle of a tanpura.

    Parameters
    ----------
    name : str
    samples : float32 array, shape [n]
        At `RATE_HZ`.
    sa_hz : float
    """

    name: str
    samples: Samples
    sa_hz: float

    def tuned(self, sa_hz: float) -> Samples:
        """Resample the cycle so that its Sa is a singer's."""
        import soxr

        tuned = soxr.resample(self.samples, RATE_HZ * sa_hz / self.sa_hz, RATE_HZ, quality="VHQ")
        return np.asarray(tuned, dtype=np.float32)

    def play(self, count: int, sa_hz: float, rng: np.random.Generator) -> Samples:
        """Return `count` samples of the cycle on `sa_hz`, over and over, from a random place in it."""
        cycle = self.tuned(sa_hz)
        looped: Samples = np.resize(np.roll(cycle, -int(rng.integers(cycle.size))), count)
        return looped


def real_tanpuras(root: Path) -> list[Tanpura]:
    """Load every tanpura of the folder, in the order of their names."""
    folder = root / "tanpura"
    described = json.loads((folder / "tanpuraInfo.json").read_text(encoding="utf-8"))
    sa_hz = {sound["fileName"]: float(sound["sa"]) for sound in described["soundsLib"]}
    paths = sorted(folder.glob("*.mp3"))
    return [Tanpura(path.stem, load_clip(path).samples, sa_hz[path.name]) for path in paths]


def over_tanpura(
    sung: Sequence[Sung],
    tanpuras: Sequence[Tanpura],
    level_db: float,
    rooms: Sequence[FloatArray] = (),
) -> list[Sung]:
    """Lay a tanpura on each singer's Sa under the voice, all tanpuras in turn, in an order drawn once.

    Where there are rooms, the voice is already in them (`in_room`) and the tanpura is put in the same one;
    the level is that of the two as they are heard there.
    """
    order = np.random.default_rng(SEED).permutation(len(tanpuras))

    def drone(number: int, one: Sung) -> Samples:
        return tanpuras[int(order[number % order.size])].play(one.samples.size, one.sa_hz, _rng(number))

    return _over(sung, drone, level_db, rooms)


def over_made_tanpura(sung: Sequence[Sung], level_db: float, rooms: Sequence[FloatArray] = ()) -> list[Sung]:
    """Lay a synthesized tanpura under each voice, as `over_tanpura` does a recorded one."""

    def drone(number: int, one: Sung) -> Samples:
        return tanpura(one.duration_s, one.sa_hz, rate_hz=RATE_HZ, rng=_rng(number))

    return _over(sung, drone, level_db, rooms)


def _over(
    sung: Sequence[Sung],
    other: Callable[[int, Sung], Samples],
    level_db: float,
    rooms: Sequence[FloatArray] = (),
) -> list[Sung]:
    """Lay another sound under each voice, `level_db` below the RMS of the voice where it sings."""
    mixed = []
    for number, one in enumerate(sung):
        under = other(number, one)
        if rooms:
            under = room(under, rooms[number % len(rooms)])
        mixed.append(one.sounding(mix_at_db(one.samples, under, level_db, one.voiced_samples)))
    return mixed


def over_noise(sung: Sequence[Sung], level_db: float) -> list[Sung]:
    """Lay pink noise under each voice."""
    return _over(sung, lambda number, one: pink_noise(one.samples.size, _rng(number)), level_db)


def real_rooms(root: Path) -> list[FloatArray]:
    """Load the room responses, each from its direct sound on, which keeps the truth's times true."""
    import soundfile
    import soxr

    responses = []
    for path in sorted((root / "noise_and_rooms" / "ir").glob("*.wav")):
        sound, rate_hz = soundfile.read(path, always_2d=True)
        response = soxr.resample(sound[:, 0], rate_hz, RATE_HZ)
        loud = np.abs(response) >= _DIRECT * np.abs(response).max()
        responses.append(response[int(np.argmax(loud)) :])
    return responses


def made_rooms() -> list[FloatArray]:
    """Draw a few plain rooms."""
    return [
        room_response(t60_s, direct_db, rate_hz=RATE_HZ, rng=_rng(number))
        for number, (t60_s, direct_db) in enumerate(_MADE_ROOMS)
    ]


def in_room(sung: Sequence[Sung], responses: Sequence[FloatArray]) -> list[Sung]:
    """Put each sound in a room, all rooms in turn; its peak stays what it was."""
    wet = []
    for number, one in enumerate(sung):
        sound = room(one.samples, responses[number % len(responses)])
        gain = np.abs(one.samples).max() / np.abs(sound).max()
        wet.append(one.sounding(np.asarray(gain * sound, dtype=np.float32)))
    return wet


def _rng(number: int) -> np.random.Generator:
    return np.random.default_rng([SEED, number])
