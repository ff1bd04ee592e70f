"""Scenes for the pitch head, made on the fly: a voice of known pitch amid all that a singer has around.

No recording is used. What is drawn, and how often, is set here; how it sounds, in the modules beside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from swara.data.arrays import BoolArray, FloatArray
from swara.data.clip import Samples
from swara.data.synth.curves import wander
from swara.data.synth.noise import rms

from .draw_drone import DronePool, reed_drone, still_drone
from .draw_line import STEP_S, Line, render_line
from .draw_noise import clicks, coloured_noise, hum, instrument_play, shadow, tabla_play
from .draw_notes import draw_events, draw_register, flattened
from .draw_recording import automatic_gain, coded, draw_room, filtered, narrow_band, record
from .draw_voice import draw_timbre, sing_line, synthesize_line, whisper_line

__all__ = ["LABELLED_HZ", "SCENE_RATE_HZ", "Scene", "SceneMaker"]

SCENE_RATE_HZ = 16_000
"""Samples per second of every scene."""

LABELLED_HZ = (46.0, 1700.0)
"""A voice beyond is labelled as none; a little wider than what is told, so that an edge is no edge there."""

_FRAME = 160
_NEGATIVE_SHARE, _TONE_SHARE, _NARROW_SHARE = 0.22, 0.03, 0.08
_NEGATIVES = ("silence", "noise", "drone", "tabla", "whisper", "hum", "clicks", "instrument")
_NEGATIVE_SHARES = (0.04, 0.08, 0.6, 0.08, 0.06, 0.07, 0.04, 0.03)
_MACHINES = ("tuned", "plain", "synthesizer")
_MACHINE_SHARE = 0.18  # of the voices: tuned or made by one, their pitch has no life


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A stretch of sound and its pitch.

    Parameters
    ----------
    samples : float32 array, shape [n]
        What a microphone hears, 16 kHz, within -1 to 1.
    f0_hz : float64 array, shape [1 + n // 160]
        The voice's fundamental every 10 ms, frame i at sample ``160 * i``; 0 where no voice sounds.
    """

    samples: Samples
    f0_hz: FloatArray


class SceneMaker:
    """Draws scenes, one after the other; the same seed gives the same scenes.

    Parameters
    ----------
    seed : int
        What all that is random is drawn from: the same seed, the same result.
    duration_s : float
        Length of every scene, a whole number of frames of 10 ms.
    drones : int
        How many tanpuras are rendered in all, as they are drawn: 0.8 MB and half a second each.

    Raises
    ------
    ValueError
        If the length is not positive and whole.
    """

    def __init__(self, seed: int, duration_s: float = 4.0, drones: int = 200) -> None:
        count = round(duration_s * SCENE_RATE_HZ)
        if count < _FRAME or count % _FRAME or drones < 1:
            raise ValueError(f"a scene lasts a whole number of 10 ms frames, not {duration_s} s")
        self._rng = np.random.default_rng(seed)
        self._count = count
        self._duration_s = count / SCENE_RATE_HZ
        self._pool = DronePool(drones)

    def draw(self) -> Scene:
        """Draw the next scene."""
        kind = self._rng.random()
        if kind < _NEGATIVE_SHARE:
            scene = Scene(self._negative(), np.zeros(1 + self._count // _FRAME))
        elif kind < _NEGATIVE_SHARE + _TONE_SHARE:
            scene = self.draw_tone()
        else:
            scene = self.draw_sung(machine=bool(self._rng.random() < _MACHINE_SHARE))
        if self._rng.random() < _NARROW_SHARE:
            return replace(scene, samples=narrow_band(scene.samples, self._rng))
        return scene

    def draw_drone(self) -> Scene:
        """Draw a drone alone, as it is heard in a room and through a microphone."""
        sa_hz = float(np.exp(self._rng.uniform(np.log(90.0), np.log(420.0))))
        drone = _at_db(self._drone(sa_hz), 0.0) + self._background()
        return Scene(record(drone, self._rng, lowest_db=-65.0), np.zeros(1 + self._count // _FRAME))

    def draw_sung(self, *, machine: bool) -> Scene:
        """Draw a scene with a voice, a singer's or one whose pitch has no life."""
        rng = self._rng
        middle_hz, sa_hz = draw_register(rng)
        events = draw_events(middle_hz, sa_hz, self._duration_s, rng)
        if machine:
            events = flattened(events, rng)
        kind = rng.choice(_MACHINES) if machine else ""
        drifts = not machine or (kind == "synthesizer" and rng.random() < 0.5)
        line = render_line(events, sa_hz, self._duration_s, rng, drifts=drifts)
        sing = synthesize_line if kind == "synthesizer" else sing_line
        voice = sing(line, draw_timbre(middle_hz, rng, plain=kind == "plain"), rng)
        response = draw_room(rng) if rng.random() < (0.3 if kind == "synthesizer" else 0.6) else None
        voice = filtered(voice, rng, response, strength=float(rng.random() < 0.7))
        loud = rms(voice[np.abs(voice) > 0.03 * np.abs(voice).max()])
        voice /= np.float32(max(loud, 1e-9))
        steady, passing = self._accompaniment(sa_hz), self._events(line, sa_hz)
        if kind == "synthesizer":  # a target that is heard: little else sounds
            steady *= np.float32(rng.choice([0.0, 0.1, 1.0]))
            passing *= np.float32(rng.random() < 0.3)
        if rng.random() > (0.5 if kind == "synthesizer" else 0.08):
            steady += self._background()
        every = round(0.01 / STEP_S)
        f0_hz = line.f0_hz[::every]
        inside = (f0_hz >= LABELLED_HZ[0]) & (f0_hz <= LABELLED_HZ[1])
        heard = line.voiced[::every] & inside & _audible(voice, steady)
        sound = voice + steady + passing
        if rng.random() < 0.1:
            sound = automatic_gain(sound, line.loudness, rng)
        if rng.random() < 0.3:
            sound = filtered(sound, rng, draw_room(rng) if rng.random() < 0.3 else None, 1.0)
        if rng.random() < 0.06:
            sound = coded(sound, rng)
        return Scene(record(sound, rng), np.where(heard, f0_hz, 0.0))

    def draw_tone(self) -> Scene:
        """Draw a plain tone that a machine could have made: few partials, still or swaying, next to no noise.

        No voice sounds like it, but whoever tries a tuner or a synthesizer expects the right pitch.
        """
        rng, count = self._rng, self._count
        times_s = np.arange(count) / SCENE_RATE_HZ
        middle_hz = float(np.exp(rng.uniform(np.log(50.0), np.log(1500.0))))
        sway = np.sin(2.0 * np.pi * rng.uniform(0.2, 6.0) * times_s + rng.uniform(0.0, 6.0))
        cents = rng.choice([0.0, 5.0, 60.0]) * sway + rng.choice([0.0, 100.0]) * times_s
        f0_hz = np.minimum(middle_hz * 2.0 ** (cents / 1200.0), 1700.0)
        phase = 2.0 * np.pi * np.cumsum(f0_hz) / SCENE_RATE_HZ
        partials = range(1, 1 + min(int(rng.integers(1, 9)), int(7600.0 / f0_hz.max())))
        tilt = rng.uniform(0.0, 2.0)
        tone = sum(np.sin(k * phase + rng.uniform(0.0, 6.0)) / k**tilt for k in partials)
        start_s, end_s = 0.0, self._duration_s + 1.0
        if rng.random() < 0.5:
            start_s, end_s = sorted(rng.uniform(0.0, self._duration_s, 2))
            end_s = max(end_s, start_s + 0.2)
        fade = np.clip(np.minimum(times_s - start_s, end_s - times_s) / 0.05, 0.0, 1.0)
        noise = 10.0 ** (-rng.uniform(2.0, 5.0)) * rng.standard_normal(count)
        sound = 10.0 ** -rng.uniform(0.3, 1.5) * (fade * tone / np.abs(tone).max() + noise)
        sounding = np.append(fade, fade[-1])[::_FRAME] > 0.5
        return Scene(sound.astype(np.float32), np.where(sounding, np.append(f0_hz, f0_hz[-1])[::_FRAME], 0.0))

    def _accompaniment(self, sa_hz: float) -> Samples:
        """Draw a drone or two, for a voice of unit RMS."""
        rng, total = self._rng, np.zeros(self._count, np.float32)
        if rng.random() < 0.62:
            if rng.random() < 0.12:
                sa_hz *= 2.0 ** (rng.uniform(-600.0, 600.0) / 1200.0)
            level_db = rng.uniform(-3.0, 12.0) if rng.random() < 0.7 else rng.uniform(-6.0, 25.0)
            total += _at_db(self._drone(_folded(sa_hz)), -level_db)
            if rng.random() < 0.12:
                total += _at_db(self._drone(_folded(sa_hz)), -level_db - rng.uniform(0.0, 15.0))
        return total

    def _events(self, line: Line, sa_hz: float) -> Samples:
        """Tabla, an instrument that follows, and clicks, for a voice of unit RMS."""
        rng, total = self._rng, np.zeros(self._count, np.float32)
        if rng.random() < 0.2:
            total += _at_db(tabla_play(_folded(sa_hz), self._count, rng), -rng.uniform(-3.0, 20.0))
        if rng.random() < 0.18:
            total += _at_db(shadow(line, rng), -rng.uniform(3.0, 25.0))
        if rng.random() < 0.08:
            total += clicks(self._count, rng) * np.float32(10.0 ** (rng.uniform(-25.0, 12.0) / 20.0))
        return total

    def _drone(self, sa_hz: float) -> Samples:
        rng = self._rng
        kind = rng.random()
        if kind < 0.68:
            drone = self._pool.draw(sa_hz, self._count, rng)
        elif kind < 0.86:
            drone = still_drone(sa_hz, self._count, rng)
        else:
            drone = reed_drone(sa_hz, self._count, rng)
        response = draw_room(rng) if rng.random() < 0.25 else None
        if rng.random() < 0.06:  # it is switched on or off
            at, length = rng.integers(self._count), np.exp(rng.uniform(np.log(80.0), np.log(16_000.0)))
            step = np.clip((np.arange(self._count) - at) / length, 0.0, 1.0)
            drone = np.asarray(drone * (step if rng.random() < 0.5 else 1.0 - step), dtype=np.float32)
        if rng.random() < 0.4:
            drone = self._unsteady(drone)
        return filtered(drone, rng, response, strength=float(rng.random() < 0.6))

    def _unsteady(self, drone: Samples) -> Samples:
        """Let a drone's pitch and colour wander, as plucked strings and their loops do."""
        rng, times = self._rng, np.arange(self._count)
        depth_cents, rate_hz = (
            np.exp(rng.uniform(0.0, np.log(8.0))),
            np.exp(rng.uniform(np.log(0.3), np.log(4.0))),
        )
        swing = wander(self._count // 160 + 2, 100.0 / rate_hz / 6.0, rng)
        turned = np.interp(times / 160.0, np.arange(swing.size), swing)
        # A pitch ratio that varies is a delay that varies; the end may repeat a few samples.
        delay = np.cumsum(turned) * (2.0 ** (depth_cents / 1200.0) - 1.0)
        heard_at = np.clip(times - delay, 0.0, self._count - 1.0)
        moved: Samples = np.interp(heard_at, times, drone).astype(np.float32)
        if rng.random() < 0.5:
            return moved
        shade = np.clip(0.5 + 0.5 * turned, 0.0, 1.0).astype(np.float32)
        bright, dark = (filtered(moved, rng, None, strength=1.0) for _ in range(2))
        return bright * shade + dark * (1.0 - shade)

    def _background(self) -> Samples:
        """Noise for a voice of unit RMS."""
        rng = self._rng
        snr_db = rng.uniform(25.0, 60.0) if rng.random() < 0.6 else rng.uniform(0.0, 30.0)
        total = coloured_noise(self._count, rng) * np.float32(10.0 ** (-snr_db / 20.0))
        if rng.random() < 0.08:
            total += _at_db(hum(self._count, rng), -rng.uniform(5.0, 40.0))
        return total

    def _negative(self) -> Samples:
        """Anything but a voice."""
        rng, count = self._rng, self._count
        kind = rng.choice(_NEGATIVES, p=_NEGATIVE_SHARES)
        if kind == "silence":
            quiet = rng.standard_normal(count, dtype=np.float32) * np.float32(rng.choice([0.0, 0.5, 2.0]))
            return np.asarray(np.round(quiet) * np.float32(2.0**-15))  # what a recorder gives of silence
        sa_hz = float(np.exp(rng.uniform(np.log(90.0), np.log(420.0))))
        sounds: dict[str, Callable[[], Samples]] = {
            "drone": lambda: self._drone_and_tabla(sa_hz),
            "tabla": lambda: _at_db(tabla_play(sa_hz, count, rng), 0.0),
            "whisper": self._whisper,
            "instrument": self._instrument,
            "hum": lambda: hum(count, rng),
            "clicks": lambda: np.float32(5.0) * clicks(count, rng),
            "noise": lambda: coloured_noise(count, rng),
        }
        total = sounds[str(kind)]()
        return record(total + self._background(), rng, lowest_db=-65.0)

    def _drone_and_tabla(self, sa_hz: float) -> Samples:
        rng, total = self._rng, _at_db(self._drone(sa_hz), 0.0)
        if rng.random() < 0.2:
            total += _at_db(tabla_play(sa_hz, self._count, rng), rng.uniform(-12.0, 6.0))
        return total

    def _whisper(self) -> Samples:
        rng = self._rng
        middle_hz, sa_hz = draw_register(rng)
        line = render_line(draw_events(middle_hz, sa_hz, self._duration_s, rng), sa_hz, self._duration_s, rng)
        return _at_db(filtered(whisper_line(line, draw_timbre(middle_hz, rng), rng), rng, None, 1.0), 0.0)

    def _instrument(self) -> Samples:
        """Keys or plucked strings that play a melody, half the time over a drone."""
        rng = self._rng
        middle_hz, sa_hz = draw_register(rng)
        line = render_line(draw_events(middle_hz, sa_hz, self._duration_s, rng), sa_hz, self._duration_s, rng)
        response = draw_room(rng) if rng.random() < 0.5 else None
        total = _at_db(filtered(instrument_play(line, rng), rng, response, 1.0), 0.0)
        if rng.random() < 0.5:
            total += _at_db(self._drone(_folded(sa_hz)), rng.uniform(-15.0, 3.0))
        return total


def _at_db(sound: Samples, level_db: float) -> Samples:
    """Bring a sound to an RMS of `level_db` over 1; silence stays silent."""
    return sound * np.float32(10.0 ** (level_db / 20.0) / max(rms(sound), 1e-9))


def _audible(voice: Samples, steady: Samples) -> BoolArray:
    """Tell whether the voice stands less than 25 dB below what is steadily around it, at each frame."""
    return np.asarray(_power(voice) > 10.0**-2.5 * _power(steady))


def _power(sound: Samples) -> FloatArray:
    """Energy within 20 ms of every frame's centre, shape [1 + n // 160]."""
    total = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
    centres = np.arange(1 + sound.size // _FRAME) * _FRAME
    until, since = np.minimum(centres + 2 * _FRAME, sound.size), np.maximum(centres - 2 * _FRAME, 0)
    return np.asarray(total[until] - total[since])


def _folded(sa_hz: float) -> float:
    """Move Sa by octaves to where drones are tuned."""
    while sa_hz > 420.0:
        sa_hz /= 2.0
    while sa_hz < 95.0:
        sa_hz *= 2.0
    return sa_hz
