"""The page in a real browser: chromium with a fake microphone, a server of its own, one worker for all."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from swara.data.audio.decode import decode
from swara.data.synth import VOICES, SungNote, render_contour, sing
from tests.browser.pages import DEMO, RATE_HZ, SA_HZ, browsing, missing, opened, serving, silence, write_wav


def pytest_collection_modifyitems(items):
    why = missing()
    for item in items:
        if "browser" in Path(item.fspath).parts:
            item.add_marker(pytest.mark.xdist_group("browser"))
            if why and "node" not in item.fixturenames:
                item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="session")
def address(tmp_path_factory, pack_store):
    given = os.environ.get("SWARA_PAGE")  # a server that runs already
    own = tmp_path_factory.mktemp("served") / "store"
    with contextlib.nullcontext(given) if given else serving(shutil.copytree(pack_store, own)) as url:
        yield url


@pytest.fixture(scope="session")
def play():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def demo() -> np.ndarray:
    return decode(DEMO, rate_hz=RATE_HZ).clip.samples


@pytest.fixture(scope="session")
def browser(play, demo, tmp_path_factory):
    sound = write_wav(tmp_path_factory.mktemp("sound") / "demo.wav", silence(1.0), demo, silence(4.0))
    with browsing(play, sound) as chromium:
        yield chromium


@pytest.fixture(scope="session")
def long_browser(play, demo, tmp_path_factory):
    """A browser whose singer holds Sa for five seconds and goes on for a minute."""
    rng = np.random.default_rng(1)
    contour = render_contour([SungNote(0.0, 5.0)], SA_HZ, rng=rng)
    held = sing(contour, VOICES["mid male"], rate_hz=RATE_HZ, rng=rng)
    sound = write_wav(tmp_path_factory.mktemp("sound") / "long.wav", silence(0.5), held, *[demo] * 14)
    with browsing(play, sound) as chromium:
        yield chromium


@pytest.fixture
def page(browser, address):
    shown = opened(browser, address)
    yield shown
    assert shown.errors == []
    shown.context.close()
