"""The page in a browser: how late the line is, and from what; frames a second; memory; how soon it stands."""

from __future__ import annotations

import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.page import Check, Section, Table
from swara.data.clip import Samples
from tests.browser.pages import browsing, missing, opened, serving, write_wav

from .speed import RATE_HZ, singing

MINUTES, CLICKING_MINUTES, CLICK_EVERY_S, SETTLING_S = 30.0, 3.0, 1.3713, 30.0
MOST_P95_MS, LEAST_FPS, MOST_GROWTH = 125.0, 55.0, 10.0
MOST_PAINT_S, REPORT_S, REPORT_SHARE = 1.5, 1.0, 0.04

_METHOD = f"""
Chromium without a window, its fake microphone fed with clicks in the midst of singing, the page and
`swara serve` on the same machine. A click's own time is the wall clock at which its block came into
the AudioWorklet, less its place in the block. Frames come in pairs, with every second block. A click
waits for the end of its block; from the arrival of the block with which frames came until the second frame of
animation after they were drawn is what sockets, judging and drawing take; and the track's stated lookahead is
added, which is that of the earlier of the two, the wait for the other one in it. Counted twice is that wait
where a click's own block brings no frames. To its own place, of every click: until
the frame nearest to it is seen, by the same clock, with nothing added. What a sound card adds before, and a
screen after, is in neither.

A short take is clicked in, with the frames drawn in a second. A long one of {MINUTES:g} minutes follows:
blocks sent and judged, what was dropped, the page's memory after its garbage is collected, from the first
half minute on, and its report."""

_WATCH = """
swara.marks = []; swara.shown = []; swara.heard = 0;
swara.watch = (kind, detail) => {
  if (kind === 'block') {
    const at = detail.samples.findIndex(each => Math.abs(each) > 0.7);
    const late_ms = 1000 * (detail.samples.length - 1 - at) / 16000;
    const at_s = (swara.heard + at) / 16000;
    const wall_ms = detail.captured_ms - late_ms;
    if (at >= 0) { swara.marks.push({number: detail.number, at_s, wall_ms, late_ms}); }
    swara.heard += detail.samples.length;
  }
  if (kind === 'shown') {
    for (const mark of swara.marks.slice(-3)) {
      if (detail.number >= mark.number) { mark.shown ??= detail; }
      if (detail.until_s >= mark.at_s - 0.005) { mark.seen_ms ??= detail.shown_ms; }
    }
  }
};
"""


_WAITS = (
    "place in the block",
    "lookahead",
    "sockets",
    "judging",
    "drawing",
    "in all",
    "to its own place",
    "in all, a pair's wait counted twice",
)


def clicking(seconds: float) -> Samples:
    """Return singing, softly, with a click of half a millisecond every 1.37 s, float32 at 16 kHz."""
    samples = 0.3 * singing(seconds)
    every = round(CLICK_EVERY_S * RATE_HZ)
    for at in range(8):
        samples[every + at :: every] = 0.999
    return samples


def measure(minutes: float = MINUTES) -> Section | None:
    """Measure in a browser; None, and a line that says why, where there is none."""
    why = missing()
    if why:
        print(f"  without a browser: {why}")
        return None
    from playwright.sync_api import sync_playwright

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sound = write_wav(folder / "clicks.wav", clicking(60.0 * minutes + 10.0))
        play = stack.enter_context(sync_playwright())
        browser = stack.enter_context(browsing(play, sound))
        painted_s = _painted(browser, folder)
        address = stack.enter_context(serving(folder / "store"))
        clicked = _sung(opened(browser, address), 60.0 * min(minutes, CLICKING_MINUTES))
        sung = _sung(opened(browser, address), 60.0 * minutes, watched=False)
    return _section(minutes, painted_s, clicked, sung)


def _painted(browser: Any, folder: Path) -> float:
    """Return how long it takes from the start of the server to the first contentful paint, in seconds."""
    page = browser.new_page()
    began_s = time.time()
    with serving(folder / "empty") as address:
        page.goto(address)
        page.wait_for_selector("html[data-ready]")
        after_ms = page.evaluate(
            "performance.timeOrigin + performance.getEntriesByName('first-contentful-paint')[0].startTime"
        )
        page.close()
    return after_ms / 1000.0 - began_s


def _sung(page: Any, seconds: float, *, watched: bool = True) -> dict[str, Any]:
    """Sing for so long; return what the page measured. What is watched piles up in its memory."""
    session = page.context.new_cdp_session(page)

    def heap_mb() -> float:
        session.send("HeapProfiler.collectGarbage")
        return page.evaluate("performance.memory.usedJSHeapSize") / 1e6

    page.evaluate(_WATCH if watched else "swara.marks = []; swara.watch = null")
    page.click("#start")
    page.wait_for_selector("#stop:not([hidden])")
    page.wait_for_timeout(1000.0 * min(SETTLING_S, seconds / 3))
    before_mb, drawn, began_s = heap_mb(), page.evaluate("swara.lane.drawn"), time.perf_counter()
    held_mb = []
    while time.perf_counter() - began_s < seconds - min(SETTLING_S, seconds / 3):
        page.wait_for_timeout(10_000)
        held_mb.append(heap_mb())
    fps = (page.evaluate("swara.lane.drawn") - drawn) / (time.perf_counter() - began_s)
    told = page.evaluate("JSON.stringify({marks: swara.marks, late: swara.dropped_ms})")
    stopped_s = time.perf_counter()
    page.click("#stop")
    page.wait_for_selector("#report .verdict", timeout=120_000)
    report_s = time.perf_counter() - stopped_s
    counts = page.evaluate("[swara.sent, swara.judged]")
    page.close()
    growth = 100.0 * max(abs(each / before_mb - 1.0) for each in held_mb)
    return {**json.loads(told), "fps": fps, "growth": growth, "report_s": report_s, "counts": counts}


def _waits(marks: list[dict[str, Any]]) -> np.ndarray:
    """Return what each click that was seen waited for, ms: float64 array of shape [clicks, _WAITS]."""
    return np.array(
        [
            (
                mark["late_ms"],
                seen["lookahead_ms"],
                seen["received_ms"] - seen["captured_ms"] - seen["judged_ms"],
                seen["judged_ms"],
                seen["shown_ms"] - seen["received_ms"],
                mark["late_ms"] + seen["lookahead_ms"] + seen["shown_ms"] - seen["captured_ms"],
                mark["seen_ms"] - mark["wall_ms"],
                seen["shown_ms"] - mark["wall_ms"] + seen["lookahead_ms"],
            )
            for mark in marks
            if (seen := mark.get("shown")) and "seen_ms" in mark
        ]
    )


def _section(minutes: float, painted_s: float, clicked: dict[str, Any], sung: dict[str, Any]) -> Section:
    waits = _waits(clicked["marks"])
    p50, p95 = np.percentile(waits, (50, 95), axis=0)
    sent, judged = sung["counts"]
    most_s = REPORT_S + REPORT_SHARE * 60.0 * minutes
    return Section(
        "In the browser",
        _METHOD,
        [
            Check("sound to screen, p95", p95[5], MOST_P95_MS, "ms", at_most=True),
            Check("sound to its own place on the screen, p95", p95[6], MOST_P95_MS, "ms", at_most=True),
            Check("frames a second", clicked["fps"], LEAST_FPS, ""),
            Check("blocks sent and not judged", float(sent - judged), 0.0, "", at_most=True),
            Check("left out of the line", float(sung["late"]), 0.0, "ms", at_most=True),
            Check(
                f"memory of the page, change in {minutes:g} minutes",
                sung["growth"],
                MOST_GROWTH,
                at_most=True,
            ),
            Check("the report stands after Stop", sung["report_s"], most_s, "s", at_most=True),
            Check("start of the server to first paint", painted_s, MOST_PAINT_S, "s", at_most=True),
        ],
        [
            Table(
                f"{len(waits)} clicks.",
                ("part", "p50", "p95"),
                [*zip(_WAITS, p50, p95, strict=True)],
                "{:.1f} ms",
            )
        ],
    )
