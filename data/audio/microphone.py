"""The microphone of this machine, through miniaudio; imported where somebody sings into it alone."""

from __future__ import annotations

import queue
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from swara.data.errors import AudioError, MissingPackage

from .pcm_stream import Block

__all__ = ["MICROPHONE_HZ", "Microphone", "microphones"]

MICROPHONE_HZ = 48_000
"""What nearly every device runs at, so that nothing but soxr resamples."""

_PERIOD_MS = 10
_SILENT_S = 2.0
"""A device that sends nothing for so long was unplugged, or the machine slept."""

_NO_DEVICE = "Discard all samples"  # what miniaudio calls its device that is none
_FIX = (
    "Plug one in, allow the terminal to use it in the system's settings, or pipe sound in:"
    " arecord -f S16_LE -r 44100 | swara live -"
)

Quietly = Callable[[], AbstractContextManager[Any]]
"""What keeps the complaints of sound libraries off the terminal while a device is sought and opened."""


def microphones(quietly: Quietly = nullcontext) -> tuple[str, ...]:
    """Return the names of the devices that record; none where there are none, or no sound system."""
    return tuple(device["name"] for device in _devices(quietly))


class Microphone:
    """A device that records, open from its making to `close`.

    Parameters
    ----------
    name : str, optional
        What the device's name contains, in any case; the system's default if not given.
    quietly : callable
        See `Quietly`.

    Raises
    ------
    AudioError
        If there is no such device, or it cannot be opened: no permission, or another program holds it.
    MissingPackage
        If miniaudio is not installed.
    """

    def __init__(self, name: str | None = None, *, quietly: Quietly = nullcontext) -> None:
        miniaudio = _miniaudio()
        device = _chosen(_devices(quietly), name)
        self._heard: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.name = device["name"]
        try:
            with quietly():
                self._device = miniaudio.CaptureDevice(
                    input_format=miniaudio.SampleFormat.FLOAT32,
                    nchannels=1,
                    sample_rate=MICROPHONE_HZ,
                    buffersize_msec=_PERIOD_MS,
                    device_id=None if name is None else device["id"],
                    app_name="swara",
                )
                self._device.start(_into(self._heard))
        except miniaudio.MiniaudioError as error:
            raise AudioError("the microphone cannot be opened", where=self.name, fix=_FIX) from error

    def blocks(self) -> Iterator[Block]:
        """Yield float32 arrays of shape [n, 1] as they come.

        Raises
        ------
        AudioError
            If the device stops: unplugged, say. What came before was yielded.
        """
        while True:
            try:
                sound = self._heard.get(timeout=_SILENT_S)
            except queue.Empty:
                raise AudioError(
                    "the microphone sends nothing any more", where=self.name, fix="Is it plugged in?"
                ) from None
            yield np.frombuffer(sound, np.float32)[:, None]

    def close(self) -> None:
        """Stop recording; may be called twice."""
        self._device.close()


def _miniaudio() -> Any:
    try:
        import miniaudio
    except ImportError as error:
        from swara.data.installation import install_command

        raise MissingPackage(
            "the microphone is heard through miniaudio, which is not installed",
            fix=f"Install it with: {install_command('miniaudio')}",
        ) from error
    return miniaudio


def _devices(quietly: Quietly) -> Sequence[dict[str, Any]]:
    miniaudio = _miniaudio()
    try:
        with quietly():
            found: list[dict[str, Any]] = miniaudio.Devices().get_captures()
    except miniaudio.MiniaudioError:
        return ()
    return [device for device in found if not device["name"].startswith(_NO_DEVICE)]


def _chosen(devices: Sequence[dict[str, Any]], name: str | None) -> dict[str, Any]:
    if not devices:
        raise AudioError("no microphone was found", fix=_FIX)
    if name is None:
        return devices[0]
    for device in devices:
        if name.casefold() in device["name"].casefold():
            return device
    known = ", ".join(device["name"] for device in devices)
    raise AudioError(f'no microphone is called "{name}"', where="--device", fix=f"There is {known}")


def _into(heard: queue.SimpleQueue[bytes]) -> Generator[None, bytes, None]:
    """Return a generator that puts what it is sent into a queue, started as miniaudio wants it."""

    def take() -> Generator[None, bytes, None]:
        while True:
            heard.put(bytes((yield)))

    taking = take()
    next(taking)
    return taking
