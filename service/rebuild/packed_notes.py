"""The labelled notes and phrases of recordings, many in one file, as the last rebuild cut them.

To read a recording's embeddings and pitch takes a fraction of a millisecond, to cut notes and phrases of them
another: of thousands of recordings, of which few are new, that is most of a night's work. What came of it is
kept beside, to the last bit, and stands only as long as the entries that it was cut from.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from swara.classifier.note_head.examples import NoteSource
from swara.data.arrays import Arrays, FloatArray
from swara.data.recording import Recording, SwaraLabel
from swara.data.storage.array_cache import SealedCache, Stamp
from swara.embedder import Vectors
from swara.index import Item
from swara.index.phrases import Phrase, PhraseIndex
from swara.service.take.heard import code_digest

__all__ = ["Cut", "LabelledNote", "PackedNotes", "Stamps", "labelled_note", "sample_phrase"]

_CODE = ("data", "raga", "classifier/contours", "embedder", "index", "service/rebuild")
"""Where the code lies that decides what is cut."""

Stamps: TypeAlias = tuple[Stamp | None, Stamp | None]
"""Those of a recording's embeddings and of its pitch; None where there is no entry."""


@dataclass(frozen=True, slots=True, eq=False)
class LabelledNote:
    """A note whose swara is known: what the head learns from, and an item of the index."""

    source: NoteSource
    item: Item


class Cut(NamedTuple):
    """What a recording gives to a version: its labelled notes that have a pitch, and its phrases."""

    notes: list[LabelledNote]
    phrases: PhraseIndex


def labelled_note(
    recording: Recording, label: SwaraLabel, cents: FloatArray, vector: Vectors
) -> LabelledNote:
    """Return a note of a recording by its label.

    Parameters
    ----------
    recording : Recording
        Whose note it is.
    label : SwaraLabel
        One of its labels.
    cents : float64 array, shape [frames]
        Its pitch above madhya Sa; NaN where there is none.
    vector : float32 array, shape [dim]
        How it sounds.
    """
    source = NoteSource(cents, vector, label.swara, recording.singer, recording.id)
    item = Item(
        recording=recording.id,
        singer=recording.singer,
        swara=label.swara,
        start_s=label.start_s,
        end_s=label.end_s,
        synthesized=recording.synthesized,
        tonic_hz=recording.tonic_hz,
    )
    return LabelledNote(source, item)


def sample_phrase(recording: Recording, start_s: float, end_s: float, swaras: str) -> Phrase:
    """Return a phrase of a recording, from and to where it lies in it, by the swaras that it dwells on."""
    return Phrase(
        recording=recording.id,
        singer=recording.singer,
        raga=recording.raga,
        licence=recording.licence,
        start_s=start_s,
        end_s=end_s,
        tonic_hz=recording.tonic_hz,
        swaras=swaras,
        synthesized=recording.synthesized,
    )


class _Made(NamedTuple):
    key: bytes
    stamps: Stamps
    recording: Recording
    cut: Cut


class PackedNotes:
    """What was cut from the recordings whose digests begin with the same digit, in one file.

    It goes by all that is noted of a recording but its path, and by the entries of the cache that it was cut
    from, their length and time: where one of them is gone, damaged or another, nothing is taken from here.

    Parameters
    ----------
    cache : SealedCache
        Where the file lies.
    embedder, tracker : str
        Fingerprints of what heard the recordings.
    digit : str
        The first of their digests.
    """

    def __init__(self, cache: SealedCache, embedder: str, tracker: str, digit: str) -> None:
        self._cache, self._embedder = cache, embedder
        self._name = hashlib.sha256(f"notes {digit}".encode()).hexdigest()  # another tracker takes its place
        self._made_by = f"{tracker} {code_digest(_CODE)} numpy {np.__version__}".encode()
        self._known: Mapping[bytes, int] = {}
        self._made: list[_Made] = []
        self._as_before = True
        found = cache.load(embedder, self._name)
        if found is not None and found["made_by"].tobytes() == self._made_by:
            self._read(found)

    def get(self, recording: Recording, stamps: Stamps) -> Cut | None:
        """Return what was cut from a recording; None where that is to be done.

        Parameters
        ----------
        recording : Recording
            Asked for once.
        stamps : pair of Stamp or None
            Of its entries.
        """
        key = _key(recording)
        place = self._known.get(key)
        if place is None or self._stamps[place] != stamps:
            return None
        cut = self._at(recording, place)
        self._made.append(_Made(key, stamps, recording, cut))
        return cut

    def put(self, recording: Recording, stamps: Stamps, cut: Cut) -> None:
        """Take up what was cut from a recording, unless the cache could not keep what it was cut from."""
        if None not in stamps:
            self._made.append(_Made(_key(recording), stamps, recording, cut))
            self._as_before = False

    def save(self) -> None:
        """Keep what was cut, and nothing else, where that is anything and not what the file holds.

        Raises
        ------
        OutputError
            If it cannot be written.
        """
        if self._made and not (self._as_before and len(self._made) == len(self._known)):
            arrays = {**_arrays(self._made), "made_by": _bytes(self._made_by)}
            self._cache.seal(self._embedder, self._name, arrays)

    def _read(self, arrays: Arrays) -> None:
        self._known = {key.tobytes(): place for place, key in enumerate(arrays["keys"])}
        self._stamps = [(tuple(row[:2]), tuple(row[2:])) for row in arrays["stamps"].tolist()]
        self._first_note, self._first_phrase, self._first_frame = (
            [0, *np.cumsum(arrays[name]).tolist()] for name in ("notes", "phrases", "frames")
        )
        self._labels, self._spans = arrays["labels"].tolist(), arrays["spans"].tolist()
        self._swaras = arrays["swaras"].tobytes().decode().split("\n")
        self._cents, self._vectors = arrays["cents"], arrays["vectors"]
        self._lines = [arrays[name] for name in _LINES]

    def _at(self, recording: Recording, place: int) -> Cut:
        notes = []
        for row in range(*self._first_note[place : place + 2]):
            cents = self._cents[slice(*self._first_frame[row : row + 2])]
            label = recording.labels[self._labels[row]]
            notes.append(labelled_note(recording, label, cents, self._vectors[row]))
        rows = slice(*self._first_phrase[place : place + 2])
        told = zip(self._spans[rows], self._swaras[rows], strict=True)
        phrases = tuple(sample_phrase(recording, start_s, end_s, swaras) for (start_s, end_s), swaras in told)
        return Cut(notes, PhraseIndex(phrases, *(each[rows] for each in self._lines)))


_LINES = ("lines", "strings", "steps", "voices")


def _key(recording: Recording) -> bytes:
    """Return 32 bytes that differ where anything does that notes and phrases tell or are cut by."""
    of, labels = recording, [(each.start_s, each.end_s, each.swara) for each in recording.labels]
    told = (of.sha256, of.singer, of.tonic_hz, of.raga, of.licence, of.synthesized, labels)
    return hashlib.sha256(repr(told).encode()).digest()


_KEY_BYTES = 32


def _arrays(made: Sequence[_Made]) -> Arrays:
    notes = [note for each in made for note in each.cut.notes]
    phrases = [phrase for each in made for phrase in each.cut.phrases.phrases]
    cents = [note.source.cents for note in notes]
    lines = zip(*(each.cut.phrases.arrays for each in made), strict=True)
    return {
        "keys": _bytes(b"".join(each.key for each in made)).reshape(-1, _KEY_BYTES),
        "stamps": np.array([each.stamps for each in made], np.int64).reshape(-1, 4),
        "notes": np.array([len(each.cut.notes) for each in made], np.int64),
        "phrases": np.array([len(each.cut.phrases) for each in made], np.int64),
        "labels": np.array([place for each in made for place in _labels(each)], np.int64),
        "frames": np.array([each.size for each in cents], np.int64),
        "cents": np.concatenate([*cents, np.zeros(0)]),
        "vectors": np.array([note.source.embedding for note in notes], np.float32),
        "spans": np.array([(each.start_s, each.end_s) for each in phrases], np.float64).reshape(-1, 2),
        "swaras": _bytes("\n".join(each.swaras for each in phrases).encode()),
        **{name: np.concatenate(each) for name, each in zip(_LINES, lines, strict=False)},
    }


def _labels(made: _Made) -> Iterator[int]:
    """Yield the place of each note among the labels of its recording, some of which have no pitch."""
    places = {label.start_s: place for place, label in enumerate(made.recording.labels)}
    return (places[note.item.start_s] for note in made.cut.notes)


def _bytes(content: bytes) -> npt.NDArray[Any]:
    return np.frombuffer(content, np.uint8)
