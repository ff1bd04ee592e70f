"""The command line: parse, one call into ``service``, print.

Nothing heavy is imported at the top, so that ``swara --help`` answers at once.
"""

from __future__ import annotations

import math
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from raga.errors import SwaraError
from service.report.progress_bar import finding_pitch, progress_bar

if TYPE_CHECKING:
    from rich.console import Console

    from classifier.notes import Thresholds
    from data.recording import Recording as KnownRecording
    from service.analyze import Request
    from service.model import Model
    from service.stages import StageProgress

__all__ = ["app", "main"]

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Was I in tune, where not, and what should it sound like?",
)

_STDOUT = Path("-")
_Preset = Literal["learner", "student", "performer"]


def _show_version(wanted: bool) -> None:
    if not wanted:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        typer.echo(f"swara {version('swara')}")
    except PackageNotFoundError:
        typer.echo("swara, run from a source folder and not installed")
    raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False,
) -> None:
    pass


Recording = Annotated[Path, typer.Argument(help="The take: wav, flac, ogg, mp3, m4a, aac, webm, opus.")]
TonicText = Annotated[
    str | None, typer.Option(help="Sa: C#3, C# (octave from the voice) or 207.65; estimated if left out.")
]
RagaText = Annotated[str | None, typer.Option(help="The raga; judged as Bhupali if left out.")]
StoreFolder = Annotated[Path | None, typer.Option(help="The store, if not the usual one (SWARA_STORE).")]
MaxMinutes = Annotated[float, typer.Option(help="Longest take to accept; 0 for no limit.")]
SampleId = Annotated[str, typer.Argument(help="Id of the sample, or the start of it.")]


@app.command("analyze")
def analyze_command(
    recording: Recording,
    tonic: TonicText = None,
    raga: RagaText = None,
    tuning: Annotated[str, typer.Option(help="just or equal.")] = "just",
    preset: Annotated[_Preset, typer.Option(help="How strict: learner, student, performer.")] = "student",
    perfect: Annotated[float | None, typer.Option(help="Cents that still count as perfect.")] = None,
    in_tune: Annotated[float | None, typer.Option(help="Cents that still count as in tune.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write the report as JSON; - for stdout.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write the notes as CSV.")] = None,
    pitch_csv: Annotated[
        Path | None, typer.Option(help="Write the pitch as CSV: time,frequency,confidence.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw the pitch over the swaras as PNG.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write one HTML page, with the take to play.")] = None,
    target: Annotated[Path | None, typer.Option(help="Sing the same notes in tune, as WAV.")] = None,
    samples: Annotated[bool, typer.Option(help="Compare with the professional samples.")] = True,
    store: StoreFolder = None,
    max_minutes: MaxMinutes = 20.0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print no report and no progress.")] = False,
) -> None:
    """Say where a take was perfect, low or high, swara by swara."""
    from service.take_files import TakeFiles, analyze_file

    to_stdout = json == _STDOUT
    files = TakeFiles(None if to_stdout else json, csv, pitch_csv, plot, report, target)
    if _STDOUT in files.paths():
        raise typer.BadParameter("only --json can go to stdout; give the others a file")
    request = _request(tonic, raga, tuning, _thresholds(preset, perfect, in_tune))
    limit_s = _limit_s(max_minutes)
    with progress_bar(shown=not quiet) as progress:
        model, doubts = _model_or_doubts(store, progress) if samples else (None, ())
        result = analyze_file(
            recording,
            request,
            files,
            max_duration_s=limit_s,
            progress=finding_pitch(progress),
            model=model,
            warnings=doubts,
        )
    if to_stdout:
        from service.report.json_report import to_json

        # As bytes: JSON is UTF-8 whatever the terminal speaks.
        typer.echo(to_json(result).encode(), nl=False)
    elif not quiet:
        from service.report.terminal import render

        render(result, _console())


@app.command("pitch")
def pitch_command(
    recording: Recording,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Write the CSV into this file; - for stdout.")
    ] = _STDOUT,
    plot: Annotated[Path | None, typer.Option(help="Draw salience, pitch and confidence as PNG.")] = None,
    max_minutes: MaxMinutes = 20.0,
) -> None:
    """Write the pitch every 10 ms as CSV: time,frequency,confidence."""
    from service.pitch_file import pitch_file
    from service.report.plain_text import printable

    if plot == _STDOUT:
        raise typer.BadParameter("only the CSV can go to stdout; give --plot a file")
    to_stdout = output == _STDOUT
    csv = partial(typer.echo, nl=False) if to_stdout else output
    on_screen = to_stdout and sys.stdout is not None and sys.stdout.isatty()  # a bar would cut the rows up
    limit_s = _limit_s(max_minutes)
    with progress_bar(shown=not on_screen) as progress:
        found = pitch_file(recording, csv, plot, max_duration_s=limit_s, progress=finding_pitch(progress))
    for warning in found.warnings:
        typer.echo(printable(f"swara: {recording}: {warning}."), err=True)
    if not to_stdout:
        typer.echo(printable(f"{output}: {found.sentence}"))


@app.command("search")
def search_command(
    recording: Recording,
    at: Annotated[float, typer.Option(help="Where the note is, in seconds.")],
    tonic: TonicText = None,
    raga: RagaText = None,
    count: Annotated[int, typer.Option(min=1, help="How many samples to show.")] = 5,
    clips: Annotated[Path | None, typer.Option(help="Write the sound of each into this folder.")] = None,
    store: StoreFolder = None,
    max_minutes: MaxMinutes = 20.0,
) -> None:
    """Find the professional samples nearest to one note of a take."""
    from service.report.samples_table import render_found
    from service.search import save_clips, search

    request = _request(tonic, raga, "just", _thresholds("student", None, None))
    with progress_bar(shown=True) as progress:
        model = _model(store, progress)
        found = search(
            recording,
            at,
            request,
            model,
            count=count,
            max_duration_s=_limit_s(max_minutes),
            progress=finding_pitch(progress),
        )
    render_found(found, _console())
    if clips is not None:
        for path in save_clips(found, model, clips):
            typer.echo(f"  {path}")


@app.command("rebuild")
def rebuild_command(
    store: StoreFolder = None,
    force: Annotated[bool, typer.Option(help="Make a version even where nothing is new.")] = False,
) -> None:
    """Embed what is new, fit the head, build the index, make it live."""
    from classifier.pitch import pitch_tracker
    from embedder.registry import embedder_named
    from service.rebuild import rebuild
    from service.report.samples_table import render_rebuild

    with progress_bar(shown=True) as progress:
        result = rebuild(
            _store(store),
            embedder=embedder_named("builtin"),
            tracker=pitch_tracker("head"),
            force=force,
            progress=progress,
        )
    render_rebuild(result, _console())


samples_app = typer.Typer(no_args_is_help=True, help="The professional samples.")
app.add_typer(samples_app, name="samples")


@samples_app.command("add")
def samples_add(
    source: Annotated[Path, typer.Argument(help="A folder, a CSV table or a recording.")],
    singer: Annotated[str | None, typer.Option(help="Who sings.")] = None,
    tonic: Annotated[str | None, typer.Option(help="Sa: A, C#3 or a frequency in Hz.")] = None,
    raga: Annotated[str | None, typer.Option(help="The raga.")] = None,
    licence: Annotated[str | None, typer.Option(help="The licence, as its owner states it.")] = None,
    store: StoreFolder = None,
    max_minutes: MaxMinutes = 20.0,
) -> None:
    """Add recordings of professionals; single notes, raga recordings, or a CSV table."""
    from data.layouts import Given
    from raga.ragas import raga_named
    from raga.tonic_names import parse_tonic
    from service.report.samples_table import render_added
    from service.samples import add_samples
    from service.store import Layout

    given = Given(
        singer=singer,
        licence=licence,
        tonic=None if tonic is None else parse_tonic(tonic),
        raga=None if raga is None else raga_named(raga).name,
    )
    with progress_bar(shown=True) as progress:
        result = add_samples(
            source,
            given,
            Layout(_store(store)).corpus,
            max_duration_s=_limit_s(max_minutes),
            progress=finding_pitch(progress),
        )
    render_added(result, _console())
    if not result.ok:
        raise typer.Exit(1)


@samples_app.command("list")
def samples_list(store: StoreFolder = None) -> None:
    """List the samples known."""
    from service.report.samples_table import render_samples

    render_samples(_known(store), _console())


@samples_app.command("show")
def samples_show(sample: SampleId, store: StoreFolder = None) -> None:
    """Show all that is known of a sample."""
    from service.report.samples_table import render_sample
    from service.samples import find_sample

    render_sample(find_sample(_known(store), sample), _console())


@samples_app.command("path")
def samples_path(sample: SampleId, store: StoreFolder = None) -> None:
    """Print where the sound of a sample lies."""
    from data.corpus import audio_path
    from service.samples import find_sample

    typer.echo(audio_path(find_sample(_known(store), sample)))


@samples_app.command("remove")
def samples_remove(sample: SampleId, store: StoreFolder = None) -> None:
    """Forget a sample; its file stays where it is."""
    from service.samples import remove_sample
    from service.store import Layout

    gone = remove_sample(Layout(_store(store)).corpus, sample)
    typer.echo(f"{gone.id} is forgotten from the next: swara rebuild. Its file stays: {gone.path}")


@app.command("doctor")
def doctor_command(
    store: Annotated[Path | None, typer.Option(help="The store to examine, if not the usual one.")] = None,
) -> None:
    """Show what works, what is missing, and how to get it."""
    from service.doctor import examine, healthy
    from service.report.doctor_table import render_doctor

    checks = examine(store)
    render_doctor(checks, _console())
    if not healthy(checks):
        raise typer.Exit(1)


def main() -> None:
    """Run the command line; exit 1 with one line on what the user can mend, 2 on wrong usage."""
    try:
        app()
    except SwaraError as error:
        _fail(str(error))
    except Exception as error:
        if os.environ.get("SWARA_DEBUG"):
            raise
        fault = " ".join(f"{type(error).__name__}: {error}".split())
        _fail(f"a fault in swara itself: {fault}. Set SWARA_DEBUG=1 to see where.")


def _fail(line: str) -> NoReturn:
    from service.report.plain_text import printable

    typer.echo(f"swara: {printable(line)}", err=True)
    sys.exit(1)


def _request(tonic: str | None, raga: str | None, tuning: str, thresholds: Thresholds) -> Request:
    from raga.ragas import raga_named
    from raga.tonic_names import parse_tonic
    from raga.tuning import tuning_named
    from service.analyze import Request

    return Request(
        tuning=tuning_named(tuning),
        thresholds=thresholds,
        tonic=None if tonic is None else parse_tonic(tonic),
        raga=None if raga is None else raga_named(raga),
    )


def _thresholds(preset: str, perfect: float | None, in_tune: float | None) -> Thresholds:
    from classifier.notes import PRESETS, Thresholds

    base = PRESETS[preset]
    if perfect is None and in_tune is None:
        return base
    # One limit alone moves the other only as far as it must.
    if in_tune is None:
        in_tune = max(base.in_tune_cents, perfect or 0.0)
    if perfect is None:
        perfect = min(base.perfect_cents, in_tune)
    if not 0 < perfect <= in_tune < math.inf:
        raise typer.BadParameter(
            f"--perfect {perfect:g} and --in-tune {in_tune:g}: both must be above 0, --perfect the smaller"
        )
    return Thresholds(perfect, in_tune)


def _limit_s(max_minutes: float) -> float | None:
    if not max_minutes >= 0:  # NaN too
        raise typer.BadParameter(f"--max-minutes {max_minutes:g}: give a number from 0 up; 0 lifts the limit")
    return 60.0 * max_minutes or None


def _store(folder: Path | None) -> Path:
    from service.store import store_folder

    return folder or store_folder(os.environ)


def _known(folder: Path | None) -> tuple[KnownRecording, ...]:
    from service.samples import known_samples
    from service.store import Layout

    return known_samples(Layout(_store(folder)).corpus)


def _model(folder: Path | None, progress: StageProgress | None) -> Model:
    from service.model import load_model

    return load_model(_store(folder), progress)


def _model_or_doubts(
    folder: Path | None, progress: StageProgress | None
) -> tuple[Model | None, tuple[str, ...]]:
    """Return the model, or what is wrong with the store: the pitch can be judged without it."""
    try:
        return _model(folder, progress), ()
    except SwaraError as error:
        return None, (f"Not compared with professional samples: {error}",)


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False)


if __name__ == "__main__":
    main()
