"""The command ``live``: singing is judged while it sounds, from the microphone or a pipe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swara.service.phrases import printable
from swara.service.request import Preset, parse_request, preset_thresholds

from .options import (
    KeepHistory,
    RagaText,
    SingerName,
    StoreFolder,
    SwarasText,
    TonicText,
    complete_tuning,
    console,
    finite,
    raga_text,
    reading_notation,
    say_written,
    store_at,
)
from .takes import keep_figures

if TYPE_CHECKING:
    from swara.data.audio.microphone import Microphone
    from swara.data.audio.pcm_stream import Block
    from swara.service.live import DrillTask, Event, LiveSession
    from swara.service.report.terminal.live_lane import LiveLane, NoteLines
    from swara.service.take.analyze import Request
    from swara.service.take.report import TakeReport

__all__ = ["live"]

_PIPE = "-"


def live(
    source: Annotated[
        str | None,
        typer.Argument(
            help="- for sound from a pipe: WAV, or 16-bit PCM with --rate. The microphone if left out."
        ),
    ] = None,
    tonic: TonicText = None,
    raga: RagaText = None,
    swaras: SwarasText = None,
    tuning: Annotated[
        str | None,
        typer.Option(help="just, equal, or learned from the samples.", autocompletion=complete_tuning),
    ] = None,
    preset: Annotated[
        Preset | None, typer.Option(help="How strict: in tune within 35, 25 or 15 cents.")
    ] = None,
    rate: Annotated[
        int | None, typer.Option(min=8000, max=192_000, help="Sample rate of raw PCM from a pipe, in Hz.")
    ] = None,
    channels: Annotated[int, typer.Option(min=1, max=32, help="Channels of raw PCM from a pipe.")] = 1,
    seconds: Annotated[
        float | None, typer.Option(min=0.2, callback=finite, help="End after so many seconds of sound.")
    ] = None,
    wav: Annotated[
        Path | None, typer.Option(help="Keep the take as WAV: what analyze is given later.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="Microphone whose name contains this.")] = None,
    devices: Annotated[bool, typer.Option("--devices", help="List the microphones, and end.")] = False,
    sing: Annotated[
        str | None,
        typer.Option(
            metavar="NOTATION", help='Drill a written phrase, again and again: "S R G, G R S"; in any octave.'
        ),
    ] = None,
    singer: SingerName = "",
    history: KeepHistory = True,
    store: StoreFolder = None,
) -> None:
    """Judge singing while it sounds.

    On a terminal, one line shows the pitch among the swaras, the note that is held and its verdict; elsewhere
    each note is a line. Ctrl-C, or the end of the pipe, ends it with the report that analyze gives, without
    the comparison with samples. At the microphone, what was chosen last is taken for what is not given.
    """
    if devices:
        _list_microphones()
        return
    if source not in (None, _PIPE):
        raise typer.BadParameter("name no file: - is a pipe, and a recording is for: swara analyze FILE")
    folder, asked = store_at(store), raga_text(raga, swaras)
    if source is None:
        tonic, asked, tuning, preset = _as_chosen(folder, tonic, asked, tuning, preset)
    request = parse_request(tonic, asked, tuning or "just", preset_thresholds(preset or "student"), folder)
    if wav is not None:
        from swara.service.export.take_files import check_outputs, check_suffix

        check_suffix(wav, ".wav", "the take")
        check_outputs([wav], source=Path(_PIPE))
    session = _heard(request, source, rate, channels, device, seconds, _task(sing, request))
    kept = wav is None or _kept(session, wav)
    report = _summed_up(session, request, wav)
    if kept and report is not None:
        say_written(wav, margin="  ")
    if report is not None:
        keep_figures([report], folder, "live", wanted=history, singer=singer, sound=lambda: session.clip)
    if not kept:
        raise typer.Exit(1)


def _as_chosen(
    folder: Path, tonic: str | None, raga: str | None, tuning: str | None, preset: Preset | None
) -> tuple[str | None, str | None, str | None, Preset | None]:
    """Fill in what was chosen last, say so, and remember what is chosen now."""
    from typing import cast

    from swara.raga.errors import SwaraError
    from swara.service.history.choices import load_choices, save_choices
    from swara.service.store import Layout

    given = {"tonic": tonic, "raga": raga, "tuning": tuning, "preset": preset}
    with suppress(SwaraError):  # who sings is not kept from it by what cannot be remembered
        changes = {name: value for name, value in given.items() if value is not None}
        chosen = save_choices(Layout(folder), changes) if changes else load_choices(Layout(folder))
        if tonic is None and chosen.tonic is not None:
            typer.echo(printable(f"swara: Sa {chosen.tonic}, as chosen last. Another: --tonic"), err=True)
        return chosen.tonic, chosen.raga, chosen.tuning, cast("Preset", chosen.preset)
    return tonic, raga, tuning, preset


def _heard(
    request: Request,
    source: str | None,
    rate: int | None,
    channels: int,
    device: str | None,
    seconds: float | None,
    task: DrillTask | None,
) -> LiveSession:
    """Listen to the end of the sound, show what comes of it, and return the session."""
    from swara.data.errors import AudioError
    from swara.service.live import LiveSession, LiveSettings

    settings = LiveSettings(
        request.tonic, request.judged_raga, request.tuning, request.thresholds, request.raga is not None
    )
    with _sound(source, rate, channels, device) as (blocks, rate_hz, microphone):
        session = LiveSession(settings, rate_hz)
        _say_how(session, microphone)
        shown, asked = _shown(), _asks(session, task, (), before=False)
        shown.show([session.ready()])
        try:
            for block in blocks:
                events = _with_sa(session, session.push(block))
                asked = _asks(session, task, events, before=asked)
                shown.show(events)
                if seconds is not None and session.heard_s >= seconds:
                    break
        except KeyboardInterrupt:
            pass
        except AudioError as error:  # unplugged: the take so far is kept
            shown.close()
            typer.echo(printable(f"swara: {error}"), err=True)
        shown.show(session.finish())
        shown.close()
    return session


def _task(sing: str | None, request: Request) -> DrillTask | None:
    """Return the phrase to drill, if one was written, and say what it is."""
    if sing is None:
        return None
    from swara.service.live import written_task

    with reading_notation("--sing"):
        task = written_task(sing, request.judged_raga, request.tuning)
    typer.echo(f"swara: sing {task.name}; it is judged each time you have sung it.", err=True)
    return task


def _asks(session: LiveSession, task: DrillTask | None, events: Sequence[Event], *, before: bool) -> bool:
    """Ask for the phrase once Sa is known, and again after each attempt; tell whether it is asked for."""
    from swara.service.live import DrillResult

    if task is None or session.sa_hz is None:
        return False
    if not before:
        session.drill(task)
    for event in events:
        if isinstance(event, DrillResult):
            session.drill(task, event.end_s)  # who goes on at once has begun already
    return True


def _with_sa(session: LiveSession, events: Sequence[Event]) -> Sequence[Event]:
    """Take for Sa what was found, where none was given; ask again where nothing was."""
    from dataclasses import replace

    from swara.service.live import SaFound

    found = next((event for event in events if isinstance(event, SaFound)), None)
    if found is None or session.settings.tonic is not None:
        return events
    if found.hz is None:
        session.measure("sa")
        return events
    return (*events, *session.change(replace(session.settings, tonic=found.hz)))


@contextmanager
def _sound(
    source: str | None, rate: int | None, channels: int, device: str | None
) -> Iterator[tuple[Iterator[Block], int, Microphone | None]]:
    """Yield blocks of sound as they come, their rate, and the microphone if they are from one."""
    if source == _PIPE:
        from swara.data.audio.pcm_stream import open_pcm
        from swara.data.audio.piped import stdin_pipe

        stream = open_pcm(stdin_pipe("stdin"), rate, channels)
        yield stream.blocks(), stream.rate_hz, None
        return
    from swara.data.audio.microphone import MICROPHONE_HZ, Microphone
    from swara.embedder.litert import stderr_closed

    microphone = Microphone(device, quietly=stderr_closed)
    try:
        yield microphone.blocks(), MICROPHONE_HZ, microphone
    finally:
        microphone.close()


def _say_how(session: LiveSession, microphone: Microphone | None) -> None:
    """Say on stderr what is listened to, and how Sa is found where it was not given."""
    if microphone is not None:
        typer.echo(printable(f"swara: listening to {microphone.name}; Ctrl-C ends it."), err=True)
    if session.sa_hz is not None:
        return
    if microphone is None:
        typer.echo("swara: Sa is not known, so notes are named at the end. Give it: --tonic C#3", err=True)
        return
    typer.echo("swara: sing your Sa, evenly, for 3 s. (To give it instead: --tonic C#3)", err=True)
    session.measure("sa")


def _shown() -> LiveLane | NoteLines:
    from swara.service.report.terminal.live_lane import LiveLane, NoteLines

    page = console()
    return LiveLane(page) if page.is_terminal else NoteLines(page)


def _kept(session: LiveSession, wav: Path) -> bool:
    """Write what was sung, which analyze then hears to the sample; the report comes without, too."""
    from swara.data.audio.decode import MIN_DURATION_S
    from swara.data.errors import OutputError
    from swara.data.storage.disk import write_atomically

    if session.heard_s < MIN_DURATION_S:
        return True
    try:
        write_atomically(wav, session.clip.write_wav)
    except OutputError as error:
        typer.echo(printable(f"swara: {error}"), err=True)
        return False
    return True


def _summed_up(session: LiveSession, request: Request, wav: Path | None) -> TakeReport | None:
    """Print the report of the take; None if nothing was sung."""
    from dataclasses import replace

    from swara.classifier.pitch.head import pitch_tracker
    from swara.data.audio.decode import MIN_DURATION_S, decode_samples
    from swara.service.report.terminal.terminal import render
    from swara.service.take.analyze import analyze

    if session.heard_s < MIN_DURATION_S:
        typer.echo("Nothing was sung: under 0.2 s of sound came.")
        return None
    clip = session.clip
    decoded = decode_samples(clip.samples, clip.rate_hz, max_duration_s=None)
    given = session.settings.parsed_tonic
    report = analyze(
        decoded.clip,
        replace(request, tonic=given),
        pitch_tracker("head"),
        source="live" if wav is None else wav.name,
        warnings=decoded.warnings,
        level=decoded.level,
    )
    render(report, console())
    return report


def _list_microphones() -> None:
    from swara.data.audio.microphone import microphones
    from swara.embedder.litert import stderr_closed

    found = microphones(stderr_closed)
    for name in found:
        typer.echo(printable(name))
    if not found:
        typer.echo("No microphone was found; sound can come through a pipe: swara live -", err=True)
        raise typer.Exit(1)
