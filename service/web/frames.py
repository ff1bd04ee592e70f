"""What a client sends through its socket: blocks of sound with a head, and the limits on both."""

from __future__ import annotations

import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from swara.raga.errors import SwaraError
from swara.service.live import MAX_CHANNELS, PROTOCOL, RATES_HZ

__all__ = ["Block", "Hello", "Pace", "read_block", "read_hello"]

_HEAD = struct.Struct("<IId")
_MOST_SAMPLES = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """A block of sound.

    Parameters
    ----------
    number : int
        Its place in the order that they were sent in.
    captured_ms : float
        When its last sample was captured, by the client's clock.
    samples : float32 array, shape [n, channels]
        The sound.
    """

    number: int
    captured_ms: float
    samples: npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Hello:
    """What a client says first.

    Parameters
    ----------
    rate_hz, channels : int
        Of the blocks that follow.
    settings, microphone : mapping
        What to judge against, and what the browser says of the microphone.
    """

    rate_hz: int
    channels: int
    settings: Mapping[str, Any]
    microphone: Mapping[str, Any]


def read_hello(message: Mapping[str, Any]) -> Hello:
    """Read the first message; raises `SwaraError` where it is none of ours."""
    protocol, rate_hz, channels = (message.get(key) for key in ("protocol", "rate_hz", "channels"))
    if protocol != PROTOCOL:
        raise SwaraError(
            f"the protocol is {protocol!r}, and this server speaks {PROTOCOL}", fix="Reload the page"
        )
    rate = _whole("rate_hz", rate_hz, *RATES_HZ)
    count = _whole("channels", 1 if channels is None else channels, 1, MAX_CHANNELS)
    settings, microphone = message.get("settings") or {}, message.get("microphone") or {}
    if not isinstance(settings, Mapping) or not isinstance(microphone, Mapping):
        raise SwaraError("settings and microphone are objects")
    return Hello(rate, count, settings, microphone)


def _whole(name: str, value: object, least: int, most: int) -> int:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not number or not least <= value <= most or value % 1:  # type: ignore[operator]  # NaN fails too
        raise SwaraError(f"{name} is {str(value)[:40]}: give {least} to {most}")
    return int(value)  # type: ignore[call-overload,no-any-return]


def read_block(data: bytes, channels: int) -> Block:
    """Read a binary message.

    Raises
    ------
    SwaraError
        If its head is cut short or its time no number, if its samples are too many, do not fill the channels,
        or are not all finite.
    """
    sound = len(data) - _HEAD.size
    if sound < 0 or sound % (4 * channels) or sound > 4 * _MOST_SAMPLES:
        raise SwaraError(f"a block of {len(data)} bytes is not 16 and up to {_MOST_SAMPLES} float32")
    number, _, captured_ms = _HEAD.unpack_from(data)
    samples = np.frombuffer(data, "<f4", offset=_HEAD.size).astype(np.float32)
    if not (np.isfinite(samples).all() and np.isfinite(captured_ms)):
        raise SwaraError(f"block {number} holds what is no finite number")
    return Block(number, captured_ms, samples.reshape(-1, channels))


class Pace:
    """How many messages may come: so many a second, and some more at once.

    Parameters
    ----------
    per_s, burst : float
        Blocks of 128 samples at 48 kHz are 375 a second; a browser that was busy sends some late.
    """

    def __init__(self, per_s: float = 800.0, burst: float = 1600.0) -> None:
        self._per_s, self._burst, self._left = per_s, burst, burst
        self._at = time.monotonic()

    def admits_one(self) -> bool:
        """Count a message; tell whether it may come."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + self._per_s * (now - self._at)) - 1.0
        self._at = now
        return self._left >= 0.0
