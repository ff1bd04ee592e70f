"""What each corpus says of itself and of its recordings, before anybody has heard them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from swara.data.errors import CorpusError

from .labels import Label

__all__ = ["CorpusCard", "Entry", "Found", "Given", "Refused", "audio_files", "existing_folder"]


@dataclass(frozen=True, slots=True)
class CorpusCard:
    """What is known of a corpus as such; counts come from its index.

    Parameters
    ----------
    name : str
        What the command line calls it.
    title : str
        What its makers call it.
    about : str
        What it is, and where it is to be had.
    licence : str
        As its owner states it.
    leaks : tuple of str
        What makes a careless split flatter whoever is trained on it.
    """

    name: str
    title: str
    about: str
    licence: str
    leaks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Given:
    """What the user says of a corpus whose layout does not.

    Parameters
    ----------
    label : str
        What names of folders label: the exercise or the instrument.
    licence : str
        In place of what the corpus is known to be under.
    player : str
        Who sings or plays where no folder says so.
    """

    label: Label = "instrument"
    licence: str = ""
    player: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A recording as its layout describes it.

    Parameters
    ----------
    path : Path
        Where it lies.
    source : str
        Where it was recorded or published: what shares a room, a microphone or a library.
    player : str
        Who sings or plays, or which instrument of a library sounds; empty where nobody knows.
    licence : str
        As its owner states it.
    exercise : str
        ``scale``, ``arpeggio``, ``other``, or empty.
    instrument : str
        What is played: ``double bass``, ``voice``; empty where only the family is known.
    family : str
        The family as NSynth has them, or empty.
    midi : int or None
        The note that is played, 0-127 (A4 is 69).
    technique : str
        How it is played, in the words of its corpus.
    credit : str
        Whom its licence asks to name.
    duration_s : float or None
        How long it is said to last, in seconds.
    sha256 : str
        What its digest is said to be; empty where nothing is said.
    """

    path: Path
    source: str
    player: str
    licence: str
    exercise: str = ""
    instrument: str = ""
    family: str = ""
    midi: int | None = None
    technique: str = ""
    credit: str = ""
    duration_s: float | None = None
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that is not added, and one line on why."""

    path: Path
    line: str


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder holds of a corpus.

    Parameters
    ----------
    entries : tuple of Entry
        Its recordings, in the order of their paths.
    refused : tuple of Refused
        What looks like one and cannot be one.
    remarks : tuple of str
        What else is odd, as sentences without full stop.
    """

    entries: tuple[Entry, ...]
    refused: tuple[Refused, ...] = ()
    remarks: tuple[str, ...] = ()


def existing_folder(folder: Path, fix: str) -> Path:
    """Return the folder if it is one.

    Raises
    ------
    CorpusError
        If it is not there, or no folder; `fix` says what it should be.
    """
    if not folder.is_dir():
        what = "this is a file, no folder" if folder.exists() else "no such folder"
        raise CorpusError(what, where=str(folder), fix=fix)
    return folder


def audio_files(folder: Path) -> list[Path]:
    """Return what may be audio by its name in a folder and below, in order; hidden files are none.

    Raises
    ------
    CorpusError
        If a folder may not be read.
    """
    # Only here: a trained head knows entries, and reads no folders.
    from swara.data.layouts import read

    audio, odd, _ = read.audio_files(folder)
    for refusal in odd:
        if refusal.path.is_dir():
            raise refusal.error
    files = (*audio, *(refusal.path for refusal in odd))
    return sorted(files, key=lambda path: (path.parent, path.name))
