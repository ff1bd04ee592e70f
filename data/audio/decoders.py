"""Which decoders are installed, what they read, and on what licence."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["DecoderStatus", "decoders"]

_SNDFILE_CODINGS = {
    "wav": ("WAV", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}
_FFMPEG_CODECS = {
    "mp3": "mp3",
    "m4a": "aac",
    "alac": "alac",
    "webm": "opus",
    "ogg": "vorbis",
    "wma": "wmav2",
}
_GPL_LIBRARIES = ("x264", "x265")
_PROBE_HZ = 48_000


@dataclass(frozen=True, slots=True)
class DecoderStatus:
    """One decoding package.

    Parameters
    ----------
    name : str
        The package as imported.
    version : str or None
        Its version; None when it is missing or does not load.
    library : str
        The native library behind it, with version; empty when unknown.
    formats : tuple of str
        What it decodes, tried out (libsndfile) or looked up (FFmpeg).
    licence : str
        What the native library says of itself; empty when it says nothing.
    gpl_libraries : tuple of str
        Shared objects under the GPL found beside the package.
    problem : str
        Why it cannot be used; empty when it can.
    """

    name: str
    version: str | None
    library: str = ""
    formats: tuple[str, ...] = ()
    licence: str = ""
    gpl_libraries: tuple[str, ...] = ()
    problem: str = ""


def decoders() -> tuple[DecoderStatus, ...]:
    """Return the state of libsndfile and of FFmpeg; never raises for a missing or broken package."""
    return (_soundfile(), _pyav())


def _soundfile() -> DecoderStatus:
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError: the shared library is missing
        return DecoderStatus("soundfile", None, problem=str(error))
    return DecoderStatus(
        "soundfile",
        soundfile.__version__,
        library=f"libsndfile {soundfile.__libsndfile_version__}",
        formats=tuple(name for name in _SNDFILE_CODINGS if _round_trips(soundfile, name)),
    )


def _round_trips(soundfile: Any, name: str) -> bool:
    """Encode a tenth of a second in memory and see whether it comes back."""
    container, coding = _SNDFILE_CODINGS[name]
    tone = np.sin(2 * np.pi * 440 / _PROBE_HZ * np.arange(_PROBE_HZ // 10))
    memory = io.BytesIO()
    try:
        soundfile.write(memory, 0.5 * tone, _PROBE_HZ, format=container, subtype=coding)
        memory.seek(0)
        back, rate_hz = soundfile.read(memory)
    except (soundfile.SoundFileError, ValueError):  # ValueError: a format this build does not know
        return False
    return bool(rate_hz == _PROBE_HZ and np.std(back) > 0.25)


def _pyav() -> DecoderStatus:
    try:
        import av
    except (ImportError, OSError) as error:
        return DecoderStatus("av", None, problem=str(error))
    version, licence = _libavcodec()
    return DecoderStatus(
        "av",
        av.__version__,
        library=f"FFmpeg libavcodec {version}".strip(),
        formats=tuple(name for name, codec in _FFMPEG_CODECS.items() if _decodes(av, codec)),
        licence=licence,
        gpl_libraries=_gpl_libraries(Path(av.__file__).parent),
    )


def _libavcodec() -> tuple[str, str]:
    """Return version and licence of libavcodec; PyAV keeps them in a private module that may move."""
    try:
        from av._core import library_meta
    except ImportError:
        return "", ""
    meta: dict[str, Any] = dict(library_meta.get("libavcodec", {}))
    version = ".".join(str(part) for part in meta.get("version", ()))
    return version, str(meta.get("license", ""))


def _decodes(av: Any, codec: str) -> bool:
    try:
        av.codec.Codec(codec, "r")
    except ValueError:  # av.codec.codec.UnknownCodecError
        return False
    return True


def _gpl_libraries(package: Path) -> tuple[str, ...]:
    """Look where wheels keep their shared objects: ``av.libs`` beside the package, ``.dylibs`` in it."""
    folders = (package.parent / f"{package.name}.libs", package / ".dylibs")
    files = (file.name for folder in folders if folder.is_dir() for file in folder.iterdir())
    return tuple(sorted(name for name in files if any(library in name for library in _GPL_LIBRARIES)))
