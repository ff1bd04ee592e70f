"""One recording as its owner describes it, before anything was heard of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from swara.data.errors import CorpusError
from swara.raga.swaras import SwaraPitch
from swara.raga.tonic_names import ParsedTonic

__all__ = ["Given", "LayoutContents", "NamedNote", "RecordingSpec", "Refusal", "describe_all"]


@dataclass(frozen=True, slots=True)
class Given:
    """What the user says about every recording that does not say otherwise itself.

    Parameters
    ----------
    singer, licence : str or None
        For all recordings; None where the names or the table say.
    tonic : ParsedTonic or None
        Sa.
    raga : str or None
        Key of the raga.
    """

    singer: str | None = None
    licence: str | None = None
    tonic: ParsedTonic | None = None
    raga: str | None = None


@dataclass(frozen=True, slots=True)
class NamedNote:
    """A swara that a name or a table claims, with its place in seconds; None for the whole recording."""

    pitch: SwaraPitch
    span_s: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class RecordingSpec:
    """A recording with what is claimed of it.

    Parameters
    ----------
    path : Path
        The sound file.
    singer, licence : str
        Who sings, and on what terms the recording may be used.
    tonic : ParsedTonic
        Its Sa, perhaps without octave.
    raga : str or None
        Key of the raga.
    notes : tuple of NamedNote
        Empty where the swaras are to be found by ear; one without a span is a single note.
    group : Path
        Recordings of single notes with the same group and tonic share one Sa.
    unrecognised : str
        The part of its name that says nothing, for a message.
    digest : str
        `corpus_digest` of the recording as swara exported it; empty where it did not.
    """

    path: Path
    singer: str
    licence: str
    tonic: ParsedTonic
    raga: str | None
    notes: tuple[NamedNote, ...]
    group: Path
    unrecognised: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A recording that cannot be added, and why."""

    path: Path
    error: CorpusError


@dataclass(frozen=True, slots=True)
class LayoutContents:
    """What a folder or table holds.

    Parameters
    ----------
    described : tuple of RecordingSpec
        The recordings whose labels could be read.
    refused : tuple of Refusal
        The files that are not taken, and why.
    passed_over : tuple of Path
        Files that are no audio by their name, such as ``README.md`` or ``sa.flac.asd``.
    """

    described: tuple[RecordingSpec, ...]
    refused: tuple[Refusal, ...] = ()
    passed_over: tuple[Path, ...] = ()


def describe_all(paths: Iterable[Path], describe: Callable[[Path], RecordingSpec]) -> LayoutContents:
    """Describe recordings one by one; whichever `describe` raises CorpusError for is refused."""
    described: list[RecordingSpec] = []
    refused: list[Refusal] = []
    for path in paths:
        try:
            described.append(describe(path))
        except CorpusError as error:
            refused.append(Refusal(path, error))
    return LayoutContents(tuple(described), tuple(refused))
