"""Sound of any rate and any number of channels becomes one channel at 16 kHz, and how loud it is is told."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.audio.frames import level_db
from swara.data.audio.level import CLIPPED_SHARE, LOUDEST, QUIET_DB, Level, LevelMeter
from swara.data.clip import Clip, Samples
from swara.data.errors import AudioError

from .events import InputLevel, InputState, Processing

__all__ = ["MAX_CHANNELS", "RATES_HZ", "Kept", "Listener", "processing"]

RATES_HZ = (8_000, 192_000)
MAX_CHANNELS = 32

_WINDOWS_A_SECOND = 10
_HEARD_WINDOWS = 3 * _WINDOWS_A_SECOND
_CLIPPED_WINDOWS = _WINDOWS_A_SECOND

Block = npt.NDArray[np.float32]


class Listener:
    """Chooses a channel, tells the level every 100 ms, and resamples.

    Of several channels the first is listened to that is not over 20 dB below the loudest, once one is loud
    enough to be a voice; until then the first of all. What comes out does not depend on the blocks.

    Parameters
    ----------
    rate_hz : int
        Sample rate of what comes, 8000 to 192,000.

    Raises
    ------
    AudioError
        If the rate is another.
    """

    _NEAR_DB = 20.0

    def __init__(self, rate_hz: int) -> None:
        lowest, highest = RATES_HZ
        if not lowest <= rate_hz <= highest:
            raise AudioError(
                f"the sample rate is {rate_hz} Hz",
                fix=f"Use one from {lowest} to {highest} Hz, such as 16000",
            )
        self._rate_hz = rate_hz
        self._window = rate_hz // _WINDOWS_A_SECOND
        self._pending: Block = np.zeros((0, 0), np.float32)
        self._channel: int | None = None
        self._loudest = 0.0
        self._levels: deque[tuple[float, bool]] = deque(maxlen=_HEARD_WINDOWS)
        self._resampler: Any = None
        if rate_hz != TRACK_RATE_HZ:
            import soxr

            self._resampler = soxr.ResampleStream(rate_hz, TRACK_RATE_HZ, 1, dtype="float32", quality="HQ")

    def check(self, samples: Block) -> Block:
        """Return samples as an array of shape [n, channels].

        Raises
        ------
        AudioError
            If they are not float32 of shape [n] or [n, channels], 1 to 32 channels, all of them finite.
        """
        if samples.dtype != np.float32 or samples.ndim not in (1, 2):
            raise AudioError(
                f"expected float32 of one or two dimensions, got {samples.dtype} of {samples.ndim}"
            )
        frames = samples[:, None] if samples.ndim == 1 else samples
        if not 1 <= frames.shape[1] <= MAX_CHANNELS:
            raise AudioError(f"expected 1 to {MAX_CHANNELS} channels, got {frames.shape[1]}")
        if frames.size and not float(np.abs(frames).max()) <= LOUDEST:  # NaN too
            raise AudioError("a sample is not a finite number, or larger than any sound")
        return frames

    def hear(self, frames: Block) -> tuple[Samples, list[InputLevel]]:
        """Take in what `check` returned; return one channel of it at 16 kHz, and the levels."""
        if frames.shape[1] != self._pending.shape[1]:  # another number of channels: choose anew
            self._pending, self._channel = np.zeros((0, frames.shape[1]), np.float32), None
        heard, levels = [], []
        while frames.shape[0]:
            part = frames[: self._window - self._pending.shape[0]]
            frames = frames[part.shape[0] :]
            heard.append(np.ascontiguousarray(part[:, self._channel or 0]))
            self._pending = np.concatenate([self._pending, part])
            if self._pending.shape[0] == self._window:
                levels.append(self._level(self._pending))
                self._pending = self._pending[:0]
        mono = np.concatenate([np.zeros(0, np.float32), *heard])
        return (mono if self._resampler is None else self._resampler.resample_chunk(mono)), levels

    def finish(self) -> Samples:
        """Return what the resampler still holds."""
        nothing = np.zeros(0, np.float32)
        return nothing if self._resampler is None else self._resampler.resample_chunk(nothing, last=True)

    def _level(self, window: Block) -> InputLevel:
        if self._channel is None and window.shape[1] > 1:
            self._choose(window)
        samples = np.ascontiguousarray(window[:, self._channel or 0])
        meter = LevelMeter()
        meter.loudest = self._loudest  # a flat top lies near the loudest sample of all
        meter.add(samples, self._rate_hz)
        self._loudest = meter.loudest
        level = meter.level(level_db(Clip(samples, self._rate_hz)))
        peak = float(np.abs(samples).max())
        peak_db = 20.0 * float(np.log10(max(peak, 1e-10)))
        self._levels.append((level.loud_db, level.clipped_share >= CLIPPED_SHARE))
        named = None if window.shape[1] == 1 else (self._channel or 0) + 1
        return InputLevel(round(peak_db, 1), round(level.loud_db, 1), self._state(), named)

    def _choose(self, window: Block) -> None:
        energy = np.mean(np.square(window, dtype=np.float64), axis=0)
        loudest_db = 10.0 * np.log10(max(float(energy.max()), 1e-20))
        if loudest_db >= QUIET_DB:
            self._channel = int(np.argmax(10.0 * np.log10(energy + 1e-20) >= loudest_db - self._NEAR_DB))

    def _state(self) -> InputState:
        if any(clipped for _, clipped in list(self._levels)[-_CLIPPED_WINDOWS:]):
            return "clipping"
        loud_db = max(loud for loud, _ in self._levels)
        level = Level(0.0, loud_db, 0.0)
        if level.is_silent:
            return "nothing heard"
        return "too quiet" if level.is_quiet else "fine"


class Kept:
    """The samples of a take, up to a length, in blocks that never move.

    Parameters
    ----------
    most : int
        How many samples are kept.
    """

    _BLOCK = 1 << 19  # 33 s

    def __init__(self, most: int) -> None:
        self._most = most
        self._blocks: list[Samples] = []
        self.count = 0

    @property
    def is_full(self) -> bool:
        """Whether no more is kept."""
        return self.count >= self._most

    def add(self, samples: Samples) -> None:
        """Keep samples, as far as there is room."""
        samples = samples[: self._most - self.count]
        while samples.size:
            at = self.count % self._BLOCK
            if at == 0:
                self._blocks.append(np.zeros(self._BLOCK, np.float32))
            part = samples[: self._BLOCK - at]
            self._blocks[-1][at : at + part.size] = part
            self.count += part.size
            samples = samples[part.size :]

    def samples(self) -> Samples:
        """Return all that is kept, float32 of shape [n]."""
        return np.concatenate([np.zeros(0, np.float32), *self._blocks])[: self.count]


_STAGES = {
    "echoCancellation": "echo cancellation",
    "noiseSuppression": "noise suppression",
    "autoGainControl": "automatic gain",
}


def processing(microphone: Mapping[str, Any]) -> Processing:
    """Return what is done to the sound on its way here.

    Parameters
    ----------
    microphone : mapping of str to object
        ``echoCancellation``, ``noiseSuppression`` and ``autoGainControl`` as a browser's ``getSettings`` has
        them: False is off, True is on; all else, absent too, is unknown, which is not off.
    """
    active = tuple(key for key in _STAGES if microphone.get(key) is True)
    unknown = tuple(key for key in _STAGES if microphone.get(key) not in (True, False))
    advice = []
    if active:
        words = " and ".join(_STAGES[key] for key in active)
        advice.append(
            f"The browser or the system works on the sound ({words}): held notes may be cut or bent. Switch"
            " it off in the system's sound settings, or use another microphone or browser."
        )
    if unknown:
        words = " and ".join(_STAGES[key] for key in unknown)
        advice.append(
            f"Nobody says whether {words} is off. If long notes fade or the level jumps, switch it off in the"
            " system's sound settings."
        )
    return Processing(not unknown, active, unknown, " ".join(advice))
