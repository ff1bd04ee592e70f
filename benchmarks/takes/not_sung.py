"""What is claimed of sounds in which nobody sings, and of singing."""

from __future__ import annotations

import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.page import Check, Section, Table
from benchmarks.pitch.tracks import Tracks
from benchmarks.recordings import sight_singing, tanpuras
from swara.classifier.notes import PRESETS
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.raga.tonic_names import ParsedTonic
from swara.raga.tuning import JUST
from swara.service.take.analyze import Request, analyze
from swara.service.take.report import TakeReport

from .judged import ReadyTracker

LOOPED_S, MOST_S, EVERY = 24.0, 20.0, 9
GIVEN_HZ = 130.8
SUNG = "sight-singing"
VOICES = ("en-us", "en+f3", "hi", "de+m5")
TEXT = """Today I would like to tell you about the weather in the mountains. It was raining all day, and in
the evening the clouds went away. We will meet tomorrow at nine o'clock, near the old bridge."""
_METHOD = f"""Every tanpura alone and looped to {LOOPED_S:.0f} s, the notes of a harmonium, every {EVERY}th
recorded note of an instrument, noises, and speech by espeak-ng where that is installed; and sight-singers,
up to {MOST_S:.0f} s. Claimed means that a share in tune was told: without Sa, and with a Sa of
{GIVEN_HZ:.1f} Hz given. A long note of an instrument with Sa given is judged like a sung one."""


def measure(root: Path, tracks: Tracks) -> Section:
    """Measure how often a share is claimed."""
    named = list(_sounds(root))
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for (kind, clip), track in zip(named, tracks.of("head", [clip for _, clip in named]), strict=True):
        free, given = (
            analyze(clip, Request(JUST, PRESETS["student"], tonic), ReadyTracker(track), source=kind)
            for tonic in (None, ParsedTonic(None, None, GIVEN_HZ))
        )
        found = (True, _claims(free), free.tonic.confidence > 0, _claims(given))
        counts[kind] = [before + new for before, new in zip(counts[kind], found, strict=True)]
    others = sum(count[1] for kind, count in counts.items() if kind != SUNG)
    sung = counts[SUNG]
    return Section(
        "What is not sung",
        _METHOD,
        [
            Check(
                "not sung, no Sa given: takes of which a share is claimed",
                others,
                0,
                "",
                at_most=True,
                digits=0,
            ),
            Check("sight-singing: takes of which one is", 100 * sung[1] / max(sung[0], 1), 100),
        ],
        [
            Table(
                "",
                ("sound", "takes", "share claimed", "Sa claimed", "share claimed, Sa given"),
                [(kind, *map(str, count)) for kind, count in counts.items()],
            )
        ],
    )


def _claims(report: TakeReport) -> bool:
    return bool(report.verdict_shares)


def _sounds(root: Path) -> Iterator[tuple[str, Clip]]:
    for drone in tanpuras(root):
        yield "tanpura", Clip(drone.samples, TRACK_RATE_HZ)
        looped = np.resize(drone.samples, round(LOOPED_S * TRACK_RATE_HZ))
        yield "tanpura, looped", Clip(looped, TRACK_RATE_HZ)
    yield from _read("harmonium note", sorted((root / "harmonium").glob("*.wav")))
    notes = sorted(path for path in (root / "instrument_notes").rglob("*.flac") if "sung" not in str(path))
    yield from _read("instrument note", notes[::EVERY])
    noises = sorted((root / "noise_and_rooms").rglob("*"))
    yield from _read(
        "noise", [p for p in noises if p.is_file() and p.suffix != ".md" and p.parent.name != "ir"]
    )
    if (program := shutil.which("espeak-ng")) is not None:
        with TemporaryDirectory() as folder:
            for voice in VOICES:
                spoken = Path(folder) / "speech.wav"
                subprocess.run([program, "-v", voice, "-w", str(spoken), TEXT], check=True)
                yield "speech", load_clip(spoken)
    for each in sight_singing(root):
        yield SUNG, each.clip.between(0.0, min(MOST_S, each.clip.duration_s))


def _read(kind: str, paths: Sequence[Path]) -> Iterator[tuple[str, Clip]]:
    for path in paths:
        clip = load_clip(path)
        yield kind, clip.between(0.0, min(MOST_S, clip.duration_s))
