"""A waveform goes through a network in blocks: as one window after the other would, whatever the blocks."""

from __future__ import annotations

import threading
import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from swara.data.clip import Clip
from swara.embedder.hub.contract import VGGISH, YAMNET, Outputs
from swara.embedder.hub.embedder import HubEmbedder
from swara.embedder.windows import WindowRunner, pieces

SMALL = replace(YAMNET, window_samples=20, hop_samples=8, dim=3, classes=2)
NO_OVERLAP = replace(VGGISH, window_samples=20, hop_samples=19, dim=3)
SIZES = (4, 1)


class _Sums:
    """Gives for each window its sum, its first and its last sample."""

    def __init__(self, contract, sizes=SIZES, delay_s=0.0):
        self.contract, self.sizes, self.delay_s = contract, sizes, delay_s
        self.busy = False

    def run(self, samples, windows):
        assert not self.busy, "two threads at once"
        self.busy = True
        time.sleep(self.delay_s)
        window, hop = self.contract.window_samples, self.contract.hop_samples
        assert windows in self.sizes
        assert samples.shape == (window + (windows - 1) * hop,)
        parts = [samples[i * hop :][:window] for i in range(windows)]
        rows = [np.resize([part.sum(), part[0], part[-1]], self.contract.dim) for part in parts]
        self.busy = False
        scores = np.ones((windows, self.contract.classes), np.float32) if self.contract.classes else None
        return Outputs(np.asarray(rows, dtype=np.float32), scores)


def _one_by_one(waveform, contract):
    """Slow oracle: pads as published, then one window at a time."""
    window, hop = contract.window_samples, contract.hop_samples
    starts = [0]
    while starts[-1] + window < waveform.size:
        starts.append(starts[-1] + hop)
    padded = np.pad(waveform, (0, starts[-1] + window - waveform.size))
    network = _Sums(contract, (1,))
    return np.concatenate([network.run(padded[at : at + window], 1).embeddings for at in starts])


def _waveform(samples, seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, samples).astype(np.float32)


@pytest.mark.parametrize("samples", [1, 19, 20, 21, 28, 29, 43, 44, 45, 52, 53, 100, 333, 1000])
@pytest.mark.parametrize("block", [1, 7, 1000])
@pytest.mark.parametrize("sizes", [(4, 1), (8, 2), (1,), (3,)])
@pytest.mark.parametrize("contract", [SMALL, NO_OVERLAP], ids=["overlap", "none"])
def test_the_same_as_one_window_at_a_time(samples, block, sizes, contract) -> None:
    waveform = _waveform(samples)
    blocks = [waveform[at : at + block] for at in range(0, samples, block)]
    outputs = WindowRunner(contract, lambda: _Sums(contract, sizes), 2).run(blocks)
    np.testing.assert_array_equal(outputs.embeddings, _one_by_one(waveform, contract))
    scores = None if outputs.scores is None else outputs.scores.shape
    assert scores == ((contract.frames(samples), 2) if contract.classes else None)


def test_many_waveforms_come_back_in_their_order() -> None:
    waveforms = [_waveform(size, size) for size in (500, 3, 20, 90, 1, 700, 25)]
    runner = WindowRunner(SMALL, lambda: _Sums(SMALL, delay_s=0.001), 3)
    for outputs, waveform in zip(runner.run_all([w] for w in waveforms), waveforms, strict=True):
        np.testing.assert_array_equal(outputs.embeddings, _one_by_one(waveform, SMALL))


def test_copies_work_at_the_same_time() -> None:
    """Each waits for the other: with one thread they would wait for ever."""
    meeting = threading.Barrier(2, timeout=20)

    class Meets(_Sums):
        def run(self, samples, windows):
            meeting.wait()
            return super().run(samples, windows)

    runner = WindowRunner(SMALL, lambda: Meets(SMALL), 2)
    assert len(runner.run([_waveform(20 + 8 * 7)]).embeddings) == 8
    meeting.abort()  # what a network raises comes out
    with pytest.raises(threading.BrokenBarrierError):
        runner.run([_waveform(1000)])


def test_three_hours_take_no_memory_but_their_vectors() -> None:
    """The samples alone would take 690 MB; the vectors of VGGish take 6."""
    minutes = 180
    minute = _waveform(60 * VGGISH.rate_hz)
    embedder = HubEmbedder(VGGISH, "0" * 64, "saved_model", lambda: _Sums(VGGISH, (8, 2)), 2)
    tracemalloc.start()
    embeddings = embedder.embed_blocks(minute for _ in range(minutes))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert embeddings.vectors.shape == (VGGISH.frames(minutes * minute.size), 128)
    assert peak < 40e6


@pytest.mark.parametrize(
    ("windows", "sizes"), [(1, [2]), (8, [2, 2, 2, 2]), (9, [10]), (10, [10]), (12, [10, 2]), (19, [10, 10])]
)
def test_an_end_that_comes_to_a_large_piece_is_one(windows: int, sizes: list[int]) -> None:
    waveform = _waveform(YAMNET.window_samples + (windows - 1) * YAMNET.hop_samples)
    found = list(pieces([waveform], YAMNET, (10, 2)))
    assert [size for _, _, size in found] == sizes
    assert sum(wanted for _, wanted, _ in found) == windows


def test_times_are_the_centres_and_another_rate_is_refused() -> None:
    embedder = HubEmbedder(YAMNET, "0" * 64, "saved_model", lambda: _Sums(YAMNET, (8, 2)), 1)
    embeddings = embedder.embed(Clip(_waveform(80_000), 16_000))
    np.testing.assert_allclose(embeddings.times_s, 0.4875 + 0.48 * np.arange(10))
    others = (("1" * 64, "saved_model"), ("0" * 64, "tflite"))  # other weights, another form
    specs = [embedder.spec, *(HubEmbedder(YAMNET, *other, lambda: _Sums(YAMNET), 1).spec for other in others)]
    assert len({spec.fingerprint for spec in specs}) == 3
    with pytest.raises(ValueError, match="44100 Hz for an embedder at 16000 Hz"):
        embedder.embed(Clip(_waveform(80_000), 44_100))
