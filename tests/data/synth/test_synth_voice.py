"""The voice sings what the contour says, judged by other instruments."""

from __future__ import annotations

import dataclasses

import librosa
import numpy as np
import pytest

from swara.data.synth.contour import render_contour
from swara.data.synth.harmonics import fundamental, source_gains, sum_partials
from swara.data.synth.noise import shaped_noise
from swara.data.synth.phones import VOWELS, parse_syllable
from swara.data.synth.sung import Contour, SungNote
from swara.data.synth.tract import tract_gain
from swara.data.synth.voice import VOICES, Voice, sing

RATE_HZ = 16_000


def level_voice(f0_hz: float, duration_s: float = 1.0) -> Contour:
    """A note without drift, attack or release: nothing moves but the voice itself."""
    times_s = np.arange(round(duration_s / 0.005)) * 0.005
    return Contour(times_s, np.full(times_s.size, f0_hz), np.ones(times_s.size))


def sung(contour: Contour, voice: Voice | str, rate_hz: int = RATE_HZ, **more: object) -> np.ndarray:
    """What one and the same seed makes of a contour."""
    voice = VOICES[voice] if isinstance(voice, str) else voice
    return sing(contour, voice, rate_hz=rate_hz, rng=np.random.default_rng(0), **more)


def pure(voice: Voice) -> Voice:
    return dataclasses.replace(voice, breathiness=0.0, roughness=0.0)


def centroid_hz(samples: np.ndarray, rate_hz: int = RATE_HZ) -> float:
    power = np.abs(np.fft.rfft(samples * np.hanning(samples.size))) ** 2
    return float(power @ np.fft.rfftfreq(samples.size, 1 / rate_hz) / power.sum())


def db(power: float) -> float:
    return 10 * np.log10(power)


@pytest.mark.xdist_group("pyin")  # YIN here, compiled by numba too
@pytest.mark.parametrize("name", VOICES)
@pytest.mark.parametrize("rate_hz", [16_000, 44_100])
def test_an_independent_tracker_finds_the_pitch_of_the_contour(name, rate_hz):
    voice = VOICES[name]
    f0_hz = 1.7 * voice.range_hz[0]

    samples = sung(level_voice(f0_hz), voice, rate_hz)

    # A fine comb: the multiple of f0 with most energy within 30 cents, by a long zero-padded spectrum.
    window = np.hanning(samples.size)
    spectrum = np.abs(np.fft.rfft(samples * window, 1 << 20))
    grid_hz = f0_hz * 2 ** (np.arange(-30, 30.01, 0.25) / 1200)
    bins = np.round(np.outer(grid_hz, np.arange(1, 9)) * (1 << 20) / rate_hz).astype(int)
    found_hz = grid_hz[np.argmax(np.log(spectrum[bins]).sum(axis=1))]
    assert abs(1200 * np.log2(found_hz / f0_hz)) < 1
    yin_hz = librosa.yin(samples, fmin=60, fmax=1000, sr=rate_hz, frame_length=4096, hop_length=512)[8:-8]
    assert abs(1200 * np.log2(np.median(yin_hz) / f0_hz)) < 3


@pytest.mark.xdist_group("pyin")
def test_pitch_is_followed_through_a_glide_without_lag():
    rng = np.random.default_rng(0)
    contour = render_contour([SungNote(0, 0.4), SungNote(702, 0.9, meend_s=0.5)], 180.0, rng=rng)

    samples = sing(contour, pure(VOICES["mid male"]), rate_hz=RATE_HZ, rng=rng)

    hop = 80
    yin_hz = librosa.yin(samples, fmin=100, fmax=500, sr=RATE_HZ, frame_length=1024, hop_length=hop)
    times_s = np.arange(yin_hz.size) * hop / RATE_HZ
    middle = (times_s > 0.45) & (times_s < 0.85)
    true_cents = np.interp(times_s[middle], contour.times_s, contour.cents(180.0))
    off = 1200 * np.log2(yin_hz[middle] / 180.0) - true_cents
    assert abs(np.median(off)) < 3
    assert np.abs(off).max() < 15  # a lag of 5 ms would be 11 cents at the steepest


def between_db(voice: Voice, f0_hz: float) -> float:
    """Level of what lies further than 60 Hz from every harmonic, relative to all."""
    samples = sung(level_voice(f0_hz, 2.0), voice)
    power = np.abs(np.fft.rfft(samples * np.blackman(samples.size))) ** 2
    freq_hz = np.fft.rfftfreq(samples.size, 1 / RATE_HZ)
    off = np.abs(freq_hz - f0_hz * np.maximum(1, np.round(freq_hz / f0_hz))) > 60
    return db(power[off].sum() / power.sum())


@pytest.mark.parametrize("tilt_db_per_octave", [-7.5, 9.0])  # the second would make any fold-back loud
def test_nothing_lies_between_the_harmonics_of_a_high_clean_voice(tilt_db_per_octave):
    voice = dataclasses.replace(pure(VOICES["high female"]), tilt_db_per_octave=tilt_db_per_octave)

    assert between_db(voice, 900.0) < -60


def test_breath_and_roughness_are_what_lies_between_the_harmonics():
    clean = pure(VOICES["mid female"])
    breathy = dataclasses.replace(clean, breathiness=0.1)

    # 0.1 is -20 dB, and 60% of it lies off the harmonics.
    assert between_db(breathy, 300.0) == pytest.approx(-22, abs=2)
    assert between_db(clean, 300.0) < between_db(VOICES["mid female"], 300.0) < between_db(breathy, 300.0)


def test_no_partial_reaches_half_the_sample_rate_even_in_a_fast_glide():
    f0_hz = np.geomspace(300, 1100, 40)

    gains = source_gains(f0_hz, np.ones(40), -6.0, RATE_HZ)

    order = np.arange(1, gains.shape[1] + 1)
    touched = (gains[:-1] > 0) | (gains[1:] > 0)  # amplitude is interpolated between control points
    highest_hz = np.maximum(f0_hz[:-1], f0_hz[1:])[:, None] * order
    assert highest_hz[touched].max() < 0.5 * RATE_HZ
    assert (gains[0] > 0).sum() >= 0.9 * 0.5 * RATE_HZ / f0_hz[1] - 1


def test_horner_agrees_with_a_plain_sum_of_cosines():
    rng = np.random.default_rng(0)
    hop, frames, partials = 64, 50, 40
    gains = rng.random((frames, partials)).astype(np.float32)
    phases = rng.uniform(0, 2 * np.pi, partials)
    f0_hz = np.geomspace(110, 190, (frames - 1) * hop)
    jitter = 0.01 * rng.random(f0_hz.size)

    got = sum_partials(fundamental(f0_hz, RATE_HZ, jitter), gains, phases, hop)

    turns = np.concatenate([[0], np.cumsum(0.5 * (f0_hz[1:] + f0_hz[:-1]) / RATE_HZ)]) + jitter
    at = np.arange(f0_hz.size) / hop
    expected = sum(
        np.interp(at, np.arange(frames), gains[:, k]) * np.cos(2 * np.pi * (k + 1) * turns + phases[k])
        for k in range(partials)
    )
    assert np.abs(got - expected).max() < 1e-4 * np.abs(expected).max()


def test_a_shorter_tract_is_brighter_and_a_steeper_tilt_darker():
    def centroid(**changes: float) -> float:
        voice = dataclasses.replace(VOICES["mid male"], **changes)
        return centroid_hz(sung(level_voice(150.0), voice))

    assert centroid(formant_scale=0.9) < centroid(formant_scale=1.1) < centroid(formant_scale=1.3)
    assert centroid(tilt_db_per_octave=-10.0) < centroid(tilt_db_per_octave=-6.0)
    ranked = np.sort([centroid_hz(sung(level_voice(250.0), voice)) for voice in VOICES.values()])
    assert (np.diff(ranked) / ranked[:-1]).min() > 0.01  # no two voices are alike
    assert ranked[-1] / ranked[0] > 1.25


@pytest.mark.parametrize("vowel", VOWELS)
def test_tract_peaks_lie_at_the_formants_of_the_vowel(vowel):
    formants_hz = np.array([VOWELS[vowel]])
    freq_hz = np.arange(100.0, 3300.0, 5.0)

    gain = tract_gain(freq_hz[None, :], formants_hz, 1.0)[0]

    peaks_hz = freq_hz[1:-1][(gain[1:-1] > gain[:-2]) & (gain[1:-1] > gain[2:])]
    for formant_hz in formants_hz[0]:
        assert np.abs(peaks_hz - formant_hz).min() < 40


def two_notes(rest_s: float) -> Contour:
    rng = np.random.default_rng(0)
    return render_contour([SungNote(0, 0.5), SungNote(200, 0.5, rest_before_s=rest_s)], 150.0, rng=rng)


def gap_of(syllable: str, rest_s: float = 0.2) -> np.ndarray:
    """The 60 ms up to the second note; the first is 0.5 s long, and breath leads the voice by 15 ms."""
    samples = sung(two_notes(rest_s), "mid male", syllables=["a", syllable])
    end = round((0.5 + rest_s - 0.005) * RATE_HZ)
    return samples[end - 960 : end]


def test_sa_hisses_before_its_note_and_a_vowel_leaves_the_rest_silent():
    hiss, silence = gap_of("sa"), gap_of("a")

    assert centroid_hz(hiss) > 4000
    assert np.abs(hiss).max() > 0.02
    assert np.abs(silence[:-240]).max() < 1e-4
    rest = gap_of("pa")  # silent until its burst
    assert np.sqrt(np.mean(rest[:500] ** 2)) < 1e-3
    assert np.sqrt(np.mean(rest[-200:] ** 2)) > 0.01


@pytest.mark.parametrize(
    ("syllable", "drop_db"), [("ga", -12), ("dha", -12), ("ma", -4), ("ni", -4), ("re", -5)]
)
def test_voiced_consonants_dip_but_keep_the_voice(syllable, drop_db):
    contour = two_notes(0.0)
    voice = pure(VOICES["mid male"])
    spoken, held = (sung(contour, voice, syllables=["a", text]) for text in (syllable, "a"))

    def level(samples: np.ndarray, start_s: float, end_s: float) -> float:
        return db(np.mean(samples[round(start_s * RATE_HZ) : round(end_s * RATE_HZ)] ** 2))

    dip = level(spoken, 0.505, 0.53) - level(spoken, 0.3, 0.45)
    plain = level(held, 0.505, 0.53) - level(held, 0.3, 0.45)
    assert dip < plain + drop_db
    assert dip > -45


def test_consonants_never_sound_where_there_is_no_rest_for_them():
    voice = pure(VOICES["mid male"])
    spoken, held = (sung(two_notes(0.0), voice, syllables=["a", text]) for text in ("sa", "a"))

    around = slice(round(0.4 * RATE_HZ), round(0.5 * RATE_HZ))
    high = np.abs(np.fft.rfft(spoken[around] * np.hanning(1600)))[500:] ** 2
    plain = np.abs(np.fft.rfft(held[around] * np.hanning(1600)))[500:] ** 2
    assert high.sum() < 2 * plain.sum()


def test_rests_hold_no_voice():
    contour = two_notes(0.2)
    samples = sung(contour, pure(VOICES["low male"]))
    times_s = np.arange(samples.size) / RATE_HZ
    nearby = [contour.voiced_at(np.maximum(0, times_s + shift_s)) for shift_s in (-0.01, 0.0, 0.01)]
    resting = ~np.logical_or.reduce(nearby)
    assert resting.sum() > 0.2 * RATE_HZ
    assert not samples[resting].any()


def test_take_has_the_length_and_peak_promised():
    contour = two_notes(0.1)

    for rate_hz in (16_000, 22_050, 44_100):
        samples = sung(contour, "child", rate_hz)
        assert samples.dtype == np.float32
        assert samples.size == round(contour.duration_s * rate_hz)
        assert np.abs(samples).max() == pytest.approx(0.5)
    silent = Contour(np.arange(100) * 0.005, np.zeros(100), np.zeros(100))
    assert not sung(silent, "child").any()
    with pytest.raises(ValueError, match="3 syllables for 2 notes"):
        sung(contour, "child", syllables=["sa", "re", "ga"])


@pytest.mark.parametrize("text", ["", "xa", "s", "h", "sae", "krya"])
def test_syllables_that_cannot_be_sung_are_refused(text):
    with pytest.raises(ValueError, match="syllable"):
        parse_syllable(text)
    assert parse_syllable("dha") == parse_syllable("Da")
    assert (parse_syllable("aa").vowel, parse_syllable("o").consonant) == (VOWELS["a"], None)


def test_shaped_noise_has_the_level_and_the_band_planned():
    hop = 64
    gains = np.zeros((500, 2 * hop + 1), np.float32)
    gains[:, 33:65] = 1.0  # 2 to 4 kHz

    noise = shaped_noise(gains, hop, np.random.default_rng(0))
    flat = shaped_noise(np.ones_like(gains), hop, np.random.default_rng(0))

    assert noise.size == 500 * hop
    assert np.std(flat) == pytest.approx(1, rel=0.03)
    assert np.std(noise) == pytest.approx(0.5, rel=0.05)  # a quarter of the band
    power = np.abs(np.fft.rfft(noise)) ** 2
    freq_hz = np.fft.rfftfreq(noise.size, 1 / RATE_HZ)
    assert power[(freq_hz > 1700) & (freq_hz < 4300)].sum() > 0.98 * power.sum()
