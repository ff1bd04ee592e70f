"""Several takes in one call: each is analyzed, and one that cannot be stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from swara.data.errors import AudioError, OutputError
from swara.data.layouts.read import audio_files
from swara.data.storage.disk import check_writable, write_bytes
from swara.raga.errors import SwaraError
from swara.service.report.csv_report import summary_csv
from swara.service.take.report import TakeOutcome, TakeReport

from .take_files import TakeFiles

__all__ = ["TakeList", "analyze_takes", "find_takes"]

_SUFFIXES = {
    "json": ".json",
    "csv": ".csv",
    "pitch_csv": ".pitch.csv",
    "plot": ".png",
    "page": ".html",
    "target": ".wav",
}


@dataclass(frozen=True, slots=True)
class TakeList:
    """The takes that were asked for.

    Parameters
    ----------
    takes : tuple of (str, Path)
        Each take's name (its path below the folder that was given, else the path given) and where it lies.
    refused : tuple of TakeOutcome
        What lies among them and is no file, or a folder that cannot be looked into.
    passed_over : int
        Files in folders that are no audio by their name.
    """

    takes: tuple[tuple[str, Path], ...]
    refused: tuple[TakeOutcome, ...] = ()
    passed_over: int = 0


def find_takes(given: Sequence[Path]) -> TakeList:
    """Find the takes that files and folders hold, each once; what is named itself is one, whatever its name.

    Raises
    ------
    AudioError
        If a folder holds no audio.
    """
    takes: dict[Path, tuple[str, Path]] = {}
    refused: list[TakeOutcome] = []
    passed_over = 0
    for source in given:
        if not source.is_dir():
            takes.setdefault(source.absolute(), (str(source), source))
            continue
        audio, odd, others = audio_files(source)
        refused += [TakeOutcome(str(each.path), error=str(each.error)) for each in odd]
        passed_over += len(others)
        if not (audio or odd):
            raise AudioError(
                "there is no audio in this folder",
                where=str(source),
                fix="Name the folder that holds the takes",
            )
        for path in audio:
            takes.setdefault(path.absolute(), (str(path.relative_to(source)), path))
    return TakeList(tuple(takes.values()), tuple(refused), passed_over)


def analyze_takes(
    found: TakeList,
    analyze: Callable[[Path, TakeFiles, str], TakeReport],
    folders: TakeFiles,
    summary: Path | None,
) -> Iterator[TakeOutcome]:
    """Analyze takes one after another, and write what was asked for of each, and a table of all.

    Parameters
    ----------
    found : TakeList
        The takes.
    analyze : callable
        Called with the path of one, the files to write, and what is at work, such as ``take 2 of 7``.
    folders : TakeFiles
        For each kind of file the folder that takes one of each take, called like the take.
    summary : Path or None
        Where the table goes, as CSV with a line for each take.

    Yields
    ------
    TakeOutcome
        Of each take, and of what was refused.

    Raises
    ------
    OutputError
        If a folder or the table cannot be written, or a file would replace one of the takes: found out before
        the first take is analyzed.
    """
    written = [_files(folders, stem) for stem in _stems(found.takes)]
    _spare_takes(found, [*filter(None, [summary]), *(path for files in written for path in files.paths())])
    if summary is not None:
        check_writable(summary)
    for folder in folders.paths():
        _make_folder(folder)
    outcomes = list(found.refused)
    yield from outcomes
    for place, ((name, path), files) in enumerate(zip(found.takes, written, strict=True), 1):
        try:
            report = analyze(path, files, f"take {place} of {len(found.takes)}")
            outcome = TakeOutcome(name, report)
        except SwaraError as error:
            outcome = TakeOutcome(name, error=str(error))
        outcomes.append(outcome)
        yield outcome
    if summary is not None:
        write_bytes(summary, summary_csv(outcomes).encode())


def _spare_takes(found: TakeList, outputs: Sequence[Path]) -> None:
    """Refuse to write over any take: ``a.wav`` may be one, and the target of ``a.flac``."""

    def identity(path: Path) -> tuple[int, int] | None:
        try:
            there = path.stat()
        except OSError:
            return None
        return there.st_dev, there.st_ino

    takes = {identity(path) for _, path in found.takes} - {None}
    for output in outputs:
        if identity(output) in takes:
            raise OutputError(
                "this is one of the takes, and would be written over",
                where=str(output),
                fix="Choose another folder",
            )


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise OutputError(
            "this is a file; several takes are written into a folder, a file of each", where=str(folder)
        ) from error
    except OSError as error:
        raise OutputError("cannot make this folder", where=str(folder), fix=error.strerror) from error


def _stems(takes: Sequence[tuple[str, Path]]) -> Iterator[str]:
    """Yield what the files of each take are called: like the take, and no two alike."""
    taken: set[str] = set()
    for name, path in takes:
        parts = () if name == str(path) else Path(name).parent.parts
        stem = wanted = "-".join((*parts, path.stem if name != "-" else "stdin"))
        number = 1
        while stem.casefold() in taken:
            number += 1
            stem = f"{wanted}-{number}"
        taken.add(stem.casefold())
        yield stem


def _files(folders: TakeFiles, stem: str) -> TakeFiles:
    wanted = {field.name: getattr(folders, field.name) for field in fields(TakeFiles)}
    return TakeFiles(
        **{kind: folder / f"{stem}{_SUFFIXES[kind]}" for kind, folder in wanted.items() if folder is not None}
    )
