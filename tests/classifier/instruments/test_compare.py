"""Models compared on a corpus: the features of the NSynth project, and the two splits side by side."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.classifier.instruments.clip_features import FEATURES, clip_features
from swara.classifier.instruments.compare import MODELS, SPLITS, _estimator
from swara.data.corpora.index import IndexRow, read_index, write_index
from swara.data.storage.disk import sha256_of

RATE_HZ = 16_000


def test_the_features_are_librosas_means() -> None:
    feature = pytest.importorskip("librosa").feature
    samples = np.random.default_rng(1).normal(0.0, 0.1, 9000).astype(np.float32)
    told = {"y": samples, "sr": RATE_HZ}
    frames = [
        feature.mfcc(**told),
        feature.chroma_stft(**told, tuning=0.0),
        feature.spectral_centroid(**told),
        feature.spectral_bandwidth(**told),
        feature.zero_crossing_rate(samples),
    ]
    found = clip_features(samples, RATE_HZ)
    np.testing.assert_allclose(found, np.concatenate([each.mean(axis=1) for each in frames]), rtol=1e-4)
    assert found.shape == (len(FEATURES),)
    assert np.isfinite(clip_features(samples[:100], RATE_HZ)).all()


def test_lr_leaves_out_what_tells_nothing() -> None:
    """As L1 does, and L2 never."""
    rows = np.random.default_rng(1).normal(size=(200, 20))
    model = _estimator(MODELS[0], 0).set_params(C=0.1).fit(rows, rows[:, 0] > 0)
    assert model.coef_[0, 0] > 0.5
    assert np.count_nonzero(model.coef_ == 0.0) >= 12


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a corpus whose players are easy to tell and whose families are not: no two of one are alike."""
    folder, rows = tmp_path_factory.mktemp("corpus"), list[IndexRow]()
    for number in range(8):
        rng = np.random.default_rng(number)
        partials = rng.uniform(0.0, 1.0, 12)
        for take in range(5):
            times_s = np.arange(4000) / RATE_HZ
            hz = 200.0 * 2.0 ** (take / 12)
            wave = sum(p * np.sin(2 * np.pi * n * hz * times_s) for n, p in enumerate(partials, 1))
            file = folder / f"{number}-{take}.wav"
            soundfile.write(file, 0.05 * (wave + rng.normal(0.0, 0.05, 4000)), RATE_HZ)
            family = "string" if number % 2 else "reed"
            rows.append(
                IndexRow(
                    *(file, "NSynth", f"player {number}", "CC0"),
                    family=family,
                    midi=60 + take,
                    sha256=sha256_of(file),
                    corpus="nsynth",
                    duration_s=0.25,
                )
            )
    write_index(folder / "nsynth.csv", rows)
    return folder / "nsynth.csv"


def test_both_splits_stand_side_by_side(swara, corpus: Path) -> None:
    pytest.importorskip("librosa")
    done = swara("compare-models", "--corpus", corpus, "--no-network", "--seed", 2, "--json", "-")
    assert done.code == 0, done.err
    said = json.loads(done.out)
    figures = {(each["model"], each["split"]): each["macro_f1"] for each in said["models"]}
    assert said["label"] == "family"  # no row has an instrument
    assert set(figures) == {(model, split) for model in MODELS[:-1] for split in SPLITS}
    # Who stands on both sides is recognised; the family itself cannot be.
    at_random, by_player = (np.mean([figures[model, split] for model in MODELS[:-1]]) for split in SPLITS)
    assert at_random > 0.8
    assert by_player < at_random - 0.25
    assert all(each["macro_f1_interval"][0] <= each["macro_f1"] for each in said["models"])


def test_what_cannot_be_compared_is_said_in_one_line(swara, corpus: Path, tmp_path: Path) -> None:
    done = swara("compare-models", "--corpus", corpus, "--no-network", "--label", "instrument")
    assert (done.code, done.out) == (1, "")
    assert done.err == f"swara: {corpus}: no recording has a label in the column instrument.\n"
    rows = corpus.read_text().replace(corpus.parent.name, "x").splitlines(keepends=True)
    (tmp_path / "nsynth.csv").write_text("".join(rows))
    done = swara("compare-models", "--corpus", tmp_path / "nsynth.csv", "--no-network")
    assert done.code == 1
    assert "it is missing, and 39 more" in done.err
    write_index(tmp_path / "two.csv", list(read_index(corpus))[:10])  # one player of each family
    done = swara("compare-models", "--corpus", tmp_path / "two.csv", "--no-network")
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "by player, what is not held out has the family" in done.err
    before = corpus.read_bytes()
    done = swara("compare-models", "--corpus", corpus, "--no-network", "--json", corpus)
    assert (done.code, done.err.count("\n")) == (1, 1)
    assert "this is the index that is read" in done.err
    assert corpus.read_bytes() == before
