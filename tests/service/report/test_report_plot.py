"""The picture: what it is made of, and that it is written whole."""

from __future__ import annotations

import subprocess
import sys
import warnings
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from swara.data.errors import OutputError
from swara.data.pitch_track import PitchTrack
from swara.raga.ragas import raga_named
from swara.raga.tuning import EQUAL, JUST
from swara.service.report.chart import CentsRange, cents_range, curve_pieces, swara_lines, tick_step_s
from swara.service.report.picture.plot import save_plot
from swara.service.report.picture.plot_singing import LOOKS

BHUPALI = raga_named("bhupali")


def png_size(path):
    content = path.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    return int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big")


def test_short_and_long_takes_are_pictures_of_one_height(take, long_take, silent_take, tmp_path):
    sizes = {}
    for name, report in {"short": take, "long": long_take, "silent": silent_take}.items():
        path = tmp_path / f"{name}.picture"
        save_plot(report, path, tuning=JUST, raga=BHUPALI)
        sizes[name] = png_size(path)
    assert sizes["short"] == sizes["silent"]
    assert sizes["long"][0] > 2 * sizes["short"][0]
    assert sizes["long"][1] == sizes["short"][1]


def test_hostile_names_are_drawn_as_they_stand(take, tmp_path):
    report = replace(take, source="$\\frac{1}$ रियाज़ \udcff\n[b].wav")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        save_plot(report, tmp_path / "a.png", tuning=JUST, raga=BHUPALI)


def test_a_folder_that_is_not_there(take, tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        save_plot(take, tmp_path / "nowhere" / "a.png", tuning=JUST, raga=BHUPALI)


def test_pyplot_stays_out(tmp_path):
    code = (
        "import pathlib, runpy, sys\n"
        "from raga import JUST, raga_named\n"
        "from swara.service.report.picture.plot import save_plot\n"
        "take = runpy.run_path(sys.argv[1])['make_report']()\n"
        "save_plot(take, pathlib.Path(sys.argv[2]), tuning=JUST, raga=raga_named('bhupali'))\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    arguments = [str(Path(__file__).with_name("conftest.py")), str(tmp_path / "a.png")]
    root = Path(__file__).parents[3]
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True, cwd=root
    )
    assert result.stdout.strip() == "False"


def test_verdicts_differ_without_colour():
    assert len({(look.marker, look.filled) for look in LOOKS.values()}) == len(LOOKS)
    assert (LOOKS["low"].marker, LOOKS["high"].marker) == ("v", "^")


def test_range_holds_every_note_and_ignores_a_slip(take):
    shown = cents_range(take)
    assert all(shown.low < note.cents < shown.high for note in take.notes)
    hz = take.track.hz.copy()
    hz[np.flatnonzero(take.track.voiced)[:3]] *= 8.0
    slipped = replace(
        take, track=PitchTrack(take.track.times_s, hz, take.track.confidence, take.track.voiced)
    )
    assert cents_range(slipped).high < shown.high + 50


def test_lines_are_the_ragas_swaras():
    lines = swara_lines(BHUPALI, JUST, CentsRange(-400.0, 1300.0))
    assert [line.label for line in lines] == [".Dha", "Sa", "Re", "Ga", "Pa", "Dha", "Sa'"]
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
        ((times_s, cents),) = curve_pieces(take, note)
        assert note.start_s - 0.005 <= times_s[0]
        assert times_s[-1] <= note.end_s
        assert np.median(cents) == pytest.approx(note.cents, abs=6.0)


@pytest.mark.parametrize("duration_s", [0.5, 5.0, 47.0, 120.0, 3600.0])
def test_ticks_stay_apart(duration_s):
    assert duration_s / tick_step_s(duration_s, most=10) <= 10
