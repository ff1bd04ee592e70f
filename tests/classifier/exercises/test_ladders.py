"""The best way of notes along ladders, against one that tries every way."""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import pytest

from swara.classifier.exercises import ladders
from swara.classifier.exercises.ladders import walks
from swara.data.synth.exercises import CHORDS, SCALES

MAJOR = (0, 2, 4, 5, 7, 9, 11, 12, 11, 9, 7, 5, 4, 2, 0)
CHORD = (0, 4, 7, 12, 7, 4, 0)


def way(degrees, pauses: tuple[int, ...] = (), off: float = 0.0) -> tuple[float, float]:
    """What the best ways along scales and chords earn for each note."""
    paused = np.isin(np.arange(len(degrees)), pauses)
    wrong = off * np.random.default_rng(1).normal(size=len(degrees))
    scale, chord = walks(np.array(degrees, dtype=np.float64) + 20.0 + wrong, paused)
    return scale[2], chord[2]


def placed(ladder: tuple[int, ...], root: int, note: float) -> tuple[int, float]:
    """The nearest rung, and what a note is worth so far from it."""
    rungs = [root + 12 * octave + rung for octave in range(-2, 6) for rung in ladder]
    near = min(range(len(rungs)), key=lambda at: abs(rungs[at] - note))
    distance = abs(rungs[near] - note)
    return near, 1.0 - (distance / 0.6) ** 2 if distance < 0.6 else -np.inf


def step_cost(step: int, rose: bool, rises: bool) -> float:
    if step == 0 and rose == rises:
        return 0.3
    if step == (1 if rises else -1):
        return 0.0 if rose == rises else 1.0
    return 2.0


def best_along(ladder: tuple[int, ...], semitones, paused) -> float:
    """What the best way earns, by trying from each note on each next note, root and direction."""
    count = len(semitones)

    @cache
    def rest(at: int, root: int, rises: bool) -> float:
        """What note `at`, come to in a direction, and all that follows earn."""
        height, worth = placed(ladder, root, semitones[at])
        options = [-0.6 * (count - 1 - at)]
        for after, goes_up in product(range(at + 1, min(at + 4, count)), (True, False)):
            step = placed(ladder, root, semitones[after])[0] - height
            cost = step_cost(step, rises, goes_up) + 0.6 * (after - at - 1)
            options.append(rest(after, root, goes_up) - cost)
            if paused[after] and after == at + 1:
                options += [rest(after, (root + by) % 12, goes_up) - 1.2 for by in (-2, -1, 0, 1, 2)]
        return worth + max(options)

    starts = product(range(count), range(12), (True, False))
    return max(rest(*start) - 0.6 * start[0] for start in starts) / count


def best_of_all(semitones, paused, every: tuple[tuple[int, ...], ...]) -> float:
    return max(-1.0, *(best_along(ladder, semitones, paused) for ladder in every))


@pytest.mark.parametrize("seed", range(6))
def test_the_best_way_is_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 9))
    semitones = 20.0 + np.cumsum(rng.integers(-4, 5, count)) + rng.normal(0.0, 0.25, count)
    paused = rng.random(count) < 0.3
    scale, chord = walks(semitones, paused)
    assert scale[2] == pytest.approx(best_of_all(semitones, paused, SCALES), abs=1e-6)
    assert chord[2] == pytest.approx(best_of_all(semitones, paused, CHORDS), abs=1e-6)


def test_modes_of_a_ladder_are_looked_at_once() -> None:
    assert len(ladders._SCALES) == 6  # of 11: six are modes of the major scale
    assert len(ladders._CHORDS) == 6  # of 8: two are inversions


def test_a_clean_walk_earns_its_notes_less_the_turn() -> None:
    assert way(MAJOR)[0] == pytest.approx(1.0 - 1.0 / len(MAJOR))
    assert way(CHORD)[1] == pytest.approx(1.0 - 1.0 / len(CHORD))


def test_rough_tuning_costs_little_and_no_rung() -> None:
    exact, rough = way(CHORD)[1], way(CHORD, off=0.2)[1]
    assert exact - 0.4 < rough < exact


def test_an_exercise_again_a_step_higher_goes_on_after_a_pause_alone() -> None:
    up = CHORD[:4]
    twice = (*up, *(degree + 1 for degree in up))
    assert way(twice, pauses=(len(up),))[1] == pytest.approx(1.0 - 1.2 / len(twice))
    assert way(twice)[1] < way(twice, pauses=(len(up),))[1] - 0.1


def test_one_note_walks_nowhere() -> None:
    assert walks(np.array([3.0]), np.array([False])) == ([0.0, 1.0, 0.0], [0.0, 1.0, 0.0])
