"""The tanpura's strings lie where they are tuned, and no two players are alike."""

from __future__ import annotations

import numpy as np
import pytest

from swara.data.synth.tanpura import _sum_still_partials, string_ratios, tanpura, tanpura_loop

RATE_HZ = 16_000
SA_HZ = 146.8
GOOD = {"duration_s": 1.0, "sa_hz": SA_HZ, "rate_hz": RATE_HZ}


def drone(seed: int = 0, tuning: str = "PSSS", duration_s: float = 8.0, rate_hz: int = RATE_HZ) -> np.ndarray:
    return tanpura(duration_s, SA_HZ, rate_hz=rate_hz, rng=np.random.default_rng(seed), tuning=tuning)


def spectrum(samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = 1 << 19
    power = np.abs(np.fft.rfft(samples * np.blackman(samples.size), size)) ** 2
    return np.fft.rfftfreq(size, 1 / RATE_HZ), power


def peak_off_cents(samples: np.ndarray, near_hz: float) -> float:
    """Distance of the strongest peak within 40 cents of `near_hz`."""
    freq_hz, power = spectrum(samples)
    window = np.abs(1200 * np.log2(np.maximum(freq_hz, 1) / near_hz)) < 40
    return float(1200 * np.log2(freq_hz[window][np.argmax(power[window])] / near_hz))


def level_db(samples: np.ndarray, at_hz: float) -> float:
    freq_hz, power = spectrum(samples)
    return float(10 * np.log10(power[np.abs(freq_hz - at_hz) < 3].sum() / power.sum() + 1e-20))


@pytest.mark.parametrize("seed", range(4))
def test_partials_of_every_string_lie_within_five_cents(seed):
    samples = drone(seed)

    for ratio in string_ratios("PSSS"):
        for order in range(1, 11):
            if ratio * order * SA_HZ > 200:
                assert abs(peak_off_cents(samples, ratio * order * SA_HZ)) < 5


@pytest.mark.parametrize(("tuning", "ratio"), [("PSSS", 3 / 4), ("MSSS", 2 / 3), ("NSSS", 15 / 16)])
def test_the_first_string_is_what_the_tuning_says(tuning, ratio):
    order = 7  # of no other string, in any of the tunings

    levels = {name: level_db(drone(1, name), ratio * order * SA_HZ) for name in ("PSSS", "MSSS", "NSSS")}

    others = [level for name, level in levels.items() if name != tuning]
    assert levels[tuning] > max(others) + 15


@pytest.mark.parametrize(
    "wrong", [*({"tuning": t} for t in ("SSSS", "PSS", "", "psss")), {"duration_s": 0.0}, {"sa_hz": 0.0}]
)
def test_what_no_tanpura_plays_is_refused(wrong):
    with pytest.raises(ValueError):
        tanpura(**(GOOD | wrong), rng=np.random.default_rng(0))


def test_the_drone_sounds_from_its_start_to_its_end_and_no_two_are_alike():
    assert abs(np.corrcoef(drone(5), drone(6))[0, 1]) < 0.3
    for seed in range(6):
        blocks = drone(seed).reshape(-1, RATE_HZ // 2)
        levels_db = 20 * np.log10(np.sqrt((blocks**2).mean(axis=1)))
        assert np.ptp(levels_db) < 15


def test_strings_are_plucked_every_07_to_14_seconds():
    samples = drone(0, duration_s=20.0)

    hop = 320
    frames = np.lib.stride_tricks.sliding_window_view(samples, 1024)[::hop]
    magnitude = np.log1p(100 * np.abs(np.fft.rfft(frames * np.hanning(1024))))
    flux = np.maximum(0, np.diff(magnitude, axis=0)).sum(axis=1)
    strong = flux > 0.4 * flux.max()
    onsets = np.flatnonzero(strong[1:] & ~strong[:-1])
    gaps_s = np.diff(onsets) * hop / RATE_HZ
    gaps_s = gaps_s[gaps_s > 0.2]
    assert 0.65 < np.median(gaps_s) < 1.1


def test_the_jivari_moves_through_the_partials():
    samples = drone(2, duration_s=12.0)

    frames = np.lib.stride_tricks.sliding_window_view(samples, 4096)[::1600]
    power = np.abs(np.fft.rfft(frames * np.hanning(4096))) ** 2
    centroid_hz = power @ np.fft.rfftfreq(4096, 1 / RATE_HZ) / power.sum(axis=1)
    assert np.ptp(centroid_hz) > 200


def test_length_peak_and_type():
    for rate_hz in (16_000, 22_050, 44_100):
        samples = drone(duration_s=1.234, rate_hz=rate_hz)
        assert samples.size == round(1.234 * rate_hz)
        assert samples.dtype == np.float32
        assert np.abs(samples).max() == pytest.approx(0.5)


def test_the_matrix_product_agrees_with_a_plain_sum_of_cosines():
    class Given:
        """A generator that draws known phases."""

        def uniform(self, low: float, high: float, size: int) -> np.ndarray:
            return np.linspace(low, high, size, endpoint=False)

    hop, frames = 64, 40
    freq_hz = np.array([110.0, 331.7, 4321.0])
    amplitude = np.random.default_rng(0).random((3, frames + 1))

    got = _sum_still_partials(freq_hz, amplitude, hop, RATE_HZ, Given())

    at = np.arange(frames * hop)
    phases = Given().uniform(0, 2 * np.pi, 3)
    expected = sum(
        np.interp(at / hop, np.arange(frames + 1), a) * np.cos(2 * np.pi * f * at / RATE_HZ + p)
        for f, a, p in zip(freq_hz, amplitude, phases, strict=True)
    )
    np.testing.assert_allclose(got, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("sa_hz", "tuning", "rate_hz"),
    [(80.0, "PSSS", 16_000), (138.59, "MSSS", 24_000), (221.3, "NSSS", 44_100), (400.0, "PSSS", 22_050)],
)
def test_nothing_marks_the_seam_of_a_loop(sa_hz, tuning, rate_hz):
    loop = tanpura_loop(sa_hz, rate_hz=rate_hz, rng=np.random.default_rng(3), tuning=tuning)

    assert loop.dtype == np.float32
    assert np.abs(loop).max() == pytest.approx(0.5)
    around = np.concatenate([loop[-rate_hz:], loop[:rate_hz]]).astype(np.float64)
    corners = np.abs(np.diff(around, 2))
    assert corners[rate_hz - 3 : rate_hz + 2].max() <= np.quantile(corners, 0.999)

    size, hop = 2048, 256
    frames = np.lib.stride_tricks.sliding_window_view(np.concatenate([loop, loop[:size]]), size)[::hop]
    magnitude = np.log1p(100 * np.abs(np.fft.rfft(frames * np.hanning(size), axis=1)))
    flux = np.abs(np.diff(magnitude, axis=0)).sum(axis=1)
    over_the_seam = (loop.size - size) // hop
    assert flux[over_the_seam:].max() <= flux[:over_the_seam].max()
    assert np.sqrt((loop[-rate_hz:] ** 2).mean()) < 3 * np.sqrt((loop[:rate_hz] ** 2).mean())


@pytest.mark.parametrize("sa_hz", [80.0, 97.3, 138.59, 261.6, 400.0])
@pytest.mark.parametrize(("tuning", "first"), [("PSSS", 3 / 4), ("MSSS", 2 / 3), ("NSSS", 15 / 16)])
def test_every_string_of_a_loop_is_within_a_cent_of_its_swara(sa_hz, tuning, first):
    loop = tanpura_loop(sa_hz, rate_hz=RATE_HZ, rng=np.random.default_rng(1), tuning=tuning)

    power = np.abs(np.fft.rfft(loop)) ** 2  # of a loop every partial's line is a bin
    freq_hz = np.fft.rfftfreq(loop.size, 1 / RATE_HZ)
    for ratio in (first, 1.0, 0.5):
        off_cents = 1200 * np.log2(np.maximum(freq_hz, 1.0) / (ratio * sa_hz))
        near = np.abs(off_cents) < 30
        assert abs(off_cents[near][np.argmax(power[near])]) < 1.0


@pytest.mark.parametrize("wrong", [{"sa_hz": 0.0}, {"sa_hz": np.inf}, {"tuning": "SSSS"}, {"rounds": 0}])
def test_a_loop_of_nothing_is_refused(wrong):
    with pytest.raises(ValueError):
        tanpura_loop(**({"sa_hz": SA_HZ, "rate_hz": RATE_HZ} | wrong), rng=np.random.default_rng(0))
