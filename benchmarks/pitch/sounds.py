"""What is sung where nobody was recorded, what is laid under a voice or put around it, and mere noise."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.recordings import Sung, Tanpura
from benchmarks.recordings import tanpuras as real_tanpuras
from swara.classifier.pitch import TRACK_RATE_HZ as RATE_HZ
from swara.data.arrays import FloatArray
from swara.data.clip import Clip, Samples
from swara.data.pitch_track import HOP_S
from swara.data.synth import (
    VOICES,
    Contour,
    Voice,
    bhupali_take,
    mix_at_db,
    pink_noise,
    rms,
    room,
    sing,
    tabla,
    tanpura,
)
from swara.data.synth import room_response as drawn_response

VOICE_SEED = 770_000
"""Far from any seed that a tracker of swara's was trained on."""

UNDER_SEED, NOISE_SEED = 20_260, 31_400
_TAKES_A_VOICE = 3
_TRUTH_HOP_S = HOP_S / 2

_MADE_SAS_HZ = {
    "low male": (62.0, 70.0, 96.0, 106.0, 120.0),
    "mid male": (125.0, 150.0),
    "high male": (160.0, 190.0),
    "low female": (210.0, 250.0),
    "mid female": (240.0, 290.0),
    "high female": (320.0, 360.0, 400.0),
    "child": (340.0, 390.0, 560.0, 680.0, 900.0),
}
"""Sas of the takes that fill the range; a take runs from 0.83 to 2.25 times its Sa."""

_MADE_ROOMS = ((0.3, 6.0), (0.5, 3.0), (0.8, 0.0))
"""Reverberation time in s, and direct over reverberant energy in dB."""

NOISES, NOISE_S, LEVEL_DB = 4, 10.0, -26.0
"""How many, how long, and the RMS of all but the tabla: that of a voice recorded at a fair distance."""

_COUNT = round(NOISE_S * RATE_HZ)
_LOOP_S, _RETUNED = 30.0, (-4, -2, 2, 4)
_SAS_HZ = (130.0, 147.0, 220.0, 277.0)
BELOW_HZ, ABOVE_HZ = (36.0, 40.0, 44.0, 47.0), (1680.0, 1760.0, 1850.0, 1980.0)
"""Tones beyond all singing."""

_TONE_S, _SWAY_CENTS, _SWAY_HZ, _PARTIALS = 5.0, 20.0, 5.0, 8
_STILL_S, _STILL_REST_S, _STILL_SWARAS = 1.5, 0.3, (0, 2, 4, 7, 9, 12)
_EDGE_S = 0.03
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


def tones(middles_hz: Sequence[float]) -> list[Sung]:
    """Return at each pitch a sine and a tone of eight partials, which sway a little: none stands still."""
    times_s = np.arange(round(_TONE_S * RATE_HZ)) / RATE_HZ
    sway = 2.0 ** (_SWAY_CENTS / 1200.0 * np.sin(2 * np.pi * _SWAY_HZ * times_s))
    every = round(_TRUTH_HOP_S * RATE_HZ)
    found = []
    for middle_hz in middles_hz:
        turns = np.cumsum(middle_hz * sway) / RATE_HZ
        for partials in (1, _PARTIALS):
            orders = [k for k in range(1, partials + 1) if 1.1 * k * middle_hz < RATE_HZ / 2]
            sound = sum(np.sin(2 * np.pi * k * turns) / k for k in orders)
            clip = Clip(_level(np.asarray(sound)), RATE_HZ)
            name = f"{middle_hz:.0f} Hz, {len(orders)} partials"
            found.append(Sung(name, clip, times_s[::every], (middle_hz * sway)[::every]))
    return found


def made_straight() -> list[Sung]:
    """Let each voice hold six swaras without any movement, jitter or shimmer, as a machine sings."""
    return [_straight(number, replace(voice, roughness=0.0)) for number, voice in enumerate(VOICES.values())]


def _straight(number: int, voice: Voice) -> Sung:
    sa_hz = 1.5 * voice.range_hz[0]
    held = np.ones(round(_STILL_S / _TRUTH_HOP_S))
    fade = np.linspace(0.1, 1.0, round(_EDGE_S / _TRUTH_HOP_S))
    held[: fade.size], held[-fade.size :] = fade, fade[::-1]
    loudness = np.concatenate([np.zeros(round(_STILL_REST_S / _TRUTH_HOP_S)), held])
    hz = [np.where(loudness > 0, sa_hz * 2.0 ** (semitones / 12), 0.0) for semitones in _STILL_SWARAS]
    loud = np.tile(loudness, len(hz))
    contour = Contour(_TRUTH_HOP_S * np.arange(loud.size), np.concatenate(hz), loud)
    sound = sing(contour, voice, rate_hz=RATE_HZ, rng=np.random.default_rng(VOICE_SEED + 900 + number))
    return Sung(f"{voice.name}, straight", Clip(sound, RATE_HZ), contour.times_s, contour.f0_hz)


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


def nobody(kind: str) -> list[Sung]:
    """Return sounds in which nobody sings: whoever calls a frame of them voiced is wrong.

    Parameters
    ----------
    kind : str
        ``silence`` (digital, and the noise floor of 16 bits), ``white`` noise, ``made-drone``, ``tabla`` or
        ``breath``.
    """
    match kind:
        case "silence":
            dither = np.asarray(_noise(0).integers(-1, 2, _COUNT) / 2.0**15, dtype=np.float32)
            sounds = [np.zeros(_COUNT, np.float32), dither]
        case "white":
            sounds = [_level(_noise(k).standard_normal(_COUNT)) for k in range(NOISES)]
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


def tanpura_alone(kind: str, root: Path) -> list[Sung]:
    """Return recorded tanpuras, each under its name, and on its own Sa unless retuned.

    Parameters
    ----------
    kind : str
        ``drone`` (over and over, from anywhere in the cycle on), ``cycles`` (once, as recorded), ``loops``
        (the electronic ones over and over, seam and all) or ``retuned`` (each over and over, on four Sas).
    root : Path
        The evaluation recordings.
    """
    found = real_tanpuras(root)
    match kind:
        case "drone":
            played = [(t.name, t.play(_COUNT, t.sa_hz, _noise(k))) for k, t in enumerate(found)]
        case "cycles":
            played = [(t.name, t.samples) for t in found]
        case "loops":
            count = round(_LOOP_S * RATE_HZ)
            played = [(t.name, np.resize(t.samples, count)) for t in found if t.name.startswith("el")]
        case "retuned":
            ratios = [2.0 ** (semitones / 12) for semitones in _RETUNED]
            cycles = [(t.name, t.tuned(ratio * t.sa_hz)) for t in found for ratio in ratios]
            played = [(name, np.resize(cycle, _COUNT)) for name, cycle in cycles]
        case _:
            raise ValueError(f"there is no {kind}")
    return [Sung.unsung(name, _level(samples)) for name, samples in played]


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
