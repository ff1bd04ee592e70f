"""Every embedder on every sound, and what it costs."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.meter import PROJECT, best_s, run_python, weigh
from benchmarks.note_head import FEATURES, HeadScores, named_notes
from benchmarks.pitch.sounds import singing
from benchmarks.pitch.tracks import Tracks
from benchmarks.recordings import SightSinging
from benchmarks.shares import Share
from swara.data.arrays import FloatArray
from swara.embedder import Embedder

from .instruments import EVERY, Notes, Probed, font_notes, other_notes, probe, recorded_notes
from .peers import OURS, PEERS, POOLINGS, Peer, pooled, summaries
from .singers import Condition, NoteScores, embed_notes, score_notes, search

TAUGHT, UNHEARD = "fluidr3", "timgm6mb"
RECORDED, BESIDE, ALONE = "", ", FluidR3 beside", ", FluidR3 alone"
"""What the probe is taught with: recordings, a font beside them, that alone where there are none; as on the
page."""

ASKED = {"npm": "npm sets", UNHEARD: "TimGM6mb"}
"""What the probe is asked about, and how it is called on the page."""

CLIP_S, LENGTH_S, LONG_S = 5, 60, 600
"""Of a take; of what throughput is measured on; and of what shows whether memory stays bounded."""

CORES = (1, 2)
ANALYZE, TENSORFLOW = "`swara analyze`", "`import tensorflow`"
_ROUNDS, _STARTS = 5, 7

Embedders = Mapping[str, Embedder]


Instruments = Mapping[tuple[str, str], Probed]
"""What probes on one embedder made of notes: by the collection in `ASKED`, and what they were taught with."""

Singers = Mapping[str, Mapping[str, Mapping[str, Share]]]
"""Mean reciprocal ranks of halves of takes: by condition, embedder and how frames are pooled."""

Program = Mapping[str, tuple[float, float]]
"""Seconds and MB of programs started afresh, by what they do."""


@dataclass(frozen=True, slots=True)
class EmbedderCost:
    """What one embedder costs.

    Seconds of audio in a second of wall time, warm, by how many cores it may use, and in a second of CPU time
    on one core, which other programs disturb less; wall time of a new process with a clip of `CLIP_S`; peak
    memory of a process that embeds `CLIP_S`, and of one that embeds `LONG_S`.
    """

    per_wall: Mapping[int, float]
    per_cpu: float
    cold_s: float
    clip_mb: float
    long_mb: float


def name_instruments(embedders: Embedders, root: Path | None, every: int = EVERY) -> dict[str, Instruments]:
    """Teach a probe on recordings, with a soundfont beside them too, and ask it about other collections.

    Raises
    ------
    MissingPackage
        If fluidsynth or one of the fonts is not installed.
    """
    font, others = font_notes(TAUGHT, every), {UNHEARD: font_notes(UNHEARD, every)}
    if (sets := other_notes()) is not None:
        others = {"npm": sets} | others
    recorded = None if root is None else recorded_notes(root)
    taught = {ALONE: [font]} if recorded is None else {RECORDED: [recorded], BESIDE: [recorded, font]}
    scores: dict[str, Instruments] = {}
    for name, embedder in embedders.items():

        def heard(notes: Notes, embedder: Embedder = embedder, name: str = name) -> FloatArray:
            return pooled(summaries(embedder, notes.sounds), POOLINGS[PEERS[name].pooling])

        known = [heard(notes) for notes in max(taught.values(), key=len)]
        asked = {key: (heard(notes), notes.labels) for key, notes in others.items()}
        found: dict[tuple[str, str], Probed] = {}
        for how, own in taught.items():
            labels, keys = (np.concatenate([getattr(n, what) for n in own]) for what in ("labels", "keys"))
            probed = probe(np.concatenate(known[: len(own)]), labels, keys, asked)
            found |= {(key, how): each for key, each in probed.items()}
        scores[name] = found
        rights = (f"{key}{how} {100 * each.accuracy.value:.1f} %" for (key, how), each in found.items())
        _tell(name, "instruments", *rights)
    return scores


def recognise_singers(
    embedders: Embedders, takes: Sequence[SightSinging], found_in: Sequence[Condition]
) -> dict[str, dict[str, dict[str, Share]]]:
    """Let halves of takes find each other in every condition."""
    scores: dict[str, dict[str, dict[str, Share]]] = {}
    for condition in found_in:
        rounds = condition.make([take.clip.samples for take in takes])
        scores[condition.name] = {}
        for name, embedder in embedders.items():
            embedded = [
                [summaries(embedder, sounds) for sounds in zip(*pairs, strict=True)] for pairs in rounds
            ]
            ranks = scores[condition.name][name] = {
                pooling: search([[pooled(each, weight) for each in sounds] for sounds in embedded]).reciprocal
                for pooling, weight in POOLINGS.items()
            }
            _tell(name, condition.name, f"MRR {ranks[PEERS[name].pooling].value:.3f}")
    return scores


def recognise_notes(embedders: Embedders, takes: Sequence[SightSinging]) -> dict[str, NoteScores]:
    """Let labelled notes of takes look for notes of their own take; by embedder."""
    scores = {}
    for name, embedder in embedders.items():
        found = scores[name] = score_notes(embed_notes(takes, embedder))
        own, over = found.own_take.value, found.over_pitch.value
        _tell(name, "notes", f"own take {own:.3f}, voice over pitch {over:.3f}")
    return scores


def name_swaras(embedders: Embedders, root: Path, tracks: Tracks) -> dict[str, list[HeadScores]]:
    """Let note heads name notes, by embedder; of those that are not swara's without parts of the vector."""
    trials: dict[str, list[HeadScores]] = {}
    for name, embedder in embedders.items():
        notes = named_notes(root, tracks, embedder)
        # Pitch alone is the same with any of them.
        features = FEATURES if name == OURS else (FEATURES[0], FEATURES[-1])
        trials[name] = [notes.trial(feature) for feature in features]
        for trial in trials[name]:
            rights = (f"{each.right}/{each.notes}" for each in (trial.scale, trial.calan, trial.keys))
            _tell(name, f"note head, {trial.feature.title}", *rights)
    return trials


def measure_costs(peers: Sequence[Peer]) -> dict[str, EmbedderCost]:
    """Weigh each embedder, in processes of its own; nothing else of the benchmark should run meanwhile."""
    costs, job = {}, "benchmarks.embedders.peers:embedding"
    with tempfile.TemporaryDirectory() as folder:
        paths = {length_s: str(Path(folder) / f"{length_s}.npy") for length_s in (CLIP_S, LENGTH_S, LONG_S)}
        for length_s, path in paths.items():
            np.save(path, singing(length_s, 700))
        for peer in peers:
            weigh(job, peer.name, paths[CLIP_S])  # what is made once, as a conversion, is no part of the cost
            spent = {n: weigh(job, peer.name, paths[LENGTH_S], rounds=_ROUNDS, cores=n) for n in CORES}
            cost = costs[peer.name] = EmbedderCost(
                {cores: LENGTH_S / each.wall_s for cores, each in spent.items()},
                LENGTH_S / spent[1].cpu_s,
                best_s(partial(weigh, job, peer.name, paths[CLIP_S]), _ROUNDS),
                weigh(job, peer.name, paths[CLIP_S]).peak_mb,
                weigh(job, peer.name, paths[LONG_S]).peak_mb,
            )
            rates = ", ".join(f"{rate:.0f} s/s on {cores}" for cores, rate in cost.per_wall.items())
            _tell(
                peer.name, rates, f"cold {cost.cold_s:.2f} s", f"{cost.clip_mb:.0f} MB, {cost.long_mb:.0f} MB"
            )
    return costs


def measure_program() -> Program:
    """Time ``swara analyze`` of a 5-s take with a model of the bundled samples, and loading TensorFlow.

    Both are started afresh again and again, in turns; without TensorFlow only the first.
    """
    with tempfile.TemporaryDirectory() as folder:
        store = ("--store", str(Path(folder) / "store"))
        run_python("-m", "swara.cli", "rebuild", "--init", *store)
        words = ("analyze", "--quiet", *store, str(PROJECT / "data" / "demo" / "take.flac"))
        started = {ANALYZE: ("-m", "swara.cli", *words), TENSORFLOW: ("-c", "import tensorflow")}
        jobs = {
            ANALYZE: ("benchmarks.meter:command", *words),
            TENSORFLOW: ("benchmarks.meter:importing", "tensorflow"),
        }
        if find_spec("tensorflow") is None:
            del started[TENSORFLOW]
        times_s = [{what: run_python(*how).wall_s for what, how in started.items()} for _ in range(_STARTS)]
        program = {what: (min(t[what] for t in times_s), weigh(*jobs[what]).peak_mb) for what in started}
    for what, (wall_s, peak_mb) in program.items():
        _tell(what, f"{wall_s:.2f} s", f"{peak_mb:.0f} MB")
    return program


def _tell(*words: str) -> None:
    print("  ".join(words), flush=True)
