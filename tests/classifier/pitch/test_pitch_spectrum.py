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
    Spectra,
    partials,
    periodicity,
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


def repeated(frame: np.ndarray, period: int, band_hz: tuple[float, float]) -> float:
    """Measure how a windowed frame agrees with itself a period later, sample by sample, within a band."""
    window = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(frame.size) / frame.size)
    size = 2048 if frame.size > 512 else 512
    spectrum = np.fft.rfft(frame * window, size)
    bins = np.round(np.array(band_hz) * size / RATE_HZ).astype(int)
    spectrum[: bins[0]] = spectrum[bins[1] :] = 0.0
    heard = np.fft.irfft(spectrum, size)
    alone = window[:-period] @ window[period:] / (window @ window)
    return float(heard @ np.roll(heard, period) / (heard @ heard) / alone)


@pytest.mark.parametrize("period", [20, 64, 130, 200, 320])
def test_periodicity_is_how_a_frame_agrees_with_itself_a_period_later(period):
    """In windows of 32 ms, of 64 ms below 100 Hz, by the best of three bands."""
    rng, times = np.random.default_rng(period), np.arange(RATE_HZ // 2)
    partials = range(1, min(30, period // 2))
    voice = sum(np.cos(2 * np.pi * k * times / period + rng.uniform(0, 6)) / k for k in partials)
    for noise in (0.0, 0.1, 1.0):
        sound = (voice + noise * rng.standard_normal(times.size)).astype(np.float32)
        seen = spectra(sound)
        found = periodicity(seen, np.full(seen.levels.shape[0], RATE_HZ / period))
        window = 1024 if RATE_HZ / period < 100.0 else 512
        for frame, value in enumerate(found):
            first = MARGIN + frame * HOP - window // 2
            bands = ((60.0, 1000.0), (1000.0, 3000.0), (3000.0, 7000.0))
            expected = max(repeated(sound[first : first + window], period, band) for band in bands)
            assert value == pytest.approx(expected, abs=2e-3)


def test_periodicity_is_the_share_of_the_power_that_a_pitch_has():
    rng, times_s = np.random.default_rng(1), np.arange(RATE_HZ) / RATE_HZ
    tone = np.sin(2 * np.pi * 440.0 * times_s).astype(np.float32)
    low = np.convolve(rng.standard_normal(RATE_HZ), np.hanning(24), "same")  # below 1 kHz, where the tone is
    noise = (low * tone.std() / low.std()).astype(np.float32)
    for sound, least, most in ((tone, 0.999, 1.001), (tone + noise, 0.4, 0.65), (noise, -0.2, 0.35)):
        found = periodicity(spectra(sound), np.full(1 + (RATE_HZ - 2 * MARGIN) // HOP, 440.0))
        assert least < np.median(found) < most
    silent = spectra(np.zeros(RATE_HZ, np.float32))
    assert not periodicity(silent, np.full(silent.levels.shape[0], 440.0)).any()
    elsewhere = periodicity(spectra(tone), np.full(1 + (RATE_HZ - 2 * MARGIN) // HOP, 290.0))
    assert elsewhere.max() < 0.25  # a pitch that nothing has


def test_periodicity_of_a_frame_does_not_hang_on_the_others():
    seen = spectra(np.random.default_rng(2).standard_normal(RATE_HZ).astype(np.float32))
    hz = np.random.default_rng(3).uniform(60.0, 800.0, seen.levels.shape[0])
    alone = [
        periodicity(Spectra(seen.levels[i : i + 1], seen.transforms[i : i + 1]), hz[i : i + 1])
        for i in range(hz.size)
    ]
    np.testing.assert_array_equal(periodicity(seen, hz), np.concatenate(alone))
