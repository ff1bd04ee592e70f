"""What a head learns from and what it is examined with: an index, checked and shared out."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from swara.data.audio.decode import load_clip
from swara.data.corpora.entry import Entry
from swara.data.corpora.index import IndexRow, changed_files, read_index
from swara.data.corpora.splits import Apart, Folds, Learnable, grouped_folds, labelled
from swara.data.errors import AudioError, CorpusError
from swara.service.phrases import counted
from swara.service.store.layout import HeadKind

__all__ = ["Side", "TrainingCorpus", "read_corpus", "share_out", "unreadable"]

COLUMNS: Mapping[HeadKind, Learnable] = {"exercise": "exercise", "instrument": "instrument", "pitch": "midi"}
"""Which column of an index a head of each kind learns."""

_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class Side:
    """Recordings that a head learns from, or is examined with.

    Parameters
    ----------
    entries : tuple of Entry
        ``player`` is who or what must stand on one side alone.
    labels : tuple of str
        Of each, as a head answers: MIDI numbers as digits.
    """

    entries: tuple[Entry, ...]
    labels: tuple[str, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """Who sings or plays each."""
        return tuple(entry.player for entry in self.entries)

    @property
    def digest(self) -> str:
        """SHA-256 of recordings and labels, 64 hex digits, whatever their order."""
        told = sorted(
            f"{entry.sha256} {label}" for entry, label in zip(self.entries, self.labels, strict=True)
        )
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    def without(self, digests: Iterable[str]) -> Side:
        """Return those whose digest is none of these."""
        known = frozenset(digests)
        kept = [each for each in zip(self.entries, self.labels, strict=True) if each[0].sha256 not in known]
        return Side(tuple(entry for entry, _ in kept), tuple(label for _, label in kept))

    def __add__(self, other: Side) -> Side:
        return Side(self.entries + other.entries, self.labels + other.labels)


@dataclass(frozen=True, slots=True)
class TrainingCorpus:
    """An index, shared out.

    Parameters
    ----------
    learned, held_out : Side
        No singer, player or source is in both.
    licences : mapping of str to int
        How many recordings are under which.
    credits : tuple of str
        Whom licences ask to name.
    corpora : mapping of str to int
        How many recordings are of which layout.
    hours : float
        How long they last.
    warnings : tuple of str
        What to know before trusting the figures, as sentences without full stop.
    """

    learned: Side
    held_out: Side
    licences: Mapping[str, int]
    credits: tuple[str, ...]
    corpora: Mapping[str, int]
    hours: float
    warnings: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Digest of both sides."""
        return (self.learned + self.held_out).digest


def read_corpus(
    index: Path, kind: HeadKind, known_labels: Sequence[str] | None = None
) -> tuple[list[IndexRow], int]:
    """Return the recordings of an index that a head of that kind can learn from, and how many there are.

    Parameters
    ----------
    index : Path
        As ``swara corpus add`` writes it.
    kind : str
        What the head is to answer.
    known_labels : sequence of str, optional
        The only labels that it can have; any, if left out.

    Raises
    ------
    CorpusError
        If the index cannot be read or lists something twice, if recordings are missing or changed, if labels
        are unknown, or if there is none, or one only.
    """
    rows, column = read_index(index), COLUMNS[kind]
    if wrong := changed_files(rows):
        named = [f"{path}: {line}" for path, line in wrong.items()]
        raise CorpusError(
            f"{len(wrong)} of {counted(len(rows), 'recording')} missing or changed: {_some(named)}",
            where=str(index),
            fix="Put them back, or delete their lines; swara corpus check names all",
        )
    try:
        kept = labelled(rows, column)
    except CorpusError as error:
        raise CorpusError(error.what, where=str(index), fix=error.fix or _FIX_LABELS) from error
    odd = Counter(str(getattr(row, column)) for row in kept)
    if known_labels is not None and (unknown := sorted(odd.keys() - set(known_labels))):
        named = [f"{name} ({odd[name]})" for name in unknown]
        raise CorpusError(
            f"the column {column} has labels that this head cannot learn: {_some(named)}",
            where=str(index),
            fix=f"They are {', '.join(known_labels)}; mend or delete the lines",
        )
    return kept, len(rows)


_FIX_LABELS = "Fill in the column, or add a corpus that has it: swara corpus add --help"


def share_out(
    rows: Sequence[IndexRow],
    kind: HeadKind,
    *,
    total: int,
    where: Path,
    apart: Apart,
    seed: int,
    known: Mapping[str, Mapping[str, Any]],
) -> TrainingCorpus:
    """Hold out about a fifth of the singers, players or sources.

    Who was held out when the live head was made is held out again, and who it learned from never is: so the
    two can be compared as the corpus grows.

    Parameters
    ----------
    rows : sequence of IndexRow
        As `read_corpus` returns them.
    kind : str
        What the head is to answer.
    total : int
        How many recordings the index has, those without a label too.
    where : Path
        The index, for what is raised.
    apart : str
        What stands on one side alone.
    seed : int
        Decides who of those that nobody knows yet are held out.
    known : mapping of str to mapping
        What the live head was made from, by digest: who sings, as ``singer``, and on which ``side``.

    Raises
    ------
    CorpusError
        If nobody can be held out, or what is left has one label only.
    """
    column = COLUMNS[kind]
    try:
        folds = grouped_folds(rows, column, apart, seed=seed)
    except CorpusError as error:
        raise CorpusError(error.what, where=str(where), fix=error.fix) from error
    held, taught = _held_out(folds, known)
    warnings = _warnings(rows, total, column, folds.lonely)
    if taught:
        warnings.append("the live head learned from some of those held out: it is flattered")
    pairs = list(zip(rows, folds.groups, strict=True))
    learned = _side([pair for pair in pairs if pair[1] not in held], column)
    held_out = _side([pair for pair in pairs if pair[1] in held], column)
    if len(set(learned.labels)) < 2:
        raise CorpusError(
            f"without {_some(sorted(held))}, held out, there is the {column} {learned.labels[0]} alone",
            where=str(where),
            fix="Add recordings of more singers or players",
        )
    return TrainingCorpus(
        learned,
        held_out,
        dict(Counter(row.licence for row in rows).most_common()),
        tuple(sorted({row.credit for row in rows if row.credit})),
        dict(Counter(row.corpus for row in rows).most_common()),
        sum(row.duration_s for row in rows) / 3600,
        tuple(warnings),
    )


def _held_out(folds: Folds, known: Mapping[str, Mapping[str, Any]]) -> tuple[set[str], bool]:
    """Return who is held out, and whether the live head learned from some of them."""
    first = {group for group, number in zip(folds.groups, folds.numbers, strict=True) if number == 0}
    before = {fields["singer"]: fields["side"] for fields in known.values()}
    held = {group for group in folds.groups if before.get(group, "held out" * (group in first)) == "held out"}
    if held and len(held) < len(set(folds.groups)):
        return held, False
    return first, bool(before)


def _side(pairs: Sequence[tuple[IndexRow, str]], column: str) -> Side:
    """Return recordings, each with who must stand on one side alone, as a side."""
    labels = tuple(str(getattr(row, column)) for row, _ in pairs)
    return Side(tuple(replace(row, player=group) for row, group in pairs), labels)


def _warnings(rows: Sequence[IndexRow], total: int, column: str, lonely: Sequence[str]) -> list[str]:
    told = []
    if total > len(rows):
        told.append(f"{counted(total - len(rows), 'recording')} left out: nothing in the column {column}")
    if lonely:
        told.append(f"one singer or player alone has {_some(lonely)}: learned or tested, not both")
    return told


def unreadable(entries: Iterable[Entry]) -> dict[Path, str]:
    """Return the recordings that cannot be decoded, and why; each is decoded, which takes its time."""
    wrong = {}
    for entry in entries:
        try:
            load_clip(entry.path)
        except AudioError as error:
            wrong[entry.path] = error.what
    return wrong


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
