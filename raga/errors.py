"""The errors that a user may meet, as one tree.

::

    SwaraError                      anything a user can mend; the command line prints its one line
    ├── swara.raga.errors
    │   ├── UnknownRaga             no raga, or tuning, of that name
    │   ├── BadTonic                a tonic that parses to nothing or lies out of range
    │   └── BadNotation             swara text that cannot be read
    ├── swara.data.errors
    │   ├── AudioError              a recording that cannot be used
    │   │   ├── AudioNotFound
    │   │   ├── AudioUnreadable
    │   │   ├── AudioEmpty
    │   │   ├── AudioTooLong
    │   │   └── BadSamples
    │   ├── MissingPackage          a package that is not installed
    │   ├── CorpusError             samples that cannot be added, found or listed
    │   └── OutputError             a file that cannot be written
    ├── swara.embedder.errors
    │   └── ModelError              a network that cannot be had or used
    │       ├── ModelAbsent         in none of the places where it is looked for, or known to nobody
    │       ├── ModelDamaged        cut short, changed or unreadable
    │       ├── ModelUnfit          something else than the documented model
    │       ├── ModelInUse          another process, or a live version, has it in use
    │       ├── DownloadError       no network, or a server that gives up
    │       └── FinetuneError       a fine-tuning that made none
    ├── swara.index.errors
    │   └── IndexDamaged            an index that cannot be read
    ├── swara.classifier.errors
    │   └── HeadError
    │       ├── HeadDamaged         a head that cannot be read
    │       └── TooFewNotes         too little to learn from
    └── swara.service.errors
        ├── NoNoteThere             no steady note where one was asked about
        ├── UnknownEmbedder         no embedder of that name
        └── StoreError              a store that cannot be used as it is
            ├── StoreBusy, StoreDamaged, StoreNewer, StoreUnreadable
            ├── StoreUnwritable
            │   └── StoreReadOnly
            ├── EmbedderChanged, EmbedderMissing, RecordingsChanged
            └── NoSuchVersion, NoSuchCorrection, NoTargets

Only ``cli.main`` turns them into an exit code.
"""

from __future__ import annotations

__all__ = ["BadNotation", "BadTonic", "SwaraError", "UnknownRaga"]


class SwaraError(Exception):
    """Something the user can put right.

    Parameters
    ----------
    what : str
        What is wrong, as the start of a sentence without its full stop.
    where : str, optional
        The file, option or value that it is about.
    fix : str, optional
        What to do about it, as a sentence without its full stop.

    Notes
    -----
    ``str(error)`` is one line, ``where: what. fix.``, whatever the parts held.
    """

    def __init__(self, what: str, *, where: str | None = None, fix: str | None = None) -> None:
        self.what = _one_line(what)
        self.where = None if where is None else _one_line(where)
        self.fix = None if fix is None else _one_line(fix)
        place = f"{self.where}: " if self.where else ""
        remedy = f" {self.fix}." if self.fix else ""
        super().__init__(f"{place}{self.what}.{remedy}")


class UnknownRaga(SwaraError):
    """No raga, or tuning, of that name is known."""


class BadTonic(SwaraError):
    """A tonic that names no note or frequency, or one outside 80-400 Hz."""


class BadNotation(SwaraError):
    """Text that is not swara notation."""


def _one_line(text: str) -> str:
    return " ".join(text.split())
