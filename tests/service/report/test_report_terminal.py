"""The terminal report in 80 columns, without colour, in ASCII, and with hostile names."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from rich.console import Console

from swara.service.report.terminal.terminal import render
from swara.service.report.terminal.timeline import UNICODE


def shown(report, width=80, encoding="utf-8", **options):
    file = type("Terminal", (io.StringIO,), {"encoding": encoding})()
    render(report, Console(file=file, width=width, **options))
    return file.getvalue()


TAKES = ["take", "doubtful_take", "long_take", "silent_take"]


@pytest.mark.parametrize("width", [60, 66, 80, 120])
@pytest.mark.parametrize("name", TAKES)
def test_fits_its_width_with_nothing_cut(name, width, request):
    text = shown(request.getfixturevalue(name), width)
    assert max(map(len, text.splitlines())) <= width
    if width > 60:
        assert "…" not in text


@pytest.mark.parametrize("name", TAKES)
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_ascii_terminal_gets_ascii(name, encoding, request):
    report = replace(request.getfixturevalue(name), source="रियाज़ café.wav")
    text = shown(report, encoding=encoding)
    assert text.isascii()
    assert "cafe.wav" in text


def test_no_color_is_obeyed(take, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    text = shown(take, force_terminal=True)
    assert not re.search(r"\x1b\[[0-9;]*[34][0-9]", text)
    assert {UNICODE["low"], UNICODE["high"]} < set(text)


def test_colour_where_there_is_colour(take):
    assert "\x1b" not in shown(take), "a pipe"
    assert re.search(r"\x1b\[[0-9;]*38;2;", shown(take, force_terminal=True, color_system="truecolor"))


@pytest.mark.parametrize("name", ["[red]loud[/red].wav", "[/].wav", "[link=x]y.wav", ":smile:.wav"])
def test_file_names_are_no_markup(take, name):
    assert name in shown(replace(take, source=name), force_terminal=True, color_system="truecolor")


def test_file_names_cannot_send_escapes(take):
    text = shown(replace(take, source="\x1b]0;title\x07a\nb\udcff.wav"))
    assert not {"\x1b", "\x07"} & set(text)
    text.encode("utf-8")


def test_says_how_it_was_judged_and_what_to_work_on(take):
    text = shown(take)
    for words in ("evening riyaz.wav", "5.00 s", "C#3", "138.6 Hz", "estimated, 91% sure", "--tonic G#3"):
        assert words in text
    for words in ("Bhupali (the default)", "perfect within 15 cents, in tune within 25 (student)"):
        assert words in text
    assert take.verdict in text
    assert re.search(r"1\.52-2\.10 s +Ga, 32 cents low\s+Sing it about a third of a semitone higher", text)
    assert re.search(r"Ga +1 +0\.6 s +32 cents low +±13 +\S+ 0%", text), "bias and steadiness apart"


def test_short_takes_list_every_note_and_long_ones_do_not(take, long_take):
    assert "Every note" in shown(take)
    assert "Every note" not in shown(long_take)


def test_a_weak_tonic_is_loud(take, doubtful_take):
    text = shown(doubtful_take)
    assert "CHECK SA FIRST" in text
    assert "Or it is G#3 (41% sure):  --tonic G#3" in text
    assert "--tonic 139.3" in text
    assert "CHECK SA FIRST" not in shown(take)


def test_silence_reads_well(silent_take):
    text = shown(silent_take)
    assert "No singing was found." in text
    for absent in ("Work on", "Every note", "Swara by swara", "Before you", "outside the raga", "None"):
        assert absent not in text


def test_reports_import_nothing_heavy_before_they_are_written():
    rooms = ["terminal.terminal", "json_report", "csv_report", "picture.plot", "page.html_page", "melody"]
    code = "\n".join(f"import swara.service.report.{room}" for room in rooms)
    heavy = {"matplotlib", "soundfile", "soxr", "librosa", "scipy", "jinja2"}
    code += f"\nimport sys; print({heavy} & sys.modules.keys())"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "set()"
