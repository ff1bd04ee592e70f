"""The thresholds of voicing: counted as a loop counts, and the best of those that hold drones at bay."""

from __future__ import annotations

import numpy as np

from swara.classifier.pitch.training import thresholds
from swara.classifier.pitch.training.thresholds import Answer, Heard, Rates, best, rates
from swara.classifier.pitch.voicing import VOICING


def heard(kind: str, seed: int) -> Heard:
    rng = np.random.default_rng(seed)
    sung = rng.random(50) < (0.0 if kind == "drone" else 0.6)
    hz = rng.choice([40.0, 200.0, 1900.0], 50, p=[0.1, 0.8, 0.1])
    answer = Answer(rng.random(50).astype(np.float32), hz, rng.random(50).astype(np.float32))
    return Heard(kind, sung, answer, answer, answer)


def test_rates_are_what_a_loop_counts() -> None:
    scenes = [heard(kind, seed) for seed, kind in enumerate(("sung", "drone", "machine", "sung"))]
    found = rates(scenes, lambda one: one.whole.probability > 0.5)
    counts = {"sung": [0, 0, 0, 0], "machine": [0, 0, 0, 0], "drone": [0, 0, 0, 0]}
    for one in scenes:
        for sung, hz, confidence in zip(one.sung, one.whole.hz, one.whole.probability, strict=True):
            if sung and hz != 200.0:
                continue
            counts[one.kind][0 if sung else 2] += confidence > 0.5
            counts[one.kind][1 if sung else 3] += 1
    right, voiced, wrong, silent = counts["sung"]
    assert (found.recall, found.false_alarm) == (right / voiced, wrong / silent)
    assert found.machine == counts["machine"][0] / counts["machine"][1]
    assert found.drone == counts["drone"][2] / counts["drone"][3]


def test_the_best_holds_drones_at_bay_first() -> None:
    quiet, keen = Rates(0.9, 0.05, 0.9, 0.001), Rates(0.99, 0.01, 0.99, 0.1)
    assert best({"quiet": quiet, "keen": keen}) == "quiet"
    assert best({"quiet": quiet, "better": Rates(0.95, 0.05, 0.9, 0.002)}) == "better"
    assert best({"keen": keen, "keener": Rates(1.0, 0.0, 1.0, 0.2)}) == "keen"


def test_what_ships_is_among_what_was_tried() -> None:
    assert VOICING.likely in thresholds._LIKELY
    assert {VOICING.sure, VOICING.sure_if_short} <= set(thresholds._SURE)
    assert VOICING.periodic in thresholds._PERIODIC
    assert VOICING.machine in thresholds._MACHINE
    assert VOICING.low_still_cents in thresholds._LOW_STILL_CENTS
    assert VOICING.sure_if_moving in thresholds._SURE
    assert VOICING.moving_cents in thresholds._MOVING_CENTS
