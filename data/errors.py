"""What can be wrong with a recording; the tree is drawn in ``swara.raga.errors``."""

from __future__ import annotations

from swara.raga.errors import SwaraError

__all__ = [
    "AudioEmpty",
    "AudioError",
    "AudioNotFound",
    "AudioTooLong",
    "AudioUnreadable",
    "BadSamples",
    "CorpusError",
    "MissingPackage",
    "OutputError",
]


class AudioError(SwaraError):
    """A recording that cannot be used."""


class AudioNotFound(AudioError):
    """No file there, or something that is not a file."""


class AudioUnreadable(AudioError):
    """A file that no decoder understands, or that breaks off."""


class AudioEmpty(AudioError):
    """A recording with no samples, or too few to analyze."""


class AudioTooLong(AudioError):
    """A recording longer than the limit in force."""


class BadSamples(AudioError):
    """Samples that are not finite numbers, or not one channel of float32."""


class MissingPackage(SwaraError):
    """A package is needed and not installed."""


class OutputError(SwaraError):
    """A file that cannot be written where it was asked for."""


class CorpusError(SwaraError):
    """A sample that cannot be added or found, or a list of samples that cannot be read."""
