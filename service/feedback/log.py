"""Corrections as the store keeps them: a line for each that was given, confirmed or withdrawn.

::

    {"add": {"id": "3f0c9a51", "path": ..., "start_s": 12.31, "named": "P", "swara": "D", ...}}
    {"confirm": "3f0c9a51"}
    {"withdraw": "3f0c9a51"}

Lines are only ever appended.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import MoveResult, find_moved
from swara.data.storage.json_lines import LineLog, converted
from swara.service.errors import StoreDamaged, StoreError
from swara.service.store import Layout

__all__ = [
    "Correction",
    "Withdrawal",
    "confirm_correction",
    "known_corrections",
    "move_takes",
    "note_correction",
    "withdraw_correction",
]

IN_TUNE = ("perfect", "in tune")
"""Verdicts on a note that is sung well enough."""

_ID_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Correction:
    """One note of a recording, what the report said of it, and what it should have said.

    Parameters
    ----------
    id : str
        8 hex digits.
    at : str
        When it was given, as ISO 8601.
    path, sha256 : str
        The recording.
    start_s, end_s : float
        The note.
    tonic_hz : float
        Sa.
    named, judged : str
        The swara, in roman notation, and the verdict of the report.
    swara, verdict : str or None
        What they should have been; None where the report was right.
    confirmed : bool
        Whether somebody who may say so agrees.
    withdrawn : bool
        Whether it was taken back, which holds whatever was confirmed.
    raga, tuning, preset : str or None
        What the report judged against, as `swara.raga.ragas.raga_named` and the command line read it; None
        for the usual.
    """

    id: str
    at: str
    path: str
    sha256: str
    start_s: float
    end_s: float
    tonic_hz: float
    named: str
    judged: str
    swara: str | None
    verdict: str | None
    confirmed: bool = False
    withdrawn: bool = False
    raga: str | None = None
    tuning: str | None = None
    preset: str | None = None

    @property
    def counts(self) -> bool:
        """Whether a rebuild may learn from it."""
        return self.confirmed and not self.withdrawn

    @property
    def right(self) -> str:
        """The swara that the note is, in roman notation."""
        return self.swara or self.named

    @property
    def in_tune(self) -> bool:
        """Whether the note was in tune, and the report said otherwise."""
        return self.verdict in IN_TUNE and self.judged not in IN_TUNE

    def is_about(self, start_s: float, end_s: float) -> bool:
        """Tell whether the label from `start_s` to `end_s` is meant: that on the middle of the note."""
        return start_s <= 0.5 * (self.start_s + self.end_s) < end_s

    def as_recording(self) -> Recording:
        """Return the take as a recording of this one note; its singer is nobody who sings elsewhere."""
        labels = (SwaraLabel(self.start_s, self.end_s, self.right),)
        singer = f"take {self.sha256[:_ID_DIGITS]}"
        return Recording(self.path, self.sha256, singer, self.tonic_hz, None, labels, "a correction")


class Withdrawal(NamedTuple):
    """A correction that was taken back, and whether it was so already."""

    correction: Correction
    before: bool


def note_correction(store: Layout, given: Correction, *, confirmed: bool) -> Correction:
    """Append a correction to the log, and return it with its id: a hash of all that it says.

    Raises
    ------
    StoreError
        If the store cannot be written.
    """
    content = json.dumps(_fields(given), sort_keys=True).encode()
    given = replace(given, id=hashlib.sha256(content).hexdigest()[:_ID_DIGITS], confirmed=confirmed)
    _log(store).append({"add": _fields(given)})
    return given


def confirm_correction(store: Layout, prefix: str) -> Correction:
    """Confirm the correction whose id starts with `prefix`.

    Raises
    ------
    StoreError
        If none does, several do, or it was withdrawn; or if the store cannot be read or written.
    """
    found = _found(store, prefix)
    if found.withdrawn:
        raise StoreError(
            f"the correction {found.id} was withdrawn", fix="Give it again with: swara feedback add"
        )
    _log(store).append({"confirm": found.id})
    return replace(found, confirmed=True)


def withdraw_correction(store: Layout, prefix: str) -> Withdrawal:
    """Take the correction back whose id starts with `prefix`; what is withdrawn already stays as it is.

    The log keeps both lines. From the next rebuild on it does not count, confirmed or not.

    Raises
    ------
    StoreError
        If none does, or several do; or if the store cannot be read or written.
    """
    found = _found(store, prefix)
    if not found.withdrawn:
        _log(store).append({"withdraw": found.id})
    return Withdrawal(replace(found, withdrawn=True), found.withdrawn)


def known_corrections(store: Layout) -> tuple[Correction, ...]:
    """Return all corrections in the order in which they were given.

    Raises
    ------
    StoreDamaged
        Naming a line that cannot be read.
    """
    known: dict[str, Correction] = {}

    def apply(line: Mapping[str, Any]) -> None:
        match line:
            case {"add": fields, **rest} if not rest:
                given = converted(fields, Correction)
                known[given.id] = given
            case {"confirm": str(given_id), **rest} if not rest and given_id in known:
                known[given_id] = replace(known[given_id], confirmed=True)
            case {"withdraw": str(given_id), **rest} if not rest and given_id in known:
                known[given_id] = replace(known[given_id], withdrawn=True)
            case _:
                raise ValueError(
                    "it neither is a correction nor is about one; it may come from a newer swara"
                )

    _log(store).replay_whole(apply)
    return tuple(known.values())


def move_takes(store: Layout, old: Path, new: Path) -> MoveResult:
    """Note that corrected takes lie elsewhere, as `swara.data.sample_corpus.corpus.find_moved` finds them.

    The corrections are given anew in the log, each under its id.

    Raises
    ------
    CorpusError
        If `new` is not there.
    StoreError
        If the store cannot be read or written.
    """
    known = known_corrections(store)
    result = find_moved({each.sha256: Path(each.path) for each in known}, old, new)
    moved = [each for each in known if each.sha256 in result.moved]
    given = [{"add": _fields(each) | {"path": str(result.moved[each.sha256].path)}} for each in moved]
    _log(store).append(*given, *({"withdraw": each.id} for each in moved if each.withdrawn))
    return result


def _log(store: Layout) -> LineLog:
    return LineLog(store.feedback, StoreError, StoreDamaged)


def _fields(given: Correction) -> dict[str, Any]:
    """Return a correction as it is given, without what is usual; that it was withdrawn is a later line."""
    usual = ("raga", "tuning", "preset")
    fields = {name: value for name, value in asdict(given).items() if name not in usual or value is not None}
    del fields["withdrawn"]
    return fields


def _found(store: Layout, prefix: str) -> Correction:
    found = [each for each in known_corrections(store) if prefix and each.id.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    what = f"{len(found)} corrections have" if found else "no correction has"
    raise StoreError(f'{what} an id that starts with "{prefix}"', fix="List them with: swara feedback list")
