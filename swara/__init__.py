"""Tell a singer where a take was in tune, where not, and what it should sound like.

The functions for programs: `analyze`, `pitch` and `embed` take a recording, as a file or as samples in an
array; `PitchStream` follows a voice while it sings; `open_store` gives the professional samples. Whatever is
wrong with what they are given is a `SwaraError`, one line long; a wrong call is a TypeError or ValueError.
``docs/python.md`` shows them at work. Nothing is loaded before it is used.
"""

from __future__ import annotations

import os.path

TYPE_CHECKING = False
"""As in typing, which is not loaded here, nor pathlib: `cli` is to see to Ctrl-C as soon as can be."""

_CHECKOUT = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120
if os.path.isfile(os.path.join(_CHECKOUT, "pyproject.toml")):  # noqa: PTH113, PTH118
    # In a checkout the packages and cli.py lie beside this folder; where links are kept as text files, as on
    # some file systems, nothing else leads to them.
    __path__.append(_CHECKOUT)

if TYPE_CHECKING:
    from swara.classifier.notes import Thresholds as Thresholds
    from swara.classifier.pitch.stream import PitchStream as PitchStream
    from swara.data.clip import Clip as Clip
    from swara.data.pitch_track import PitchTrack as PitchTrack
    from swara.data.recording import Recording as Recording
    from swara.data.recording import SwaraLabel as SwaraLabel
    from swara.data.take import Glide as Glide
    from swara.data.take import Note as Note
    from swara.data.take import Silence as Silence
    from swara.data.take import Tonic as Tonic
    from swara.data.take import TonicCandidate as TonicCandidate
    from swara.embedder import EmbedderSpec as EmbedderSpec
    from swara.embedder import Embeddings as Embeddings
    from swara.index import Item as Item
    from swara.index import Neighbour as Neighbour
    from swara.raga.errors import SwaraError as SwaraError
    from swara.service.library.store import Store as Store
    from swara.service.library.store import open_store as open_store
    from swara.service.library.takes import analyze as analyze
    from swara.service.library.takes import embed as embed
    from swara.service.library.takes import pitch as pitch
    from swara.service.search.notes import SearchResult as SearchResult
    from swara.service.search.phrases import PhraseSearch as PhraseSearch
    from swara.service.take.report import Drift as Drift
    from swara.service.take.report import NoteOpinion as NoteOpinion
    from swara.service.take.report import SwaraStats as SwaraStats
    from swara.service.take.report import TakeReport as TakeReport

    __version__: str
else:
    # Hidden from the checkers: a module with a __getattr__ has, for them, every name that anybody asks for.
    _NAMES = {
        "swara.classifier.notes": "Thresholds",
        "swara.classifier.pitch.stream": "PitchStream",
        "swara.data.clip": "Clip",
        "swara.data.pitch_track": "PitchTrack",
        "swara.data.recording": "Recording SwaraLabel",
        "swara.data.take": "Glide Note Silence Tonic TonicCandidate",
        "swara.embedder": "EmbedderSpec Embeddings",
        "swara.index": "Item Neighbour",
        "swara.raga.errors": "SwaraError",
        "swara.service.library.store": "Store open_store",
        "swara.service.library.takes": "analyze embed pitch",
        "swara.service.search.notes": "SearchResult",
        "swara.service.search.phrases": "PhraseSearch",
        "swara.service.take.report": "Drift NoteOpinion SwaraStats TakeReport",
    }
    _HOMES = {name: module for module, names in _NAMES.items() for name in names.split()}
    __all__ = list(_HOMES)
    __all__ += ["__version__"]

    def __getattr__(name: str) -> object:
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = _installed_version() if name == "__version__" else _load(name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})

    def _load(name: str) -> object:
        from importlib import import_module

        return getattr(import_module(_HOMES[name]), name)

    def _installed_version() -> str:
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("swara-coach")
        except PackageNotFoundError:  # a checkout that is not installed
            return "0+unknown"
