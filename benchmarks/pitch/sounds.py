"""What is sung where nobody was recorded, what is laid under a voice or put around it, and mere noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.recordings import Sung, Tanpura
from benchmarks.recordings import tanpuras as real_tanpuras
from benchmarks.world import resynthesise
from swara.classifier.pitch import TRACK_RATE_HZ as RATE_HZ
from swara.data.arrays import FloatArray
from swara.data.clip import Clip, Samples
from swara.data.pitch_track import HOP_S
from swara.data.synth import VOICES, Voice, bhupali_take, mix_at_db, pink_noise, rms, room, tabla, tanpura
from swara.data.synth import room_response as drawn_response

VOICE_SEED = 770_000
"""Far from any seed that a tracker of swara's was trained on."""

UNDER_SEED, NOISE_SEED = 20_260, 31_400
_TAKES_A_VOICE = 3
_TRUTH_HOP_S = HOP_S / 2

MEDIANS_HZ = (85.0, 105.0, 135.0, 180.0, 245.0, 340.0, 470.0, 620.0, 780.0)
"""Where the middle of a moved clip comes to lie; each clip is moved to `PLACES` of these."""

PLACES = 2
_TRACT, _TRACT_LIMITS = 1 / 3, (0.8, 1.25)
"""A voice this ratio to the power of `_TRACT` higher has so much the shorter a tract, within limits."""

_MADE_SAS_HZ = {
    "low male": (96.0, 106.0, 120.0),
    "mid male": (125.0, 150.0),
    "high male": (160.0, 190.0),
    "low female": (210.0, 250.0),
    "mid female": (240.0, 290.0),
    "high female": (320.0, 360.0, 400.0),
    "child": (340.0, 390.0),
}
"""Sas of the takes that fill the range; a take runs from 0.83 to 2.25 times its Sa."""

_MADE_ROOMS = ((0.3, 6.0), (0.5, 3.0), (0.8, 0.0))
"""Reverberation time in s, and direct over reverberant energy in dB."""

NOISES, NOISE_S, LEVEL_DB = 4, 10.0, -26.0
"""How many, how long, and the RMS of all but the tabla: that of a voice recorded at a fair distance."""

_COUNT = round(NOISE_S * RATE_HZ)
_SAS_HZ = (130.0, 147.0, 220.0, 277.0)
_BEAT_S, _BREATH_S, _PAUSE_S = (0.18, 0.42), (0.5, 1.6), (0.2, 0.9)
_MOUTH_HZ = ((550.0, 250.0), (1500.0, 400.0), (2600.0, 600.0), (4200.0, 1200.0))
"""Centre and width of what a mouth makes of breath."""


def made_voices() -> list[Sung]:
    """Sing three takes with each of the seven voices."""
    voices = [voice for _ in range(_TAKES_A_VOICE) for voice in VOICES.values()]
    return [made_voice(number, voice) for number, voice in enumerate(voices)]


def made_voice(number: int, voice: Voice, sa_hz: float | None = None) -> Sung:
    """Sing one take of Bhupali, on a Sa that suits the voice unless one is given, with its exact f0."""
    take = bhupali_take(VOICE_SEED + number, voice=voice, sa_hz=sa_hz, tanpura_db=None, rate_hz=RATE_HZ)
    contour = take.contour
    every = max(1, round(_TRUTH_HOP_S / contour.hop_s))
    inside = contour.times_s <= take.clip.duration_s
    times_s, hz = contour.times_s[inside][::every], contour.f0_hz[inside][::every]
    return Sung(f"{voice.name} {number}", take.clip, times_s, np.asarray(hz), take.sa_hz)


def made_range() -> list[Sung]:
    """Sing takes whose Sas climb through the range."""
    numbered = enumerate((VOICES[voice], sa_hz) for voice, sas_hz in _MADE_SAS_HZ.items() for sa_hz in sas_hz)
    return [made_voice(500 + number, voice, sa_hz) for number, (voice, sa_hz) in numbered]


def singing(length_s: int, first: int) -> Samples:
    """Return takes by six voices, numbered from `first`, one after another, over and over: to be timed on."""
    voices = list(VOICES.values())[:6]
    sung = [made_voice(first + k, voice).clip.samples for k, voice in enumerate(voices)]
    return np.resize(np.concatenate(sung), length_s * RATE_HZ)


def moved(sung: Sequence[Sung]) -> list[Sung]:
    """Synthesize each clip again at two other pitches; none where pyworld is not installed."""
    try:
        import pyworld  # noqa: F401
    except ImportError:
        return []
    step = len(MEDIANS_HZ) // PLACES
    places = [(one, k + step * place) for k, one in enumerate(sung) for place in range(PLACES)]
    return [_moved(one, MEDIANS_HZ[place % len(MEDIANS_HZ)]) for one, place in places]


def _moved(sung: Sung, median_hz: float) -> Sung:
    samples = sung.clip.samples
    ratio = median_hz / float(np.median(sung.hz[sung.hz > 0]))
    tract = float(np.clip(ratio**_TRACT, *_TRACT_LIMITS))
    period_ms = 1000.0 * float(np.median(np.diff(sung.times_s)))
    made = resynthesise(samples, sung.hz, sung.times_s, ratio, tract, period_ms)
    sound = np.resize(made, samples.size)
    sound *= np.abs(samples).max() / np.abs(sound).max()
    name, clip = f"{sung.name} at {median_hz:.0f} Hz", Clip(sound.astype(np.float32), RATE_HZ)
    return replace(sung, name=name, clip=clip, hz=ratio * sung.hz, sa_hz=0.0)


def over_tanpura(
    sung: Sequence[Sung], drones: Sequence[Tanpura], level_db: float, rooms: Sequence[FloatArray] = ()
) -> list[Sung]:
    """Lay a tanpura on each singer's Sa under the voice, all tanpuras in turn, in an order drawn once.

    Where there are rooms, the voice is already in them (`in_room`) and the tanpura is put in the same one;
    the level is that of the two as they are heard there.
    """
    order = np.random.default_rng(UNDER_SEED).permutation(len(drones))

    def drone(number: int, one: Sung) -> Samples:
        return drones[int(order[number % order.size])].play(one.clip.samples.size, one.sa_hz, _under(number))

    return _over(sung, drone, level_db, rooms)


def over_made_tanpura(sung: Sequence[Sung], level_db: float, rooms: Sequence[FloatArray] = ()) -> list[Sung]:
    """Lay a synthesized tanpura under each voice, as `over_tanpura` does a recorded one."""

    def drone(number: int, one: Sung) -> Samples:
        return tanpura(one.clip.duration_s, one.sa_hz, rate_hz=RATE_HZ, rng=_under(number))

    return _over(sung, drone, level_db, rooms)


def over_noise(sung: Sequence[Sung], level_db: float) -> list[Sung]:
    """Lay pink noise under each voice."""
    return _over(sung, lambda number, one: pink_noise(one.clip.samples.size, _under(number)), level_db)


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
        mixed.append(one.sounding(mix_at_db(one.clip.samples, under, level_db, one.voiced_samples)))
    return mixed


def made_rooms() -> list[FloatArray]:
    """Draw a few plain rooms."""
    return [
        drawn_response(t60_s, direct_db, rate_hz=RATE_HZ, rng=_under(number))
        for number, (t60_s, direct_db) in enumerate(_MADE_ROOMS)
    ]


def in_room(sung: Sequence[Sung], responses: Sequence[FloatArray]) -> list[Sung]:
    """Put each sound in a room, all rooms in turn; its peak stays what it was."""
    wet = []
    for number, one in enumerate(sung):
        sound = room(one.clip.samples, responses[number % len(responses)])
        gain = np.abs(one.clip.samples).max() / np.abs(sound).max()
        wet.append(one.sounding(np.asarray(gain * sound, dtype=np.float32)))
    return wet


def nobody(kind: str, root: Path | None = None) -> list[Sung]:
    """Return sounds in which nobody sings: whoever calls a frame of them voiced is wrong.

    Parameters
    ----------
    kind : str
        ``silence`` (digital, and the noise floor of 16 bits), ``white`` noise, ``drone`` (every recorded
        tanpura on its own Sa), ``made-drone``, ``tabla`` or ``breath``.
    root : Path, optional
        The evaluation recordings, for ``drone``.
    """
    match kind:
        case "silence":
            dither = np.asarray(_noise(0).integers(-1, 2, _COUNT) / 2.0**15, dtype=np.float32)
            sounds = [np.zeros(_COUNT, np.float32), dither]
        case "white":
            sounds = [_level(_noise(k).standard_normal(_COUNT)) for k in range(NOISES)]
        case "drone" if root is not None:
            found = enumerate(real_tanpuras(root))
            sounds = [_level(each.play(_COUNT, each.sa_hz, _noise(k))) for k, each in found]
        case "made-drone":
            tuned = enumerate(_SAS_HZ)
            sounds = [_level(tanpura(NOISE_S, sa_hz, rate_hz=RATE_HZ, rng=_noise(k))) for k, sa_hz in tuned]
        case "tabla":
            sounds = [_tabla(sa_hz, _noise(k)) for k, sa_hz in enumerate(_SAS_HZ)]
        case "breath":
            sounds = [_level(_breath(_noise(k))) for k in range(NOISES)]
        case _:
            raise ValueError(f"there is no {kind}")
    return [Sung.unsung(f"{kind} {k}", sound) for k, sound in enumerate(sounds)]


def _tabla(sa_hz: float, rng: np.random.Generator) -> Samples:
    """Return a tabla tuned to a Sa, its strokes drawn at random."""
    sound = np.zeros(2 * _COUNT, np.float32)
    start_s = 0.1
    while start_s < NOISE_S:
        for stroke in rng.choice(["na", "tin", "ge"], size=rng.integers(1, 3), replace=False):
            pitch_hz = 0.4 * sa_hz if stroke == "ge" else sa_hz
            one = tabla(stroke, pitch_hz, rate_hz=RATE_HZ, rng=rng)
            start = round(start_s * RATE_HZ)
            sound[start : start + one.size] += np.float32(rng.uniform(0.3, 1.0)) * one
        start_s += rng.uniform(*_BEAT_S)
    sound = sound[:_COUNT]
    return np.asarray(0.5 * sound / np.abs(sound).max(), dtype=np.float32)


def _breath(rng: np.random.Generator) -> FloatArray:
    """Return pink noise through a mouth, swelling and fading."""
    spectrum = np.fft.rfft(pink_noise(_COUNT, rng))
    freq_hz = np.fft.rfftfreq(_COUNT, 1.0 / RATE_HZ)
    mouth = sum(np.exp(-0.5 * ((freq_hz - at) / width) ** 2) for at, width in _MOUTH_HZ)
    noise = np.fft.irfft(spectrum * (0.05 + mouth), _COUNT)
    swell = np.zeros(_COUNT)
    start_s = rng.uniform(*_PAUSE_S)
    while start_s < NOISE_S:
        length_s = rng.uniform(*_BREATH_S)
        part = slice(round(start_s * RATE_HZ), min(_COUNT, round((start_s + length_s) * RATE_HZ)))
        swell[part] = np.sin(np.linspace(0.0, np.pi, part.stop - part.start))
        start_s += length_s + rng.uniform(*_PAUSE_S)
    return noise * swell


def _level(samples: FloatArray | Samples) -> Samples:
    sound = np.asarray(samples, dtype=np.float32)
    return np.asarray(sound * (10.0 ** (LEVEL_DB / 20.0) / rms(sound)), dtype=np.float32)


def _under(number: int) -> np.random.Generator:
    return np.random.default_rng([UNDER_SEED, number])


def _noise(number: int) -> np.random.Generator:
    return np.random.default_rng([NOISE_SEED, number])
