"""The spectra against Fourier transforms of windowed frames, and against sines whose frequency is known."""

from __future__ import annotations

import numpy as np
import pytest

from swara.classifier.pitch.spectrum import (
    BINS,
    BINS_PER_OCTAVE,
    FFT_SIZES,
    HOP,
    LOWEST_HZ,
    MARGIN,
    RATE_HZ,
    WINDOWS,
    partials,
    spectra,
)


def noise(count: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.asarray(0.1 * rng.standard_normal(count), np.float32)


def sine(hz: float, count: int = 2 * MARGIN + 20 * HOP, amplitude: float = 0.5) -> np.ndarray:
    return np.asarray(amplitude * np.sin(2 * np.pi * hz * np.arange(count) / RATE_HZ + 1.0), np.float32)


def windowed(samples: np.ndarray, frame: int, which: int) -> np.ndarray:
    """Spectrum of one frame under a periodic Hann window, by its definition."""
    window, centre = WINDOWS[which], MARGIN + frame * HOP
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    part = samples[centre - window // 2 : centre + window // 2].astype(np.float64)
    return np.fft.rfft(part * hann, FFT_SIZES[which])


def slow_levels(samples: np.ndarray, frame: int, which: int) -> np.ndarray:
    """Triangles laid over the power spectrum, one after the other: shape [BINS]."""
    power = np.abs(windowed(samples, frame, which)) ** 2 / (0.25 * WINDOWS[which]) ** 2
    bin_hz = RATE_HZ / FFT_SIZES[which]
    freq_hz = bin_hz * np.arange(power.size)
    levels = []
    for k in range(BINS):
        centre_hz = LOWEST_HZ * 2 ** (k / BINS_PER_OCTAVE)
        reach_hz = max(bin_hz, centre_hz * (2 ** (1 / BINS_PER_OCTAVE) - 1))
        weights = np.maximum(0, 1 - np.abs(freq_hz - centre_hz) / reach_hz)
        levels.append(np.log(power @ weights / weights.sum() + 1e-11))
    return np.array(levels)


@pytest.mark.parametrize("which", range(len(WINDOWS)))
def test_neighbouring_bins_make_a_hann_window(which):
    samples = noise(2 * MARGIN + 5 * HOP)
    found = spectra(samples).transform(which)
    step = FFT_SIZES[which] // WINDOWS[which]
    for frame in range(6):
        below, middle, above = (
            found[frame, 2 + s : found.shape[1] - 2 + s].astype(np.complex128) for s in (-step, 0, step)
        )
        np.testing.assert_allclose(
            0.5 * middle - 0.25 * (below + above), windowed(samples, frame, which), atol=2e-5
        )


@pytest.mark.parametrize("which", [1, 2], ids=["64 ms", "128 ms"])
def test_levels_are_those_of_triangles_over_the_power_spectrum(which):
    samples = noise(2 * MARGIN + 3 * HOP) + sine(220.0, 2 * MARGIN + 3 * HOP)
    found = spectra(samples).levels[:, which - 1]
    for frame in range(4):
        np.testing.assert_allclose(found[frame], slow_levels(samples, frame, which), atol=2e-3)


@pytest.mark.parametrize("k", [150, 222, 300, 401, 470, 540])
def test_the_axis_is_logarithmic_and_a_full_scale_sine_is_nothing(k):
    hz = LOWEST_HZ * 2 ** (k / BINS_PER_OCTAVE)
    levels = spectra(sine(hz, amplitude=1.0)).levels[:, 1]
    highest = levels.argmax(axis=1)
    # Below 800 Hz the bins of the transform are the wider ones.
    columns = max(1.0, BINS_PER_OCTAVE * np.log2(1 + 0.5 * RATE_HZ / FFT_SIZES[-1] / hz))
    assert np.abs(highest - k).max() <= columns
    # A filter reaches over bins that hold less, and a sine between two bins shows in both.
    assert -2.0 < levels.max() < 0.1


@pytest.mark.parametrize("which", range(len(WINDOWS)))
@pytest.mark.parametrize("hz", [317.3, 523.25, 1111.1, 2800.7, 6543.2])
def test_the_frequency_of_a_sine_is_measured_to_a_tenth_of_a_cent(which, hz):
    seen = spectra(sine(hz))
    guesses_hz = np.tile(hz * 2 ** (np.array([-20.0, 0.0, 15.0]) / 1200), (len(seen.levels), 1))

    found_hz, level = (found[:, which] for found in partials(seen, guesses_hz))

    assert np.abs(1200 * np.log2(found_hz / hz)).max() <= 0.1
    # 6 dB below full scale, and up to 6 dB less where the guess lies a bin off.
    assert np.all((level[:, 1] > 2 * np.log(0.25)) & (level[:, 1] < 2 * np.log(0.52)))


@pytest.mark.parametrize("extra", [0, 1, HOP - 1, HOP, 5 * HOP + 7])
def test_there_is_a_frame_for_every_centre_that_fits(extra):
    levels = spectra(np.zeros(2 * MARGIN + extra, np.float32)).levels
    assert levels.shape == (1 + extra // HOP, 2, BINS)
    np.testing.assert_allclose(levels, np.log(1e-11), rtol=1e-6)  # silence has a floor
    with pytest.raises(ValueError, match="2048 samples, got 2047"):
        spectra(noise(2 * MARGIN - 1))


def test_memory_is_used_again_where_as_many_frames_come():
    first, then = noise(2 * MARGIN + 119 * HOP), noise(2 * MARGIN + 119 * HOP, 1)
    fresh, spent = spectra(then), spectra(first)
    again = spectra(then, into=spent)
    assert again is spent
    np.testing.assert_array_equal(again.levels, fresh.levels)
    np.testing.assert_array_equal(again.transforms, fresh.transforms)
    assert spectra(then[: -5 * HOP], into=spent) is not spent
