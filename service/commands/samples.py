"""``swara samples``: the professional samples."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from swara.service.report.terminal.progress_bar import finding_pitch, progress_bar

from .options import (
    AsJson,
    MaxMinutes,
    StoreFolder,
    SwarasText,
    complete_raga,
    console,
    layout_at,
    limit_s,
    print_json,
    raga_text,
    seconds,
)

if TYPE_CHECKING:
    from swara.data.recording import Recording

__all__ = ["samples_app"]

SampleId = Annotated[str, typer.Argument(help="Id of the sample, or the start of it.")]
Singer = Annotated[str | None, typer.Option(help="Who sings.")]
Tonic = Annotated[str | None, typer.Option(help="Sa: A, C#3, kali 1 or a frequency in Hz.")]
Licence = Annotated[str | None, typer.Option(help="The licence, as its owner states it.")]

samples_app = typer.Typer(no_args_is_help=True, help="Add, check and mend professional samples.")


@samples_app.command("add")
def _add(
    source: Annotated[Path, typer.Argument(help="A folder, a CSV table or one recording.")],
    singer: Singer = None,
    tonic: Tonic = None,
    raga: Annotated[str | None, typer.Option(help="The raga.", autocompletion=complete_raga)] = None,
    swaras: SwarasText = None,
    licence: Licence = None,
    store: StoreFolder = None,
    max_minutes: MaxMinutes = 20.0,
    json: AsJson = False,
) -> None:
    """Add recordings of professionals.

    Single notes named by swara, recordings of a raga, or a CSV table.
    """
    from swara.data.layouts import Given
    from swara.raga.ragas import raga_named
    from swara.raga.tonic_names import parse_tonic
    from swara.service.report.store_json import added_json
    from swara.service.report.terminal.samples_table import render_added
    from swara.service.samples.add import add_samples

    given = Given(
        singer=singer,
        licence=licence,
        tonic=None if tonic is None else parse_tonic(tonic),
        raga=None if (named := raga_text(raga, swaras)) is None else raga_named(named).name,
    )
    with progress_bar(shown=True) as progress:
        result = add_samples(
            source,
            given,
            layout_at(store).corpus,
            max_duration_s=limit_s(max_minutes),
            progress=finding_pitch(progress),
        )
    if json:
        print_json(added_json(result))
    else:
        render_added(result, console())
    if not result.ok:
        raise typer.Exit(1)


@samples_app.command("list")
def _list(
    singer: Annotated[str | None, typer.Option(help="Only those of this singer.")] = None,
    mine: Annotated[
        bool, typer.Option("--mine", help="Only those that were added, not the bundled.")
    ] = False,
    store: StoreFolder = None,
    json: AsJson = False,
) -> None:
    """List the samples."""
    from swara.service.report.store_json import samples_json
    from swara.service.report.terminal.samples_table import render_samples
    from swara.service.samples.known import chosen_samples

    chosen = chosen_samples(_known(store), singer=singer, mine=mine)
    if json:
        print_json(samples_json(chosen))
    else:
        render_samples(chosen, console())


@samples_app.command("show")
def _show(sample: SampleId, store: StoreFolder = None, json: AsJson = False) -> None:
    """Show all that is known of a sample."""
    from swara.service.report.store_json import sample_json
    from swara.service.report.terminal.samples_table import render_sample

    found = _named(sample, store)
    if json:
        print_json(sample_json(found))
    else:
        render_sample(found, console())


@samples_app.command("path")
def _path(sample: SampleId, store: StoreFolder = None) -> None:
    """Print where the sound of a sample lies."""
    from swara.data.sample_corpus.corpus import audio_path

    typer.echo(audio_path(_named(sample, store)))


@samples_app.command("remove")
def _remove(sample: SampleId, store: StoreFolder = None, json: AsJson = False) -> None:
    """Forget a sample.

    Its file stays where it is.
    """
    from swara.service.report.store_json import sample_json
    from swara.service.samples.known import remove_sample

    gone = remove_sample(layout_at(store).corpus, sample)
    if json:
        print_json(sample_json(gone))
    else:
        typer.echo(f"{gone.id} is forgotten from the next: swara rebuild. Its file stays: {gone.path}")


@samples_app.command("move")
def _move(
    old: Annotated[str, typer.Argument(help="The folder or file that they were added from; or a URL.")],
    new: Annotated[str, typer.Argument(help="Where they lie now: a folder, a file, or a URL (s3://...).")],
    store: StoreFolder = None,
    json: AsJson = False,
) -> None:
    """Note that samples lie elsewhere.

    And takes that were corrected. No file is moved; labels stay. Exits with 1 if some are not found there.
    """
    from swara.data.errors import CorpusError
    from swara.data.storage.remote import is_url
    from swara.service.feedback.log import move_takes
    from swara.service.report.store_json import moved_json
    from swara.service.report.terminal.samples_table import render_moved
    from swara.service.samples.known import move_samples

    layout = layout_at(store)
    results = [move_samples(layout.corpus, old, new)]
    if not is_url(old) and not is_url(new):  # takes of users stay on the disk
        results.append(move_takes(layout, Path(old), Path(new)))
    if not any(result.moved or result.missing for result in results):
        raise CorpusError("no sample was added from there", where=old, fix="Run: swara samples list")
    if json:
        print_json(moved_json(results))
    else:
        render_moved(results, console())
    if any(result.missing for result in results):
        raise typer.Exit(1)


@samples_app.command("check")
def _check(
    store: StoreFolder = None,
    json: AsJson = False,
) -> None:
    """Find what is wrong with the samples.

    Is each there and whole, and does it sound like its labels? Exits with 1 if anything is wrong.
    """
    from swara.service.report.json_report import check_json
    from swara.service.report.terminal.samples_table import render_check
    from swara.service.samples.check import check_samples

    with progress_bar(shown=True) as progress:
        result = check_samples(layout_at(store), progress=progress)
    if json:
        print_json(check_json(result))
    else:
        render_check(result, console())
    if not result.ok:
        raise typer.Exit(1)


@samples_app.command("label")
def _label(
    sample: Annotated[
        str | None, typer.Argument(help="Id of the sample, or the start of it; none with --table.")
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            help="Mend many: CSV with id or path, and singer, tonic, raga, swara, start_s, licence."
        ),
    ] = None,
    singer: Singer = None,
    tonic: Tonic = None,
    raga: Annotated[
        str | None, typer.Option(help='The raga, "S r G P d" or none.', autocompletion=complete_raga)
    ] = None,
    swara: Annotated[
        str | None, typer.Option(help="What the note is: Ga, taar Sa, .D; none if it is no note.")
    ] = None,
    at: Annotated[
        float | None,
        typer.Option(
            parser=seconds, metavar="TIME", help="A moment in that note, if it has several: 1:23.5."
        ),
    ] = None,
    licence: Licence = None,
    store: StoreFolder = None,
    json: AsJson = False,
) -> None:
    """Mend what is noted of a sample, or of many.

    Their files stay as they are. Exits with 1 if a row of the table could not be used.
    """
    from swara.raga.ragas import raga_named
    from swara.raga.swaras import parse_swara
    from swara.raga.tonic_names import parse_tonic
    from swara.service.report.store_json import edits_json
    from swara.service.report.terminal.samples_table import render_mended
    from swara.service.samples.edit import NONE, Edit, label_sample

    change = Edit(
        singer=singer,
        licence=licence,
        tonic=None if tonic is None else parse_tonic(tonic),
        raga=raga if raga in (None, NONE) else raga_named(raga).name,
        swara=swara if swara in (None, NONE) else parse_swara(swara),
        at_s=at,
    )
    if (sample is None) is (table is None):
        raise typer.BadParameter("give the id of a sample, or --table")
    if table is not None:
        if change != Edit():
            raise typer.BadParameter("with --table, what is to be mended stands in the table")
        _label_by_table(table, store, json=json)
        return
    if change == Edit(at_s=at):
        raise typer.BadParameter("nothing to mend: give --singer, --tonic, --raga, --swara or --licence")
    assert sample is not None
    with progress_bar(shown=True) as progress:
        mended = label_sample(layout_at(store), sample, change, progress=finding_pitch(progress))
    if not json:
        render_mended(mended, console())
    elif mended.before == mended.after:
        print_json(edits_json([], [mended.after.id]))
    else:
        print_json(edits_json([mended], []))


@samples_app.command("export")
def _export(
    folder: Annotated[Path, typer.Argument(help="A folder that does not exist yet or is empty.")],
    bundled: Annotated[bool, typer.Option(help="The samples that come with swara too.")] = False,
    store: StoreFolder = None,
    json: AsJson = False,
) -> None:
    """Write the samples to a new folder.

    With all that is noted of them, for: swara samples add FOLDER.
    """
    from swara.service.report.store_json import exported_json
    from swara.service.report.terminal.samples_table import render_exported
    from swara.service.samples.export import export_samples

    with progress_bar(shown=True) as progress:
        copying = None if progress is None else partial(progress, "copying")
        exported = export_samples(layout_at(store).corpus, folder, bundled=bundled, progress=copying)
    if json:
        print_json(exported_json(exported))
    else:
        render_exported(exported, console())


def _label_by_table(table: Path, store: Path | None, *, json: bool) -> None:
    from swara.service.report.store_json import edits_json
    from swara.service.report.terminal.samples_table import render_edits
    from swara.service.samples.edit_table import label_by_table

    with progress_bar(shown=True) as progress:
        edited = label_by_table(layout_at(store), table, progress=progress)
    if json:
        print_json(edits_json(edited.mended, edited.as_before, edited.refused))
    else:
        render_edits(edited, console())
    if not edited.ok:
        raise typer.Exit(1)


def _known(folder: Path | None) -> tuple[Recording, ...]:
    from swara.service.samples.known import known_samples

    return known_samples(layout_at(folder).corpus)


def _named(sample: str, folder: Path | None) -> Recording:
    from swara.service.samples.known import find_sample

    return find_sample(_known(folder), sample)
