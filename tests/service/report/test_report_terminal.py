"""The terminal report in 80 columns, without colour, in ASCII, and with hostile names."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from dataclasses import replace

import pytest
from rich.color import ColorSystem
from rich.console import Console
from rich.style import Style

from swara.index import Item, Neighbour
from swara.service.report.json_report import to_dict
from swara.service.report.terminal.terminal import render
from swara.service.report.terminal.terminal_page import FAINT, STYLES, WARNING, open_console
from swara.service.report.terminal.timeline import UNICODE
from swara.service.take.report import Drift, NoteOpinion, RagaRemark


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


def table(text, heading):
    """The rows under a heading, its line of column names first."""
    lines = text.partition(f"  {heading}")[2].splitlines()[1:]
    return lines[: next((place for place, line in enumerate(lines) if not line.strip()), len(lines))]


@pytest.mark.parametrize("opinions", [False, True])
@pytest.mark.parametrize("width", [28, 34, 40, 48, 56, 64, 72, 80, 96])
def test_columns_go_by_what_matters_and_swara_and_verdict_stay(take, width, opinions):
    head = NoteOpinion("D", 0.97, True, None, (Neighbour(ITEM, 0.47, "sounds alike"),))
    report = replace(take, opinions=(head,) * len(take.notes) if opinions else ())
    text = shown(report, width)
    assert "…" not in text
    assert max(map(len, text.splitlines())) <= max(width, 24)
    order = ["Verdict", "Swara", "Cents off", "Time", "Wavers", *["Head hears"] * opinions]
    there = [name in table(text, "Every note")[0] for name in order]
    assert there == sorted(there, reverse=True)
    assert there[:2] == [True, True]
    assert all(there) or width < 80
    assert {"Swara", "In tune"} <= set(re.split(" {2,}", table(text, "Swara by swara")[0].strip()))
    assert not re.search(r"^\s*\w\s*$", "\n".join(table(text, "What it should sound like")), re.M)


ITEM = Item("0123456789ab", "A. Singer", "S", 0.5, 1.2, synthesized=False, tonic_hz=151.05)


def test_what_it_should_sound_like_is_on_the_singers_sa_and_names_nothing_by_its_id(take):
    opinion = NoteOpinion("S", 0.97, True, None, (Neighbour(ITEM, 0.47, "sounds alike"),))
    rows = table(shown(replace(take, opinions=(opinion,) * len(take.notes))), "What it should sound like")
    words = "Ga 173.2 Hz 1.52-2.10 s A. Singer, Sa D3, 49 cents sharp"
    assert words in [" ".join(row.split()) for row in rows]
    assert not any(word in row for row in rows for word in (ITEM.recording, "0.47"))


@pytest.mark.parametrize("columns", ["0", "000"])
def test_a_terminal_that_knows_no_width_has_80_columns(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", columns)
    assert open_console().width == open_console(stderr=True).width == 80
    monkeypatch.setenv("COLUMNS", "40")
    assert open_console().width == 40


def luminance(colour):
    """Relative luminance as WCAG 2.2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("style", sorted({*STYLES.values(), FAINT, WARNING}))
def test_every_colour_can_be_read_on_white_and_on_black(style):
    colour = Style.parse(style).color
    for each in (colour, colour.downgrade(ColorSystem.EIGHT_BIT)):
        light = luminance(each.get_truecolor())
        assert 1.05 / (light + 0.05) >= 4.5
        assert (light + 0.05) / 0.05 >= 4.5


@pytest.mark.parametrize("name", TAKES)
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_ascii_terminal_gets_ascii(name, encoding, request):
    report = replace(request.getfixturevalue(name), source="रियाज़ café.wav")
    text = shown(report, encoding=encoding)
    assert text.isascii()
    assert "cafe.wav" in text


@pytest.mark.parametrize("name", TAKES)
def test_lines_in_a_file_end_where_their_words_do(name, request):
    text = shown(request.getfixturevalue(name))
    assert not [line for line in text.splitlines() if line != line.rstrip()]


@pytest.mark.parametrize("drift", [Drift(-9.0, -18.0), None])
def test_a_drift_is_said_and_else_nothing_of_it(take, drift):
    assert ("Sa sank by 18 cents" in shown(replace(take, drift=drift))) == (drift is not None)
    assert ("drift" in shown(replace(take, drift=drift))) is False


def test_that_the_raga_was_assumed_and_seems_wrong_comes_first_and_once(take):
    doubt = "42% of the steady singing lies outside Bhupali, which was assumed"
    text = shown(replace(take, raga_doubt=doubt, warnings=(doubt, *take.warnings)))
    assert text.split("\n", 2)[1].strip() == "CHECK THE RAGA FIRST"
    assert " ".join(text.split()).count(doubt) == 1
    assert text.index("42%") < text.index(take.source) < text.index(take.warnings[0])


def test_what_is_remarked_on_the_raga_stands_apart_from_the_verdict(take):
    remark = RagaRemark("pakad", "Pakad heard: G R G 3 times, first at 1.2 s", (1.2, 3.4, 5.6))
    assert "The raga" not in shown(replace(take, grammar=()))
    text = " ".join(shown(replace(take, grammar=(remark,))).split())
    assert f"The raga {remark.text}." in text
    assert to_dict(replace(take, grammar=(remark,)))["grammar"] == [
        {"kind": "pakad", "text": remark.text, "at_s": [1.2, 3.4, 5.6]}
    ]


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
    for words in (
        "Bhupali (assumed: none was given)",
        "perfect within 15 cents, in tune within 25 (student)",
    ):
        assert words in text
    assert take.verdict in text
    assert re.search(r"1\.52-2\.10 s +Ga, 32 cents low\s+Sing it about a third of a semitone higher", text)
    assert re.search(r"Ga +1 +0\.6 s +32 cents low +±13 +\S+ +0%", text), "bias and steadiness apart"
    assert "Well sung: Sa, taar Sa and Re, in tune." in text


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
