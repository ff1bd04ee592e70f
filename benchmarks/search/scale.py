"""Notes of one swara by the hundred thousand: what is found, how soon, in what memory, by which engine.

``python -m benchmarks.search.scale`` holds the parameters of the graph against others.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from benchmarks.meter import Cost, weigh
from benchmarks.page import Check, Section, Table
from benchmarks.recordings import evaluation_folder
from swara.data.arrays import BoolArray
from swara.embedder import Vectors
from swara.index import Engine
from swara.index.faiss_index import FaissIndex, Ids, one_thread
from swara.index.files import load_sample_index, save_sample_index
from swara.index.hnsw import DEFAULTS, HnswIndex, HnswParameters, index_parameters
from swara.index.samples import SPAN, SampleIndex, Source, SwaraNotes, engine_over

from .crowd import KEPT, crowd

LARGEST = int(os.environ.get("SWARA_SCALE_NOTES", "1000000"))
"""Fewer take less time to make: a million is 40 minutes of one core, all engines built."""

SIZES, QUESTIONS = tuple(n for n in (83_000, 250_000, 1_000_000) if n <= LARGEST), 2_000
K, SWARA = 10, "S"
SINGERS, NOTES_EACH = 40, 50

LEAST_RECALL, MOST_MS, MOST_OPEN_MS, MOST_BYTES, MOST_BUILD_MIN = 0.99, 5.0, 50.0, 350.0, 25.0

OURS, EXACT, FAISS, USEARCH = "this index", "every vector compared", "FAISS HNSW float32", "usearch HNSW f16"
SHARES = {"half of the singers": 2, "a fifth": 5, "one in 20": 20}
_FILTERED = 200

TRIED = (HnswParameters(m=16, ef_construction=80), HnswParameters(m=16), DEFAULTS)

_METHOD = f"""Real embeddings: the recordings of the evaluation folder and the bundled samples, sung in other
keys (up to two semitones away, faster or slower with it), through equalizers, in rooms and with noise, until
there are enough; a vector is the mean over 0.1 to 0.6 s. Every tenth recording is left out, and
{QUESTIONS // 2} of its notes, as they are, are the questions; the parameters were chosen by as many others.
All notes are taken for one swara. Engine: {index_parameters()}.

Recall is of the {K} nearest by comparing every vector. FAISS on float32 (the algorithm of hnswlib, which has
no wheels) and usearch have the same edges and efforts (m {DEFAULTS.m}, {DEFAULTS.ef_construction},
{DEFAULTS.ef_search}), and answer as their graph ranks. One question after the other on one thread, each in a
process of its own; milliseconds are of the processor, since the machine was not idle, and by the clock in
brackets. Memory is what a process takes more once it has answered, by vector: pages of its own and the graph,
which must stay; the vectors on disk, of which any page may go again, are told beside it."""


class Searched(Protocol):
    """What answers one question at a time."""

    def __call__(self, question: Vectors) -> Ids:
        """Return the ids of the `K` nearest to a vector, shape [1, dim]."""


@dataclass(frozen=True, slots=True)
class Row:
    """What an engine did at a size."""

    count: int
    engine: str
    built: Cost
    asked: Mapping[str, Any]

    def cells(self) -> tuple[Any, ...]:
        """Return it as the row of a table."""
        asked = self.asked
        times = tuple(f"{asked[f'{name}_cpu_ms']:.2f} ({asked[f'{name}_ms']:.2f})" for name in ("p50", "p99"))
        opening = f"{asked['open_cpu_ms']:.1f} ({asked['open_ms']:.1f})"
        memory = f"{asked['own']:.0f} + {asked['graph']:.0f} ({asked['vectors']:.0f})"
        built = f"{self.built.cpu_s / 60:.1f} min" if self.engine != EXACT else "-"
        return f"{self.count:,}", self.engine, asked["recall"], *times, opening, memory, built


def measure(root: Path | None) -> list[Section | str]:
    """Measure every engine at every size."""
    if root is None:
        return ["scale: `SWARA_EVAL_DATA` is not set"]
    rows = [row for count in SIZES for row in _at(root, count)]
    ours = next(row for row in reversed(rows) if row.engine == OURS)
    most = f"{ours.count:,} vectors in one swara"
    checks = [
        Check(f"{most}: recall@{K}", 100 * ours.asked["recall"], 100 * LEAST_RECALL),
        Check(f"{most}: p99, of the processor", ours.asked["p99_cpu_ms"], MOST_MS, "ms", True),
        Check(f"{most}: opening, of the processor", ours.asked["open_cpu_ms"], MOST_OPEN_MS, "ms", True),
        Check(
            f"{most}: memory for each", ours.asked["own"] + ours.asked["graph"], MOST_BYTES, "bytes", True, 0
        ),
        Check(f"{most}: building, of the processor", ours.built.cpu_s / 60, MOST_BUILD_MIN, "min", True),
    ]
    tables = [
        Table(
            "",
            ("vectors", "engine", f"recall@{K}", "p50 ms", "p99 ms", "opening ms", "bytes", "building"),
            [row.cells() for row in rows],
            ("{}", "{:.4f}", "{}", "{}", "{}", "{}", "{}"),
        ),
        Table(
            "With a filter: recall, and the p99 in ms, where only some singers come into question.",
            ("vectors", *SHARES),
            [
                (f"{row.count:,}", *(tuple(each) for each in row.asked["filtered"].values()))
                for row in rows
                if row.engine == OURS
            ],
            "{:.3f}",
        ),
    ]
    return [Section("A million notes", _METHOD, checks, tables)]


def _at(root: Path, count: int) -> list[Row]:
    """Build and ask every engine over the first so many of the notes."""
    vectors, questions = crowd(root, max(SIZES), QUESTIONS)
    questions = questions[1::2]
    truth = KEPT / f"truth-{count}.npy"
    exact = FaissIndex.mapped(vectors[:count], 1.0)
    if not truth.is_file():
        np.save(truth, exact.search(questions, K)[1])
    rows = []
    for engine in (OURS, EXACT, FAISS, *([USEARCH] if find_spec("usearch") else [])):
        built = weigh("benchmarks.search.scale:building", str(root), engine, count)
        asked = weigh("benchmarks.search.scale:asking", str(root), engine, count).result
        rows.append(Row(count, engine, built, asked))
        print(f"{count} {engine}: {built.cpu_s:.0f} s, {asked}", flush=True)
    return rows


def building(root: str, engine: str, count: int) -> Callable[[], None]:
    """Return what builds the index of an engine."""
    vectors = crowd(Path(root), max(SIZES), QUESTIONS)[0][:count]

    def run() -> None:
        if engine == OURS:
            exact = FaissIndex.mapped(np.asarray(vectors), 1.0)
            save_sample_index(_of_one_swara(engine_over(exact, approximate_above=0)), _folder(count))
        elif engine == FAISS:
            import faiss

            graph = faiss.IndexHNSWFlat(vectors.shape[1], DEFAULTS.m, faiss.METRIC_INNER_PRODUCT)
            graph.hnsw.efConstruction = DEFAULTS.ef_construction
            with one_thread():
                graph.add(np.ascontiguousarray(vectors))
            faiss.write_index(graph, str(KEPT / f"{count}.faiss"))
        elif engine == USEARCH:
            index = _usearch(vectors.shape[1])
            index.add(np.arange(count), np.asarray(vectors), threads=1)
            index.save(str(KEPT / f"{count}.usearch"))

    return run


def asking(root: str, engine: str, count: int) -> Callable[[], Mapping[str, Any]]:
    """Return what opens the index of an engine and asks it; its libraries are loaded by then."""
    questions = crowd(Path(root), max(SIZES), QUESTIONS)[1][1::2]
    truth = np.load(KEPT / f"truth-{count}.npy")
    for each in {OURS, engine}:  # libraries, loaded
        _open(each, min(SIZES), questions.shape[1])[0](questions[:1])

    def run() -> Mapping[str, Any]:
        before = _memory()
        began, used = time.perf_counter(), time.process_time()
        search, index = _open(engine, count, questions.shape[1])
        open_ms, open_cpu_ms = 1e3 * (time.perf_counter() - began), 1e3 * (time.process_time() - used)
        found, times = [], []
        for question in questions:
            cpu, clock = time.thread_time(), time.perf_counter()
            found.append(search(question[None])[0])
            times.append((time.thread_time() - cpu, time.perf_counter() - clock))
        after = _memory()
        p50, p99 = 1e3 * np.quantile(times, [0.5, 0.99], axis=0)
        hits = [np.isin(row, ids).mean() for row, ids in zip(truth, found, strict=True)]
        return {
            "recall": float(np.mean(hits)),
            "open_ms": open_ms,
            "open_cpu_ms": open_cpu_ms,
            **dict(zip(("p50_cpu_ms", "p50_ms", "p99_cpu_ms", "p99_ms"), (*p50, *p99), strict=True)),
            **{name: (after[name] - before[name]) / count for name in after},
            "filtered": _filtered(index, questions[:_FILTERED]) if engine == OURS and index else {},
        }

    return run


def _filtered(index: SampleIndex, questions: Vectors) -> Mapping[str, Sequence[float]]:
    """Return recall and the p99 in ms with some of the singers alone."""
    found = {}
    for name, every in SHARES.items():
        part = index.where(lambda of, every=every: int(of.singer) % every == 0)
        among, times = part.among(SWARA), []
        engine = part.engines[SWARA]
        for question in questions:
            began = time.thread_time()
            engine.search(question[None], K, among)
            times.append(1e3 * (time.thread_time() - began))
        found[name] = (_recall_among(engine, questions, among), float(np.quantile(times, 0.99)))
    return found


def _recall_among(engine: Engine, questions: Vectors, among: BoolArray | None) -> float:
    truth, found = (each.search(questions, K, among)[1] for each in (engine.exact, engine))
    return float(np.mean([np.isin(row, ids).mean() for row, ids in zip(truth, found, strict=True)]))


def _open(engine: str, count: int, dim: int) -> tuple[Searched, SampleIndex | None]:
    if engine == FAISS:
        import faiss

        graph = faiss.read_index(str(KEPT / f"{count}.faiss"), faiss.IO_FLAG_MMAP_IFC)
        chosen = faiss.SearchParametersHNSW(efSearch=DEFAULTS.ef_search)
        faiss.omp_set_num_threads(1)
        return lambda question: graph.search(question, K, params=chosen)[1], None
    if engine == USEARCH:
        other = _usearch(dim)
        other.view(str(KEPT / f"{count}.usearch"))
        return lambda question: np.atleast_2d(other.search(question, K, threads=1).keys), None
    index = load_sample_index(_folder(count), whole=lambda _, __: True)
    ours = index.engines[SWARA]
    searched = ours.exact if engine == EXACT else ours
    return lambda question: searched.search(question, K)[1], index


def _usearch(dim: int) -> Any:
    from usearch.index import Index

    return Index(
        ndim=dim,
        metric="ip",
        dtype="f16",
        connectivity=DEFAULTS.m,
        expansion_add=DEFAULTS.ef_construction,
        expansion_search=DEFAULTS.ef_search,
    )


def _of_one_swara(engine: Any) -> SampleIndex:
    """Return the index of notes that are of 50 each of as many recordings as it takes, of 40 singers."""
    count = len(engine.ids)
    spans = np.zeros(count, SPAN)
    spans["source"] = np.arange(count) // NOTES_EACH
    spans["end_s"] = 0.4
    sources = [
        Source(f"{number:012x}", str(number % SINGERS), synthesized=False, tonic_hz=200.0)
        for number in range(-(-count // NOTES_EACH))
    ]
    return SampleIndex({SWARA: SwaraNotes(engine, spans)}, tuple(sources))


def _folder(count: int) -> Path:
    return KEPT / f"index-{count}"


def _memory() -> Mapping[str, float]:
    """Return the bytes that this process holds: of its own, of mapped graphs, and of mapped vectors."""
    held, kind = dict.fromkeys(("own", "graph", "vectors"), 0.0), "own"
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if "-" in name.split()[0]:
            path = line.rpartition(" ")[2]
            graph = path.endswith((".hnsw", ".usearch", ".faiss"))
            kind = "graph" if graph else "vectors" if path.endswith(".npy") else ""
        elif name == "Anonymous":
            held["own"] += 1024.0 * float(value.split()[0])
        elif name == "Rss" and kind:
            held[kind] += 1024.0 * float(value.split()[0])
    return held


def parameters(root: Path) -> Iterator[str]:
    """Yield what is found with the parameters of `TRIED`, by questions that `measure` does not ask."""
    vectors, questions = crowd(root, max(SIZES), QUESTIONS)
    exact = FaissIndex.mapped(np.asarray(vectors), 1.0)
    for each in TRIED:
        began_s = time.process_time()
        graph = HnswIndex.build(exact, each)
        built_s = time.process_time() - began_s
        recall = _recall_among(graph, questions[::2], None)
        yield f"{len(vectors):,} notes, {each}: recall@{K} {recall:.4f}, built in {built_s / 60:.1f} min"


if __name__ == "__main__":
    folder = evaluation_folder()
    if folder is None:
        raise SystemExit("SWARA_EVAL_DATA is not set")
    for line in parameters(folder):
        print(line, flush=True)
