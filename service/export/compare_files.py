"""Two recordings compared, and the files that were asked for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import astuple, dataclass, replace
from pathlib import Path

from swara.classifier.pitch import Progress
from swara.data.audio.piped import take_name
from swara.data.storage.array_cache import RecentCache
from swara.data.storage.disk import write_bytes
from swara.service.compare.comparison import Comparison
from swara.service.compare.takes import Asked, compare_takes
from swara.service.stages import part_of
from swara.service.take.analyze import Request

from .take_files import TakeSound, check_outputs, hear_take, opened_take

__all__ = ["CompareFiles", "compare_files"]


@dataclass(frozen=True, slots=True)
class CompareFiles:
    """Where to write what; None for what is not wanted.

    Parameters
    ----------
    json, csv, page : Path or None
        The comparison, its findings, the HTML page.
    """

    json: Path | None = None
    csv: Path | None = None
    page: Path | None = None

    def paths(self) -> Iterator[Path]:
        """Yield the paths that are set."""
        return (path for path in astuple(self) if path is not None)

    def paths_of(self, comparison: Comparison) -> Iterator[Path]:
        """Yield the paths that are written of a comparison: no page shows two takes that do not meet."""
        return self.paths() if comparison.aligned else replace(self, page=None).paths()


def compare_files(
    mine: Path,
    guru: Path,
    request: Request,
    guru_request: Request,
    files: CompareFiles,
    *,
    max_duration_s: float | None,
    progress: Progress | None = None,
    cache: RecentCache | None = None,
) -> Comparison:
    """Compare a take with a guru's.

    Parameters
    ----------
    mine, guru : Path
        The recordings.
    request, guru_request : Request
        What either is judged against: they differ in Sa.
    files : CompareFiles
        Where to write what; where nothing can be compared, no page is.
    max_duration_s : float or None
        The longest take to accept, in seconds.
    progress : callable, optional
        Called with the share of the pitch tracking that is done.
    cache : RecentCache, optional
        Keeps what was heard of either.

    Raises
    ------
    SwaraError
        If a recording cannot be used, or a file cannot be written.
    """
    for source, called in ((mine, "the take that is compared"), (guru, "the guru's take")):
        check_outputs(files.paths(), source=source, called=called)
    with ExitStack() as stack:
        asked, sounds = list[Asked](), list[TakeSound]()
        for number, (path, wanted) in enumerate(((mine, request), (guru, guru_request))):
            take = stack.enter_context(opened_take(path, max_duration_s))
            asked.append(Asked(hear_take(take, cache, part_of(progress, number, 2)), wanted, take_name(path)))
            sounds.append(take)
        comparison = compare_takes(*asked)
        _write(comparison, sounds, request, files)
    return comparison


def _write(comparison: Comparison, sounds: list[TakeSound], request: Request, files: CompareFiles) -> None:
    if files.json is not None:
        from swara.service.report.compare_report import comparison_json

        write_bytes(files.json, comparison_json(comparison).encode())
    if files.csv is not None:
        from swara.service.report.compare_report import findings_csv

        write_bytes(files.csv, findings_csv(comparison).encode())
    if files.page is not None and comparison.aligned:
        from swara.service.report.page.compare_page import comparison_page

        clips = [each.clip() for each in sounds]
        raga, tuning = request.judged_raga, request.tuning
        write_bytes(files.page, comparison_page(comparison, *clips, tuning=tuning, raga=raga).encode())
