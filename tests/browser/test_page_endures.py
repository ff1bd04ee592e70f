"""What happens to a singer: the server goes, the store is full, the laptop sleeps, another tab is open."""

from __future__ import annotations

import re
import shutil

from swara.service.history.choices import load_choices
from swara.service.store import Layout
from tests.browser.pages import opened, serving, until

SOCKETS = """
globalThis.sockets = [];
globalThis.WebSocket = class extends WebSocket {
  constructor(...given) { super(...given); sockets.push(this); }
};
"""

# News that what is held is no note after all; gives what is then said to be held.
WITHDRAWN = """
(() => {
  const data = JSON.stringify({ type: "note", id: 1, swara: "", verdict: "unsure", withdrawn: true });
  sockets.at(-1).onmessage({ data });
  return document.querySelector("#held").innerText.trim();
})()
"""

SLEEP = """
const port = Object.getOwnPropertyDescriptor(MessagePort.prototype, "onmessage");
globalThis.slept_ms = 0;
const later = ({ data }) => ({ data: { ...data, captured_ms: data.captured_ms + slept_ms } });
Object.defineProperty(MessagePort.prototype, "onmessage", {
  set(answer) { port.set.call(this, answer && ((event) => answer(later(event)))); },
});
"""

# What a tab behind another lacks: frames of animation.
AWAY = """
globalThis.away = false;
const frame = requestAnimationFrame, held = [];
globalThis.requestAnimationFrame = (answer) => away ? held.push(answer) : frame(answer);
globalThis.back = () => { away = false; held.splice(0).forEach(frame); };
"""


def start(page, blocks: int = 120) -> None:
    """Begin to sing, and wait until so many blocks of 10 ms are sent and judged."""
    page.click("#start")
    until(page, f"swara.sent >= {blocks} && swara.judged >= {blocks}")


def stop(page) -> None:
    page.evaluate("document.querySelector('#report').replaceChildren()")
    page.click("#stop")
    page.wait_for_selector("#report .verdict")


def words(page) -> str:
    return page.text_content("#notice-words")


def test_after_a_lost_connection_the_take_stands_and_another_begins(browser, address):
    page = opened(browser, address, script=SOCKETS)
    start(page)
    held = page.evaluate(WITHDRAWN)
    assert held == "–"
    page.evaluate("sockets.at(-1).close()")
    page.wait_for_selector("#report .verdict")
    assert "kept what was sung" in words(page)
    first = page.get_attribute("#downloads a >> nth=0", "href")
    start(page)
    stop(page)
    assert page.get_attribute("#downloads a >> nth=0", "href") != first
    assert page.errors == []
    page.context.close()


def test_what_is_kept_is_said_chosen_and_deleted_and_a_server_started_anew_is_told(
    browser, pack_store, tmp_path
):
    store = shutil.copytree(pack_store, tmp_path / "store")
    history = Layout(store)
    with serving(store) as url:
        page = opened(browser, url)
        page.click("nav a[href='#history']")
        assert not page.is_checked("#keep-sound")
        page.check("#keep-sound")
        until(page, "document.querySelector('#history-kept').textContent.includes(' with their sound')")
        assert load_choices(history).keep_sound  # what the terminal goes by
        page.click("nav a[href='#sing']")
        start(page)
        stop(page)
        assert "and its sound are kept from now on" in words(page)
        page.click("nav a[href='#history']")
        page.wait_for_selector("#history-table td")
        assert len(list(history.sounds.glob("*.wav"))) == 1
        page.click("#history-table button")
        page.wait_for_selector("#history-table td", state="detached")
        assert list(history.sounds.glob("*.wav")) == []
        page.uncheck("#keep-history")
        until(page, "document.querySelector('#history-kept').textContent.includes('switched off')")
        assert page.is_disabled("#keep-sound")
        assert not load_choices(history).history
        page.click("nav a[href='#sing']")
        start(page)
    until(page, "document.querySelector('#notice-words').textContent.includes('lost')")
    assert page.is_visible("#start")
    with serving(store, "--port", re.search(r":(\d+)/", url)[1]):
        until(page, "document.querySelector('#notice-words').textContent.includes('started anew')")
    assert page.errors == []
    page.context.close()


def test_a_store_that_cannot_be_written_is_said_and_the_report_stands(browser, tmp_path):
    (tmp_path / "file").write_text("no folder can be made in here")
    with serving(tmp_path / "file" / "store") as url:
        page = opened(browser, url)
        until(page, "document.querySelector('#notice-words').textContent.includes('not remembered')")
        start(page)
        stop(page)
        assert "This take is not kept in the history" in words(page)
        page.click("#notice-close")
        start(page)
        stop(page)
        assert page.is_hidden("#notice")  # it is said once
        page.click("nav a[href='#history']")
        until(page, "document.querySelector('#history-kept').textContent.includes('not kept')")
        assert page.text_content("#history-words") == "No take is kept."
        assert page.is_disabled("#keep-history")
        assert not page.is_checked("#keep-history")
        assert page.errors == []
        page.context.close()


def test_a_tab_in_the_background_sings_on_and_another_shows_the_same_take(browser, address):
    page = opened(browser, address, script=AWAY)
    start(page, 10)
    page.evaluate("away = true")
    page.wait_for_timeout(100)  # what was asked for before is drawn
    judged, drawn = page.evaluate("[swara.judged, swara.lane.drawn]")
    other = page.context.new_page()
    other.goto(page.url)
    until(page, f"swara.judged >= {judged} + 50")
    assert page.evaluate("swara.lane.drawn") == drawn
    page.evaluate("back()")
    until(page, f"swara.lane.drawn > {drawn}")
    stop(page)
    assert page.evaluate("swara.dropped_ms") == 0
    other.reload()
    other.click("#uploads [data-take] button >> nth=0")
    other.wait_for_selector("#report .verdict")
    assert other.inner_text("#report dl") == page.inner_text("#report dl")
    page.click("#forget")
    page.wait_for_selector("#take-view", state="hidden")
    other.select_option("#preset", "learner")
    until(other, "document.querySelector('#notice-words').textContent.includes('no take')")
    assert page.errors == []
    page.context.close()


def test_a_laptop_that_slept_is_told_and_the_take_goes_on(browser, address):
    page = opened(browser, address, script=SLEEP)
    start(page)
    page.evaluate("slept_ms = 61000")
    page.wait_for_selector("#notice:not([hidden])")
    assert re.search(r"No sound came for 1:0[01]", words(page))
    stop(page)
    assert page.errors == []
    page.context.close()
