"""How long swara takes and how much memory, and against what that should be held."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.meter import PROJECT, best_s, run_python, weigh
from benchmarks.page import Check, Section, Table
from swara.classifier.notes import PRESETS
from swara.classifier.pitch.head import pitch_tracker
from swara.data.arrays import FloatArray
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.synth import SynthTake, bhupali_take
from swara.embedder.registry import embedder_named
from swara.raga.tonic_names import parse_tonic
from swara.raga.tuning import JUST
from swara.service.adviser.adviser import load_model
from swara.service.rebuild.rebuild import rebuild
from swara.service.take.analyze import Request, analyze

from .judged import ReadyTracker, true_track

DEMO = PROJECT / "data" / "demo" / "take.flac"
ROUNDS = 5
OPINIONS_S, NOTHING_NEW_S = 0.3, 2.0
OUTSIDE_S, HELP_S = 0.5, 0.3
MINUTES = (1, 5, 20)
OUTSIDE_TO_TRACKER, HELP_TO_LIBROSA, MEMORY_TO_LIBROSA, LONG_TO_SHORT = 0.1, 0.5, 2.0, 1.2
"""Ratios: the machine's own speed drops out of them."""

_LIBROSA = ("benchmarks.meter:importing", "librosa", "pyin")
_METHOD = f"""The demo take, Sa and raga not given, best of {ROUNDS}; programs in processes of their own, and
nothing else of the benchmark runs meanwhile. Seconds belong to the machine, so the targets are ratios to
something measured beside them. Long recordings are synthesized phrases over a tanpura, repeated, their pitch
handed over ready."""
_COLD = """From the command line. Loading librosa includes reaching for its pYIN, as it loads its parts when
they are first used."""


@dataclass(frozen=True, slots=True)
class _Take:
    """Seconds and MB of the demo take: step by step in a warm process, and in programs started afresh."""

    decode_s: float
    track_s: float
    rest_s: float
    help_s: float
    analyze_s: float
    librosa_s: float
    analyze_mb: float
    librosa_mb: float


def measure_samples() -> Section:
    """Measure a first rebuild, one with nothing new, opening the version, and asking it about a take."""
    embedder, tracker = embedder_named("builtin"), pitch_tracker("head")
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "store"
        first = rebuild(store, embedder=embedder, tracker=tracker)
        nothing_s = best_s(lambda: rebuild(store, embedder=embedder, tracker=tracker), ROUNDS)
        open_s = best_s(lambda: load_model(store), ROUNDS)
        model, clip = load_model(store), load_clip(DEMO)
        report = analyze(clip, Request(JUST, PRESETS["student"], parse_tonic("C#3")), tracker, source="demo")
        asked_s = best_s(lambda: model.opinions(clip, report.track, report.notes, report.tonic.hz), ROUNDS)
    first_s = sum(first.seconds.values())
    steps = (
        (f"first rebuild: {first.embedded} bundled recordings embedded, head fitted, index built", first_s),
        ("a rebuild with nothing new", nothing_s),
        ("opening the live version, every file of it checked", open_s),
        (f"head and index on the {len(report.notes)} notes of a take of {clip.duration_s:.1f} s", asked_s),
    )
    return Section(
        "Professional samples",
        f"The bundled samples, whose pitch ships with them, in a fresh store; best of {ROUNDS}.",
        (
            Check("head and index on a warm take", asked_s, OPINIONS_S, "s", at_most=True, digits=3),
            Check("a rebuild with nothing new", nothing_s, NOTHING_NEW_S, "s", at_most=True, digits=2),
        ),
        [Table("What it takes.", ("step", "time"), steps, "{:.3f} s")],
        f"A fresh machine learns from the bundled samples in {first_s:.0f} s, once; from then on they add"
        f" {asked_s + open_s:.2f} s to an analysis.",
    )


def measure_speed() -> Section:
    """Measure a five-second take, the start of the program, memory, and long recordings."""
    clip = load_clip(DEMO)
    take = _demo_take(clip)
    per_minute_s = {minutes: _long(minutes) for minutes in MINUTES}
    growth = per_minute_s[MINUTES[-1]] / per_minute_s[MINUTES[0]]
    ratios = (
        (
            "everything but decoding and tracking, over tracking",
            take.rest_s / take.track_s,
            OUTSIDE_TO_TRACKER,
        ),
        ("time of `swara --help` over loading librosa", take.help_s / take.librosa_s, HELP_TO_LIBROSA),
        (
            "memory of `swara analyze` over loading librosa",
            take.analyze_mb / take.librosa_mb,
            MEMORY_TO_LIBROSA,
        ),
        (f"a minute of {MINUTES[-1]} over a minute of 1, untracked", growth, LONG_TO_SHORT),
    )
    all_s = take.decode_s + take.track_s + take.rest_s
    return Section(
        "Speed and memory",
        _METHOD,
        (
            Check("all but the tracker", take.decode_s + take.rest_s, OUTSIDE_S, "s", at_most=True, digits=3),
            Check("`swara --help`", take.help_s, HELP_S, "s", at_most=True, digits=2),
            *(Check(what, ratio, most, "", at_most=True, digits=2) for what, ratio, most in ratios),
        ),
        list(_tables(take, clip.duration_s, per_minute_s)),
        f"Of {1000 * all_s:.0f} ms for the take, warm, tracking takes {100 * take.track_s / all_s:.0f} %."
        f" From the command line it is {1000 * take.analyze_s:.0f} ms, where Python with librosa alone needs"
        f" {1000 * take.librosa_s:.0f} ms. A minute out of {MINUTES[-1]} costs {growth:.2f} times what a"
        " minute alone does: without the tracker, the cost grows"
        f" {'no faster' if growth <= LONG_TO_SHORT else 'faster'} than the length.",
    )


def _demo_take(clip: Clip) -> _Take:
    tracker = pitch_tracker("head")
    track = tracker.track(clip)
    cli = ("-m", "swara.cli")
    return _Take(
        best_s(partial(load_clip, DEMO), ROUNDS),
        best_s(partial(tracker.track, clip), ROUNDS),
        best_s(partial(_analyze, clip, track), ROUNDS),
        best_s(partial(run_python, *cli, "--help"), ROUNDS),
        best_s(partial(run_python, *cli, "analyze", "--quiet", str(DEMO)), ROUNDS),
        best_s(partial(run_python, "-c", "import librosa; librosa.pyin"), ROUNDS),
        weigh("benchmarks.meter:command", "analyze", "--quiet", str(DEMO)).peak_mb,
        weigh(*_LIBROSA).peak_mb,
    )


def _tables(take: _Take, duration_s: float, per_minute_s: Mapping[int, float]) -> tuple[Table, ...]:
    steps = {
        "decode (FLAC)": take.decode_s,
        "track the pitch": take.track_s,
        "everything else: notes, Sa, verdicts, report": take.rest_s,
    }
    commands = (
        ("`swara --help`", 1000 * take.help_s, float("nan")),
        ("`swara analyze` of the take", 1000 * take.analyze_s, take.analyze_mb),
        ("Python loading librosa", 1000 * take.librosa_s, take.librosa_mb),
    )
    warm = f"A take of {duration_s:.1f} s, in this process, warm."
    grown = [(f"{minutes} min", 1000 * cost_s) for minutes, cost_s in per_minute_s.items()]
    return (
        Table(warm, ("step", "time"), [(step, 1000 * each_s) for step, each_s in steps.items()], "{:.0f} ms"),
        Table(_COLD, ("command", "time", "peak memory"), commands, ("{:.0f} ms", "{:.0f} MB")),
        Table(
            "Everything but decoding and tracking, for each minute of audio.",
            ("length", "time for each minute"),
            grown,
            "{:.0f} ms",
        ),
    )


def _analyze(clip: Clip, track: PitchTrack) -> None:
    analyze(clip, Request(JUST, PRESETS["student"]), ReadyTracker(track), source="benchmark")


def _long(minutes: int) -> float:
    """Return the seconds for each minute of a recording of so many minutes, best of two."""
    takes = [bhupali_take(seed, sa_hz=150.0) for seed in range(12)]
    clip, track = _repeated(takes, minutes)
    return best_s(partial(_analyze, clip, track), rounds=2) / minutes


def _repeated(takes: Sequence[SynthTake], minutes: int) -> tuple[Clip, PitchTrack]:
    """Join takes to a recording of `minutes`, with the pitch that they were sung at."""
    rate_hz = takes[0].clip.rate_hz
    hop, frames = round(HOP_S * rate_hz), round(60 * minutes / HOP_S)
    counted = [(take, take.clip.samples.size // hop) for take in takes]
    samples = np.concatenate([take.clip.samples[: hop * count] for take, count in counted])
    pitch_hz = np.concatenate([true_track(take).hz[:count] for take, count in counted])
    # One frame more than hops, as trackers have it.
    hz: FloatArray = np.append(np.resize(pitch_hz, frames), np.nan)
    voiced = np.isfinite(hz)
    track = PitchTrack(HOP_S * np.arange(hz.size), hz, voiced.astype(np.float64), voiced)
    return Clip(np.resize(samples, frames * hop), rate_hz), track
