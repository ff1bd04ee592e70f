"""A download comes through a bad network whole, or says why not; it never hangs, and never says a word."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from swara.data.errors import MissingPackage
from swara.embedder.errors import DownloadError
from swara.embedder.hub.pull import RetryPolicy
from swara.embedder.hub.pull.download import download

ROOT = Path(__file__).parents[4]
HANDLE = "google/yamnet/tensorFlow2/yamnet/1"
LIMIT = 4_000_000
MIB = 1 << 20

# In a process of its own, that a limit of its own binds, or that is killed.
_CHILD = """
import resource, sys
from pathlib import Path
from swara.embedder.hub.pull import RetryPolicy
from swara.embedder.hub.pull.download import download
if sys.argv[2] != "unlimited":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
policy = RetryPolicy(total_s=float(sys.argv[3]))
try:
    download("google/yamnet/tensorFlow2/yamnet/1", Path(sys.argv[1]), policy, largest_bytes=4_000_000)
except Exception as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def get(kaggle, cache: Path, quick: RetryPolicy):
    """Download what Kaggle has."""

    def get(policy: RetryPolicy = quick, handle: str = HANDLE, **more) -> Path:
        return download(handle, cache, policy, **({"largest_bytes": LIMIT} | more))

    return get


def _child(cache: Path, limit: str = "unlimited", seconds: float = 60.0) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", _CHILD, str(cache), limit, str(seconds)]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_files_arrive_as_they_are(tree, kaggle, get, cache: Path, files) -> None:
    seen: list[tuple[str, int, int | None]] = []
    size = sum(map(len, files.values()))

    folder = get(progress=lambda *step: seen.append(step), total_bytes=size)

    assert tree(folder) == files
    assert folder.is_relative_to(cache)
    assert seen[-1] == ("downloading", size, size)
    asked = {"ownerSlug": "google", "modelSlug": "yamnet", "instanceSlug": "yamnet", "versionNumber": 1}
    assert asked.items() <= kaggle.asked[0].items()
    assert {part for _, part in kaggle.ranges} == {None}


@pytest.mark.parametrize(
    ("plan", "seconds", "said"),
    [
        ("chatty", 60.0, ""),
        (f"stall_after {2 * MIB}", 3.0, "DownloadError: it is not done within 3 s.\n"),
    ],
)
def test_nothing_else_is_said(kaggle, cache: Path, plan: str, seconds: float, said: str) -> None:
    """``kagglehub`` logs to stdout, and warns there; Python would tell at its end of what is left behind."""
    kaggle.plan(plan)

    assert _child(cache, seconds=seconds).communicate(timeout=60) == ("", said)


def test_one_cut_short_goes_on_from_there(tree, kaggle, get, files) -> None:
    kaggle.plan(f"cut_after {MIB + MIB // 2}")
    seen: list[str] = []

    assert tree(get(progress=lambda stage, *_: seen.append(stage))) == files

    # What kagglehub has written is whole MiB, and it asks once from the beginning to learn where the rest is.
    assert kaggle.big_ranges == [None, None, f"bytes={MIB}-"]
    assert any(stage.startswith("trying again, since the connection fails") for stage in seen)


@pytest.mark.parametrize("now", [None, b"another" * 400_000])
def test_the_next_call_goes_on_and_mixes_in_no_other_file(tree, kaggle, get, files, now) -> None:
    kaggle.plan(f"cut_after {2 * MIB}", "404")
    with pytest.raises(DownloadError, match="404"):
        get()
    kaggle.plan()
    kaggle.files[kaggle.troubled] = now or files[kaggle.troubled]

    assert tree(get()) == files | {kaggle.troubled: kaggle.files[kaggle.troubled]}
    pulls = kaggle.pulls
    get()
    assert kaggle.pulls == pulls  # what is whole is not asked for again
    if now is None:
        assert kaggle.big_ranges[-1] == f"bytes={2 * MIB}-"


def test_a_rest_that_is_an_error_is_not_mixed_in(tree, kaggle, get, files) -> None:
    """``kagglehub`` appends whatever the server answers; the MD5 tells."""
    kaggle.plan(f"cut_after {2 * MIB}", "whole", lambda visit: visit.answer(503, {}, b"an error"))

    assert tree(get()) == files


@pytest.mark.parametrize(("listing", "code"), [(False, "429"), (True, "503")])
def test_a_server_in_trouble_is_asked_again_after_waits_that_grow(
    tree, kaggle, get, quick: RetryPolicy, listing: bool, code: str, files, monkeypatch
) -> None:
    waits_s: list[float] = []
    monkeypatch.setattr(time, "sleep", waits_s.append)
    kaggle.plan(code, code, listing=listing)

    assert tree(get(replace(quick, first_wait_s=1.0))) == files
    assert waits_s == [1.0, 2.0]


@pytest.mark.parametrize(
    ("answer", "tries"), [("503", 3), ("401", 1), ("403", 1), ("404", 1), ("web_page", 1)]
)
def test_but_not_for_ever_and_once_where_it_is_no_use(kaggle, get, answer: str, tries: int) -> None:
    kaggle.plan(*[answer] * 9, listing=True)

    with pytest.raises(DownloadError, match=answer.replace("_", " ")):
        get()

    assert kaggle.pulls == tries


@pytest.mark.parametrize(("listing", "behaviour"), [(True, "stall"), (False, f"stall_after {MIB}")])
def test_no_stalling_server_is_waited_for_long(kaggle, get, quick, listing: bool, behaviour: str) -> None:
    """The first requests of ``kagglehub`` have no timeout."""
    kaggle.plan(*[behaviour] * 9, listing=listing)
    began_s = time.monotonic()

    with pytest.raises(DownloadError, match="nothing arrived for 4 s"):
        get(replace(quick, stall_s=4.0, tries=1))

    assert time.monotonic() - began_s < 20.0  # the server would take 30 s


def test_nor_one_that_never_ends(kaggle, get, slow, quick: RetryPolicy) -> None:
    kaggle.plan(slow(MIB // 8, 1.0, []))

    with pytest.raises(DownloadError, match="not done within 5 s"):
        get(replace(quick, total_s=5.0))


@pytest.mark.parametrize(("proxy", "said"), [("proxy.invalid:1", "no network"), ("127.0.0.1:1", "refused")])
def test_no_network_and_nobody_listening_are_said_soon(
    get, quick, monkeypatch, proxy: str, said: str
) -> None:
    monkeypatch.setenv("http_proxy", f"http://{proxy}")

    with pytest.raises(DownloadError, match=said):
        get(replace(quick, tries=1))


def test_too_much_is_not_taken(tree, kaggle, get, slow, cache: Path) -> None:
    kaggle.plan(slow(10_000, 0.0005, [], headers=False))

    with pytest.raises(DownloadError, match="larger than"):
        get()

    assert sum(map(len, tree(cache).values())) < 50 * LIMIT


def test_a_full_disk_is_said_and_what_came_is_kept(tree, kaggle, get, cache: Path, files) -> None:
    child = _child(cache, str(MIB))  # no file may be longer
    _, said = child.communicate(timeout=60)

    assert said.startswith(f"OutputError: {cache.parent}: the model cannot be kept here: file too large")
    assert "Free some space" in said
    assert said.count("\n") == 1

    assert tree(get()) == files
    assert kaggle.big_ranges[-1] == f"bytes={MIB}-"


def test_a_killed_one_leaves_nobody_at_work(kaggle, slow, cache: Path) -> None:
    served: list[float] = []
    kaggle.plan(slow(10, 0.05, served))
    child = _child(cache)
    while not served:
        time.sleep(0.05)
        assert child.poll() is None
    child.kill()
    child.communicate()

    deadline_s = time.monotonic() + 20.0
    while time.monotonic() - served[-1] < 1.0:  # it went on being served
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def test_one_that_is_ended_from_outside_is_tried_again(tree, kaggle, get, files) -> None:
    def end(visit) -> None:
        for process in multiprocessing.active_children():
            process.kill()

    kaggle.plan(end, listing=True)

    assert tree(get()) == files
    assert kaggle.pulls == 2


def test_without_kagglehub_it_is_named(get, kaggle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("swara.embedder.hub.pull.download.importlib.util.find_spec", lambda _: None)

    with pytest.raises(MissingPackage, match="kagglehub, which is not installed") as caught:
        get()

    assert "--from" in str(caught.value.fix)
    assert kaggle.asked == []
