"""A mono recording in memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Literal, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from .errors import AudioError

__all__ = ["Clip", "Samples", "Sound"]

Samples: TypeAlias = npt.NDArray[np.float32]


class Sound(Protocol):
    """A mono recording that can be gone through, in memory or not."""

    @property
    def rate_hz(self) -> int:
        """Samples per second."""
        ...

    @property
    def sample_count(self) -> int:
        """How many samples there are."""
        ...

    def blocks(self) -> Iterator[Samples]:
        """Yield all of them in order, float32 arrays of any length."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """Mono audio.

    Parameters
    ----------
    samples : float32 array, shape [n]
        Full scale is -1 to 1; n > 0 and every sample finite.
    rate_hz : int
        Samples per second.

    Raises
    ------
    AudioError
        If there are no samples, they are not one channel of finite float32, or the rate is not positive.
    """

    samples: Samples
    rate_hz: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.samples.dtype != np.float32:
            raise AudioError(
                f"expected one channel of float32, got {self.samples.dtype} of shape {self.samples.shape}"
            )
        if self.rate_hz <= 0:
            raise AudioError(f"the sample rate is {self.rate_hz} Hz")
        if self.samples.size == 0:
            raise AudioError("the recording holds no samples")
        # The extremes show what is not finite without a mask as long as the recording.
        if not (np.isfinite(self.samples.min()) and np.isfinite(self.samples.max())):
            bad = int(np.count_nonzero(~np.isfinite(self.samples)))
            raise AudioError(
                f"{bad} of {self.samples.size} samples are not finite numbers",
                fix="Export the recording again, for instance as 16-bit WAV",
            )

    @property
    def sample_count(self) -> int:
        """How many samples there are."""
        return int(self.samples.size)

    def blocks(self) -> Iterator[Samples]:
        """Yield all of them in one block, without a copy."""
        yield self.samples

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.samples.size / self.rate_hz

    def write_wav(self, file: Path | BinaryIO, subtype: Literal["PCM_16", "FLOAT"] = "FLOAT") -> None:
        """Write it as WAV.

        Parameters
        ----------
        file : Path or binary file
            What takes it.
        subtype : {"PCM_16", "FLOAT"}
            How a sample is written: as FLOAT it is read back as it is here, to the last bit.

        Raises
        ------
        OSError
            If it cannot be written.
        """
        import soundfile

        # Through memory: libsndfile does not tell a full disk from any other trouble.
        whole = BytesIO()
        soundfile.write(whole, self.samples, self.rate_hz, format="WAV", subtype=subtype)
        if isinstance(file, Path):
            file.write_bytes(whole.getbuffer())
        else:
            file.write(whole.getbuffer())

    def between(self, start_s: float, end_s: float) -> Clip:
        """Return a part of it.

        Parameters
        ----------
        start_s, end_s : float
            From when to when, in seconds; what lies outside the recording is left out.
        """
        start = max(0, round(start_s * self.rate_hz))
        return Clip(self.samples[start : round(end_s * self.rate_hz)], self.rate_hz)
