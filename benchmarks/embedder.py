"""Whether the built-in embedder puts one voice's sounds together, and leaves pitch alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from data.clip import Clip
from data.pitch_track import FloatArray
from data.synth import VOICES, bhupali_take
from embedder import EmbedderSpec, Embeddings, Vectors
from embedder.builtin import BuiltinEmbedder
from embedder.pooling import pool

from .page import Check, Section, Table, percent
from .recordings import SightSinging, sight_singing

__all__ = ["measure"]

A_FIFTH_HIGHER, SECONDS_PER_SECOND = 95.0, 100.0
SEEDS = 5
LEAST_NOTE_S = 0.15
FAR_SEMITONES, NEAR_SEMITONES = 4.0, 1.0

_OURS, _MFCC = "built-in", "20 MFCCs (librosa)"

_Embed = Callable[[Clip], Embeddings]

_METHOD = (
    "Similarity is the cosine of pooled vectors. Halves: each half of a sight-singer's take looks for the"
    " other half among all takes' (mean reciprocal rank). Notes: each labelled note of the first halves looks"
    " for the nearest among those of the second halves. Voice over pitch: the chance that a note of the same"
    f" take, {FAR_SEMITONES:.0f} semitones or more away, is nearer than a note of another take within a"
    " semitone; pitch alone would give 0 %, voice alone 100 %. Synthesized voices: a phrase looks for the"
    " same voice a fifth higher, on aakar or sargam as it comes, among all other voices at its own pitch. A"
    " take has one room, phone and singer, and the sight-singers' figures measure all three together. The"
    " constants of the embedder were chosen on these takes and voices, which flatters it."
)


class _Note(NamedTuple):
    """A labelled note: place of its take, pitch in semitones, whether in the first half, pooled vector."""

    take: int
    midi: float
    first_half: bool
    vector: Vectors


class _Figures(NamedTuple):
    """Mean reciprocal rank of halves, share of notes that find their take, chance of voice over pitch."""

    halves: float
    notes: float
    over_pitch: float


class _Trial(NamedTuple):
    """A phrase, the same voice a fifth higher, and all other voices at the phrase's pitch."""

    phrase: Clip
    higher: Clip
    others: tuple[Clip, ...]


def measure(root: Path | None) -> Section:
    """Measure the synthesized voices, and with a folder of recordings the sight-singers too."""
    trials = [trial for seed in range(SEEDS) for trial in _trials(seed)]
    fifth = {name: _own_voice_first(trials, embed) for name, embed in _EMBEDDERS.items()}
    takes = () if root is None else sight_singing(root)
    sung = {name: _of_takes(takes, embed) for name, embed in _EMBEDDERS.items() if takes}
    return Section(
        title="The built-in embedder",
        method=_METHOD,
        checks=(
            *_against_mfcc(sung),
            Check("the same voice a fifth higher comes first", 100 * fifth[_OURS], A_FIFTH_HIGHER),
            Check("audio embedded in a second of computing", _speed(), SECONDS_PER_SECOND, "s", digits=0),
        ),
        tables=(_table(sung, fifth),),
        reading=_reading(sung, fifth[_OURS]),
    )


def _against_mfcc(sung: Mapping[str, _Figures]) -> tuple[Check, ...]:
    if not sung:
        return ()
    ours, mfcc = sung[_OURS], sung[_MFCC]
    return (
        Check("halves of a take, against MFCCs in this run", ours.halves, mfcc.halves, "", digits=2),
        Check("voice over pitch, against MFCCs in this run", 100 * ours.over_pitch, 100 * mfcc.over_pitch),
    )


def _of_takes(takes: Sequence[SightSinging], embed: _Embed) -> _Figures:
    embedded = [embed(take.clip) for take in takes]
    notes = _notes(takes, embedded)
    return _Figures(_halves(takes, embedded), _own_take_first(notes), _voice_over_pitch(notes))


def _halves(takes: Sequence[SightSinging], embedded: Sequence[Embeddings]) -> float:
    middles_s = [take.clip.duration_s / 2 for take in takes]
    firsts = np.stack([pool(e, 0.0, middle_s) for e, middle_s in zip(embedded, middles_s, strict=True)])
    seconds = np.stack(
        [pool(e, middle_s, 2 * middle_s) for e, middle_s in zip(embedded, middles_s, strict=True)]
    )
    similar = firsts @ seconds.T
    own = np.diag(similar)
    ranks = [1 + (similar > own[:, None]).sum(axis=1), 1 + (similar > own).sum(axis=0)]
    return float(np.mean(1.0 / np.concatenate(ranks)))


def _notes(takes: Sequence[SightSinging], embedded: Sequence[Embeddings]) -> list[_Note]:
    return [
        _Note(place, midi, end_s < take.clip.duration_s / 2, pool(embeddings, start_s, end_s))
        for place, (take, embeddings) in enumerate(zip(takes, embedded, strict=True))
        for (start_s, end_s), midi in zip(take.intervals_s.tolist(), take.midi.tolist(), strict=True)
        if end_s - start_s >= LEAST_NOTE_S
    ]


def _own_take_first(notes: Sequence[_Note]) -> float:
    queries, others = ([n for n in notes if n.first_half is first] for first in (True, False))
    nearest = _similarities(queries, others).argmax(axis=1)
    return float(np.mean([q.take == others[at].take for q, at in zip(queries, nearest, strict=True)]))


def _voice_over_pitch(notes: Sequence[_Note]) -> float:
    similar = _similarities(notes, notes)
    takes, midi = np.array([n.take for n in notes]), np.array([n.midi for n in notes])
    chances = []
    for note, scores in zip(notes, similar, strict=True):
        away = np.abs(midi - note.midi)
        own = scores[(takes == note.take) & (away >= FAR_SEMITONES)]
        others = scores[(takes != note.take) & (away <= NEAR_SEMITONES)]
        if own.size and others.size:
            chances.append(np.mean(own[:, None] > others))
    return float(np.mean(chances))


def _similarities(queries: Sequence[_Note], others: Sequence[_Note]) -> FloatArray:
    rows, columns = (np.stack([n.vector for n in notes]) for notes in (queries, others))
    return np.asarray(rows @ columns.T, dtype=np.float64)


def _trials(seed: int) -> Iterator[_Trial]:
    for name, voice in VOICES.items():
        sa_hz, other_seed = 1.3 * voice.range_hz[0], SEEDS + seed
        others = (_sung(other, sa_hz, other_seed) for other in VOICES if other != name)
        yield _Trial(_sung(name, sa_hz, seed), _sung(name, 1.5 * sa_hz, other_seed), tuple(others))


def _sung(voice: str, sa_hz: float, seed: int) -> Clip:
    take = bhupali_take(seed, sa_hz=sa_hz, voice=VOICES[voice], phrase="S R G P G R S", tanpura_db=None)
    return take.clip


def _own_voice_first(trials: Sequence[_Trial], embed: _Embed) -> float:
    def heard(clip: Clip) -> Vectors:
        return pool(embed(clip), 0.0, clip.duration_s)

    right = []
    for trial in trials:
        phrase = heard(trial.phrase)
        best_other = max(phrase @ heard(other) for other in trial.others)
        right.append(phrase @ heard(trial.higher) > best_other)
    return float(np.mean(right))


def _speed() -> float:
    """Seconds of audio for each second of processor time, the best of three rounds."""
    clip = bhupali_take(0).clip
    long = Clip(np.resize(clip.samples, 120 * clip.rate_hz), clip.rate_hz)
    taken_s = []
    for _ in range(3):
        began_s = time.process_time()
        BuiltinEmbedder().embed(long)
        taken_s.append(time.process_time() - began_s)
    return long.duration_s / min(taken_s)


def _mfcc(clip: Clip) -> Embeddings:
    """Embed as most would at first: 20 MFCCs after the one for loudness, every 10 ms."""
    from librosa.feature import mfcc

    spec = EmbedderSpec("mfcc", 20, clip.rate_hz, 0.032, 0.01, {})
    vectors = mfcc(y=clip.samples, sr=clip.rate_hz, n_mfcc=21, n_fft=512, hop_length=160, n_mels=40)[1:].T
    times_s: FloatArray = spec.hop_s * np.arange(len(vectors), dtype=np.float64)
    return Embeddings(vectors.astype(np.float32), times_s, spec)


_EMBEDDERS: Mapping[str, _Embed] = {_OURS: lambda clip: BuiltinEmbedder().embed(clip), _MFCC: _mfcc}


def _table(sung: Mapping[str, _Figures], fifth: Mapping[str, float]) -> Table:
    rows = tuple((name, *_shown(sung.get(name)), percent(share)) for name, share in fifth.items())
    headings = ("embedder", "halves, MRR", "note's own take first", "voice over pitch", "a fifth higher")
    return Table("Beside it, plain MFCCs, pooled in the same way.", headings, rows)


def _shown(figures: _Figures | None) -> tuple[str, str, str]:
    if figures is None:
        return "-", "-", "-"
    return f"{figures.halves:.2f}", percent(figures.notes), percent(figures.over_pitch)


def _reading(sung: Mapping[str, _Figures], fifth: float) -> str:
    synthesized = f"Of synthesized phrases, {percent(fifth)} are nearest to their own voice a fifth higher."
    if not sung:
        return synthesized
    ours, mfcc = sung[_OURS], sung[_MFCC]
    return (
        f"{synthesized} Halves of amateurs' takes find each other with a mean reciprocal rank of"
        f" {ours.halves:.2f}. Of single notes {percent(ours.notes)} find their take, and"
        f" {percent(mfcc.notes)} with MFCCs; but against pitch, voice wins {percent(ours.over_pitch)} of"
        f" comparisons here and {percent(mfcc.over_pitch)} with MFCCs. Pitch is blurred, not gone."
    )
