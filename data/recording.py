"""A recording of a professional, and what is sung where in it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Recording", "SwaraLabel", "recording_id"]

_ID_DIGITS = 12


@dataclass(frozen=True, slots=True)
class SwaraLabel:
    """One note of a recording.

    Parameters
    ----------
    start_s, end_s : float
        Where it lies in the recording, in seconds.
    swara : str
        In roman notation: ``.D``, ``S'``.
    """

    start_s: float
    end_s: float
    swara: str


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording in a corpus.

    Parameters
    ----------
    path : str
        Absolute path of the audio file, or its URL; for the bundled pack, ``pack:`` and the path inside it.
    sha256 : str
        Digest of the file's bytes, 64 hex digits: its identity.
    singer : str
        Who sings; a synthesized voice is called ``synthesized: ...``.
    tonic_hz : float
        Frequency of madhya Sa.
    raga : str or None
        Its `Raga.name`: a key of ``raga.RAGAS``, or its swaras.
    labels : tuple of SwaraLabel
        The notes, in order of time, without overlap.
    licence : str
        As its owner states it.
    synthesized : bool
        Whether no person sang it.
    """

    path: str
    sha256: str
    singer: str
    tonic_hz: float
    raga: str | None
    labels: tuple[SwaraLabel, ...]
    licence: str
    synthesized: bool = False

    @property
    def id(self) -> str:
        """Short name: the first 12 digits of the digest."""
        return recording_id(self.sha256)


def recording_id(sha256: str) -> str:
    """Return the short name of the recording with this digest."""
    return sha256[:_ID_DIGITS]
