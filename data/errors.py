"""What can be wrong with a recording, a sample, a package or an output; the tree: ``swara.raga.errors``."""

from __future__ import annotations

from swara.raga.errors import SwaraError

__all__ = [
    "AudioError",
    "AudioTooLong",
    "CorpusError",
    "FreesoundError",
    "MissingPackage",
    "OutputError",
    "RemoteError",
    "SoundGone",
]


class AudioError(SwaraError):
    """A recording that cannot be used: none there, none that can be decoded, too short, or no samples."""


class AudioTooLong(AudioError):
    """A recording longer than the limit in force."""


class MissingPackage(SwaraError):
    """A package is needed and not installed."""


class OutputError(SwaraError):
    """A file that cannot be written where it was asked for."""


class RemoteError(SwaraError):
    """A place at a URL that cannot be reached, or does not let itself be read or written."""


class CorpusError(SwaraError):
    """A sample that cannot be added or found, or was changed; or a list of them that cannot be used."""


class FreesoundError(SwaraError):
    """Freesound finds nothing, refuses, fails, or asks to wait for long."""


class SoundGone(FreesoundError):
    """One sound cannot be had from there; others can."""
