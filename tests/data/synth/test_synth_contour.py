"""The rendered pitch line is exactly what its labels say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from swara.data.synth.contour import render_contour
from swara.data.synth.curves import raised_cosine, wander
from swara.data.synth.sung import Contour, SungNote

SA_HZ = 150.0


def contour_of(*notes: SungNote, seed: int = 0, jitter_cents: float = 3.0, hop_s: float = 0.005) -> Contour:
    rng = np.random.default_rng(seed)
    return render_contour(notes, SA_HZ, rng=rng, jitter_cents=jitter_cents, hop_s=hop_s)


def cents_between(contour: Contour, start_s: float, end_s: float) -> np.ndarray:
    inside = (contour.times_s >= start_s - 1e-9) & (contour.times_s < end_s - 1e-9)
    return contour.cents(SA_HZ)[inside]


notes = st.builds(
    SungNote,
    cents=st.floats(-700, 1600),
    duration_s=st.floats(0.35, 0.9),
    error_cents=st.floats(-60, 60),
    vibrato_cents=st.floats(0, 60),
    vibrato_hz=st.floats(4, 8),
    meend_s=st.floats(0.03, 0.2),
    rest_before_s=st.sampled_from([0.0, 0.1, 0.237]),
    kan_cents=st.none() | st.floats(-300, 1500),
    gamak_cents=st.sampled_from([0.0, 120.0]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(notes, min_size=1, max_size=5), st.integers(0, 99), st.sampled_from([0.005, 0.01, 0.0029]))
def test_labels_hit_the_error_asked_for_and_the_line_sounds_within_the_notes_without_a_jump(
    sung, seed, hop_s
):
    contour = contour_of(*sung, seed=seed, hop_s=hop_s)

    assert len(contour.labels) == len(sung)
    sounding = np.zeros(contour.times_s.size, bool)
    for note, label in zip(sung, contour.labels, strict=True):
        frames = cents_between(contour, label.start_s, label.end_s)
        assert np.isfinite(frames).all()
        assert label.cents_true == pytest.approx(frames.mean(), abs=1e-6)
        assert label.error_cents == pytest.approx(note.error_cents, abs=1e-6)
        assert label.target_cents == note.cents
        assert label.onset_s <= label.start_s < label.end_s
        sounding |= (contour.times_s >= label.onset_s - 1e-9) & (contour.times_s < label.end_s - 1e-9)
    np.testing.assert_array_equal(contour.voiced, sounding)
    np.testing.assert_array_equal(contour.loudness > 0, sounding)
    # The steepest half cosine rises by pi/2 of its height over its length; ornaments add a little.
    shortest_s = min(*(note.meend_s for note in sung), 0.07)
    allowed = 0.5 * np.pi * 2400 * min(1.0, hop_s / shortest_s) + 6000 * hop_s
    assert np.nanmax(np.abs(np.diff(contour.cents(SA_HZ))), initial=0.0) <= allowed


def test_meend_glides_from_the_note_before_and_then_stays():
    contour = contour_of(SungNote(0, 0.5), SungNote(700, 0.6, meend_s=0.2), jitter_cents=0)

    gliding = cents_between(contour, 0.5, 0.7)
    assert gliding[0] == pytest.approx(0, abs=1e-6)
    assert (np.diff(gliding) > 0).all()
    assert gliding[20] == pytest.approx(350, abs=1e-6)
    np.testing.assert_allclose(cents_between(contour, 0.7, 1.1), 700, atol=1e-6)
    assert contour.labels[1].start_s == pytest.approx(0.7)
    # After a rest a note starts on its own pitch; a kan is touched on the way.
    rested = contour_of(SungNote(0, 0.5), SungNote(700, 0.6, rest_before_s=0.2), jitter_cents=0)
    np.testing.assert_allclose(cents_between(rested, 0.7, 1.3), 700, atol=1e-6)
    assert not rested.voiced[(rested.times_s > 0.501) & (rested.times_s < 0.699)].any()
    touched = contour_of(SungNote(0, 0.5), SungNote(386, 0.5, kan_cents=702, kan_s=0.08), jitter_cents=0)
    assert cents_between(touched, 0.5, 0.64).max() == pytest.approx(702, abs=1e-6)
    assert touched.labels[1].start_s == pytest.approx(0.64)


def test_vibrato_fades_in_and_has_the_rate_and_width_asked_for():
    contour = contour_of(SungNote(0, 2.0, vibrato_cents=40, vibrato_hz=6), jitter_cents=0)

    early = cents_between(contour, 0.04, 0.18)
    late = cents_between(contour, 0.5, 1.9)
    assert np.ptp(early) < 1e-6
    assert np.ptp(late) == pytest.approx(80, rel=0.03)
    crossings = np.count_nonzero(np.diff(np.sign(late - late.mean())))
    assert crossings / 2 / 1.4 == pytest.approx(6, abs=0.5)


def test_gamak_quickens_and_is_no_steady_note():
    contour = contour_of(SungNote(0, 1.5, gamak_cents=150, gamak_hz=4), jitter_cents=0)

    shaken = cents_between(contour, 0.04, 1.5) - np.median(contour.cents(SA_HZ)[contour.voiced])
    turns = np.flatnonzero(np.diff(np.sign(shaken)))
    gaps = np.diff(turns)
    assert np.ptp(shaken) > 250
    assert gaps[-1] < 0.7 * gaps[0]
    assert not contour.labels[0].steady
    held = contour_of(SungNote(0, 0.5), SungNote(200, 0.2, meend_s=0.06), SungNote(400, 0.22, meend_s=0.06))
    assert [label.steady for label in held.labels] == [True, False, True]  # from 150 ms on


def test_drift_has_the_size_asked_for():
    contour = contour_of(SungNote(0, 30.0), jitter_cents=5)

    steady = contour.cents(SA_HZ)[contour.voiced]
    assert steady.std() == pytest.approx(5, rel=0.25)
    assert np.abs(np.diff(steady)).max() < 2  # it wanders, it does not rattle
    rng = np.random.default_rng(0)
    assert [wander(200_000, s, rng).std() for s in (1.0, 10.0, 40.0)] == pytest.approx([1, 1, 1], rel=0.1)


@pytest.mark.parametrize(
    "make",
    [
        lambda: SungNote(0, 0.06),
        lambda: SungNote(0, 0.5, meend_s=-0.1),
        lambda: SungNote(0, 0.5, rest_before_s=-1),
        lambda: SungNote(0, 0.2, meend_s=0.1, kan_cents=100.0, kan_s=0.09),
        contour_of,
        lambda: contour_of(SungNote(0, 0.5), hop_s=0.05),
        lambda: Contour(np.arange(3.0), np.ones(3), np.ones(2)),
    ],
)
def test_what_cannot_be_sung_is_refused(make):
    with pytest.raises(ValueError):
        make()


def test_raised_cosine_passes_through_its_knots_and_is_flat_there():
    knots_s, values = np.array([0.0, 1.0, 1.0, 3.0]), np.array([5.0, 7.0, -1.0, 2.0])

    got = raised_cosine(np.array([-1.0, 0.0, 0.5, 0.999999, 1.0, 2.0, 3.0, 9.0]), knots_s, values)

    np.testing.assert_allclose(got, [5, 5, 6, 7, -1, 0.5, 2, 2], atol=1e-5)
