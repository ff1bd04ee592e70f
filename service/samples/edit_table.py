"""Many recordings' descriptions mended at once, by a table: a row for each, or for each note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from swara.classifier.pitch import PitchTracker
from swara.classifier.pitch.head import pitch_tracker
from swara.data.errors import CorpusError
from swara.data.layouts.recording_spec import Refusal
from swara.data.layouts.table import unguarded
from swara.data.layouts.table_rows import TableRow, row_place, table_rows
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import append_recordings, audio_place
from swara.data.take import read_seconds
from swara.raga.errors import SwaraError
from swara.raga.ragas import raga_named
from swara.raga.swaras import parse_swara
from swara.raga.tonic_names import parse_tonic
from swara.service.stages import StageProgress, part_of
from swara.service.store import Layout

from .edit import NONE, Edit, EditResult, mended
from .hearing import KnownTracks
from .known import find_sample, known_samples

__all__ = ["COLUMNS", "TableEdit", "label_by_table"]

COLUMNS = ("id", "path", "singer", "tonic", "raga", "swara", "start_s", "licence")
"""Every column that the table may have; each row has ``id`` or ``path``, and something to mend."""


@dataclass(frozen=True, slots=True)
class TableEdit:
    """What became of the rows of a table.

    Parameters
    ----------
    mended : tuple of EditResult
        The recordings that are noted otherwise now, each once.
    as_before : tuple of str
        Ids of those that were noted so already.
    refused : tuple of Refusal
        Rows that could not be used; they cost no other.
    """

    mended: tuple[EditResult, ...]
    as_before: tuple[str, ...]
    refused: tuple[Refusal, ...]

    @property
    def ok(self) -> bool:
        """Whether every row was used: what the exit code tells."""
        return not self.refused


def label_by_table(
    store: Layout,
    table: Path,
    *,
    tracker: PitchTracker | None = None,
    progress: StageProgress | None = None,
) -> TableEdit:
    """Note what a table says of samples; all of it is written in one go at the end.

    Parameters
    ----------
    store : Layout
        Where the versions, the corpus and the caches lie.
    table : Path
        CSV as `swara.data.layouts.table` reads it, with the columns of `COLUMNS`. An empty cell leaves what
        is noted; ``start_s`` is a moment of the note that ``swara`` names. Paths start from its folder.
    tracker : PitchTracker, optional
        The pitch head if not given; asked only where Sa or a swara changes, and the pitch is not known.
    progress : callable, optional
        Called with the name of the stage and the share of it that is done.

    Raises
    ------
    CorpusError
        If the table cannot be read, has a column of another name, or holds no row.
    OutputError
        If the corpus cannot be written; it is then as it was.
    """
    rows, refused = table_rows(table, columns=COLUMNS, keys=("id", "path"))
    samples = _Samples(known_samples(store.corpus), table.parent)
    tracks = KnownTracks(store, tracker or pitch_tracker("head"))
    done: dict[str, EditResult] = {}
    for number, row in enumerate(rows):
        try:
            known = samples.named(row)
            before = done.get(known.sha256, EditResult(known, known, ()))
            step = None if progress is None else (lambda share: progress("labelling", share))
            result = mended(before.after, _edit(row), tracks, part_of(step, number, len(rows)))
        except SwaraError as error:
            place = row_place(table, row[0])
            refused.append(Refusal(table, CorpusError(_where(error), where=place, fix=error.fix)))
            continue
        remarks = tuple(dict.fromkeys((*before.remarks, *result.remarks)))
        done[known.sha256] = EditResult(before.before, result.after, remarks)
    changed = tuple(each for each in done.values() if each.after != each.before)
    # To hear many takes its time: what was mended or removed meanwhile must not be undone.
    latest = frozenset(known_samples(store.corpus))
    refused += [_overtaken(table, each.before) for each in changed if each.before not in latest]
    changed = tuple(each for each in changed if each.before in latest)
    if changed:
        append_recordings(store.corpus, [each.after for each in changed])
    same = tuple(each.after.id for each in done.values() if each.after == each.before)
    return TableEdit(changed, same, tuple(refused))


def _overtaken(table: Path, recording: Recording) -> Refusal:
    what = f"{recording.id} was mended or removed while the table was read"
    return Refusal(table, CorpusError(what, where=str(table), fix="Look at it, and run the table again"))


class _Samples:
    """The samples by what a row may call them."""

    def __init__(self, recordings: Sequence[Recording], folder: Path) -> None:
        self._all, self._folder = recordings, folder
        self._by_id = {each.id: each for each in recordings}
        self._by_path: dict[str, Recording] | None = None

    def named(self, row: TableRow) -> Recording:
        text = _cell(row[1], "id")
        if text:
            return self._by_id.get(text) or find_sample(self._all, text)
        path = _cell(row[1], "path")
        if self._by_path is None:
            self._by_path = {audio_place(each): each for each in self._all}
        found = self._by_path.get(path) or self._by_path.get(str((self._folder / path).resolve()))
        if found is None:
            raise CorpusError(f"no sample lies at {path}", fix="List them with: swara samples list --json")
        return found


def _edit(row: TableRow) -> Edit:
    """Return what a row is to change."""
    cells = {name: text for name in COLUMNS[2:] if (text := _cell(row[1], name))}
    if not cells.keys() - {"start_s"}:
        raise CorpusError("the row says nothing to mend", fix=f"The columns are {', '.join(COLUMNS)}")
    raga, swara, tonic = (cells.get(name) for name in ("raga", "swara", "tonic"))
    return Edit(
        singer=cells.get("singer"),
        licence=cells.get("licence"),
        tonic=None if tonic is None else parse_tonic(tonic),
        raga=raga if raga in (None, NONE) else raga_named(raga).name,
        swara=swara if swara in (None, NONE) else parse_swara(swara),
        at_s=_seconds(cells.get("start_s")),
    )


def _seconds(text: str | None) -> float | None:
    try:
        return None if text is None else read_seconds(text)
    except ValueError:
        raise CorpusError(f'"{text}" is no time', fix="Give seconds (83.5) or minutes (1:23.5)") from None


def _cell(row: Mapping[str, str], column: str) -> str:
    return unguarded(row.get(column, ""))


def _where(error: SwaraError) -> str:
    return f"{error.where}: {error.what}" if error.where else error.what
