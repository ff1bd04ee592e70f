"""Singing into the page: what is heard, judged and kept, on a good day and on a bad one."""

from __future__ import annotations

import json
import math
import urllib.parse

import pytest

from tests.browser.pages import DEMO, SA_HZ, SLOW, opened, seconds_of, send_demo, take_id, until

HELD = "[...swara.notes.values()].filter(note => note.final)"


def start(page) -> None:
    page.click("#start")
    page.wait_for_selector("#stop:not([hidden])")


def report_of(page) -> dict:
    address = urllib.parse.urljoin(page.url.partition("?")[0], f"api/takes/{take_id(page)}")
    return json.loads(page.request.get(address).text())


def test_the_demo_is_named_and_judged_as_analyze_does(page):
    start(page)
    until(page, f"{HELD}.length === 7")
    live = page.evaluate(HELD)
    waited_s = seconds_of(lambda: (page.click("#stop"), page.wait_for_selector("#report .verdict")))
    assert page.evaluate("swara.sent === swara.judged && swara.dropped_ms === 0")
    notes = report_of(page)["notes"]
    held_s = same_s = 0.0
    for note in notes:
        middle = (note["start_s"] + note["end_s"]) / 2
        there = [each for each in live if each["start_s"] <= middle <= each["end_s"]]
        long = note["end_s"] - note["start_s"]
        held_s += long
        if there and (there[0]["swara"], there[0]["verdict"]) == (note["swara"], note["verdict"]):
            same_s += long
    assert len(notes) == 7
    assert same_s / held_s >= 0.95
    assert waited_s < SLOW * (1.0 + 0.04 * notes[-1]["end_s"])


def test_the_held_note_is_said_in_words_sign_and_cents(page):
    start(page)
    until(page, "document.querySelector('#held-verdict').textContent === 'low'")
    assert page.text_content("#held-swara") == "Ga"
    assert page.text_content("#held-cents").startswith("−3")
    page.check("#devanagari")
    assert page.is_visible("#held-swara .script[data-devanagari='ग']")
    assert page.is_hidden("#held-swara .roman")
    assert page.locator("#lane-names [data-devanagari='प'][data-dots='below']").count() == 1
    assert page.locator("#held-verdict svg.low").count() == 1
    assert "Round trip" in page.text_content("#trip")
    page.click("#discard")
    page.wait_for_selector("#start:not([hidden])")
    assert page.is_hidden("#take-view")


def test_sa_is_found_and_confirmed_by_ear(long_browser, address):
    page = opened(long_browser, address, choose=None)
    page.click("#find-sa")
    page.click("#sa-sing")
    page.wait_for_selector("#sa-fits", timeout=20_000)
    page.click("#sa-higher")
    page.click("#sa-lower")
    page.click("#sa-fits")
    page.click("#sa-take")
    until(page, "!document.querySelector('#sa-dialog').open")
    chosen_hz = float(page.input_value("#tonic"))
    assert abs(1200 * math.log2(chosen_hz / SA_HZ)) < 10
    until(page, "document.activeElement.id === 'find-sa'")
    assert page.errors == []
    page.context.close()


def test_a_minute_drops_nothing_and_fills_no_memory(long_browser, address):
    page = opened(long_browser, address)
    cdp = page.context.new_cdp_session(page)

    def heap() -> int:
        cdp.send("HeapProfiler.collectGarbage")
        return page.evaluate("performance.memory.usedJSHeapSize")

    start(page)
    page.wait_for_timeout(10_000)
    before, drawn = heap(), page.evaluate("swara.lane.drawn")
    page.wait_for_timeout(50_000)
    assert heap() < 1.1 * before + 200_000
    assert page.evaluate("swara.dropped_ms") == 0
    sent, judged = page.evaluate("[swara.sent, swara.judged]")
    assert sent >= 5980
    assert sent - judged <= 20
    assert page.evaluate("swara.lane.drawn") - drawn > 50 * 20
    page.click("#discard")
    page.wait_for_selector("#start:not([hidden])")
    page.context.close()


FAIL = "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('x', '{name}'));"
SETTINGS = """
const read = MediaStreamTrack.prototype.getSettings;
MediaStreamTrack.prototype.getSettings = function () {{
  const said = {{ ...read.call(this), autoGainControl: true }};
  delete said.noiseSuppression;
  return said;
}};
"""


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("NotAllowedError", "allow the microphone"),
        ("NotFoundError", "Plug one in"),
        ("NotReadableError", "hold"),
    ],
)
def test_without_a_microphone_the_page_says_what_to_do(browser, address, name, words):
    page = opened(browser, address, script=FAIL.format(name=name))
    page.click("#start")
    page.wait_for_selector("#notice:not([hidden])")
    assert words in page.text_content("#notice-words")
    assert page.is_visible("#start")
    page.context.close()


def test_processing_that_is_on_or_unknown_is_told(browser, address):
    page = opened(browser, address, script=SETTINGS.format())
    page.click("#check")
    page.wait_for_selector("#check-result:not([hidden])")
    words = page.text_content("#check-lines")
    assert "Changes your voice: autoGainControl" in words
    assert "Not known to be off: noiseSuppression" in words
    page.click("#leak")
    until(page, "/dB|Cannot tell/.test(document.querySelector('#leak-words').textContent)")
    page.click("#stop")
    page.wait_for_selector("#start:not([hidden])")
    page.context.close()


def test_a_microphone_that_goes_leaves_the_take_so_far(browser, address):
    watch = """
    const open = MediaDevices.prototype.getUserMedia;
    MediaDevices.prototype.getUserMedia = async function (asked) {
      globalThis.asked = asked; globalThis.stream = await open.call(this, asked); return globalThis.stream;
    };"""
    page = opened(browser, address, script=watch)
    start(page)
    until(page, f"{HELD}.length >= 2")
    assert page.evaluate("asked.audio") == dict.fromkeys(
        ("echoCancellation", "noiseSuppression", "autoGainControl"), False
    )
    page.evaluate("stream.getAudioTracks()[0].dispatchEvent(new Event('ended'))")
    page.wait_for_selector("#report .verdict", timeout=20_000)
    assert "unplugged" in page.text_content("#notice-words")
    page.context.close()


def test_a_changed_raga_names_the_notes_anew_while_singing(page):
    start(page)
    until(page, "swara.lane.lanes.length === 15")
    page.select_option("#raga", "yaman")
    until(page, "swara.lane.lanes.length === 21")
    page.click("#discard")
    page.wait_for_selector("#start:not([hidden])")


def test_a_take_is_sung_against(page):
    send_demo(page)
    page.click("#sing-along")
    page.wait_for_selector("#stop:not([hidden])")
    assert page.evaluate("swara.lane.ahead.cents.filter(each => each !== null).length") > 300
    page.click("#discard")
    page.wait_for_selector("#start:not([hidden])")


def test_what_is_uploaded_is_judged_or_refused_in_words(page, tmp_path):
    bad = tmp_path / "words.wav"
    bad.write_text("no sound", "utf-8")
    send_demo(page, bad)
    page.wait_for_selector("#uploads .failed")
    assert page.locator("#uploads .failed").count() == 1
    assert page.text_content("#report .title") == DEMO.name
