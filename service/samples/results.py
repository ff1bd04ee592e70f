"""What came of adding samples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import Moved

__all__ = ["AddResult", "Conflict", "Duplicate", "Failure", "LeftOut"]


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A file with the content of another: of the batch, or (`known`) of the corpus; `of` is its path."""

    path: Path
    of: str
    known: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """A note that is named one thing and sounds like another.

    Parameters
    ----------
    path : Path
        The file whose name and sound disagree.
    named : str
        What the name or table says: ``Re``.
    heard : str
        What the pitch says: ``Ga, 12 cents high``.
    start_s : float
        Where in the recording.
    """

    path: Path
    named: str
    heard: str
    start_s: float

    @property
    def line(self) -> str:
        """The conflict as a sentence without full stop."""
        return f"named {self.named}, but sounds like {self.heard}"


@dataclass(frozen=True, slots=True)
class Failure:
    """A file that cannot be added, and one line on why."""

    path: Path
    line: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """How many notes of a raga recording got no label.

    Parameters
    ----------
    path : Path
        The file that the notes are of.
    labelled : int
        Notes that got one.
    foreign : int
        Notes nearest to a swara outside the raga.
    off_pitch : int
        Notes more than 35 cents from the nearest swara.
    short, faint, unsure : int
        Notes steady for less than 0.2 s, as soft as a drone in the background, or hardly periodic.
    """

    path: Path
    labelled: int = 0
    foreign: int = 0
    off_pitch: int = 0
    short: int = 0
    faint: int = 0
    unsure: int = 0


@dataclass(frozen=True, slots=True)
class AddResult:
    """What became of every file of a batch.

    Parameters
    ----------
    added : tuple of Recording
        Now in the corpus.
    moved : tuple of Moved
        Known before, and noted where they are now; what else is noted of them stays.
    duplicates : tuple of Duplicate
        Not added again.
    conflicts : tuple of Conflict
        Not added.
    failures : tuple of Failure
        Not added.
    unlabelled : tuple of LeftOut
        For every raga recording that was added.
    remarks : tuple of str
        A tonic that fits most notes of a folder badly, and which would fit.
    warnings : tuple of Failure
        Files that were added although something is odd about them, and what.
    passed_over : tuple of Path
        Files that are no audio by their name.
    """

    added: tuple[Recording, ...]
    moved: tuple[Moved, ...]
    duplicates: tuple[Duplicate, ...]
    conflicts: tuple[Conflict, ...]
    failures: tuple[Failure, ...]
    unlabelled: tuple[LeftOut, ...]
    remarks: tuple[str, ...]
    warnings: tuple[Failure, ...]
    passed_over: tuple[Path, ...]

    @property
    def ok(self) -> bool:
        """Whether every file was added or known already: what the exit code tells."""
        return not (self.conflicts or self.failures)
