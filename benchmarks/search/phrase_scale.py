"""Phrases by the hundred thousand: what the first look keeps of the best, and how long the search takes."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.page import Check, Section, Table
from benchmarks.recordings import CONCERTS
from swara.classifier.contours.distance import BAND, COST, POINTS, STRING_CENTS
from swara.classifier.contours.phrases import PhraseLine, phrase_lines
from swara.data.arrays import FloatArray
from swara.index.faiss_index import Ids
from swara.index.phrases import CANDIDATES, CANDIDATES_SHARE, FUNNEL, Phrase, PhraseIndex, build_phrase_index
from swara.service.rebuild.questions import DRIFT_CENTS, KNOTS, TEMPO
from swara.service.search.hits import PhraseFilter, nearest_phrases

from .concerts import KEPT, Concerts

_SIZES = (1_000, 10_000, 100_000, 300_000, 1_000_000)
_JUDGED = 100_000
_QUERIES, _EXACT, _TOP, _SHOWN = 100, 16, 10, 5
_AT_ONCE = 5_000

_COARSE, _FINE = FUNNEL
_METHOD = f"""The concerts cut into breath groups and windows as `swara rebuild` cuts samples, and the same
again with another tempo, drift and octave, until there are enough. Queries are marked phrases, {_QUERIES} of
them, which are never answered with phrases of their own concert. A first look at vectors leaves
{CANDIDATES:,} phrases, of a larger index {CANDIDATES_SHARE:.0%}, which are aligned with {_COARSE[0]} points;
one in {_COARSE[1]} of them with {_FINE[0]}, and one in {_FINE[1]} with all. "Kept" is how many of the ten
that the alignment of all finds are among the ten found ({_EXACT} queries). Times are of one thread, as the
processor counts them and in brackets by the clock, from the filter to the {_SHOWN} phrases that are shown;
the first search of a process takes longer, as it makes the vectors of the first look."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What one size takes at the median and the 99th percentile, of the processor and by the clock.

    And the share of the ten that are kept, the seconds of an alignment of all, and of making vectors.
    """

    phrases: int
    p50_ms: FloatArray
    p99_ms: FloatArray
    kept: float
    exact_s: float
    first_s: float


def measure(root: Path | None) -> list[Section | str]:
    """Measure the search in indexes of several sizes."""
    if root is None or not (root / CONCERTS).is_dir():
        return [f"phrases by size: `SWARA_EVAL_DATA` has no {CONCERTS}"]
    concerts = Concerts.load(root)
    drawn = np.random.default_rng(9).permutation(len(concerts.rows))[:_QUERIES]
    largest = _grown(concerts, max(_SIZES))
    paces = [_pace(concerts, drawn.tolist(), _part(largest, size)) for size in _SIZES]
    judged = paces[_SIZES.index(_JUDGED)]
    checks = [
        Check(f"{_JUDGED:,} phrases: p99", float(judged.p99_ms[0]), 50.0, "ms", at_most=True),
        Check(f"{_JUDGED:,} phrases: the alignment's ten kept", judged.kept, 0.95, "", digits=3),
    ]
    rows: list[Sequence[Any]] = [
        (f"{each.phrases:,}", _ms(each.p50_ms), _ms(each.p99_ms), each.kept, each.exact_s, each.first_s)
        for each in paces
    ]
    headings = ("phrases", "p50", "p99", "kept", "alignment of all", "vectors made")
    forms = ("{}", "{}", "{:.3f}", "{:.2f} s", "{:.2f} s")
    return [Section("Many phrases", _METHOD, checks, [Table("", headings, rows, forms)])]


def _ms(taken: FloatArray) -> str:
    return f"{taken[0]:.1f} ms ({taken[1]:.1f})"


def _grown(concerts: Concerts, size: int) -> PhraseIndex:
    """Return so many phrases, every size of them drawn from all concerts."""
    sa_hz = {row["concert"]: float(row["sa_hz"]) for row in concerts.rows}
    cut = [
        (name, each) for name, track in concerts.tracks.items() for each in phrase_lines(track, sa_hz[name])
    ]
    lines, strings, times_s = (
        np.stack(rows)
        for rows in zip(*((p.line.cents, p.string, p.line.times_s) for _, p in cut), strict=True)
    )
    rng = np.random.default_rng(11)
    chosen = rng.permutation(np.arange(size) % len(cut))
    again = [
        _sung_otherwise(lines[chosen[begin : begin + _AT_ONCE]], rng) for begin in range(0, size, _AT_ONCE)
    ]
    first = np.unique(chosen, return_index=True)[1]
    cents = np.concatenate(again)
    cents[first] = lines[chosen[first]]  # each once as it was
    phrases = [
        Phrase(name, "", None, "", each.start_s, each.end_s, sa_hz[name], "S R", synthesized=False)
        for name, each in (cut[n] for n in chosen)
    ]
    voices = np.zeros((size, 1), np.float32)
    return build_phrase_index(phrases, cents, times_s[chosen], strings[chosen], voices)


def _sung_otherwise(lines: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return lines in other tempos and octaves, Sa drifting."""
    count, grid = len(lines), np.linspace(0, KNOTS - 1, POINTS)
    low = np.minimum(grid.astype(int), KNOTS - 2)
    knots = rng.uniform(-1, 1, (count, KNOTS))
    tempos = TEMPO ** (knots[:, low] * (low + 1 - grid) + knots[:, low + 1] * (grid - low))
    places = np.cumsum(tempos, axis=1) - tempos
    places *= (POINTS - 1) / places[:, -1:]
    below = np.minimum(places.astype(int), POINTS - 2)
    share, rows = places - below, np.arange(count)[:, None]
    warped = lines[rows, below] * (1 - share) + lines[rows, below + 1] * share
    drift = np.linspace(0, DRIFT_CENTS, POINTS) * rng.uniform(-1, 1, (count, 1))
    return np.asarray(warped + drift + 1200.0 * rng.integers(-1, 2, (count, 1)))


def _part(index: PhraseIndex, size: int) -> PhraseIndex:
    return PhraseIndex(index.phrases[:size], *(each[:size] for each in index.arrays))


def _pace(concerts: Concerts, queries: Sequence[int], index: PhraseIndex) -> Pace:
    others = [PhraseFilter(exclude={concerts.rows[place]["concert"]}) for place in queries]
    began = time.thread_time()
    index.ranked(concerts.phrases[queries[0]].distance, others[0].allowed(index))
    first_s, taken_s = time.thread_time() - began, list[tuple[float, float]]()
    kept, exact_s = list[float](), list[float]()
    for number, (place, among) in enumerate(zip(queries, others, strict=True)):
        query = concerts.phrases[place]
        clocks = time.thread_time(), time.perf_counter()
        nearest_phrases(index, query, None, among.allowed(index), _SHOWN)
        taken_s.append((time.thread_time() - clocks[0], time.perf_counter() - clocks[1]))
        if number < _EXACT:
            best, seconds = _exact(index, query, among)
            exact_s.append(seconds)
            found, _ = index.ranked(query.distance, among.allowed(index))
            kept.append(float(np.isin(best, found[:_TOP]).mean()))
    p50_ms, p99_ms = 1000 * np.percentile(taken_s, (50, 99), axis=0)
    return Pace(len(index), p50_ms, p99_ms, float(np.mean(kept)), float(np.mean(exact_s)), first_s)


def _exact(index: PhraseIndex, query: PhraseLine, among: PhraseFilter) -> tuple[Ids, float]:
    """Return the first ten of all that are aligned, and the seconds that it takes; kept from run to run."""
    words = f"{BAND} {COST} {STRING_CENTS} {among} {len(index)}".encode()
    content = words + query.line.cents.tobytes() + index.cents.tobytes()
    path = KEPT / f"exact-{hashlib.sha256(content).hexdigest()[:16]}.npz"
    if not path.exists():
        began = time.thread_time()
        best, _ = index.ranked(query.distance, among.allowed(index), exact=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez(path, best=best[:_TOP], seconds=time.thread_time() - began)
    with np.load(path) as kept:
        return kept["best"], float(kept["seconds"])
