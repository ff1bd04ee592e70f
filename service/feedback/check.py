"""Corrections as a regression set: each take is judged anew, as it was, and its note looked at again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from swara.data.storage.disk import reading, sha256_of
from swara.data.storage.json_lines import converted
from swara.raga.errors import SwaraError
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara
from swara.service.errors import NoNoteThere
from swara.service.take.report import TakeReport
from swara.service.take.summary import note_at

from .log import IN_TUNE, Correction

__all__ = ["Answer", "CheckedCorrection", "check_corrections", "read_corrections"]

Answer: TypeAlias = Literal["right", "unsure", "wrong", "no note", "not checked"]
"""What became of a correction: ``unsure`` says that nothing wrong is claimed any more, ``no note`` that none
is found there; one whose recording is gone or changed is ``not checked``."""


@dataclass(frozen=True, slots=True)
class CheckedCorrection:
    """A correction, and what is said of its note now.

    Parameters
    ----------
    correction : Correction
        As it was given.
    answer : Answer
        Whether the program has it right.
    named, judged : str or None
        The swara, in roman notation, and the verdict of today; None where there is no note.
    why : str or None
        Why it was not checked, as a sentence without full stop.
    """

    correction: Correction
    answer: Answer
    named: str | None = None
    judged: str | None = None
    why: str | None = None

    @property
    def fails(self) -> bool:
        """Whether it is a regression: somebody confirmed it, and the program is wrong all the same."""
        return self.correction.confirmed and self.answer in ("wrong", "no note")


def check_corrections(
    corrections: Sequence[Correction],
    judge: Callable[[Path, Correction], TakeReport],
    *,
    beside: Path | None = None,
) -> Iterator[CheckedCorrection]:
    """Yield what is said today of each note that was corrected; those that were withdrawn are left out.

    Parameters
    ----------
    corrections : sequence of Correction
        In any order; a take is judged once for each Sa, raga, tuning and preset.
    judge : callable
        Returns the report on a recording, judged against what the correction says that it was judged against.
    beside : Path, optional
        Folder in which a recording is looked for by its name where its own path leads nowhere.
    """
    reports: dict[tuple[object, ...], TakeReport] = {}
    digests: dict[Path, str] = {}
    for each in corrections:
        if each.withdrawn:
            continue
        try:
            recording = _recording(each, beside, digests)
            asked = (recording, each.tonic_hz, each.raga, each.tuning, each.preset)
            if asked not in reports:
                reports[asked] = judge(recording, each)
            yield _checked(each, reports[asked], recording)
        except SwaraError as error:
            yield CheckedCorrection(each, "not checked", why=str(error).rstrip("."))


def read_corrections(file: Path) -> tuple[Correction, ...]:
    """Read corrections as ``swara feedback list --json`` writes them.

    Raises
    ------
    SwaraError
        If the file cannot be read, or holds anything else.
    """
    with reading(file, SwaraError):
        text = file.read_bytes()
    try:
        said = json.loads(text)
        if not isinstance(said, dict) or said.get("schema") != "swara.feedback/1":
            raise ValueError("its schema is not swara.feedback/1")
        if not isinstance(said.get("corrections"), list):
            raise ValueError('it has no list of "corrections"')
        return tuple(converted(each, Correction) for each in said["corrections"])
    except (ValueError, TypeError, RecursionError) as error:
        raise SwaraError(
            f"these are no corrections: {error}",
            where=str(file),
            fix="Write them with: swara feedback list --json",
        ) from error


def _recording(each: Correction, beside: Path | None, digests: dict[Path, str]) -> Path:
    """Return where the recording of a correction lies, if it is still what it was."""
    own = Path(each.path)
    candidates = (own,) if beside is None else (own, beside / own.name)
    there = [path for path in candidates if path.is_file()]
    for path in there:
        if path not in digests:
            with reading(path, SwaraError):
                digests[path] = sha256_of(path)
        if digests[path] == each.sha256:
            return path
    raise SwaraError(f"the recording {'changed' if there else 'is gone'}: {each.path}")


def _checked(each: Correction, report: TakeReport, recording: Path) -> CheckedCorrection:
    try:
        note = report.notes[note_at(report.notes, 0.5 * (each.start_s + each.end_s), recording)]
    except NoNoteThere:
        return CheckedCorrection(each, "no note")
    swara, saptak = (note.swara, note.saptak) if note.foreign else note.called
    named = swara_letter(*parse_swara(f"{saptak} {swara}"))
    if note.verdict == "unsure":
        return CheckedCorrection(each, "unsure", named, note.verdict)
    right = each.swara in (None, named) and (
        each.verdict in (None, note.verdict) or {each.verdict, note.verdict} <= set(IN_TUNE)
    )
    return CheckedCorrection(each, "right" if right else "wrong", named, note.verdict)
