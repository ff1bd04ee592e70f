"""The training of the instrument head: what is drawn, and a head that comes out of a few steps."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from swara.classifier import HeadError
from swara.classifier.head_files import FitOptions, read_head
from swara.classifier.instruments.network import (
    BAND_FRAMES,
    FRAMES,
    LABELS,
    NONE,
    SPEC,
    InstrumentHead,
    band_windows,
)
from swara.classifier.instruments.training import pictures, shipped
from swara.classifier.instruments.training.fonts import OTHERS, PROGRAMS
from swara.classifier.window_network import PARITY
from swara.data.audio.frames import hz_of_mel, mel_of_hz
from swara.data.augment.chain import Chain, pitch
from swara.data.corpora.entry import Entry
from swara.embedder.builtin.embedder import MODEL_FILE, EmbedderNetwork
from swara.embedder.builtin.features import BANDS

RATE_HZ = 16_000


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Entry]:
    """Write two notes of each of two players of three instruments."""
    folder, found = tmp_path_factory.mktemp("notes"), list[Entry]()
    for number, instrument in enumerate(("cello", "flute", NONE)):
        for player in ("A", "B"):
            for take in range(2):
                path = folder / f"{number}{player}{take}.wav"
                times_s = np.arange(20_000) / RATE_HZ
                soundfile.write(path, 0.3 * np.sin(2 * np.pi * 150 * 3**number * times_s), RATE_HZ)
                found.append(Entry(path, player, player, "CC0", instrument=instrument))
    return found


def test_windows_are_drawn_changed_and_labels_evenly(rows: list[Entry]) -> None:
    labels = ("cello", "flute", NONE)
    heard = pictures.pictures_of(rows, labels, [0] * len(rows), 1)
    assert heard.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    drawn, again = (pictures.Batches(heard, labels, np.random.default_rng(5)).draw(400) for _ in range(2))
    for one, other in zip(drawn, again, strict=True):
        np.testing.assert_array_equal(one, other)
    windows, shares = drawn
    assert windows.shape == (400, FRAMES, SPEC.n_mels)
    assert np.isfinite(windows).all()
    assert windows.max() <= 1.0
    np.testing.assert_allclose(shares.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(shares.mean(axis=0), (0.2, 0.2, 0.6), atol=0.08)  # none is many things


def test_windows_are_moved_in_pitch_and_held() -> None:
    centres_hz = hz_of_mel(np.linspace(*mel_of_hz([SPEC.low_hz, SPEC.high_hz]), SPEC.n_mels + 2)[1:-1])
    tone = np.argmin(np.abs(centres_hz - 2000.0))
    windows = np.tile(-np.abs(np.arange(SPEC.n_mels) - tone).astype(np.float32), (200, FRAMES, 1))
    found = pictures._moved(windows, np.random.default_rng(1))
    semitones = 12 * np.log2(centres_hz[found[:, 0].argmax(axis=1)] / centres_hz[tone])
    # Half are left, and some are moved by less than half a band.
    assert 0.3 < np.mean(semitones == 0.0) < 0.75
    assert np.abs(semitones).max() == pytest.approx(3.0, abs=0.5)
    assert min(semitones) < -2.0 < 2.0 < max(semitones)
    windows = np.tile(np.arange(FRAMES, dtype=np.float32)[:, None], (200, 1, SPEC.n_mels))
    found = pictures._held(windows, np.random.default_rng(1))[:, :, 0]
    assert {len(np.unique(each)) for each in found} <= {FRAMES, *range(4, 30)}  # all, or the first moments
    assert 0.3 < np.mean([np.array_equal(each, windows[0, :, 0]) for each in found]) < 0.7


def test_programs_are_no_two_things() -> None:
    numbers = [program.number for program in (*PROGRAMS.values(), *OTHERS.values())]
    assert len(set(numbers)) == len(numbers)
    assert len(PROGRAMS) == 12


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Any]:
    """Return the training itself, of a small network and so many batches in a pass."""
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    from swara.classifier.instruments.training import fit, layers

    def made(steps: int) -> Any:
        monkeypatch.setattr(fit, "_STEPS", steps)
        return fit

    monkeypatch.setattr(fit, "_BATCH", 4)
    monkeypatch.setattr(layers, "WIDTHS", (2, 2, 2))
    return made


def test_a_few_steps_write_a_head_that_answers(
    rows: list[Entry], tmp_path: Path, small: Callable[[int], Any]
) -> None:
    fit = small(2)
    told: list[dict[str, float]] = []
    fitted = fit.fit(rows, tmp_path, FitOptions(epochs=1), lambda _, figures: told.append(figures))
    head = read_head(tmp_path, "instrument")
    assert head.labels == ("cello", "flute", NONE)
    assert np.isfinite(told[0]["loss"])
    assert fitted.metrics["parity"] <= PARITY
    assert head.trained_on["recordings"] == len(rows) - 6  # one player of each instrument was watched
    assert len(fit.answers(rows, tmp_path)) == len(rows)
    with pytest.raises(HeadError, match="no two instruments"):
        fit.fit(rows[:4], tmp_path, FitOptions(), lambda _, __: None)


def test_a_training_that_was_stopped_still_knows_where_it_did_best(
    rows: list[Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: Callable[[int], Any]
) -> None:
    fit = small(5)
    losses = iter([0.1, 0.5])
    monkeypatch.setattr(fit, "_figures", lambda *_: {"val_loss": next(losses), "val_accuracy": 0.0})
    labels, kept = ("cello", "flute", NONE), tmp_path / "kept.npz"
    heard = pictures.pictures_of(rows, labels, [0] * len(rows), 1)
    ends = []
    for epochs in (1, 2, 2):  # the last one finds that it has ended
        course = fit.Course(1, epochs, 9, 1e-2, kept)
        model, passes = fit.train(heard, heard, labels, course, lambda _, __: None)
        assert passes == epochs
        ends.append(model.get_weights())
    for first, *later in zip(*ends, strict=True):
        for each in later:
            np.testing.assert_array_equal(each, first)
    with np.load(kept) as arrays:
        assert (int(arrays["epoch"]), int(arrays["since"]), float(arrays["best"])) == (2, 1, 0.1)
        average, chosen = np.split(
            np.array([int(name) for name in arrays if name.isdigit()])[-2 * len(ends[0]) :], 2
        )
        assert any(
            not np.array_equal(arrays[str(a)], arrays[str(c)]) for a, c in zip(average, chosen, strict=True)
        )


def test_a_training_that_was_stopped_ends_where_one_that_was_not_does(
    rows: list[Entry], tmp_path: Path, small: Callable[[int], Any]
) -> None:
    fit = small(10)
    labels = ("cello", "flute", NONE)
    heard = pictures.pictures_of(rows, labels, [0] * len(rows), 1)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    ends, told = [], list[float]()
    for kept in (None, tmp_path / "kept.npz"):
        course = fit.Course(1, 2, 9, 1e-2, kept)
        if kept is not None:
            with pytest.raises(KeyboardInterrupt):
                fit.train(heard, heard, labels, course, stop)
        model, _ = fit.train(heard, heard, labels, course, lambda _, each: told.extend(each.values()))
        ends.append(model.get_weights())
    assert told[3:6] == pytest.approx(told[6:], rel=1e-4)
    for first, other in zip(*ends, strict=True):
        np.testing.assert_allclose(other, first, atol=1e-4)


def test_pictures_that_were_kept_are_taken_for_no_others(
    rows: list[Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound, _ = soundfile.read(rows[0].path)
    paths = [tmp_path / f"{take}.wav" for take in range(2)]
    own = [Entry(path, "A", "A", "CC0", instrument="cello") for path in paths]
    for path in paths:
        soundfile.write(path, sound, RATE_HZ)
    folder = tmp_path / "kept"
    folder.mkdir()

    def kept() -> int:
        heard = shipped.kept_pictures(own, folder, copied=True)
        assert heard.labels.tolist() == [LABELS.index(row.instrument) for row in own for _ in range(4)]
        return len(list(folder.iterdir()))

    assert [kept(), kept()] == [1, 1]
    own[1] = replace(own[1], instrument="flute")
    assert [kept(), kept()] == [2, 2]
    soundfile.write(paths[0], sound[::-1], RATE_HZ)
    assert [kept(), kept()] == [3, 3]
    monkeypatch.setattr(pictures, "PLAYERS", Chain((("pitch", 0.7, pitch((-60.0, 60.0))),)))
    assert [kept(), kept()] == [4, 4]
    monkeypatch.setattr(pictures, "PEAK", 0.4)
    assert [kept(), kept()] == [5, 5]


def test_a_training_goes_on_where_it_learns_from_the_same_alone(
    rows: list[Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    courses: list = []
    monkeypatch.setattr(shipped.fit, "train", lambda *given, **_: (courses.append(given[3]), 0))
    options = argparse.Namespace(folder=tmp_path, seed=1)
    for instrument in ("cello", "cello", "flute"):
        own = [replace(row, instrument=instrument, midi=5 + at % 2) for at, row in enumerate(rows[:4])]
        shipped._trained("levels", own, options, 1, None, pictures.BandBatches)
    first, again, other = (course.kept for course in courses)
    assert first == again != other


def test_bands_are_drawn_as_the_head_hears_them(rows: list[Entry]) -> None:
    labels = ("cello", "flute", NONE)
    heard = pictures.pictures_of(rows, labels, [0] * len(rows), 1, pictures.band_picture)
    expected = np.stack([band_windows(pictures.sounding(row))[0] for row in rows])
    middles = pictures.BandBatches.middles(heard)
    assert middles.shape == expected.shape == (12, BAND_FRAMES, BANDS + 1)
    loud = expected > expected.max() - 4.0  # what is fainter hangs on where a tone's period is cut
    np.testing.assert_allclose(middles[loud], expected[loud], atol=0.05)
    drawn, again = (pictures.BandBatches(heard, labels, np.random.default_rng(5)).draw(60) for _ in range(2))
    for one, other in zip(drawn, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert drawn[0].shape == (60, BAND_FRAMES, BANDS + 1)
    assert np.isfinite(drawn[0]).all()
    assert 0.1 < np.abs(drawn[0] - middles[0]).mean() < 10.0


def test_the_embedder_trained_on_to_name_instruments_is_blended_in(
    rows: list[Entry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    from swara.classifier.instruments.training import fit, layers

    monkeypatch.setattr(fit, "_STEPS", 20)
    monkeypatch.setattr(layers, "WIDTHS", (2, 2, 2))
    labels, course = ("cello", "flute", NONE), fit.Course(1, 1, 1, 3e-3)
    heard = pictures.pictures_of(rows, labels, [0] * len(rows), 1, pictures.band_picture)
    model, _ = fit.train(
        heard,
        heard,
        labels,
        course,
        lambda _, __: None,
        build=layers.model_on_embedder,
        batches=pictures.BandBatches,
    )
    members = [build(len(labels)) for build in (layers.levels_model, layers.instrument_model)]
    own = layers.pair_model(len(labels))
    own.set_weights([weights for member in members for weights in member.get_weights()])
    windows = np.random.default_rng(1).random((3, FRAMES, SPEC.n_mels), np.float32)
    first, second = (member.predict(windows, verbose=0) for member in members)
    together = first**0.75 * second**0.25
    expected = together / together.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(own.predict(windows, verbose=0), expected, atol=1e-6)
    fitted = fit.written(own, labels, rows, tmp_path, {}, 1, build=layers.pair_model, on_embedder=model)
    assert fitted.metrics["parity"] <= PARITY
    head = InstrumentHead(tmp_path)
    told = [head.logs(pictures.sounding(row))[1].argmax() for row in rows]
    assert told == [labels.index(row.instrument) for row in rows]  # three tones are easily told apart


def test_the_embedder_s_layers_begin_as_they_ship() -> None:
    """Oracle: the vectors made of their windows are those of the LiteRT file."""
    pytest.importorskip("tensorflow", reason="TensorFlow is not installed")
    from swara.embedder.training.layers import EmbedderLayers
    from swara.embedder.training.shipped import load_shipped

    layers, _ = load_shipped(MODEL_FILE)
    given = band_windows(np.random.default_rng(1).normal(0.0, 0.1, 3 * RATE_HZ).astype(np.float32))
    levels, weights = given[..., :BANDS], given[..., BANDS:]
    vectors, assurance = layers.blocks["vectors"]
    windows = layers.windows(levels, weights)
    made = np.asarray(vectors(windows))
    length = np.sqrt(np.square(made).sum(axis=-1, keepdims=True) + 1e-6)
    made = made / length / (1 + np.exp(-np.asarray(assurance(windows))))
    for found, level, weight in zip(made, levels, weights, strict=True):
        shipped = EmbedderNetwork().run(level, weight)
        np.testing.assert_allclose(EmbedderLayers.timbre(found), shipped, atol=1e-5)
