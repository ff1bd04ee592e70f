"""What it costs to judge a take anew, and to analyze one again that was analyzed before."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import numpy as np
import soundfile

from benchmarks.page import Check, Section, Table
from benchmarks.recordings import calans, concerts
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.classifier.pitch.head import pitch_tracker
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.service.adviser.adviser import LiveModel, load_model
from swara.service.request import parse_request, preset_thresholds
from swara.service.take.analyze import hear, judge_take

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo" / "take.flac"
SECONDS, RUNS, LENGTHS_S = 120, 7, (5, 30, 120)
MOST_MS, MOST_SHARE = 100.0, 0.5

FIRST = {"tonic": "C#3", "raga": "bhupali", "preset": "student"}
CHANGES = {
    "Sa": {"tonic": "D3"},
    "Sa, to be estimated": {"tonic": None},
    "raga": {"raga": "yaman"},
    "raga, Sa to be estimated": {"raga": "yaman", "tonic": None},
    "strictness": {"preset": "performer"},
}

_METHOD = f"""A take that repeats until it lasts {SECONDS} s is heard once and then judged anew, note head and
professional samples asked: the median of {RUNS} runs, the slowest take counts.

For the command, `swara analyze` is started on the demo take, repeated to each length, with an empty cache and
then again: each process whole and cold, the median of {RUNS} pairs."""


def measure(root: Path | None, runs: int = RUNS) -> Section:
    """Measure both, on real recordings too where there are some."""
    with tempfile.TemporaryDirectory(prefix="swara-bench-") as folder:
        store = Path(folder) / "store"
        model = load_model(store)
        rows = [_judged_ms(name, clip, model, store, runs) for name, clip in _takes(root)]
        slowest = {what: max(row[place] for row in rows) for place, what in enumerate(CHANGES, 2)}
        again = [_again(Path(folder), store, seconds, runs) for seconds in LENGTHS_S]
    checks = [
        Check(f"{what} changed", ms, MOST_MS, "ms", at_most=True, digits=0) for what, ms in slowest.items()
    ]
    long = again[-1]
    checks += [
        Check(f"{SECONDS} s analyzed again, {what}, of its first time", share, MOST_SHARE, "", True, 2)
        for what, share in (("wall", long[3] / long[1]), ("CPU", long[4] / long[2]))
    ]
    judged = Table("Judged anew", ("take", "notes", *CHANGES), rows, ["{:d}", *["{:.0f} ms"] * len(CHANGES)])
    headings = ("length", "first, wall", "CPU", "again, wall", "CPU")
    told = [(f"{seconds} s", *row[1:]) for seconds, row in zip(LENGTHS_S, again, strict=True)]
    return Section(
        "A take judged anew", _METHOD, checks, [judged, Table("Again", headings, told, "{:.2f} s")]
    )


def _takes(root: Path | None) -> Iterator[tuple[str, Clip]]:
    found = {"demo": load_clip(DEMO)}
    if root is not None:
        found |= {each.name: each.clip for each in (*calans(root), *concerts(root)[:2])}
    return ((name, _repeated(clip, SECONDS)) for name, clip in found.items())


def _repeated(clip: Clip, seconds: float) -> Clip:
    size = round(seconds * clip.rate_hz)
    return Clip(np.tile(clip.samples, -(-size // clip.samples.size))[:size], clip.rate_hz)


def _judged_ms(name: str, clip: Clip, model: LiveModel, store: Path, runs: int) -> list[object]:
    heard = hear(clip, pitch_tracker("head"), listener=model)
    row: list[object] = [name, len(heard.held.notes)]
    for change in CHANGES.values():
        asked = FIRST | change
        thresholds = preset_thresholds(str(asked["preset"]))
        request = parse_request(asked["tonic"], asked["raga"], "just", thresholds, store)
        taken_s = []
        for _ in range(runs):
            began = time.perf_counter()
            judge_take(heard, request, source=name, adviser=model)
            taken_s.append(time.perf_counter() - began)
        row.append(1000.0 * median(taken_s))
    return row


def _again(folder: Path, store: Path, seconds: int, runs: int) -> tuple[float, ...]:
    """Return seconds: the take's, then wall and CPU of the first time, and of the second."""
    take = folder / f"{seconds}.wav"
    soundfile.write(take, _repeated(load_clip(DEMO), seconds).samples, TRACK_RATE_HZ, subtype="PCM_16")
    pairs = []
    for _ in range(runs):
        for entry in (store / "cache").rglob("*.npz"):
            entry.unlink()
        pairs.append((*_process_s(take, store), *_process_s(take, store)))
    return (float(seconds), *(median(column) for column in zip(*pairs, strict=True)))


def _process_s(take: Path, store: Path) -> tuple[float, float]:
    words = [sys.executable, "-c", "from swara import cli; cli.main()", "analyze", str(take)]
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    env = os.environ | {"SWARA_STORE": str(store)}
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=env)
    wall_s, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
