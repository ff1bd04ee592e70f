"""Where notes are sung, and where the professionals sing each swara: the targets of ``--tuning learned``."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from swara.classifier.note_head.examples import NoteSource
from swara.data.arrays import FloatArray
from swara.raga.swaras import SVARASTHANAS, SwaraPitch, parse_swara
from swara.raga.tuning import JUST, Tuning, learned
from swara.service.errors import StoreError, damaged, reading
from swara.service.store import Layout, current_version, verify_version

from .labelled_notes import LabelledNote

__all__ = [
    "LearnedTarget",
    "learn_targets",
    "learned_tuning",
    "median_cents",
    "moved_cents",
    "swaras_sung",
    "targets_from_json",
    "targets_json",
    "tuning_of",
]

LEAST_NOTES, LEAST_SINGERS = 10, 2
"""A swara of which there is less keeps its place in just intonation."""

_FURTHEST_CENTS = 60.0
"""A note further from its place in just intonation is a slip, or a label gone wrong."""

_CENTS_DIGITS = 1
_OCTAVE_CENTS = 1200.0
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class LearnedTarget:
    """The middle of what professionals sing, in `cents` above Sa, and of how much that was taken."""

    cents: float
    notes: int
    singers: int


def learn_targets(notes: Sequence[LabelledNote]) -> Mapping[str, LearnedTarget]:
    """Return a target for each svarasthana that enough professionals sing, by its letter.

    It is the median of the singers' own medians, so that nobody counts more for singing more. Synthesized
    voices do not count: they sing what they were told to. Sa is what all is measured from, and stays at 0.

    Parameters
    ----------
    notes : sequence of LabelledNote
        At least one frame of each has a pitch.
    """
    heard: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    middles = median_cents([note.source for note in notes]).tolist()
    for note, middle in zip(notes, middles, strict=True):
        svarasthana, octave = parse_swara(note.source.swara)
        cents = middle - 1200.0 * octave
        off_cents = JUST.targets[svarasthana.index].offset(cents)
        if svarasthana.index and not note.item.synthesized and abs(off_cents) <= _FURTHEST_CENTS:
            heard[svarasthana.letter][note.item.singer].append(cents)
    found = {letter: _target(by_singer) for letter, by_singer in heard.items()}
    enough = {
        letter: target
        for letter, target in found.items()
        if target.notes >= LEAST_NOTES and target.singers >= LEAST_SINGERS
    }
    return _without_overlap(enough)


def moved_cents(before: Mapping[str, LearnedTarget], now: Mapping[str, LearnedTarget]) -> dict[str, float]:
    """Return how far each target moved, by its letter; those that did not are left out.

    A target that is not learned lies where just intonation has it.
    """
    moved = {}
    for place in SVARASTHANAS:
        then, since = before.get(place.letter), now.get(place.letter)
        just = JUST.targets[place.index]
        if then and since:
            moved[place.letter] = since.cents - then.cents
        elif since:
            moved[place.letter] = just.offset(since.cents)
        elif then:
            moved[place.letter] = -just.offset(then.cents)
    return {letter: round(cents, _CENTS_DIGITS) for letter, cents in moved.items() if cents}


def tuning_of(targets: Mapping[str, LearnedTarget]) -> Tuning:
    """Return the tuning: what was learned, and just intonation for the rest."""
    return learned({letter: target.cents for letter, target in targets.items()})


def targets_json(targets: Mapping[str, LearnedTarget]) -> str:
    """Return ``targets.json``: each target, and the letters of those that stay just."""
    just = [place.letter for place in SVARASTHANAS if place.letter not in targets]
    content = {"learned": {letter: asdict(each) for letter, each in targets.items()}, "just": just}
    return json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def targets_from_json(content: bytes) -> Mapping[str, LearnedTarget]:
    """Read what `targets_json` wrote.

    Raises
    ------
    ValueError
        If it is something else.
    """
    try:
        value: Mapping[str, Any] = json.loads(content)["learned"]
        targets = {letter: LearnedTarget(**fields) for letter, fields in value.items()}
        tuning_of(targets)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no learned targets: {error}") from error
    return targets


def _target(by_singer: Mapping[str, Sequence[float]]) -> LearnedTarget:
    middle = float(np.median([np.median(cents) for cents in by_singer.values()]))
    notes = sum(len(cents) for cents in by_singer.values())
    return LearnedTarget(round(middle, _CENTS_DIGITS), notes, len(by_singer))


def _without_overlap(targets: Mapping[str, LearnedTarget]) -> Mapping[str, LearnedTarget]:
    """Drop targets that reach past a neighbour's, those of the fewest notes first to go."""
    kept: dict[str, LearnedTarget] = {}
    for letter, target in sorted(targets.items(), key=lambda item: (-item[1].notes, item[0])):
        with suppress(ValueError):
            tuning_of(kept | {letter: target})
            kept[letter] = target
    return kept


_FIX = "Run: swara rebuild"


def learned_tuning(store: Layout) -> Tuning:
    """Return the learned tuning of a store; what was not learned lies where just intonation has it.

    Raises
    ------
    StoreError
        If there is no version yet, or an older swara made it.
    StoreDamaged
        If the live version is damaged.
    """
    version = current_version(store)
    if version is None:
        raise StoreError("nothing was learned yet", where=str(store.folder), fix=_FIX)
    manifest, at = verify_version(store, version), store.version(version).targets
    if at.name not in manifest.files:
        raise StoreError("the live version has no learned tuning", where=str(store.folder), fix=_FIX)
    with reading(at):
        content = at.read_bytes()
    try:
        return tuning_of(targets_from_json(content))
    except ValueError as error:
        raise damaged(str(error), at) from error


def median_cents(sources: Sequence[NoteSource]) -> FloatArray:
    """Return the median pitch of each note above madhya Sa, frames without pitch left out.

    To the last bit what ``numpy.nanmedian`` says of each.

    Parameters
    ----------
    sources : sequence of NoteSource
        At least one frame of each has a pitch.

    Returns
    -------
    float64 array, shape [notes]
    """
    middles = np.empty(len(sources))
    order = sorted(range(len(sources)), key=lambda place: sources[place].cents.size)
    # Those of about one length together, so that one long note does not blow all others up.
    for begin in range(0, len(order), _AT_ONCE):
        part = order[begin : begin + _AT_ONCE]
        middles[part] = _medians([sources[place].cents for place in part])
    return middles


def swaras_sung(cents: FloatArray) -> list[SwaraPitch]:
    """Return the swara, in just intonation, that each pitch is nearest to: as ``JUST.nearest`` names it.

    Parameters
    ----------
    cents : float64 array, shape [notes]
        Above madhya Sa, finite.
    """
    if not cents.size:
        return []
    octaves = range(int(cents.min() // _OCTAVE_CENTS) - 1, int(cents.max() // _OCTAVE_CENTS) + 2)
    # Rising, so that of two equally near the lower comes first.
    places = [(place, octave) for octave in octaves for place in SVARASTHANAS]
    nearest = np.argmin([_distances(cents, place.index, octave) for place, octave in places], axis=0)
    return [places[at] for at in nearest.tolist()]


def _medians(notes: Sequence[FloatArray]) -> FloatArray:
    lengths = np.array([cents.size for cents in notes])
    frames = np.full((lengths.size, lengths.max()), np.nan)
    frames[np.arange(lengths.max()) < lengths[:, None]] = np.concatenate(notes)
    frames.sort(axis=1)  # NaN last
    rows, heard = np.arange(lengths.size), np.isfinite(frames).sum(axis=1)
    medians: FloatArray = 0.5 * (frames[rows, (heard - 1) // 2] + frames[rows, heard // 2])
    return medians


def _distances(cents: FloatArray, index: int, octave: int) -> FloatArray:
    target = JUST.targets[index]
    within = cents - octave * _OCTAVE_CENTS
    distances: FloatArray = np.maximum(0.0, np.maximum(target.low_cents - within, within - target.high_cents))
    return distances
