"""Weigh thresholds of voicing: ``python -m swara.classifier.pitch.training.thresholds``.

On scenes of which nothing was trained: voices amid all that is drawn, voices without life, drones alone. Of
the thresholds by which drones are heard as voices least, those count by which voices are told best. What it
finds best is printed; what ``voicing.py`` and ``stream.py`` hold is stricter, as real drones are livelier.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass, replace
from itertools import product
from pathlib import Path
from typing import TypeVar

import numpy as np

from swara.classifier.pitch.decode import Salience
from swara.classifier.pitch.head import HeadTracker
from swara.classifier.pitch.network import MODEL_FILE, PitchNetwork
from swara.classifier.pitch.spectrum import MARGIN, Levels, periodicity, spectra
from swara.classifier.pitch.stream import PitchStream
from swara.classifier.pitch.voicing import VOICING, Voicing, VoicingThresholds, sung_frames
from swara.data.arrays import BoolArray, FloatArray
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack

from .scenes import LABELLED_HZ, SCENE_RATE_HZ, Scene, SceneMaker

__all__ = ["Heard", "Rates", "best", "main", "rates"]

_SEED = 900_000_003
_DURATION_S, _SHORT_S = 10.0, 2.5
_KINDS = {"sung": 6, "machine": 1, "drone": 3}
"""What is drawn, and how many of ten."""

_MOST_DRONE = 0.005
"""Share of the frames of drones alone that may be called voice: half of what is tolerated, as real ones are
livelier than drawn ones."""

_LIKELY, _SURE = (0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8), (0.8, 0.85, 0.9, 0.93, 0.95, 0.97, 0.98, 0.99)
_MACHINE, _LOW_STILL_CENTS = (0.9, 0.93, 0.95, 0.98), (0.0, 1.5, 2.0, 2.5, 4.0)
_PERIODIC = (0.0, 0.15, 0.2, 0.25, 0.3, 0.4)
_MOVING_CENTS = (8.0, 12.0, 16.0, 24.0, 40.0)
_ENTER, _LEAVE = (0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.93, 0.95), (0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85)

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A scene, what kind it is of, and what the head makes of it.

    Parameters
    ----------
    kind : str
        Of `_KINDS`.
    sung : bool array, shape [frames]
        Where a voice sounds.
    whole, live, settled : Answer
        Of the whole recording, of a stream at once, and of one that looks again.
    """

    kind: str
    sung: BoolArray
    whole: Answer
    live: Answer
    settled: Answer


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What is decided from: probability of a voice, pitch and its periodicity, shapes [frames] each."""

    probability: Salience
    hz: FloatArray
    periodicity: Levels


@dataclass(frozen=True, slots=True)
class Rates:
    """How thresholds do: voices heard and falsely heard, those without life heard, drones heard as voices."""

    recall: float
    false_alarm: float
    machine: float
    drone: float

    @property
    def merit(self) -> float:
        """What is looked for: voices told from what is none."""
        return self.recall - self.false_alarm + 0.1 * self.machine


def main() -> None:
    """Parse the command line, draw, listen, and print what is best."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", type=Path, default=MODEL_FILE, help="a .tflite file")
    parser.add_argument("--scenes", type=int, default=300, help="of each length")
    options = parser.parse_args()
    network = PitchNetwork(options.network)
    long, short = (hear(network, options.scenes, length_s) for length_s in (_DURATION_S, _SHORT_S))
    _whole(long, short)
    for name in ("live", "settled"):
        _streamed(long, name)


def hear(network: PitchNetwork, count: int, length_s: float) -> list[Heard]:
    """Draw scenes of one length in seconds, and hear each in every way."""
    maker = SceneMaker(_SEED, length_s, 100)
    draw: dict[str, Callable[[], Scene]] = {
        "sung": lambda: maker.draw_sung(machine=False),
        "machine": lambda: maker.draw_sung(machine=True),
        "drone": maker.draw_drone,
    }
    kinds = [kind for kind, tenths in _KINDS.items() for _ in range(round(count * tenths / 10))]
    return [_heard(network, kind, draw[kind]()) for kind in kinds]


def _heard(network: PitchNetwork, kind: str, scene: Scene) -> Heard:
    clip = Clip(scene.samples, SCENE_RATE_HZ)
    stream = PitchStream(network, looks_again=True)
    live = PitchTrack.joined([stream.push(scene.samples), stream.finish()])
    seen, settled = spectra(np.pad(scene.samples, MARGIN)), stream.settled()
    periodic = periodicity(seen, live.hz)  # at the pitch of the first look, as the second has it too
    parts = zip(*((x.voicing, x.hz, x.periodicity) for x in HeadTracker(network).hear(clip)), strict=True)
    streamed = (Answer(track.confidence.astype(np.float32), track.hz, periodic) for track in (live, settled))
    return Heard(kind, scene.f0_hz > 0, Answer(*map(np.concatenate, parts)), *streamed)


def rates(heard: Iterable[Heard], told: Callable[[Heard], BoolArray]) -> Rates:
    """Count how often `told` is right about scenes; what lies beyond the range counts nowhere."""
    right = {kind: np.zeros(4) for kind in _KINDS}
    for one in heard:
        voiced, hz = told(one), one.whole.hz
        counts = ~one.sung | ((hz > LABELLED_HZ[0]) & (hz < LABELLED_HZ[1]))
        sung, nobody = one.sung & counts, ~one.sung
        found = [(voiced & sung).sum(), sung.sum(), (voiced & nobody).sum(), nobody.sum()]
        right[one.kind] += np.array(found)
    share = {kind: sums[::2] / np.maximum(sums[1::2], 1) for kind, sums in right.items()}
    return Rates(
        float(share["sung"][0]), float(share["sung"][1]), float(share["machine"][0]), float(share["drone"][1])
    )


def best(found: dict[_T, Rates]) -> _T:
    """Return the thresholds of most merit among those that hold drones at bay, or those that do so best."""
    allowed = {each: rate for each, rate in found.items() if rate.drone <= _MOST_DRONE}
    if not allowed:
        return min(found, key=lambda each: found[each].drone)
    return max(allowed, key=lambda each: allowed[each].merit)


def _whole(long: list[Heard], short: list[Heard]) -> None:
    def told(thresholds: VoicingThresholds) -> Callable[[Heard], BoolArray]:
        def voiced(one: Heard) -> BoolArray:
            return sung_frames(one.whole.probability, one.whole.hz, one.whole.periodicity, thresholds)

        return voiced

    still = [
        replace(VOICING, machine=machine, low_still_cents=cents)
        for machine, cents in product(_MACHINE, _LOW_STILL_CENTS)
    ]
    chosen = _weighed("what stands still", still, long, told)
    pairs = [(likely, sure) for likely, sure in product(_LIKELY, _SURE) if likely <= sure]
    grid = [replace(chosen, likely=likely, sure=sure) for likely, sure in pairs]
    chosen = _weighed("whole recordings", grid, long, told)
    moving = [
        replace(chosen, sure_if_moving=sure, moving_cents=cents)
        for sure, cents in product(_SURE, _MOVING_CENTS)
        if sure <= chosen.sure
    ]
    chosen = _weighed("what moves", moving, long, told)
    chosen = _weighed(
        "what is periodic", [replace(chosen, periodic=least) for least in _PERIODIC], long, told
    )
    _weighed("short ones", [replace(chosen, sure_if_short=sure) for sure in _SURE], short, told)


def _weighed(
    what: str,
    grid: list[VoicingThresholds],
    heard: list[Heard],
    told: Callable[[VoicingThresholds], Callable[[Heard], BoolArray]],
) -> VoicingThresholds:
    found = {each: rates(heard, told(each)) for each in grid}
    chosen = best(found)
    _print(what, found, chosen)
    return chosen


def _streamed(heard: list[Heard], name: str) -> None:
    def told(enter: float, leave: float) -> Callable[[Heard], BoolArray]:
        def voiced(one: Heard) -> BoolArray:
            answer: Answer = getattr(one, name)
            return Voicing(enter, leave).push(answer.probability, answer.hz, answer.periodicity)

        return voiced

    pairs = [(enter, leave) for enter, leave in product(_ENTER, _LEAVE) if leave <= enter]
    found = {pair: rates(heard, told(*pair)) for pair in pairs}
    _print(name, found, best(found))


def _print(what: str, found: dict[_T, Rates], chosen: _T) -> None:
    top = sorted(found, key=lambda each: -found[each].merit)[:5]
    sys.stdout.write(f"{what}: {chosen} {_line(found[chosen])}\n")
    for each in top:
        sys.stdout.write(f"  {each} {_line(found[each])}\n")


def _line(found: Rates) -> str:
    names = ("recall", "false alarm", "machine recall", "drones")
    return ", ".join(f"{name} {100 * x:.2f}" for name, x in zip(names, astuple(found), strict=True))


if __name__ == "__main__":
    main()
