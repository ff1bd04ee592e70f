"""The errors that a user may meet, as one tree.

::

    SwaraError                      anything a user can mend; the command line prints its one line
    ├── swara.raga.errors
    │   ├── UnknownRaga             no raga, or tuning, of that name
    │   ├── BadTonic                a tonic that parses to nothing or lies out of range
    │   └── BadNotation             swara text that cannot be read
    ├── swara.data.errors
    │   ├── AudioError              a recording that cannot be used
    │   │   └── AudioTooLong        one that is longer than the limit
    │   ├── CorpusError             samples that cannot be added, found or listed, or that changed
    │   ├── FreesoundError          Freesound finds nothing, refuses, fails or asks to wait
    │   │   └── SoundGone           one sound that cannot be had from there
    │   ├── MissingPackage          a package that is not installed
    │   ├── OutputError             a file that cannot be written
    │   └── RemoteError             a place at a URL that cannot be reached, read or written
    ├── swara.embedder.errors
    │   └── ModelError              a network that cannot be had or used
    │       ├── ModelAbsent, ModelDamaged, ModelUnfit, ModelInUse
    │       ├── DownloadError       it could not be downloaded
    │       └── FinetuneError       a fine-tuning that made none
    ├── swara.classifier
    │   └── HeadError               a head that cannot be read, or not be trained
    ├── swara.index
    │   └── IndexDamaged            an index that cannot be read
    └── swara.service.errors
        ├── NoNoteThere             no steady note, or no phrase, where one was asked about
        └── StoreError              a store that cannot be read, written or used as it is
            ├── StoreBusy           another process writes to it
            ├── StoreDamaged        a file of it is missing, cut short or changed
            ├── StoreNewer          a newer swara wrote it
            ├── EmbedderChanged     head, index and embedder do not belong together
            └── NoSuchVersion       no version of that name

A class stands for what some program does otherwise about it; all else is in the message. Each function that
turns a failure of the disk into one of these is told which: `swara.data.storage.disk`.

Only ``cli.main`` turns them into an exit code.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

__all__ = ["BadNotation", "BadTonic", "SwaraError", "UnknownRaga", "fold_name", "near_names", "nearest_names"]


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


_LONGEST = 600
"""A part of an error that quotes more than this, a whole file of notation for one, is shown by its ends."""


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    if len(line) <= _LONGEST:
        return line
    return f"{line[: _LONGEST // 2]} ... {line[-_LONGEST // 2 :]}"


_UNSAID = re.compile("[\\s_\u2010-\u2013-]|[\u0300-\u036f]|\u093c|[\u200b-\u200d]")
"""Diacritics, the nukta of Devanagari, and what joins letters, too."""

_MOST = 3
_LIKENESS = 0.6
"""Ratio of `difflib` from which two spellings count as near; its own default."""


def fold_name(text: str) -> str:
    """Return `text` without case, spaces, hyphens, underscores, and the marks of Latin letters."""
    return _UNSAID.sub("", unicodedata.normalize("NFKD", text).casefold())


def nearest_names(text: str, spellings: Mapping[str, str]) -> str:
    """Say which known names are nearest to `text`, or list every name where none is near.

    Parameters
    ----------
    text : str
        What was asked for.
    spellings : mapping of str to str
        Each folded spelling, and the name to show for it; several may lead to one name.

    Returns
    -------
    str
        A sentence without its full stop, fit for the `fix` of an error.
    """
    return near_names(text, spellings) or f"The names known are {_listed(_unique(spellings.values()))}"


def near_names(text: str, spellings: Mapping[str, str], likeness: float = _LIKENESS) -> str:
    """Say which known names are nearest to `text`, as `nearest_names` does; nothing where none is near.

    Parameters
    ----------
    text, spellings
        As for `nearest_names`.
    likeness : float
        Ratio of `difflib` from which a spelling is near, 0 to 1.
    """
    # More spellings than names are taken, because several of them may stand for one name.
    close = get_close_matches(fold_name(text), spellings, n=2 * _MOST, cutoff=likeness)
    near = _unique(spellings[spelling] for spelling in close)[:_MOST]
    if not near:
        return ""
    return f"The nearest name is {near[0]}" if len(near) == 1 else f"The nearest names are {_listed(near)}"


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
