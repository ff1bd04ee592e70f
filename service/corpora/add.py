"""Recordings of a corpus become rows of an index, all that can be added of a folder in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path

from swara.data.audio.decode import decode
from swara.data.corpora import CorpusName, corpus_named
from swara.data.corpora.card import corpus_card
from swara.data.corpora.entry import CorpusCard, Entry, Found, Given, Refused
from swara.data.corpora.index import IndexRow, read_index, write_index
from swara.data.errors import CorpusError
from swara.data.storage.disk import check_writable, os_reason, sha256_of, write_bytes
from swara.raga.errors import SwaraError

__all__ = ["AddedToIndex", "add_to_index", "card_path"]

_SHORTER_S = 0.5
"""By so much, and a twentieth, may a sound be shorter than it is said to be: encoders add and take some."""


@dataclass(frozen=True, slots=True)
class AddedToIndex:
    """What became of every file of a folder.

    Parameters
    ----------
    added : int
        Recordings that are new in the index.
    renewed : int
        Those that the index had already, described anew.
    refused : tuple of Refused
        Files that are not in it, and why.
    remarks : tuple of str
        What else is odd.
    rows : tuple of IndexRow
        All that the index holds now.
    card : Path
        Where the card of the corpus is.
    """

    added: int
    renewed: int
    refused: tuple[Refused, ...]
    remarks: tuple[str, ...]
    rows: tuple[IndexRow, ...]
    card: Path


def card_path(index: Path, corpus: str) -> Path:
    """Return where the card of a corpus lies: ``corpus.nsynth.md`` beside ``corpus.csv``."""
    return index.with_name(f"{index.stem}.{corpus}.md")


def add_to_index(
    name: CorpusName,
    folder: Path,
    index: Path,
    given: Given,
    progress: Callable[[str, float], None] | None = None,
) -> AddedToIndex:
    """Read a folder as a corpus, hear every recording once, and write index and card.

    Parameters
    ----------
    name : str
        Which corpus the folder is laid out as.
    folder : Path
        Where its recordings lie.
    index : Path
        The table; what it holds already stays, and is described anew where it is found again.
    given : Given
        What the layout does not say.
    progress : callable, optional
        Called with the stage at work, and the share of it that is done.

    Raises
    ------
    CorpusError
        If the folder is not of that layout, none of its files can be added, or the index there is damaged.
    OutputError
        If index or card cannot be written; the index is then as it was.
    """
    check_writable(index)
    known = read_index(index) if index.exists() else ()
    corpus = corpus_named(name)
    found: Found = corpus.find(folder, given)
    card: CorpusCard = corpus.CARD
    hearing = _Hearing(known, name)
    for number, entry in enumerate(found.entries):
        if progress is not None:
            progress("listening", number / len(found.entries))
        hearing.add(entry)
    refused = (*found.refused, *hearing.refused)
    if not hearing.heard:
        first = f"; the first: {refused[0].path.name}: {refused[0].line}" if refused else ""
        raise CorpusError(f"none of {len(refused)} files can be added{first}", where=str(folder))
    rows = hearing.rows()
    write_index(index, rows)
    write_bytes(card_path(index, name), corpus_card(card, rows).encode(errors="replace"))
    renewed = len(hearing.heard.keys() & {row.sha256 for row in known})
    remarks = (*found.remarks, *hearing.remarks)
    return AddedToIndex(len(hearing.heard) - renewed, renewed, refused, remarks, rows, card_path(index, name))


class _Hearing:
    """The recordings of a folder, one after the other: those that can be heard, and those that cannot."""

    def __init__(self, known: Iterable[IndexRow], corpus: str) -> None:
        self._known = {row.sha256: row for row in known}
        self._corpus = corpus
        self.heard: dict[str, IndexRow] = {}
        self.refused: list[Refused] = []
        self.remarks: list[str] = []

    def add(self, entry: Entry) -> None:
        """Note a recording as heard, or as refused and why."""
        try:
            row = self._row(entry)
        except SwaraError as error:
            self.refused.append(Refused(entry.path, error.what))
        except OSError as error:
            gone = isinstance(error, FileNotFoundError)
            self.refused.append(Refused(entry.path, "it is missing" if gone else os_reason(error)))
        else:
            self.heard[row.sha256] = row

    def rows(self) -> tuple[IndexRow, ...]:
        """Return what the index holds now: one row for each recording and for each path, the newest."""
        before = (row for sha256, row in self._known.items() if sha256 not in self.heard)
        return tuple({row.path: row for row in (*before, *self.heard.values())}.values())

    def _row(self, entry: Entry) -> IndexRow:
        path = entry.path.resolve()
        digest = sha256_of(path)
        if entry.sha256 and digest != entry.sha256:
            raise CorpusError("it was changed since it was fetched")
        known = self._known.get(digest)
        twin = self.heard.get(digest) or known
        # The same bytes elsewhere are a copy; where their first place is empty, they were moved.
        if twin is not None and twin.path != path and (digest in self.heard or twin.path.exists()):
            raise CorpusError(f"it is the same as {twin.path}")
        duration_s = known.duration_s if known else self._duration_s(entry)
        heard = {"path": path, "sha256": digest, "corpus": self._corpus, "duration_s": duration_s}
        return IndexRow(**{field.name: getattr(entry, field.name) for field in fields(Entry)} | heard)

    def _duration_s(self, entry: Entry) -> float:
        decoded = decode(entry.path, max_duration_s=None)
        duration_s = len(decoded.clip.samples) / decoded.clip.rate_hz
        if decoded.level.is_silent:
            raise CorpusError("it is silent")
        said_s = entry.duration_s
        if said_s is not None and duration_s < 0.95 * said_s - _SHORTER_S:
            raise CorpusError(f"it lasts {duration_s:.1f} s of {said_s:.1f}: the rest is missing")
        self.remarks += [f"{entry.path.name}: {warning}" for warning in decoded.warnings]
        return duration_s
