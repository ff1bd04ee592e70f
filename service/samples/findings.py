"""What is found wrong with the recordings of a corpus."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, TypeAlias

from swara.data.installation import repair_advice
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import audio_path, is_bundled, is_remote
from swara.data.sample_corpus.remote_audio import RemoteListing, is_there
from swara.data.storage.disk import os_reason, sha256_of

__all__ = ["CheckResult", "Finding", "Kind", "check_file", "finding", "mend", "remove"]

Kind: TypeAlias = Literal[
    "gone", "changed", "unreadable", "damaged", "clipped", "silent", "quiet", "duplicate", "sa", "label"
]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with one recording.

    Parameters
    ----------
    recording : Recording
        What it is about.
    kind : str
        ``gone``, ``changed`` (other bytes than were added), ``unreadable``, ``damaged`` (part of it is lost),
        ``clipped``, ``silent``, ``quiet``, ``duplicate``, ``sa`` (another fits clearly better) or ``label``.
    what : str
        What is wrong, as a sentence without full stop.
    fix : str
        What to do, as a sentence without full stop.
    start_s : float or None
        Where in the recording, in seconds; None for the whole of it.
    other : str or None
        Id of the recording that it doubles.
    """

    recording: Recording
    kind: Kind
    what: str
    fix: str
    start_s: float | None = None
    other: str | None = None

    @property
    def line(self) -> str:
        """The finding in one line: where, what and how to mend it."""
        return f"{self.recording.path}: {self.what}. {self.fix}."


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check of the corpus found.

    Parameters
    ----------
    recordings, notes : int
        How many were looked at.
    findings : tuple of Finding
        In the order of the recordings.
    """

    recordings: int
    notes: int
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing was found: what the exit code tells."""
        return not self.findings

    @property
    def counts(self) -> dict[str, int]:
        """How many findings there are of each kind."""
        return dict(Counter(each.kind for each in self.findings))


def finding(
    recording: Recording,
    kind: Kind,
    what: str,
    fix: str,
    *,
    start_s: float | None = None,
    other: str | None = None,
) -> Finding:
    """Return a finding; a bundled sample cannot be mended, only had again, whatever `fix` says."""
    if is_bundled(recording):
        fix = repair_advice()
    return Finding(recording, kind, what, fix, start_s, other)


def mend(recording: Recording, options: str) -> str:
    """Return the command that mends the description of a recording."""
    return f"swara samples label {recording.id} {options}"


def remove(recording: Recording) -> str:
    """Return the command that forgets a recording."""
    return f"swara samples remove {recording.id}"


def check_file(recording: Recording, listing: RemoteListing | None = None) -> Finding | None:
    """Return what is wrong with the file of a recording; None if it holds the bytes that were added.

    One at a URL only has to be there: its bytes are held against their digest whenever they are fetched.
    With a `listing`, each folder is asked once for all of them.

    Raises
    ------
    RemoteError, MissingPackage
        If a URL cannot be reached.
    """
    back = f"Put the file back, or mount the disk that it is on; to forget it, run: {remove(recording)}"
    try:
        if is_remote(recording):
            if is_there(recording.path) if listing is None else listing.holds(recording.path):
                return None
            raise FileNotFoundError
        if sha256_of(audio_path(recording)) == recording.sha256:
            return None
    except (FileNotFoundError, NotADirectoryError):
        return finding(recording, "gone", "the file is gone", back)
    except OSError as error:
        return finding(recording, "unreadable", f"the file cannot be read: {os_reason(error)}", back)
    again = f"Put the file back, or run: {remove(recording)}; then it can be added again"
    return finding(recording, "changed", "the file was changed since it was added", again)
