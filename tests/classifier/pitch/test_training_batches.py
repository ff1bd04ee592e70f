"""What the pitch network learns from: its input and its targets."""

from __future__ import annotations

import threading
import time
from collections import Counter

import numpy as np
import pytest

from swara.classifier.pitch.decode import hz_of_bins
from swara.classifier.pitch.features import CHANNELS
from swara.classifier.pitch.spectrum import BINS
from swara.classifier.pitch.training.batches import UNVOICED, drawing, example, frames_of, stack
from swara.classifier.pitch.training.scenes import Scene, SceneMaker
from swara.embedder.training.running import ahead


def test_a_batch_holds_its_examples_in_order():
    maker = SceneMaker(3, 1.0, 2)
    scenes = [maker.draw() for _ in range(3)]
    batch = stack([example(scene, causal=i == 1) for i, scene in enumerate(scenes)])
    assert batch.frames.shape == (3, 50, BINS, CHANNELS)
    for one, scene in zip(batch.bins.reshape(3, -1), scenes, strict=True):
        f0_hz = scene.f0_hz[:100]
        np.testing.assert_array_equal(one == UNVOICED, f0_hz == 0)
        np.testing.assert_allclose(hz_of_bins(one[f0_hz > 0]), f0_hz[f0_hz > 0], rtol=1e-5)


def test_processes_draw_the_same_scenes_for_the_same_seed_each_once_if_there_is_time():
    with drawing(7, 2, 2, 6, duration_s=0.5) as ring:
        _until(lambda: ring.drawn == 6)  # there is room for no more
        batches = [ring.take() for _ in range(2)]
        _until(lambda: ring.drawn == 10)
        time.sleep(0.3)
        assert ring.drawn == 10
        batches += [ring.take() for _ in range(3)]
    with pytest.raises(RuntimeError, match="has ended"):
        ring.take()
    found = [some for batch in batches for some in zip(batch.frames, batch.bins, strict=True)]
    assert batches[0].frames.shape == (2, 25, BINS, CHANNELS)
    assert len({frames.tobytes() for frames, _ in found}) == len(found) == 10
    expected = [one for worker in range(2) for one in _drawn_by(worker, 10)]
    for frames, bins in found:  # but for the order of sums
        alike = [np.abs(frames - others.frames[0]).max() < 0.05 for others in expected]
        assert sum(alike) == 1
        np.testing.assert_array_equal(bins, expected[alike.index(True)].bins[0])


def _drawn_by(worker, count):
    sequence = np.random.SeedSequence((7, worker))
    maker, rng = SceneMaker(int(sequence.generate_state(1)[0]), 0.5, 200), np.random.default_rng(sequence)
    return [stack([example(maker.draw(), causal=bool(rng.random() < 0.35))]) for _ in range(count)]


def test_scenes_are_heard_again_where_drawing_is_slower():
    with drawing(7, 3, 1, 4, duration_s=0.5) as ring:
        heard = Counter(row.tobytes() for _ in range(40) for row in ring.take().frames)
    assert len(heard) >= 3
    assert max(heard.values()) > 1


def test_what_fails_in_a_process_ends_the_training_with_its_message():
    with (
        drawing(7, 1, 1, 1, duration_s=0.0) as ring,
        pytest.raises(RuntimeError, match="whole number of 10 ms"),
    ):
        ring.take()
    with pytest.raises(ValueError, match=r"batches of 5 out of 4"), drawing(7, 5, 1, 4):
        pass


def test_what_fails_on_a_thread_is_raised_where_the_next_is_asked_for():
    divided = iter([1, 2, 0])
    stream = ahead(lambda: 2 // next(divided))
    assert [next(stream), next(stream)] == [2, 1]
    with pytest.raises(ZeroDivisionError):
        next(stream)


def test_no_thread_draws_on_once_nothing_more_is_asked_for():
    drawn, before = Counter[str](), set(threading.enumerate())

    def draw():
        drawn[threading.current_thread().name] += 1
        return sum(drawn.values())

    stream = ahead(draw, threads=2, depth=3)
    assert not drawn
    assert next(stream)
    _until(lambda: sum(drawn.values()) == 6)  # one was asked for, three wait, each thread holds one
    stream.close()
    assert set(threading.enumerate()) == before
    assert sum(drawn.values()) == 6
    ahead(draw).close()
    assert sum(drawn.values()) == 6


def _until(true):
    end_s = time.monotonic() + 120.0
    while not true():
        assert time.monotonic() < end_s
        time.sleep(0.05)


def test_the_past_does_not_know_what_comes():
    samples = np.random.default_rng(0).standard_normal(32_000).astype(np.float32)
    later = samples.copy()
    later[20_000:] = 0
    first, second = (frames_of(s, causal=True) for s in (samples, later))
    known = (20_000 - 1024) // 320
    np.testing.assert_array_equal(first[:known], second[:known])
    assert not np.allclose(first, frames_of(samples, causal=False))
    nothing = example(Scene(np.zeros(16_000, np.float32), np.zeros(101)), causal=False)
    assert np.isfinite(nothing.frames).all()


def test_the_file_says_what_keras_says(tmp_path):
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    from swara.classifier.pitch.training.export import PARITY, export
    from swara.classifier.pitch.training.layers import PitchLayers

    PitchLayers().model().save_weights(tmp_path / "random.weights.h5")
    found = export(tmp_path / "random.weights.h5", None, tmp_path / "pitch.tflite")
    assert found.converted <= PARITY
    assert 0.0 < found.rounded < 1.0
