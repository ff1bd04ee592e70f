"""A server, a browser with a fake microphone, and what tests do in them again and again."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "data" / "demo" / "take.flac"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
RATE_HZ = 16_000
# Times are bounded at so many times the targets, which `make bench-live` holds to on an idle machine: here
# two cores have two workers, a browser and a server each: twice as slow as idle, and a quarter more.
SLOW = 2.5
SA_HZ = 140.2  # 20 cents above C#3: no note's name says it
SWARA = (sys.executable, "-c", "from swara import cli; cli.main()")


# Notes by their numbers, as they are known last.
WATCH = """
swara.watch = (kind, detail) => { if (detail.type === "note") { swara.notes.set(detail.id, detail); } };
swara.notes = new Map();
"""


def missing() -> str | None:
    """Return what the browser's tests lack here, or None."""
    if CHROMIUM is None:
        return "chromium is not installed (apt-get install chromium)"
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "playwright is not installed"
    return None if AXE.exists() else "node_modules is missing (make node_modules)"


@contextlib.contextmanager
def serving(store: Path, *options: str):
    """Run `swara serve`; yield the address that it prints, token included."""
    words = [*SWARA, "serve", "--no-open", *options]
    around = os.environ | {"SWARA_STORE": str(store), "PYTHONUNBUFFERED": "1"}
    around.pop("SWARA_HISTORY", None)  # other tests keep none
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=around
    ) as run:
        said = ""
        while not (found := re.search(r"http://\S+token=[\w-]+", said)):
            line = run.stdout.readline()
            assert line, said
            said += line
        try:
            yield found[0]
        finally:
            run.terminate()


@contextlib.contextmanager
def browsing(play, sound: Path):
    """Launch a browser into whose microphone a file is sung, once from each opening on."""
    flags = (
        "--headless=new", "--no-sandbox", "--enable-precise-memory-info", "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={sound}%noloop", "--autoplay-policy=no-user-gesture-required",
    )  # fmt: skip
    browser = play.chromium.launch(executable_path=CHROMIUM, args=flags, ignore_default_args=["--headless"])
    try:
        yield browser
    finally:
        browser.close()


def write_wav(path: Path, *parts: np.ndarray) -> Path:
    import soundfile

    soundfile.write(path, np.concatenate(parts), RATE_HZ, subtype="PCM_16")
    return path


def silence(seconds: float) -> np.ndarray:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def opened(browser, address, *, script="", choose="C#3", **options):
    """Open the page in a context of its own, so that nothing is remembered; fail at any error in it."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
    if script:
        context.add_init_script(script)
    page = context.new_page()
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.on(
        "console", lambda said: page.errors.append(said.text) if "Content Security" in said.text else None
    )
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    page.evaluate(WATCH)
    if choose is not None:
        page.select_option("#tonic", choose)
        page.select_option("#raga", "bhupali")
        page.select_option("#preset", "student")
    return page


def take_id(page) -> str:
    return re.search(r"takes/(\w+)/", page.get_attribute("#downloads a >> nth=0", "href"))[1]


def send_demo(page, *more: Path) -> None:
    """Upload the demo, and wait for its report."""
    page.set_input_files("#files", [str(DEMO), *map(str, more)])
    page.wait_for_selector("#report .verdict", timeout=30_000)


def until(page, what: str, *, seconds: float = 15.0) -> None:
    """Wait until an expression is true in the page."""
    deadline = time.monotonic() + seconds  # wait_for_function would need eval, which the policy forbids
    while not page.evaluate(what):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        page.wait_for_timeout(50)


def seconds_of(answer) -> float:
    started = time.perf_counter()
    answer()
    return time.perf_counter() - started
