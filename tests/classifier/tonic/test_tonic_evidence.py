"""What speaks for a Sa: the drone beneath the voice, and how the notes fit a raga."""

from __future__ import annotations

import numpy as np
import pytest

from swara.classifier.notes import HeldNote
from swara.classifier.tonic.template import (
    CLASSES,
    circular_cents,
    drone_partials,
    drone_salience,
    fold,
    log_likelihood,
    swara_weights,
)
from swara.data.clip import Clip
from swara.data.synth import tanpura
from swara.raga.ragas import RAGAS, raga_named
from swara.raga.tuning import JUST


@pytest.mark.parametrize(
    ("tuning", "sa_hz"), [("PSSS", 138.6), ("MSSS", 146.8), ("NSSS", 196.0), ("PSSS", 233.1)]
)
def test_a_drone_alone_tells_its_sa(tuning, sa_hz):
    samples = tanpura(8.0, sa_hz, rate_hz=16_000, rng=np.random.default_rng(1), tuning=tuning)

    salience = drone_salience(drone_partials(Clip(samples, 16_000)))

    assert abs(circular_cents(CLASSES[salience.argmax()] - fold(np.array(sa_hz)))) <= 10.0
    assert 0.0 <= salience.min() <= salience.max() <= 2.0


def test_the_likelihood_is_that_of_its_definition():
    raga = raga_named("Bhupali")
    notes = [HeldNote(0, 1, 0.49, 150.0, 3.0, 0.9), HeldNote(1, 2, 0.16, 233.0, 3.0, 0.9)]
    sa_cents = 35
    slow = 0.0
    for note in notes:
        above = 1200 * np.log2(note.hz / 16.351597831287414) - CLASSES[sa_cents]
        density = 0.0
        for index, weight in enumerate(swara_weights(raga)):
            off = (above - JUST.targets[index].middle_cents + 600) % 1200 - 600
            density += weight * np.exp(-0.5 * (off / 22.0) ** 2) / (22.0 * np.sqrt(2 * np.pi))
        slow += np.sqrt(note.steady_s) * np.log(0.95 * density + 0.05 / 1200)

    assert log_likelihood(notes, raga)[sa_cents] == pytest.approx(slow)


@pytest.mark.parametrize("raga", RAGAS.values(), ids=lambda raga: raga.name)
def test_a_raga_expects_its_own_swaras_and_sa_most(raga):
    weights = swara_weights(raga)

    assert set(np.flatnonzero(weights)) == raga.swaras
    assert weights.sum() == pytest.approx(1.0)
    assert weights.argmax() == 0
