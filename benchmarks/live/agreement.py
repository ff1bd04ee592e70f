"""Whether the verdict that stands when a note ends is the report's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.page import Check, Section, Table, percent
from benchmarks.recordings import calans
from swara.classifier.pitch.head import pitch_tracker
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.data.synth import bhupali_take
from swara.data.take import Note
from swara.raga.ragas import Raga, raga_named
from swara.service.live import Event, LiveNote, LiveSession, LiveSettings
from swara.service.take.analyze import analyze

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo" / "take.flac"
DEMO_SA_HZ = 440.0 * 2.0 ** (-20 / 12)
BLOCK = 320
SYNTHESIZED, FIRST_SEED = 30, 9_000
LEAST_AGREED = 95.0

_METHOD = f"""Each take is pushed in blocks of {BLOCK} samples (20 ms), and analyzed as a whole without the
samples of professionals, Sa and raga given, student thresholds. Held time is that of the report's notes; it
agrees where the live note that has most of it in common, at least half, has the same verdict on the same
swara. What is live where the report has no note is counted beside it: **more** is the live notes' time
outside every note of the report, **claimed** the part of it that is called anything but unsure."""


@dataclass(frozen=True, slots=True)
class Take:
    """A take to compare on, with its Sa in Hz and its raga."""

    name: str
    clip: Clip
    sa_hz: float
    raga: Raga


@dataclass(frozen=True, slots=True)
class Agreement:
    """Seconds: of the report's notes, named and judged alike, judged alike, missed; and live alone."""

    held_s: float
    same_s: float
    verdict_s: float
    missed_s: float
    more_s: float
    claimed_s: float

    @classmethod
    def total(cls, parts: Sequence[Agreement]) -> Agreement:
        """Return the sum over several takes."""
        rows = [(p.held_s, p.same_s, p.verdict_s, p.missed_s, p.more_s, p.claimed_s) for p in parts]
        return cls(*np.sum(rows, axis=0).tolist())

    def shares(self) -> tuple[float, ...]:
        """Return every figure as a share of the held time, that first in seconds."""
        parts = (self.same_s, self.verdict_s, self.missed_s, self.more_s, self.claimed_s)
        return self.held_s, *(part / self.held_s for part in parts)


def live_notes(take: Take, block: int = BLOCK) -> list[LiveNote]:
    """Push a take and return the notes that stand at its end."""
    session = LiveSession(LiveSettings(take.sa_hz, take.raga))
    samples = take.clip.samples
    events: list[Event] = []
    for at in range(0, samples.size, block):
        events += session.push(samples[at : at + block])
    events += session.finish()
    return [e for e in events if isinstance(e, LiveNote) and e.final and not e.withdrawn]


def compare(take: Take) -> Agreement:
    """Hold the live notes of a take against its report."""
    request = LiveSettings(take.sa_hz, take.raga).request
    report = analyze(take.clip, request, pitch_tracker("head"), source=take.name)
    return agreement(report.notes, live_notes(take))


def agreement(notes: Sequence[Note], live: Sequence[LiveNote]) -> Agreement:
    """Return how live notes agree with a report's."""
    held = same = verdict = missed = 0.0
    for note in notes:
        length_s = note.end_s - note.start_s
        held += length_s
        best = max(live, key=lambda each: _common_s(note, each), default=None)
        if best is None or _common_s(note, best) < 0.5 * length_s:
            missed += length_s
            continue
        alike = best.verdict == note.verdict
        verdict += length_s * alike
        same += length_s * (alike and (best.swara, best.saptak) == note.called)
    alone = [(each, each.end_s - each.start_s - sum(_common_s(n, each) for n in notes)) for each in live]
    claimed = sum(alone_s for each, alone_s in alone if each.verdict != "unsure")
    return Agreement(held, same, verdict, missed, sum(alone_s for _, alone_s in alone), claimed)


def _common_s(note: Note, live: LiveNote) -> float:
    return max(0.0, min(note.end_s, live.end_s) - max(note.start_s, live.start_s))


def demo_take() -> Take:
    """Return the bundled take."""
    return Take("the demo take", load_clip(DEMO), DEMO_SA_HZ, raga_named("bhupali"))


def synthesized(count: int = SYNTHESIZED) -> Iterator[Take]:
    """Yield takes with known errors, over a tanpura."""
    for seed in range(FIRST_SEED, FIRST_SEED + count):
        take = bhupali_take(seed)
        yield Take(f"synthesized {seed}", take.clip, take.sa_hz, raga_named("bhupali"))


def measure(root: Path | None, count: int = SYNTHESIZED) -> Section:
    """Measure the demo take, synthesized ones, and the calans where they are there."""
    demo, made = compare(demo_take()), Agreement.total([compare(each) for each in synthesized(count)])
    rows = [("the demo take", demo), (f"{count} synthesized takes", made)]
    sung: Iterable[Take] = (
        () if root is None else (Take(p.name, p.clip, p.sa_hz, p.raga) for p in calans(root))
    )
    rows += [(take.name, compare(take)) for take in sung]
    headings = ("take", "held", "verdict and swara", "verdict", "missed", "more", "claimed")
    forms = ("{:.1f} s", *["{:.1%}"] * 5)
    return Section(
        "The verdict when a note ends",
        _METHOD,
        [Check(f"same verdict and swara, {name}", 100 * a.shares()[1], LEAST_AGREED) for name, a in rows],
        [Table("", headings, [(name, *a.shares()) for name, a in rows], forms)],
        f"On the demo take {percent(demo.same_s / demo.held_s)} of the held time is judged as in the report;"
        " what differs elsewhere are notes near a threshold, and notes that begin or end elsewhere"
        " because what follows them is not known yet.",
    )
