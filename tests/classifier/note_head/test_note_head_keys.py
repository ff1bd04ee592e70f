"""Any Sa works: trained on voices with Sa on A, C and D, right on A#, F and G#, and on voices never heard."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from swara.classifier.note_head.augment import augmented
from swara.classifier.note_head.evidence import pitch_evidence
from swara.classifier.note_head.examples import NoteSource
from swara.classifier.note_head.fit import fit_note_head
from swara.classifier.note_head.head import Agreement, NotePrediction, agreement
from swara.data.synth import VOICES, bhupali_take
from swara.data.synth.pack import pack_takes
from swara.raga.tonic_names import tonic_hz

BANDS = 20
SWARAS = "S R G P D S'"
ERRORS_CENTS = (8.0, -25.0, 30.0, -30.0, 25.0, -12.0)


def timbre(clip, start_s, end_s):
    """A stand-in for an embedder: the mean spectrum in broad bands."""
    samples = clip.samples[round(start_s * clip.rate_hz) : round(end_s * clip.rate_hz)]
    frames = np.lib.stride_tricks.sliding_window_view(samples, 512)[::256] * np.hanning(512)
    power = (np.abs(np.fft.rfft(frames)) ** 2).mean(axis=0)
    edges = np.unique(np.geomspace(2, 256, BANDS + 1).astype(int))
    bands = np.log([power[low:high].sum() + 1e-9 for low, high in pairwise(edges)])
    return (bands / np.linalg.norm(bands)).astype(np.float32)


def sources_of(take, letters, singer, recording):
    contour = take.contour
    with np.errstate(divide="ignore"):
        cents = 1200 * np.log2(contour.f0_hz / take.sa_hz)
    for truth, letter in zip(take.labels, letters, strict=True):
        start_s, end_s = truth.label.start_s, truth.label.end_s
        inside = (contour.times_s >= start_s) & (contour.times_s < end_s)
        yield NoteSource(cents[inside], timbre(take.clip, start_s, end_s), letter, singer, recording)


@pytest.fixture(scope="module")
def trained():
    sources = [
        source
        for sung in pack_takes(voices=("low male", "high female"), scales=("A", "C", "D"))
        for source in sources_of(
            sung.take, [label.swara for label in sung.labels], sung.voice.name, sung.name
        )
    ]
    examples = [source.example() for source in sources]
    return fit_note_head([*examples, *augmented(sources, np.random.default_rng(1))], seed=1)


@pytest.mark.parametrize("voice", ["low male", "high female", "mid female", "child"])
@pytest.mark.parametrize(("key", "pitch_class"), [("A#", 10), ("F", 5), ("G#", 8)])
def test_notes_in_keys_held_out_are_named(trained, voice, key, pitch_class):
    lowest_hz = VOICES[voice].range_hz[0]
    sa_hz = next(hz for octave in range(2, 5) if (hz := tonic_hz(pitch_class, octave)) >= lowest_hz)
    take = bhupali_take(3, sa_hz=sa_hz, voice=VOICES[voice], phrase=SWARAS, errors_cents=ERRORS_CENTS)
    for source in sources_of(take, SWARAS.split(), voice, key):
        prediction = trained.head.predict(source.embedding, pitch_evidence(source.cents))
        assert agreement(source.swara, prediction).agrees, (source.swara, prediction)


def test_every_swara_is_learned_and_tested_on_the_other_voice_but_not_told_by_the_sound_alone(trained):
    """Without pitch the head would have to guess: it says so."""
    assert trained.head.classes == tuple(SWARAS.split())
    assert (trained.metrics.split, trained.metrics.scores.accuracy) == ("singer", 1.0)
    take = bhupali_take(4, sa_hz=tonic_hz(5, 3), voice=VOICES["low female"], phrase=SWARAS)
    for source in sources_of(take, SWARAS.split(), "low female", "F"):
        assert trained.head.predict(source.embedding, pitch_evidence(np.array([]))).abstained


def test_the_pitch_is_believed_against_any_voice(trained):
    """An embedding from another note, even a random one, does not outvote the pitch."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        stray = rng.normal(size=trained.head.embedding_dim).astype(np.float32)
        prediction = trained.head.predict(stray / np.linalg.norm(stray), pitch_evidence(np.full(9, 702.0)))
        assert prediction.swara == "P"


HEARD = NotePrediction("G", 0.97, "R", 0.02, abstained=False, unfamiliar=False, known=("S", "R", "G", "S'"))
UNSURE = {"probability": 0.48, "runner_up_probability": 0.4, "abstained": True}


@pytest.mark.parametrize(
    ("letter", "changes", "agrees", "reason"),
    [
        ("G", {}, True, None),
        ("S'", {}, False, "the note head hears G (97%) where the pitch shows S'"),
        ("m", {}, None, "the note head has not learned m"),
        ("G'", {}, None, "the note head has not learned G'"),
        ("G", UNSURE, None, "the note head is not sure: G (48%) or R (40%)"),
        ("G", {"abstained": True, "unfamiliar": True}, None, "the note head has heard no note at this pitch"),
    ],
    ids=["same", "another", "never learned", "another octave", "abstains", "no sample there"],
)
def test_it_agrees_with_the_pitch_or_says_why_not(letter, changes, agrees, reason):
    assert agreement(letter, replace(HEARD, **changes)) == Agreement(agrees, reason)
