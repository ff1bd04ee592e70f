"""The store: the professional samples, and what was learned from them."""

from __future__ import annotations

import math
import os
from os import PathLike
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from swara.classifier.pitch import Progress
from swara.data.arrays import data_frame
from swara.data.clip import Clip
from swara.data.recording import Recording
from swara.service.errors import NoNoteThere
from swara.service.request import parse_request, preset_thresholds
from swara.service.store import Layout, current_version, store_folder

from .source import Source, decoded_take, take_path, warn_of

# What serves the samples alone is imported where it is used: it is slow to load.
if TYPE_CHECKING:
    from pandas import DataFrame

    from swara.data.audio.decode import Decoded
    from swara.index import Neighbour
    from swara.service.adviser.adviser import LiveModel
    from swara.service.search.notes import SearchResult
    from swara.service.search.phrases import Alike, PhraseSearch

__all__ = ["Store", "open_store"]


class Store:
    """The professional samples, and what was learned from them; made by `open_store`.

    Several threads may ask it at once. What it loaded is kept, and loaded again when another version has
    become live.

    Parameters
    ----------
    folder : path
        Where it lies; it need not exist yet.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self._layout = Layout(Path(folder))
        self._loaded: LiveModel | None = None
        self._loading = Lock()

    def __repr__(self) -> str:
        return f"Store({str(self.folder)!r})"

    @property
    def folder(self) -> Path:
        """Where it lies."""
        return self._layout.folder

    @property
    def version(self) -> str | None:
        """Id of the version that is live; None while nothing was learned yet."""
        return current_version(self._layout)

    def samples(self) -> tuple[Recording, ...]:
        """List the recordings that are known: those that were added, then the bundled ones.

        Raises
        ------
        SwaraError
            If the list cannot be read.
        """
        from swara.service.samples.known import known_samples

        return known_samples(self._layout.corpus)

    def samples_frame(self) -> DataFrame:
        """Return the recordings that are known as a pandas DataFrame, a row for each.

        Returns
        -------
        DataFrame
            ``id``, ``path``, ``singer``, ``tonic_hz`` (Sa in Hz), ``raga`` (missing where none is given),
            ``notes`` (how many are labelled), ``licence``, ``synthesized`` (whether no person sang it).

        Raises
        ------
        MissingPackage
            If pandas is not installed.
        SwaraError
            If the list cannot be read.
        """
        known = self.samples()
        names = ("id", "path", "singer", "tonic_hz", "raga", "licence", "synthesized")
        columns = {name: [getattr(recording, name) for recording in known] for name in names}
        return data_frame(columns | {"notes": [len(recording.labels) for recording in known]})

    def search(
        self,
        source: Source,
        at_s: float,
        *,
        rate_hz: float | None = None,
        tonic: str | float | None = None,
        raga: str | None = None,
        count: int = 5,
        max_minutes: float | None = 20.0,
        progress: Progress | None = None,
    ) -> SearchResult:
        """Find the samples nearest to one note of a take, as ``swara search`` does.

        Parameters
        ----------
        source, rate_hz, tonic, raga, max_minutes, progress
            As for `analyze`. A file that is itself one of the samples is never its own answer.
        at_s : float
            When the note is sung, in seconds from the start of the take, give or take 0.25 s.
        count : int
            How many samples, each of another recording.

        Returns
        -------
        SearchResult
            The note, and its `neighbours`, nearest first.

        Raises
        ------
        NoNoteThere
            If no steady note is sung then.
        SwaraError
            If the recording or the store cannot be used.
        TypeError, ValueError
            If an argument is none of what is said here.
        """
        from swara.service.search.notes import search_clip

        if not math.isfinite(at_s) or count < 1:
            raise ValueError(f"cannot look for {count} samples at {at_s} s")
        request = parse_request(tonic, raga, "just", preset_thresholds("student"), self.folder)
        decoded = decoded_take(source, rate_hz, max_minutes)
        warn_of(decoded, source)
        model, where = self._model(source, decoded), take_path(source)
        return search_clip(decoded.clip, at_s, request, model, count=count, where=where, progress=progress)

    def search_span(
        self,
        source: Source,
        start_s: float,
        end_s: float,
        swara: str,
        *,
        rate_hz: float | None = None,
        count: int = 5,
        max_minutes: float | None = 20.0,
    ) -> tuple[Neighbour, ...]:
        """Find the samples of a swara that sound most like a stretch of a recording, whatever its pitch.

        Parameters
        ----------
        source, rate_hz, max_minutes
            As for `analyze`.
        start_s, end_s : float
            The stretch, in seconds from the start of the recording.
        swara : str
            Which samples to look among: ``"G"``, ``"taar Sa"``, ``".D"``.
        count : int
            How many, each of another recording.

        Returns
        -------
        tuple of Neighbour
            Nearest first; empty where the stretch is silent, or there are no samples of that swara.

        Raises
        ------
        NoNoteThere
            If the recording does not reach that far.
        SwaraError
            If `swara` is none, or the recording or the store cannot be used.
        TypeError, ValueError
            If an argument is none of what is said here.
        """
        from swara.raga.notation import swara_letter
        from swara.raga.swaras import parse_swara
        from swara.service.search.notes import search_span

        if not 0 <= start_s < end_s < math.inf or count < 1:
            raise ValueError(f"cannot look for {count} samples from {start_s} to {end_s} s")
        letter = swara_letter(*parse_swara(swara))
        decoded = decoded_take(source, rate_hz, max_minutes)
        warn_of(decoded, source)
        if end_s > decoded.clip.duration_s:
            length = f"the recording ends at {decoded.clip.duration_s:.2f} s"
            raise NoNoteThere(f"{length}, before {end_s:g} s", where=str(take_path(source)))
        return search_span(decoded.clip, start_s, end_s, letter, self._model(source, decoded), count=count)

    def search_phrase(
        self,
        source: Source,
        start_s: float,
        end_s: float,
        *,
        by: Alike = "melody",
        rate_hz: float | None = None,
        tonic: str | float | None = None,
        singer: str | None = None,
        raga: str | None = None,
        licence: str | None = None,
        count: int = 5,
        max_minutes: float | None = 20.0,
        progress: Progress | None = None,
    ) -> PhraseSearch:
        """Find the professional phrases most like one of a take, as ``swara search --phrase`` does.

        Parameters
        ----------
        source, rate_hz, tonic, max_minutes, progress
            As for `analyze`. A file that is itself one of the samples is never its own answer.
        start_s, end_s : float
            The phrase, in seconds from the start of the take.
        by : {"melody", "voice"}
            Whether it goes the same way over Sa, or sounds alike whatever is sung.
        singer, raga, licence : str, optional
            Phrases of these alone.
        count : int
            How many are wanted.

        Raises
        ------
        NoNoteThere
            If no phrase is sung there, or one that is longer than any known.
        SwaraError
            If the recording or the store cannot be used, or holds no phrases.
        TypeError, ValueError
            If an argument is none of what is said here.
        """
        from swara.service.search.hits import PhraseFilter
        from swara.service.search.phrases import live_phrases, search_phrase

        if not 0 <= start_s < end_s < math.inf or count < 1:
            raise ValueError(f"cannot look for {count} phrases from {start_s} to {end_s} s")
        if by not in ("melody", "voice"):
            raise ValueError(f'phrases are alike by "melody" or "voice", not {by!r}')
        request = parse_request(tonic, None, "just", preset_thresholds("student"), self.folder)
        decoded = decoded_take(source, rate_hz, max_minutes)
        warn_of(decoded, source)
        model = self._model(source, decoded)
        return search_phrase(
            decoded.clip,
            (start_s, end_s),
            request,
            model,
            live_phrases(self.folder, model),
            by=by,
            among=PhraseFilter(singer, raga, licence),
            count=count,
            where=take_path(source),
            progress=progress,
        )

    def search_notation(
        self,
        notation: str,
        *,
        singer: str | None = None,
        raga: str | None = None,
        licence: str | None = None,
        count: int = 5,
    ) -> PhraseSearch:
        """Find the professional phrases most like a line such as ``S R G P D S'``.

        Parameters
        ----------
        notation : str
            Roman notation.
        singer, raga, licence, count
            As for `search_phrase`.

        Raises
        ------
        SwaraError
            If it cannot be read, or the store cannot be used, or holds no phrases.
        ValueError
            If `count` is less than 1.
        """
        from swara.service.search.hits import PhraseFilter
        from swara.service.search.phrases import live_phrases, search_notation

        if count < 1:
            raise ValueError(f"cannot look for {count} phrases")
        model = self._live_model()
        among = PhraseFilter(singer, raga, licence)
        return search_notation(notation, model, live_phrases(self.folder, model), among=among, count=count)

    def sound_of(self, neighbour: Neighbour) -> Clip:
        """Return what a sample that was found sounds like, with 50 ms around it.

        Parameters
        ----------
        neighbour : Neighbour
            Of `search`, `search_span` or the opinions of a report.

        Raises
        ------
        SwaraError
            If its recording is gone or unreadable.
        """
        return self._live_model().sound_of(neighbour.item)

    def _model(self, source: Source, decoded: Decoded) -> LiveModel:
        """Return the live version, to be asked about one take, which is never its own neighbour."""
        model = self._live_model()
        return model.about(Path(source), decoded) if isinstance(source, (str, PathLike)) else model

    def _try_model(self, source: Source, decoded: Decoded) -> tuple[LiveModel | None, tuple[str, ...]]:
        """Return the same, or None and what is wrong with the store, as a warning of the report."""
        from swara.service.adviser.adviser import try_model

        return try_model(lambda: self._model(source, decoded))

    def _live_model(self) -> LiveModel:
        from swara.service.adviser.adviser import load_model

        with self._loading:
            if self._loaded is None or self._loaded.version != self.version:
                self._loaded = load_model(self.folder)
            return self._loaded


def open_store(path: str | PathLike[str] | None = None) -> Store:
    """Open a store: the professional samples, and what was learned from them.

    Parameters
    ----------
    path : path, optional
        Its folder, which need not exist yet; the one of ``SWARA_STORE`` if left out, else the user's.

    Returns
    -------
    Store
        Nothing is read or written before it is asked something.
    """
    return Store(store_folder(os.environ) if path is None else path)
