"""Instruments: what the network looks at, what it says and when it says nothing, where sounds begin."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swara.classifier import HeadError
from swara.classifier.head_files import write_head
from swara.classifier.instruments import network
from swara.classifier.instruments.network import (
    FRAMES,
    KIND,
    LABELS,
    NONE,
    SPEC,
    InstrumentHead,
    Named,
    label_of,
    scaled,
    shipped_head,
    windows,
)
from swara.classifier.instruments.sounds import Sound, _together, sound_spans
from swara.data.clip import Clip

RATE_HZ = 16_000


def _tone(hz: float, seconds: float, level: float = 0.3) -> np.ndarray:
    times_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (level * sum(np.sin(2 * np.pi * n * hz * times_s) / n for n in range(1, 9))).astype(np.float32)


def test_gain_changes_nothing_that_the_network_sees() -> None:
    loud, quiet = (scaled(windows(_tone(220.0, 1.5, level))) for level in (0.3, 0.02))
    assert loud.shape == quiet.shape == (2, FRAMES, SPEC.n_mels)
    np.testing.assert_allclose(loud, quiet, atol=0.02)
    assert (loud.min(), loud.max()) == (0.0, 1.0)


@pytest.mark.parametrize(("seconds", "count"), [(0.05, 1), (0.3, 1), (1.0, 1), (1.5, 2), (10.0, 19)])
def test_windows_cover_a_sound_of_any_length(seconds: float, count: int) -> None:
    assert len(windows(_tone(330.0, seconds))) == count
    assert len(windows(np.zeros(round(seconds * RATE_HZ), np.float32))) == 0


def test_what_has_no_name_is_none_of_these() -> None:
    assert [label_of(name) for name in ("cello", "viola", "voice")] == ["cello", NONE, "voice"]


def test_the_shipped_head_answers_finite_shares_and_nothing_of_silence() -> None:
    head = shipped_head()
    assert head.labels == LABELS
    said = head.name(_tone(440.0, 1.0))
    assert sum(said.probabilities.values()) == pytest.approx(1.0, abs=1e-5)
    assert list(said.probabilities.values()) == sorted(said.probabilities.values(), reverse=True)
    assert head.name(np.zeros(RATE_HZ, np.float32)) == Named(None, {})
    assert head.manifest.metrics["parity"] <= 1e-4
    assert sum(record.size_bytes for record in head.manifest.files.values()) <= 1.5e6
    noise = np.random.default_rng(1).normal(0.0, 0.1, RATE_HZ).astype(np.float32)
    assert head.name(noise).name in (None, NONE)


def test_another_network_is_refused(tmp_path: Path) -> None:
    content = (Path(network.__file__).parent / "instruments.tflite").read_bytes()
    write_head(tmp_path, KIND, ("one", "two"), {"network.tflite": content}, trained_on={}, metrics={})
    with pytest.raises(HeadError, match=r"14 classes, not .* and 2\."):
        InstrumentHead(tmp_path)
    write_head(tmp_path, KIND, LABELS, {"network.tflite": content[:5000]}, trained_on={}, metrics={})
    with pytest.raises(HeadError, match=str(tmp_path)):
        InstrumentHead(tmp_path)


def test_sounds_are_cut_at_silence_and_where_another_begins() -> None:
    pause = np.zeros(round(0.3 * RATE_HZ), np.float32)
    fade = np.linspace(1.0, 0.1, round(0.6 * RATE_HZ), dtype=np.float32)
    parts = [_tone(220.0, 0.6) * fade, _tone(587.0, 0.6) * fade, pause, _tone(330.0, 0.5), pause]
    spans = sound_spans(Clip(np.concatenate(parts), RATE_HZ))
    wanted = [(0.0, 0.6), (0.6, 1.2), (1.5, 2.0)]
    np.testing.assert_allclose(spans, wanted, atol=0.04)
    assert sound_spans(Clip(np.zeros(RATE_HZ, np.float32), RATE_HZ)) == []


def _sounds(*told: tuple[str | None, float]) -> list[Sound]:
    return [Sound(0.0, s, None, 0.0, Named(name, {name or NONE: 0.9, "oboe": 0.1})) for name, s in told]


@pytest.mark.parametrize(
    ("told", "name", "seconds"),
    [
        ([("flute", 3.0), ("flute", 1.0), ("cello", 1.0)], "flute", {"flute": 4.0, "cello": 1.0}),
        ([("flute", 1.0), ("cello", 2.0)], None, {"cello": 2.0, "flute": 1.0}),
        ([("flute", 1.0), (None, 3.0)], None, {"flute": 1.0}),  # little of it is known
        ([], None, {}),
    ],
    ids=["one", "several", "mostly unsure", "silence"],
)
def test_what_all_sounds_together_are(told: list, name: str | None, seconds: dict[str, float]) -> None:
    named, found = _together(_sounds(*told))
    assert (named.name, found) == (name, seconds)
    assert list(found) == list(seconds)
    assert sum(named.probabilities.values()) == pytest.approx(1.0 if told else 0.0)
