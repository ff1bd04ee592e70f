"""``swara corpus``: the recordings that heads are trained on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from swara.service.report.terminal.progress_bar import progress_bar

from .options import AsJson, console, finite, print_json

if TYPE_CHECKING:
    from swara.data.corpora import CorpusName
    from swara.data.corpora.labels import Label
    from swara.data.freesound.download import Fetched

__all__ = ["corpus_app"]

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder that it was unpacked into.")]
Index = Annotated[
    Path, typer.Option("--output", "-o", help="The index to write; what it holds already stays.")
]
IndexFile = Annotated[Path, typer.Argument(metavar="CORPUS.CSV", help="The index.")]
Licence = Annotated[str, typer.Option(help="The licence, in the place of what is known of the corpus.")]
_INDEX = Path("corpus.csv")

corpus_app = typer.Typer(no_args_is_help=True, help="Gather recordings that heads are trained on.")
_add_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Add recordings to an index, by their layout."
)
corpus_app.add_typer(_add_app, name="add")


@_add_app.command("vocalset")
def _vocalset(folder: Folder, output: Index = _INDEX, licence: Licence = "", json: AsJson = False) -> None:
    """Add VocalSet: scales, arpeggios and others by twenty singers."""
    _add("vocalset", folder, output, licence=licence, json=json)


@_add_app.command("nsynth")
def _nsynth(folder: Folder, output: Index = _INDEX, licence: Licence = "", json: AsJson = False) -> None:
    """Add NSynth: examples.json and audio/*.wav."""
    _add("nsynth", folder, output, licence=licence, json=json)


@_add_app.command("philharmonia")
def _philharmonia(
    folder: Folder, output: Index = _INDEX, licence: Licence = "", json: AsJson = False
) -> None:
    """Add samples named as the Philharmonia's: cello_A2_05_forte_arco-normal.mp3."""
    _add("philharmonia", folder, output, licence=licence, json=json)


@_add_app.command("folders")
def _folders(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Its folders are called by labels.")],
    licence: Annotated[str, typer.Option(help="The licence, as its owner states it.")],
    output: Index = _INDEX,
    label: Annotated[
        Literal["instrument", "exercise"], typer.Option(help="What names of folders label.")
    ] = "instrument",
    player: Annotated[
        str, typer.Option(help="Who sings or plays where no folder in a label's says so.")
    ] = "",
    json: AsJson = False,
) -> None:
    """Add plain folders: DIR/cello/Anna/take.wav is a cello, played by Anna."""
    _add("folders", folder, output, label, licence, player, json=json)


def _known_licences(names: list[str] | None) -> list[str] | None:
    from swara.data.freesound.download import LICENCES

    for name in names or ():
        if name not in LICENCES:
            raise typer.BadParameter(f"no licence is called {name}: they are {', '.join(LICENCES)}")
    return names


@_add_app.command("freesound")
def _freesound(
    query: Annotated[str, typer.Option(help="What to look for, as on the site.")],
    instrument: Annotated[str, typer.Option(help="Label of the sounds. The query, if left out.")] = "",
    into: Annotated[Path, typer.Option(help="Where to put the sounds.")] = Path("freesound"),
    output: Index = _INDEX,
    licence: Annotated[
        list[str] | None,
        typer.Option(
            callback=_known_licences, help="cc0, by or by-nc, several times; cc0 and by if left out."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="The most sounds to fetch.")] = 200,
    max_seconds: Annotated[
        float, typer.Option(min=0.2, callback=finite, help="The longest sound, in seconds.")
    ] = 30.0,
    originals: Annotated[
        bool, typer.Option("--originals", help="Fetch originals: needs FREESOUND_OAUTH_TOKEN.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would take, and fetch nothing.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Fetch sounds from Freesound and add them.

    Needs a key in FREESOUND_API_KEY. Freesound's API is free for non-commercial use only. Run again,
    it goes on where it ended.
    """
    from swara.service.corpora.fetch import freesound_client, sounds_wanted
    from swara.service.report.learning_json import estimate_json
    from swara.service.report.terminal import corpus_table

    client = freesound_client(os.environ, originals=originals)
    search = sounds_wanted(
        query, instrument, tuple(licence or ("cc0", "by")), limit, max_seconds, originals=originals
    )
    if dry_run:
        from swara.data.freesound.download import estimate

        found = estimate(client, search)
        if json:
            print_json(estimate_json(found))
        else:
            corpus_table.render_estimate(found, originals, console())
        return
    from swara.data.freesound.download import fetch

    with progress_bar(shown=True) as progress:
        tell = None if progress is None else lambda share: progress("fetching", share)
        fetched = fetch(client, search, into, tell)
    if not json:
        corpus_table.render_fetched(fetched, into, console())
    _add("freesound", into, output, fetched=fetched, json=json)
    if fetched.failed:
        raise typer.Exit(1)


@corpus_app.command("show")
def _show(index: IndexFile, json: AsJson = False) -> None:
    """Show how many recordings have which label, and how they split by singer, player and source."""
    from swara.data.corpora.index import read_index
    from swara.service.report.learning_json import corpus_json
    from swara.service.report.terminal.corpus_table import render_index

    rows = read_index(index)
    if json:
        print_json(corpus_json(rows))
    else:
        render_index(rows, console())


@corpus_app.command("check")
def _check(index: IndexFile, json: AsJson = False) -> None:
    """Find recordings that are missing or changed. Exits with 1 if any is."""
    from swara.data.corpora.index import changed_files, read_index
    from swara.service.report.learning_json import changed_json
    from swara.service.report.terminal.corpus_table import render_changed

    rows = read_index(index)
    wrong = changed_files(rows)
    if json:
        print_json(changed_json(wrong, len(rows)))
    else:
        render_changed(wrong, len(rows), console())
    if wrong:
        raise typer.Exit(1)


def _add(
    name: CorpusName,
    folder: Path,
    index: Path,
    label: Label = "instrument",
    licence: str = "",
    player: str = "",
    *,
    fetched: Fetched | None = None,
    json: bool = False,
) -> None:
    from swara.data.corpora.entry import Given
    from swara.service.corpora.add import add_to_index
    from swara.service.report.learning_json import added_to_corpus_json
    from swara.service.report.terminal.corpus_table import render_added

    with progress_bar(shown=True) as progress:
        result = add_to_index(name, folder, index, Given(label, licence, player), progress)
    if json:
        print_json(added_to_corpus_json(result, index, fetched))
    else:
        render_added(result, index, console())
    if result.refused:
        raise typer.Exit(1)
