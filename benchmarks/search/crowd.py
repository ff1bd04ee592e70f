"""Notes by the million: real recordings, in other keys, through other rooms and microphones, embedded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soxr
from scipy.signal import firwin2, oaconvolve

from benchmarks.page import DOCS
from swara.data.audio.decode import load_clip
from swara.data.augment.chain import Chain, noise, room
from swara.data.clip import Clip, Samples
from swara.data.sample_corpus.corpus import audio_path, pack_recordings
from swara.embedder import Embedder, Embeddings, Vectors
from swara.embedder.builtin.embedder import BuiltinEmbedder
from swara.raga.errors import SwaraError

__all__ = ["KEPT", "crowd"]

KEPT = DOCS.parent / "build" / "search"
SEED = 20_250_301

_SOUNDS = {".wav", ".flac", ".mp3", ".ogg"}
_HELD_OUT = 10
"""Every tenth recording is asked about, as it is, and is not in the index in any form."""

_PIECE_S = 20.0
_STRETCHES = ((1, 3), (3, 5), (5, 7))
"""Hops that a note may last, from the first to before the second; one of each kind begins with a frame."""

_VARIANTS = 4
"""Microphones, rooms and noises for each key that a piece is sung in."""

_KEY_CENTS, _GAIN_DB, _BANDS, _TAPS = 200.0, 9.0, 8, 257
_WAY = Chain((("room", 0.6, room()), ("noise", 0.6, noise())))


def crowd(root: Path, count: int, questions: int) -> tuple[Vectors, Vectors]:
    """Return vectors of notes, shuffled, and of notes of other recordings to ask about.

    Both are kept in ``build/search``.

    Parameters
    ----------
    root : Path
        The evaluation recordings; the bundled samples are added.
    count, questions : int
        How many of each.

    Returns
    -------
    float32 arrays, shape [count, dim] and [questions, dim]
        The first mapped into memory.
    """
    many, asked = KEPT / f"notes-{count}.npy", KEPT / f"questions-{count}-{questions}.npy"
    if not (many.is_file() and asked.is_file()):
        KEPT.mkdir(parents=True, exist_ok=True)
        embedder, rng = BuiltinEmbedder(), np.random.default_rng(SEED)
        pieces = list(_pieces(root, embedder.spec.rate_hz))
        known = [samples for number, samples in pieces if number % _HELD_OUT]
        held_out = [samples for number, samples in pieces if number % _HELD_OUT == 0]
        plain = np.concatenate([_notes(embedder, samples, rng) for samples in held_out])
        np.save(asked, plain[rng.permutation(len(plain))[:questions]])
        np.save(many, _augmented(embedder, known, count, rng))
    return np.load(many, mmap_mode="r"), np.load(asked)


def _pieces(root: Path, rate_hz: int) -> Iterator[tuple[int, Samples]]:
    """Yield the number of a recording, and some seconds of it."""
    files = sorted(path for path in root.rglob("*") if path.suffix.lower() in _SOUNDS)
    files = [path for path in files if "noise_and_rooms" not in path.parts]
    files += [audio_path(recording) for recording in pack_recordings()]
    length = round(_PIECE_S * rate_hz)
    for number, path in enumerate(files):
        try:
            samples = load_clip(path, rate_hz=rate_hz, max_duration_s=None).samples
        except SwaraError as error:
            print(f"left out: {error}", flush=True)
            continue
        for begin in range(0, len(samples) - rate_hz // 2, length):
            yield number, samples[begin : begin + length]


def _augmented(embedder: Embedder, pieces: list[Samples], count: int, rng: np.random.Generator) -> Vectors:
    found = np.empty((count, embedder.spec.dim), np.float32)
    have = 0
    while have < count:
        for samples in pieces:
            rate_hz = embedder.spec.rate_hz
            # As a tape runs faster or slower: to keep the tempo would take ten times as long.
            other_hz = rate_hz * 2 ** (rng.uniform(-_KEY_CENTS, _KEY_CENTS) / 1200)
            moved = np.asarray(soxr.resample(samples, rate_hz, other_hz), np.float32)
            for _ in range(_VARIANTS):
                notes = _notes(embedder, _WAY(_equalized(moved, rng), rate_hz, rng).samples, rng)
                notes = notes[: count - have]
                found[have : have + len(notes)] = notes
                have += len(notes)
        print(f"{have} notes", flush=True)
    rng.shuffle(found)
    return found


def _equalized(samples: Samples, rng: np.random.Generator) -> Samples:
    """Return a sound with its bands raised and lowered, by a short filter; one in three stays as it is."""
    if rng.random() < 1 / 3:
        return samples
    gains = 10 ** (rng.uniform(-_GAIN_DB, _GAIN_DB, _BANDS) / 20)
    taps = firwin2(_TAPS, np.linspace(0, 1, _BANDS), gains)
    return np.asarray(oaconvolve(samples, taps, mode="same"), np.float32)


def _notes(embedder: Embedder, samples: Samples, rng: np.random.Generator) -> Vectors:
    """Return the mean directions of stretches, some from each frame on; silent ones are left out."""
    embeddings: Embeddings = embedder.embed(Clip(samples, embedder.spec.rate_hz))
    frames = embeddings.vectors
    begins = np.tile(np.arange(len(frames)), len(_STRETCHES))
    lengths = np.concatenate([rng.integers(*each, len(frames)) for each in _STRETCHES])
    ends = begins + lengths
    begins, ends = begins[ends <= len(frames)], ends[ends <= len(frames)]
    sums = np.concatenate([np.zeros((1, frames.shape[1])), np.cumsum(frames, axis=0, dtype=np.float64)])
    means = (sums[ends] - sums[begins]) / (ends - begins)[:, None]
    sizes = np.linalg.norm(means, axis=1)
    heard = sizes > 1e-3
    return (means[heard] / sizes[heard, None]).astype(np.float32)
