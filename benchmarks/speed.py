"""How long swara takes and how much memory, and against what that should be held."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from swara.classifier.notes import PRESETS
from swara.classifier.pitch import pitch_tracker
from swara.data.arrays import FloatArray
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.synth import SynthTake, bhupali_take
from swara.data.synth.demo import demo_take
from swara.raga.tuning import JUST
from swara.service.take.analyze import Request, analyze

from .page import Check, Section, Table
from .stopwatch import best_s, peak_mb, run_python
from .tracks import ReadyTracker, true_track

__all__ = ["measure"]

ROUNDS = 5
OUTSIDE_S, HELP_S = 0.5, 0.3
MINUTES = (1, 5, 20)
OUTSIDE_TO_TRACKER, HELP_TO_LIBROSA, MEMORY_TO_LIBROSA, LONG_TO_SHORT = 0.1, 0.5, 2.0, 1.2
"""Ratios: the machine's own speed drops out of them."""

_LIBROSA = "import librosa; librosa.pyin"
_ANALYZE = """
import sys
from cli import main
sys.argv = ["swara", "analyze", "--quiet", {take!r}]
try:
    main()
except SystemExit as leave:
    if leave.code:
        raise
"""
_METHOD = (
    f"The demo take, Sa and raga not given, best of {ROUNDS}; programs in processes of their own, and nothing"
    " else of the benchmark runs meanwhile. Seconds belong to the machine, so the targets are ratios to"
    " something measured beside them. Long recordings are synthesized phrases over a tanpura, repeated, their"
    " pitch handed over ready."
)


@dataclass(frozen=True, slots=True)
class _Warm:
    """Seconds of each step of one take in a process that has everything loaded."""

    decode_s: float
    track_s: float
    rest_s: float

    @property
    def all_s(self) -> float:
        return self.decode_s + self.track_s + self.rest_s


@dataclass(frozen=True, slots=True)
class _Cold:
    """Seconds and MB of programs started afresh: the help, an analysis, and loading librosa beside them."""

    help_s: float
    analyze_s: float
    librosa_s: float
    analyze_mb: float
    librosa_mb: float


def measure() -> Section:
    """Measure a five-second take, the start of the program, memory, and long recordings."""
    take = demo_take()
    with tempfile.TemporaryDirectory() as folder:
        path = _saved(take, Path(folder))
        warm, cold = _warm(take.clip, path), _cold(path)
    per_minute_s = {minutes: _long(minutes) for minutes in MINUTES}
    growth = per_minute_s[MINUTES[-1]] / per_minute_s[MINUTES[0]]
    return Section(
        title="Speed and memory",
        method=_METHOD,
        checks=(
            Check("all but the tracker", warm.decode_s + warm.rest_s, OUTSIDE_S, "s", at_most=True, digits=3),
            Check("`swara --help`", cold.help_s, HELP_S, "s", at_most=True, digits=2),
            _ratio(
                "everything but decoding and tracking, over tracking",
                warm.rest_s / warm.track_s,
                OUTSIDE_TO_TRACKER,
            ),
            _ratio(
                "time of `swara --help` over loading librosa", cold.help_s / cold.librosa_s, HELP_TO_LIBROSA
            ),
            _ratio(
                "memory of `swara analyze` over loading librosa",
                cold.analyze_mb / cold.librosa_mb,
                MEMORY_TO_LIBROSA,
            ),
            _ratio(f"a minute of {MINUTES[-1]} over a minute of 1, untracked", growth, LONG_TO_SHORT),
        ),
        tables=(_warm_table(warm, take.clip.duration_s), _cold_table(cold), _long_table(per_minute_s)),
        reading=f"Of {_ms(warm.all_s)} for the take, warm, tracking takes"
        f" {100 * warm.track_s / warm.all_s:.0f} %. From the command line it is {_ms(cold.analyze_s)}, where"
        f" Python with librosa alone needs {_ms(cold.librosa_s)}. A minute out of {MINUTES[-1]} costs"
        f" {growth:.2f} times what a minute alone does: without the tracker, the cost grows"
        f" {'no faster' if growth <= LONG_TO_SHORT else 'faster'} than the length.",
    )


def _ratio(what: str, measured: float, target: float) -> Check:
    return Check(what, measured, target, "", at_most=True, digits=2)


def _warm(clip: Clip, path: Path) -> _Warm:
    tracker = pitch_tracker("head")
    track = tracker.track(clip)
    return _Warm(
        best_s(partial(load_clip, path), ROUNDS),
        best_s(partial(tracker.track, clip), ROUNDS),
        best_s(partial(_analyze, clip, track), ROUNDS),
    )


def _cold(path: Path) -> _Cold:
    return _Cold(
        best_s(partial(run_python, "-m", "swara.cli", "--help"), ROUNDS),
        best_s(partial(run_python, "-m", "swara.cli", "analyze", "--quiet", str(path)), ROUNDS),
        best_s(partial(run_python, "-c", _LIBROSA), ROUNDS),
        peak_mb(_ANALYZE.format(take=str(path))),
        peak_mb(_LIBROSA),
    )


def _saved(take: SynthTake, folder: Path) -> Path:
    import soundfile

    path = folder / "take.flac"
    soundfile.write(path, take.clip.samples, take.clip.rate_hz, subtype="PCM_16")
    return path


def _analyze(clip: Clip, track: PitchTrack) -> None:
    analyze(clip, Request(JUST, PRESETS["student"]), ReadyTracker(track), source="benchmark")


def _long(minutes: int) -> float:
    """Seconds for each minute of a recording of so many minutes, best of two."""
    takes = [bhupali_take(seed, sa_hz=150.0) for seed in range(12)]
    clip, track = _repeated(takes, minutes)
    return best_s(partial(_analyze, clip, track), rounds=2) / minutes


def _repeated(takes: Sequence[SynthTake], minutes: int) -> tuple[Clip, PitchTrack]:
    """Join takes to a recording of `minutes`, with the pitch that they were sung at."""
    rate_hz = takes[0].clip.rate_hz
    hop = round(HOP_S * rate_hz)
    counts = [take.clip.samples.size // hop for take in takes]
    samples = np.concatenate([t.clip.samples[: hop * n] for t, n in zip(takes, counts, strict=True)])
    pitch_hz = np.concatenate([true_track(t).hz[:n] for t, n in zip(takes, counts, strict=True)])
    frames = round(60 * minutes / HOP_S)
    # One frame more than hops, as trackers have it.
    hz: FloatArray = np.append(np.resize(pitch_hz, frames), np.nan)
    voiced = np.isfinite(hz)
    times_s: FloatArray = HOP_S * np.arange(hz.size, dtype=np.float64)
    track = PitchTrack(times_s, hz, voiced.astype(np.float64), voiced)
    return Clip(np.resize(samples, frames * hop), rate_hz), track


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.0f} ms"


def _warm_table(warm: _Warm, duration_s: float) -> Table:
    rows = (
        ("decode (FLAC)", _ms(warm.decode_s)),
        ("track the pitch", _ms(warm.track_s)),
        ("everything else: notes, Sa, verdicts, report", _ms(warm.rest_s)),
    )
    return Table(f"A take of {duration_s:.1f} s, in this process, warm.", ("step", "time"), rows)


def _cold_table(cold: _Cold) -> Table:
    caption = (
        "From the command line. Loading librosa includes reaching for its pYIN, as it loads its parts when"
        " they are first used."
    )
    rows = (
        ("`swara --help`", _ms(cold.help_s), "-"),
        ("`swara analyze` of the take", _ms(cold.analyze_s), f"{cold.analyze_mb:.0f} MB"),
        ("Python loading librosa", _ms(cold.librosa_s), f"{cold.librosa_mb:.0f} MB"),
    )
    return Table(caption, ("command", "time", "peak memory"), rows)


def _long_table(per_minute_s: Mapping[int, float]) -> Table:
    rows = tuple((f"{minutes} min", _ms(cost_s)) for minutes, cost_s in per_minute_s.items())
    return Table(
        "Everything but decoding and tracking, for each minute of audio.",
        ("length", "time for each minute"),
        rows,
    )
