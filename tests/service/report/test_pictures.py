"""The pictures: what they are made of, against loops, and that they are written whole."""

from __future__ import annotations

import subprocess
import sys
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from swara.classifier.pitch.decode import PITCH_BINS
from swara.data.errors import OutputError
from swara.data.pitch_track import PitchTrack
from swara.raga.ragas import raga_named
from swara.raga.tuning import EQUAL, JUST
from swara.service.report import wording
from swara.service.report.chart import (
    COLOURS,
    CentsRange,
    cents_range,
    curve_pieces,
    swara_lines,
    time_lines,
    with_room,
)
from swara.service.report.picture import plot
from swara.service.report.picture.canvas import _width_in, drawable, fitted
from swara.service.report.picture.columns import MOST_COLUMNS, Columns, track_columns
from swara.service.report.picture.pitch_plot import save_pitch_plot
from swara.service.report.picture.plot import save_plot
from swara.service.report.picture.plot_singing import LOOKS

BHUPALI = raga_named("bhupali")
draw = partial(save_plot, tuning=JUST, raga=BHUPALI)


def png_size(path):
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def sung(frames):
    """Salience and a track at random, voiced in stretches."""
    rng = np.random.default_rng(0)
    salience = rng.uniform(0, 1, (frames, PITCH_BINS)).astype(np.float32)
    voiced = np.repeat(rng.uniform(0, 1, frames // 20 + 1) < 0.6, 20)[:frames]
    hz = rng.uniform(100, 400, frames)
    return salience, PitchTrack(0.01 * np.arange(frames), hz, rng.uniform(0, 1, frames), voiced)


@pytest.mark.parametrize("frames", [1, 486, MOST_COLUMNS, MOST_COLUMNS + 1, 5_003, 7_999])
def test_columns_are_those_of_a_loop(frames):
    salience, track = sung(frames)
    per = -(-frames // MOST_COLUMNS)
    highest, sums = (Columns(frames, PITCH_BINS, ufunc, np.float64) for ufunc in (np.maximum, np.add))
    for block in np.split(salience, [edge for edge in (1, 37, 1000, 1001, 2000, 4444) if edge < frames]):
        highest.add(block)
        sums.add(block)
    found = track_columns(track)
    assert highest.values.shape == (-(-frames // per), PITCH_BINS)
    assert len(highest.values) <= MOST_COLUMNS
    for column in range(len(highest.values)):
        part = slice(column * per, (column + 1) * per)
        np.testing.assert_array_equal(highest.values[column], salience[part].max(axis=0))
        mean = salience[part].mean(axis=0)
        np.testing.assert_allclose(sums.values[column] / sums.counts[column], mean, rtol=1e-5)
        assert found.confidence[column] == pytest.approx(track.confidence[part].mean())
        assert found.times_s[column] == pytest.approx(track.times_s[part].mean())
        hz = track.hz[part][track.voiced[part]]
        reach = (hz.min(), hz.max()) if hz.size else (np.nan, np.nan)
        np.testing.assert_array_equal((found.lowest_hz[column], found.highest_hz[column]), reach)


@pytest.mark.parametrize("frames", [1, 2, 30_000])
def test_the_pitch_of_any_length_makes_a_picture_of_one_size(frames, tmp_path):
    salience, track = sung(frames)
    silent = replace(track, confidence=0 * track.confidence, voiced=np.zeros(frames, bool))
    sizes = set()
    for number, (level, drawn) in enumerate(((1, track), (0, silent))):
        save_pitch_plot(level * salience[:MOST_COLUMNS], drawn, tmp_path / f"{number}", title="$x गाना.wav")
        sizes.add(png_size(tmp_path / f"{number}"))
    assert len(sizes) == 1


def test_long_takes_make_tall_pictures_of_one_width(take, long_take, silent_take, tmp_path):
    for name, report in {"short": take, "long": long_take, "silent": silent_take}.items():
        draw(report, tmp_path / name)
    short, silent, long = (png_size(tmp_path / name) for name in ("short", "silent", "long"))
    assert short[0] == silent[0] == long[0]
    assert long[1] > 3 * short[1]


@pytest.mark.parametrize("duration_s", [3.0, 20.0, 20.4, 46.0, 92.08, 117.36, 601.0, 1200.0, 7200.0])
def test_lines_are_15_to_20_s_and_hold_the_take(duration_s):
    spans = time_lines(duration_s)
    assert [start for start, _ in spans] == [0.0, *(end for _, end in spans[:-1])]
    assert spans[-1][1] == duration_s
    assert len(spans) <= 60
    if 45.0 < duration_s <= 1200.0:
        assert all(15.0 <= end - start <= 20.0 for start, end in spans[:-1])


def test_a_picture_of_any_take_is_drawn_in_bounded_memory(take):
    for minutes in (1, 20, 180):
        spans = time_lines(60.0 * minutes)
        layout = plot._layout(CentsRange(-1300.0, 2500.0), len(spans), 2)
        assert plot._WIDE_IN * layout.high_in * plot._dpi(layout) ** 2 <= 20e6
        assert plot._dpi(layout) >= 85


def test_names_of_any_script_and_length_leave_the_picture_its_size(take, tmp_path):
    sizes = set()
    for name in ("a.flac", "भूपाली राग.flac", "தமிழ் ராகம்.flac", f"{40 * 'Raag Bhoopali '}take.flac", 300 * "W"):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            draw(replace(take, source=name), tmp_path / "a.png")
        sizes.add(png_size(tmp_path / "a.png"))
        shown = fitted(drawable(name), 10.0, 14.0)
        assert "\N{WHITE SQUARE}" not in shown
        assert _width_in(shown, 14.0, "bold") <= 10.0
        assert shown[-5:] == name[-5:]
    assert len(sizes) == 1
    assert drawable("भूपाली राग.flac") == "bhupali raga.flac"
    assert drawable("宮.flac") == "\N{WHITE SQUARE}.flac"


def test_labels_have_room_as_a_loop_over_all_gives_it(long_take):
    rng = np.random.default_rng(3)
    places = {note: tuple(rng.uniform(0, (2000, 200))) for note in long_take.notes}
    kept: list = []
    for note in sorted(places, key=lambda n: (n.verdict not in ("low", "high"), n.start_s)):
        x, y = places[note]
        if all(abs(x - places[n][0]) >= 58 or abs(y - places[n][1]) >= 30 for n in kept):
            kept.append(note)
    assert with_room(places, 58, 30) == set(kept)
    assert 10 < len(kept) < len(places)


def test_hostile_names_are_drawn_as_they_stand(take, tmp_path):
    report = replace(take, source="$\\frac{1}$ रियाज़ \udcff\n[b].wav")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        draw(report, tmp_path / "a.png")


def test_a_folder_that_is_not_there(take, tmp_path):
    salience, track = sung(10)
    for save in (partial(draw, take), partial(save_pitch_plot, salience, track, title="take.wav")):
        with pytest.raises(OutputError, match="nowhere"):
            save(path=tmp_path / "nowhere" / "a.png")


def test_pyplot_stays_out(tmp_path):
    code = (
        "import pathlib, runpy, sys\n"
        "from swara.raga.ragas import raga_named\n"
        "from swara.raga.tuning import JUST\n"
        "from swara.service.report.picture.plot import save_plot\n"
        "take = runpy.run_path(sys.argv[1])['make_report']()\n"
        "save_plot(take, pathlib.Path(sys.argv[2]), tuning=JUST, raga=raga_named('bhupali'))\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    command = [
        sys.executable,
        "-c",
        code,
        str(Path(__file__).with_name("conftest.py")),
        str(tmp_path / "a.png"),
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "False"


def test_verdicts_differ_without_colour_and_with_it():
    assert len({look[:2] for look in LOOKS.values()}) == len(LOOKS)
    assert (LOOKS["low"].marker, LOOKS["high"].marker) == ("v", "^")
    assert LOOKS.keys() == COLOURS.keys()
    for shades in zip(*COLOURS.values(), strict=True):
        assert len(set(shades)) == len(COLOURS)


def test_range_holds_every_note_and_ignores_a_slip(take):
    shown = cents_range(take)
    assert all(shown.low < note.cents < shown.high for note in take.notes)
    hz = take.track.hz.copy()
    hz[np.flatnonzero(take.track.voiced)[:3]] *= 8.0
    assert cents_range(replace(take, track=replace(take.track, hz=hz))).high < shown.high + 50


def test_lines_are_the_ragas_swaras():
    lines = swara_lines(BHUPALI, JUST, CentsRange(-400.0, 1300.0))
    assert [line.label for line in lines] == ["mandra Dha", "Sa", "Re", "Ga", "Pa", "Dha", "taar Sa"]
    dha = lines[5]
    assert (round(dha.low_cents, 1), round(dha.high_cents, 1)) == (884.4, 905.9)
    assert swara_lines(BHUPALI, EQUAL, CentsRange(0.0, 1000.0))[-1].low_cents == 900.0


def test_curve_breaks_at_silence_and_only_there(take):
    pieces = list(curve_pieces(take))
    assert len(pieces) == 3
    assert sum(times_s.size for times_s, _ in pieces) == np.count_nonzero(take.track.voiced)
    assert all(np.all(np.isfinite(cents)) for _, cents in pieces)


def test_curve_of_a_note_lies_within_it(take):
    for note in take.notes:
        ((times_s, cents),) = curve_pieces(take, note.start_s, note.end_s)
        assert note.start_s - 0.005 <= times_s[0]
        assert times_s[-1] <= note.end_s
        assert np.median(cents) == pytest.approx(note.cents, abs=6.0)


@pytest.mark.parametrize("duration_s", [0.5, 5.0, 47.0, 120.0, 3600.0])
def test_ticks_stay_apart(duration_s):
    assert duration_s / wording.tick_step_s(duration_s, most=10) <= 10
