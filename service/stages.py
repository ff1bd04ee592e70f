"""The stages of a long job: how far each has come, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

__all__ = ["Journal", "StageProgress", "StageReport", "Stages", "part_of"]

StageReport: TypeAlias = Callable[[str, Mapping[str, Any]], None]
"""Called with the name of a stage that is over, and what came of it, ``seconds`` first; JSON values."""

StageProgress: TypeAlias = Callable[[str, float], None]
"""Called with the name of the stage at work and the share of it that is done, 0 to 1."""

T = TypeVar("T")


def part_of(
    progress: Callable[[float], None] | None, number: int, total: int
) -> Callable[[float], None] | None:
    """Return the callback of part `number`, from 0, of `total` equal parts of a job."""
    return None if progress is None else lambda share: progress((number + share) / total)


class Stages:
    """Tells a listener about stages, and keeps their times.

    Parameters
    ----------
    progress : callable, optional
        Who wants to know how far it has come.
    report : callable, optional
        Who wants to know of each stage that is over.
    """

    def __init__(self, progress: StageProgress | None, report: StageReport | None = None) -> None:
        self._progress, self._report = progress, report
        self._name = ""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens inside as the stage `name`; a stage that comes again adds to its time."""
        self._name, began = name, time.perf_counter()
        self.tell(0.0)
        yield
        self.tell(1.0)
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began

    def over(self, name: str, **facts: Any) -> None:
        """Say what came of a stage that will not come again."""
        if self._report is not None:
            self._report(name, {"seconds": round(self.seconds[name], 3), **facts})

    def each(self, things: Sequence[T]) -> Iterator[T]:
        """Yield `things`, telling after each how many of them are done."""
        for count, thing in enumerate(things, 1):
            yield thing
            self.tell(count / len(things))

    def tell(self, share: float) -> None:
        """Say that `share` of the stage at work is done."""
        if self._progress is not None:
            self._progress(self._name, share)


class Journal:
    """What somebody may want to write down of a training; this one writes nothing down."""

    def params(self, values: Mapping[str, str | int | float]) -> None:
        """Note what was asked for."""

    def metrics(self, values: Mapping[str, float], step: int | None = None) -> None:
        """Note figures: at the end, or after a pass `step`."""

    def confusion(self, labels: Sequence[str], matrix: Sequence[Sequence[int]]) -> None:
        """Note how often each label, a row, got which answer, a column; one more column for none."""

    def register(self, kind: str, folder: Path, version: str, *, live: bool) -> None:
        """Note what was made, where it lies, and whether it answers from now on."""
