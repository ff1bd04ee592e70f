"""From a recording on disk to a report, and to every file that was asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from swara.classifier.pitch import TRACK_RATE_HZ, Progress
from swara.classifier.pitch.head import pitch_tracker
from swara.data.audio.piped import is_pipe, received, take_name
from swara.data.clip import Clip
from swara.data.errors import OutputError
from swara.data.storage.array_cache import RecentCache
from swara.data.storage.disk import check_writable, sha256_of, write_bytes
from swara.service.adviser.adviser import LiveModel
from swara.service.request import OWN_RAGA_FILES
from swara.service.take.analyze import Request, judge_take
from swara.service.take.heard import HeardTake, hear, heard_from, hearing_code, to_arrays
from swara.service.take.report import TakeReport
from swara.service.take.summary import nearest_samples

if TYPE_CHECKING:
    from swara.data.audio.decode import Decoded

__all__ = [
    "TakeFiles",
    "TakeSound",
    "analyze_file",
    "check_outputs",
    "check_suffix",
    "hear_take",
    "opened_take",
    "write_files",
]


def check_outputs(
    paths: Iterable[Path | None], *, source: Path, called: str = "the recording that is analyzed"
) -> None:
    """Make sure, before long work, that every output can be written and none is lost.

    Parameters
    ----------
    paths : iterable of Path or None
        The outputs; None is none.
    source, called : Path, str
        What is read, and what it is called in words.

    Raises
    ------
    OutputError
        If two outputs share a path, one is `source` itself or the file of the raga, or one cannot be written.
    """
    outputs = tuple(path for path in paths if path is not None)
    for place, path in enumerate(outputs):
        if any(_is_same(path, other) for other in outputs[:place]):
            raise OutputError(
                "two outputs would be written to this file", where=str(path), fix="Give each its own file"
            )
        if _is_same(path, source):
            raise OutputError(f"this is {called}", where=str(path), fix="Choose another output file")
        if any(_is_same(path, raga) for raga in OWN_RAGA_FILES):
            raise OutputError(
                "this is the file that the raga is read from",
                where=str(path),
                fix="Choose another output file",
            )
        check_writable(path)


def check_suffix(path: Path | None, suffix: str, what: str) -> None:
    """Refuse a name that says of `what` that it is anything but what its `suffix` says; no suffix is none.

    Raises
    ------
    OutputError
        If it does.
    """
    if path is not None and path.suffix.lower() not in {"", suffix}:
        raise OutputError(
            f"{what} is written as {suffix.removeprefix('.').upper()}, and this name ends in {path.suffix}",
            where=str(path),
            fix=f"Name it {path.with_suffix(suffix).name}",
        )


def _is_same(one: Path, other: Path) -> bool:
    """Tell whether two paths are one file, through links, or letter case on some disks."""
    try:
        return one.samefile(other)
    except (OSError, ValueError):
        return one.resolve() == other.resolve()


@dataclass(frozen=True, slots=True)
class TakeFiles:
    """Where to write what; None for what is not wanted.

    Parameters
    ----------
    json, csv, pitch_csv, plot, page, target : Path or None
        The report, its notes, its pitch track, the picture, the HTML page, the notes as they should sound.
    """

    json: Path | None = None
    csv: Path | None = None
    pitch_csv: Path | None = None
    plot: Path | None = None
    page: Path | None = None
    target: Path | None = None

    def paths(self) -> Iterator[Path]:
        """Yield the paths that are set."""
        return (path for path in astuple(self) if path is not None)


def analyze_file(
    recording: Path,
    request: Request,
    files: TakeFiles,
    *,
    max_duration_s: float | None,
    track: int | None = None,
    progress: Progress | None = None,
    model: LiveModel | None = None,
    warnings: Sequence[str] = (),
    cache: RecentCache | None = None,
) -> TakeReport:
    """Analyze a recording and write the files that were asked for; `model` gives a second opinion.

    What was heard of a take is kept in `cache`: the next time it is neither decoded, tracked nor embedded,
    unless the page is wanted, which holds its sound.

    Raises
    ------
    SwaraError
        If the recording cannot be used, or a file cannot be written: found out before the analysis where
        that is possible. Files that were already written stay.
    """
    check_outputs(files.paths(), source=recording)
    check_suffix(files.plot, ".png", "the picture")
    check_suffix(files.target, ".wav", "the target")
    with opened_take(recording, max_duration_s, track) as take:
        kept = None if take.sha256 is None else cache
        heard, adviser = _heard(take, kept, model, progress)
        found = (*warnings, *(_DAMAGED for _ in range(0 if kept is None else min(1, kept.damaged))))
        report = judge_take(heard, request, source=take_name(recording), warnings=found, adviser=adviser)
        write_files(report, take.clip, request, files, adviser, heard=heard)
    return report


@contextmanager
def opened_take(
    recording: Path, max_duration_s: float | None, track: int | None = None
) -> Iterator[TakeSound]:
    """Yield a recording that is decoded when it is first wanted; what comes through a pipe is kept meanwhile.

    Parameters
    ----------
    recording : Path
        A file, or - for stdin.
    max_duration_s : float or None
        The longest to accept, in seconds.
    track : int, optional
        Which sound of a file with several.
    """
    with ExitStack() as stack:
        file, sha256 = stack.enter_context(received(recording)) if is_pipe(recording) else (None, None)
        yield TakeSound(recording, sha256 or _sha256(recording), max_duration_s, track, file)


def hear_take(take: TakeSound, cache: RecentCache | None, progress: Progress | None) -> HeardTake:
    """Return what is heard of a take, now or once before; no sample is asked about it.

    Raises
    ------
    SwaraError
        If the recording cannot be used.
    """
    return _heard(take, None if take.sha256 is None else cache, None, progress)[0]


_DAMAGED = "What the cache held of this recording was damaged, and was computed again"


def _sha256(recording: Path) -> str | None:
    """Return the digest of a file; None where decoding will tell why it cannot be read."""
    try:
        return sha256_of(recording)
    except (OSError, ValueError):
        return None


class TakeSound:
    """A recording that is decoded when it is first wanted."""

    def __init__(
        self,
        recording: Path,
        sha256: str | None,
        max_duration_s: float | None,
        track: int | None,
        file: BinaryIO | None,
    ) -> None:
        self.recording, self.sha256, self.max_duration_s = recording, sha256, max_duration_s
        self._track, self._file = track, file
        self._decoded: Decoded | None = None

    @property
    def key(self) -> str:
        """What its entry in the cache is called."""
        if self._track is None:
            return str(self.sha256)
        return hashlib.sha256(f"{self.sha256} track {self._track}".encode()).hexdigest()

    def fits(self, heard: HeardTake) -> bool:
        """Tell whether it is surely no longer than is accepted: decoding tells of one that may be."""
        return self.max_duration_s is None or heard.duration_s < self.max_duration_s - 1.0

    def decoded(self) -> Decoded:
        """Decode it, once."""
        if self._decoded is None:
            from swara.data.audio.decode import decode  # what was heard before needs no decoder

            self._decoded = decode(
                self.recording,
                rate_hz=TRACK_RATE_HZ,
                max_duration_s=self.max_duration_s,
                track=self._track,
                file=self._file,
            )
        return self._decoded

    def clip(self) -> Clip:
        """Return its sound."""
        return self.decoded().clip


def _heard(
    take: TakeSound, cache: RecentCache | None, model: LiveModel | None, progress: Progress | None
) -> tuple[HeardTake, LiveModel | None]:
    """Return what was heard of a take, now or once before, and the model that is asked about it."""
    tracker = pitch_tracker("head")
    code = "" if cache is None else hearing_code(tracker)
    known = None if cache is None else cache.get(code, take.key)
    heard = None if known is None else heard_from(known)
    if heard is not None and take.fits(heard) and (model is None or _has_heard(model, heard)):
        return heard, None if model is None else model.about_recording(str(take.sha256))
    decoded = take.decoded()
    adviser = None if model is None else model.about(take.recording, decoded)
    if heard is not None and adviser is not None:
        heard = replace(heard, vectors=adviser.hear(decoded.clip, heard.held.notes))
    elif heard is None:
        heard = hear(
            decoded.clip,
            tracker,
            level=decoded.level,
            warnings=decoded.warnings,
            progress=progress,
            listener=adviser,
        )
    if cache is not None:
        with suppress(OutputError):  # who asks about a take wants an answer, whatever becomes of the cache
            cache.put(code, take.key, to_arrays(heard))
    return heard, adviser


def _has_heard(model: LiveModel, heard: HeardTake) -> bool:
    return heard.vectors is not None and heard.vectors.fingerprint == model.fingerprint


def write_files(
    report: TakeReport,
    sound: Callable[[], Clip],
    request: Request,
    files: TakeFiles,
    model: LiveModel | None = None,
    *,
    heard: HeardTake | None = None,
) -> None:
    """Write the files that were asked for of a report; nothing is analyzed again.

    Parameters
    ----------
    report : TakeReport
        What is written.
    sound : callable
        Returns the take, as it was analyzed; called for the page alone.
    request : Request
        What the report was judged against.
    files : TakeFiles
        Where to write what.
    model : LiveModel, optional
        Gives the sound of the samples that the page plays.
    heard : HeardTake, optional
        What was heard of it, which the page writes down; no notation stands there without.

    Raises
    ------
    OutputError
        If a file cannot be written; those written before stay.
    """
    raga, tuning = request.judged_raga, request.tuning
    if files.json is not None:
        from swara.service.report.json_report import to_json

        _write_text(files.json, to_json(report))
    if files.csv is not None:
        from swara.service.report.csv_report import notes_csv

        _write_text(files.csv, notes_csv(report))
    if files.pitch_csv is not None:
        from swara.service.report.csv_report import track_csv

        _write_text(files.pitch_csv, track_csv(report.track))
    if files.plot is not None:
        from swara.service.report.picture.plot import save_plot

        save_plot(report, files.plot, tuning=tuning, raga=raga)
    if files.page is not None:
        from swara.service.report.page.html_page import to_html

        from .notation_files import written_down
        from .target import target_swaras

        near = [each.item for _, each in nearest_samples(report)]
        sounds = {} if model is None else {item: model.sound_of(item) for item in near}
        swaras = target_swaras(report, tuning)
        written = None if heard is None else written_down(heard, report, request)
        page = to_html(
            report, sound(), tuning=tuning, raga=raga, samples=sounds, targets=swaras, notation=written
        )
        _write_text(files.page, page)
    if files.target is not None:
        from .target import save_target

        save_target(report, files.target, tuning)


def _write_text(path: Path, text: str) -> None:
    write_bytes(path, text.encode())
