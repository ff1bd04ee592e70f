"""By how much scores move though nothing got worse: the margins of the gate, or what is chance, must be more.

The bundled samples are learned night after night, each time without another tenth of the recordings. In the
end, the phrases of the last version are broken, to see by how much what is found of them falls.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

import swara.service.samples.known
from benchmarks.page import Check
from swara.classifier.pitch.head import pitch_tracker
from swara.data.arrays import IntArray
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import pack_recordings, read_corpus
from swara.embedder.registry import embedder_named
from swara.index.phrase_files import load_phrase_index
from swara.index.phrases import PhraseIndex, Strings
from swara.service.rebuild.evaluate import phrases_found
from swara.service.rebuild.gate import MARGINS, NOISY
from swara.service.rebuild.labelled_notes import NoteExtractor
from swara.service.rebuild.questions import phrase_questions
from swara.service.rebuild.rebuild import run_rebuild
from swara.service.store import Layout, current_version
from swara.service.store.manifest import HARD

NIGHTS, QUICK_NIGHTS = 14, 3
LEFT_OUT = 0.1
_TOLD = f"answered{HARD}"
"""Decides nothing, for it moves the most."""


def measure_margins(store: Path, nights: int) -> Iterator[str | Check]:
    """Rebuild `store` so often; yield a line for each night and for each score that moves, and a check."""
    gates, stopped = [], 0
    for night in range(nights):
        kept = _without_a_tenth(night)
        swara.service.samples.known.pack_recordings = lambda kept=kept: kept
        done = run_rebuild(store, "builtin", force=True, jobs=None, progress=None, report=None)[1]
        gates.append(done.gate)
        stopped += not done.promoted
        yield f"night {night + 1}: {done.outcome}{''.join(f'; {why}' for why in done.reasons)}"
    for name in (*sorted(NOISY), _TOLD):
        now = np.array([gate["scores"][name]["share"] for gate in gates])
        falls = np.array([gate["live"][name]["share"] for gate in gates[1:]]) - now[1:]
        moved = f"{now.min():.3f} to {now.max():.3f}, fell by up to {falls.max():.3f} from one to the next"
        if name == _TOLD:
            yield f"{name}: {moved}; decides nothing"
        else:
            chance = np.mean([gate["chance"][name] for gate in gates[1:]])
            yield f"{name}: {moved}; may fall by {MARGINS[name]:.3f}, or by chance ({chance:.3f} on average)"
    for name, found in _broken(Layout(store)):
        yield f"phrases found, {name}: {found:.3f}"
    yield Check("nights that were stopped though nothing got worse", stopped, 0, "", at_most=True, digits=0)


def _without_a_tenth(night: int) -> tuple[Recording, ...]:
    recordings = pack_recordings()
    drawn = np.random.default_rng(night).permutation(len(recordings))
    return tuple(recordings[at] for at in np.sort(drawn[round(LEFT_OUT * len(recordings)) :]))


def _broken(store: Layout) -> Iterator[tuple[str, float]]:
    """Yield what is found of the phrases held out in the live version, and with its lines broken."""
    index = load_phrase_index(store.version(current_version(store) or "").index)
    assert index is not None
    known = {each.id: each for each in pack_recordings()}
    extractor = NoteExtractor(store, embedder_named("builtin"), pitch_tracker("head"))
    held_out = [each for each in read_corpus(store.held_out) if each.id in known]
    asked = phrase_questions(held_out, extractor.track_of)
    rng, places = np.random.default_rng(20_261_127), np.arange(len(index))
    fifth = places.copy()
    some = rng.permutation(places)[: len(index) // 5]
    fifth[some] = np.roll(some, 1)
    off = replace(index, cents=index.cents + np.int16(100), strings=_a_semitone_up(index.strings))
    for name, broken in (
        ("as they are", index),
        ("lines of one in five exchanged", _reordered(index, fifth)),
        ("all lines exchanged", _reordered(index, rng.permutation(places))),
        ("Sa a semitone off", off),
    ):
        among = {each.recording for each in index.phrases}
        yield name, float(np.nanmean(phrases_found(broken, asked, known, among)))


def _reordered(index: PhraseIndex, places: IntArray) -> PhraseIndex:
    return replace(index, cents=index.cents[places], strings=index.strings[places])


def _a_semitone_up(strings: Strings) -> Strings:
    return np.where(strings >= 0, (strings + 1) % 12, strings).astype(np.int8)
