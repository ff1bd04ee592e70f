"""The page: self-contained, escaped, small, and saying what the report says."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import soundfile

from swara.classifier.transcription import SungSwara, Transcription
from swara.data.clip import Clip
from swara.raga.ragas import raga_named
from swara.raga.swaras import parse_swara
from swara.raga.tuning import JUST
from swara.service.export.target import target_swaras
from swara.service.report.page.html_page import audio_uri, to_html
from swara.service.report.page.svg_curve import SvgCurve, thinned
from swara.service.take.report import NoteOpinion, RagaRemark

BHUPALI = raga_named("bhupali")
VOID = {"meta", "link", "input", "br", "img"}


class Page(HTMLParser):
    """A page taken apart; unbalanced tags are an error."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text, self._open = [], {}, []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        here = self._open[-1] if self._open else ""
        self.text[here] = self.text.get(here, "") + data

    @property
    def words(self):
        return " ".join(" ".join(self.text.values()).split())

    def all(self, tag, css=""):
        return [a for t, a in self.elements if t == tag and css in {*a.get("class", "").split(), ""}]


def page_of(report, clip):
    return Page(to_html(report, clip, tuning=JUST, raga=BHUPALI))


@pytest.fixture(scope="module")
def page(take, take_clip):
    return page_of(take, take_clip)


def test_policy_allows_exactly_the_own_script_and_style(page):
    policy = next(a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        digest = base64.b64encode(hashlib.sha256(page.text[tag].encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}'" in policy
    assert len(page.all("script")) == len(page.all("style")) == 1
    assert not any("style" in a or any(n.startswith("on") for n in a) for _, a in page.elements)


HOSTILE = "<script>alert(1)</script>\"'&$source${style}{{ 7 * 7 }}{% raw %}\x1b\u202e\udcffरियाज़.wav"


def test_text_from_outside_is_text_wherever_it_stands(take, take_clip):
    opinion = NoteOpinion(HOSTILE, 0.9, False, HOSTILE, ())
    report = replace(
        take,
        **dict.fromkeys(("source", "verdict", "raga", "tuning"), HOSTILE),
        warnings=(HOSTILE,),
        tonic=replace(take.tonic, name=HOSTILE, needs_confirmation=True),
        opinions=(opinion,) * len(take.notes),
    )
    text = to_html(report, take_clip, tuning=JUST, raga=BHUPALI)
    text.encode("utf-8")
    page = Page(text)
    assert not {"\x1b", "\u202e", "\udcff"} & set(text)
    # Neither markup nor anything of a template, and no letter is lost.
    as_read = HOSTILE.replace("\x1b\u202e\udcff", 3 * "\N{REPLACEMENT CHARACTER}")
    for tag in ("h1", "title", "desc", "li", "td", "dd", "p"):
        assert as_read in page.text[tag], tag
    assert any(as_read in a.get("aria-label", "") for a in page.all("g", "note"))
    assert len(page.all("script")) == 1
    known = {tag for tag, _ in page_of(replace(take, tonic=report.tonic), take_clip).elements}
    assert {tag for tag, _ in page.elements} == known


def test_each_note_can_be_heard(page, take):
    notes = page.all("g", "note")
    assert len(notes) == len(take.notes)
    for attributes, note in zip(notes, take.notes, strict=True):
        assert float(attributes["data-start"]) == pytest.approx(note.start_s)
        assert float(attributes["data-end"]) == pytest.approx(note.end_s)
        assert note.verdict.replace(" ", "-") in attributes["class"].split()
        assert note.swara in attributes["aria-label"]
    assert [a["tabindex"] for a in notes] == ["0"] + ["-1"] * (len(notes) - 1)


def test_what_is_outside_the_raga_is_marked_in_the_notation_too(take, take_clip):
    sung = [
        SungSwara(
            *(note.start_s, note.end_s, *parse_swara(f"{note.saptak} {note.swara}"), note.cents),
            held=True,
            ends_phrase=note is take.notes[-1],
            foreign=note.foreign,
        )
        for note in take.notes
    ]
    notation = Transcription("take.wav", take.duration_s, take.tonic.hz, BHUPALI, tuple(sung), (), 0.35)
    page = to_html(take, take_clip, tuning=JUST, raga=BHUPALI, notation=notation)
    written = re.findall(r'class="written.*</span>(.+)</button>', page)
    assert written == ["S", "R", "G", "P", "D", "S&#39;", "M*", ".D"]


def test_worst_spots_play_with_a_margin_inside_the_take(take, take_clip):
    early = replace(take.notes[0], start_s=0.1)
    worst = (early, take.notes[2], take.notes[-1])
    buttons = [b for b in page_of(replace(take, worst=worst), take_clip).all("button") if "data-start" in b]
    played = [(float(button["data-start"]), float(button["data-end"])) for button in buttons[:3]]
    assert played == [pytest.approx(span) for span in ((0.0, 1.12), (1.22, 2.4), (4.12, 5.0))]


def test_says_what_the_report_says(page, take):
    expected = (
        take.verdict,
        *take.warnings,
        "32 cents low",
        "--tonic G#3",
        "Bhupali (assumed: none was given)",
    )
    for part in (*expected, "taar Sa", "not in the raga"):
        assert part in page.words
    assert len(page.all("table")) == 2
    assert take.source in page.text["title"]
    assert take.verdict in page.text["desc"]


def test_that_the_raga_was_assumed_and_seems_wrong_comes_before_the_verdict_and_once(take, take_clip):
    doubt = "42% of the steady singing lies outside Bhupali, which was assumed"
    doubted = replace(take, raga_doubt=doubt, warnings=(doubt, *take.warnings))
    html = to_html(doubted, take_clip, tuning=JUST, raga=BHUPALI)
    assert html.count(doubt) == 1
    assert html.index("Check the raga first") < html.index(doubt) < html.index(f">{take.verdict}")


def test_a_remark_on_the_raga_plays_where_it_was_sung_three_places_at_most(take, take_clip):
    remark = RagaRemark("pakad", "Pakad heard: G R G 4 times, first at 0.5 s", (0.5, 0.7, 0.9, 1.1))
    html = to_html(replace(take, grammar=(remark,)), take_clip, tuning=JUST, raga=BHUPALI)
    section = html[html.index('id="raga"') :].partition("</section>")[0]
    assert remark.text in section
    assert section.count("data-start=") == 3


def test_on_a_phone_verdict_and_cents_come_before_what_is_beyond_the_edge(take, take_clip):
    opinion = NoteOpinion("G", 0.9, True, None, ())
    page = page_of(replace(take, opinions=(opinion,) * len(take.notes)), take_clip)
    heads = page.text["th"]
    for order in (("Cents off", "Verdict", "When", "Head hears"), ("How far off", "In tune", "Notes")):
        assert [heads.index(name) for name in order] == sorted(heads.index(name) for name in order)


def test_what_was_good_and_how_often_it_was_not_are_said(long_take):
    page = page_of(long_take, Clip(np.zeros(120 * 8_000, dtype=np.float32), 8_000))
    assert "Well sung: Sa, taar Sa and Re, in tune." in page.words
    assert "low 24 of 48 times" in page.words


def test_a_long_take_has_an_overview_and_is_printed_line_by_line(take, long_take, take_clip):
    page = page_of(long_take, Clip(np.zeros(120 * 8_000, dtype=np.float32), 8_000))
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    used = [a["href"].removeprefix("#") for a in page.all("use")]
    lines = {f"line-{n}" for n in range(6)}
    assert lines < set(used) < set(ids)
    assert sum(a["class"].split()[0] == "bar" for a in page.all("path", "bar")) == 5
    assert page_of(take, take_clip).all("use") == [], "what fits on a line is printed as it is shown"
    notes = [place for line in SvgCurve(long_take, JUST, BHUPALI).notes_by_line() for place, _ in line]
    assert notes == list(range(len(long_take.notes)))


def test_the_swara_that_was_meant_can_be_heard_on_the_singers_sa(take):
    sounds = target_swaras(take, JUST)
    assert list(sounds) == [(stats.swara, stats.saptak) for stats in take.per_swara]
    clip = sounds["Ga", "madhya"]
    middle = clip.samples[clip.rate_hz // 2 : clip.rate_hz].astype(float)
    size = 1 << 18
    level, hz = (
        np.abs(np.fft.rfft(middle * np.hanning(middle.size), size)),
        np.fft.rfftfreq(size, 1 / clip.rate_hz),
    )
    near = (hz > 155) & (hz < 195)
    assert 1200 * np.log2(hz[near][level[near].argmax()] / (138.59 * 1.25)) == pytest.approx(0.0, abs=12.0)
    page = Page(to_html(take, clip, tuning=JUST, raga=BHUPALI, targets=sounds))
    played = {a["data-sample"] for a in page.all("button") if "data-sample" in a}
    assert "target-madhya-Ga" in played <= {a["id"] for a in page.all("audio", "sample")}
    assert "in tune, 173.2 Hz" in page.words


def test_a_weak_tonic_is_loud(doubtful_take, take_clip):
    page = page_of(doubtful_take, take_clip)
    assert "Check Sa first" in page.words
    assert {"--tonic 139.3", "--tonic G#3"} <= set(re.findall(r"--tonic [\w#.]+[\w#]", page.text["code"]))


def test_silence_makes_a_page_too(silent_take):
    page = page_of(silent_take, Clip(np.zeros(3 * 16_000, dtype=np.float32), 16_000))
    assert "No singing was found." in page.text["p"]
    assert page.all("table") == [b for b in page.all("button") if "id" not in b] == []


def test_two_minutes_stay_small(long_take):
    noise = np.random.default_rng(3).normal(0.0, 0.1, 120 * 44_100).astype(np.float32)
    text = to_html(long_take, Clip(noise, 44_100), tuning=JUST, raga=BHUPALI)
    assert len(text.encode()) < 2_500_000
    assert "<details><summary>" in text


def sound(uri):
    return soundfile.read(io.BytesIO(base64.b64decode(uri.split(",", 1)[1])))


@pytest.mark.parametrize("rate_hz", [8_000, 16_000, 22_050, 44_100, 48_000, 96_000])
def test_sound_keeps_its_time_at_every_rate(rate_hz):
    times_s = np.arange(2 * rate_hz) / rate_hz
    burst = 0.5 * np.sin(2 * np.pi * 440.0 * times_s) * (times_s > 1.0)
    uri = audio_uri(Clip(burst.astype(np.float32), rate_hz))
    assert uri.startswith("data:audio/mpeg;base64,")
    samples, decoded_hz = sound(uri)
    assert samples.size / decoded_hz == pytest.approx(2.0, abs=0.1)
    onset_s = np.flatnonzero(np.abs(samples) > 0.1)[0] / decoded_hz
    assert onset_s == pytest.approx(1.0, abs=0.01)


def test_without_mp3_there_is_wav(take_clip, monkeypatch):
    monkeypatch.setattr(soundfile, "available_formats", lambda: {"WAV": "WAV (Microsoft)"})
    uri = audio_uri(take_clip)
    assert uri.startswith("data:audio/wav;base64,")
    samples, rate_hz = sound(uri)
    np.testing.assert_allclose(samples, take_clip.samples, atol=1e-4)
    assert rate_hz == take_clip.rate_hz


def test_thinning_keeps_the_outline():
    rng = np.random.default_rng(5)
    column = np.floor(np.sort(rng.uniform(0.0, 80.0, 3000)))
    values = rng.normal(size=3000)
    kept = np.array(list(thinned(column, values)))
    assert np.all(np.diff(kept) > 0)
    assert kept.size <= 4 * 80
    for pixel in np.unique(column):
        every, some = values[column == pixel], values[kept[column[kept] == pixel]]
        assert (some[0], some[-1], some.min(), some.max()) == (every[0], every[-1], every.min(), every.max())


def test_a_long_curve_grows_and_crowded_labels_give_way_to_those_off_the_mark(take, long_take):
    short, long = (SvgCurve(report, JUST, BHUPALI) for report in (take, long_take))
    assert (short.width, long.width) == (960, 7200)
    assert {n for n in long_take.notes if n.verdict in ("low", "high")} < long.labelled
    assert long.labelled < set(long_take.notes)
