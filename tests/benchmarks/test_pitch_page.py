"""The benchmark of pitch trackers: its trackers, its memory, its page, its command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.pitch import __main__ as pitch
from benchmarks.pitch import trackers, tracks
from benchmarks.pitch.conditions import Condition
from benchmarks.pitch.measure import TrackerCost, measure
from benchmarks.pitch.report import PAGE, Measured
from benchmarks.pitch.score import Scores
from benchmarks.pitch.sounds import made_voice
from benchmarks.pitch.trackers import TRACKERS, Entry, present
from benchmarks.pitch.tracks import Tracks
from benchmarks.recordings import Sung
from swara.classifier.pitch import TRACK_RATE_HZ as RATE_HZ
from swara.data.clip import Clip
from swara.data.pitch_track import PitchTrack
from swara.data.synth import VOICES


def _tone(hz: float) -> Sung:
    times_s = np.arange(2 * RATE_HZ) / RATE_HZ
    sound = sum(np.sin(2 * np.pi * k * hz * times_s) / k for k in range(1, 9))
    clip = Clip((0.2 * sound).astype(np.float32), RATE_HZ)
    return Sung(f"{hz}", clip, np.arange(0.0, 2.0, 0.005), np.full(400, hz))


def _knows(ratio: float) -> Entry:
    """A tracker that hears every sound at 200 Hz times `ratio`."""

    def make():
        def track(clip):
            times_s = np.arange(0.0, clip.duration_s, 0.01)
            hz = np.full(times_s.size, 200.0 * ratio)
            return PitchTrack(times_s, hz, np.ones(times_s.size), np.ones(times_s.size, bool))

        return track

    ours = {"source": __file__} if ratio == 1 else {}
    return Entry(f"x{ratio:g}", f"times {ratio:g}", () if ours else ("numpy",), make, **ours)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> tuple[Entry, Entry]:
    entries = (_knows(1.0), _knows(2.0))
    for module in (tracks, trackers):
        monkeypatch.setattr(module, "TRACKERS", {entry.name: entry for entry in entries})
    trackers._loaded.cache_clear()
    yield entries
    trackers._loaded.cache_clear()


FOUND = (
    *(
        Condition(name, name, "voices", lambda: [_tone(200.0), _tone(200.0), _tone(230.0)])
        for name in ("clean", "tanpura10", "tanpura5", "tanpura0")
    ),
    Condition("range", "moved", "range", lambda: [_tone(200.0)]),
    Condition("hush", "hush", "quiet", lambda: [Sung.unsung("hush", np.zeros(RATE_HZ, np.float32))]),
)


@pytest.fixture
def measured(made_up: tuple[Entry, Entry]) -> Measured:
    results = measure(made_up, FOUND, Tracks())
    costs = {entry.name: TrackerCost(12.0, 0.4, 150.0, {30: (12.0, 150.0)}) for entry in made_up}
    return Measured(made_up, (TRACKERS["fcpe"],), FOUND, results, costs)


def _page(measured: Measured) -> str:
    return PAGE.render(measured.sections())


def test_a_missing_package_leaves_the_peer_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trackers, "_version", lambda package: "" if package == "torch" else "1.0")
    here, absent = present(("swiftf0", "fcpe", "pesto", "praat"))
    assert [entry.name for entry in here] == ["swiftf0", "praat"]
    assert [entry.missing for entry in absent] == [("torch",), ("torch",)]
    with pytest.raises(SystemExit, match="there is no tracker crepe"):
        present(("pyin", "crepe"))


@pytest.mark.xdist_group("pyin")
@pytest.mark.parametrize("name", [name for name, entry in TRACKERS.items() if not entry.missing])
def test_each_tracker_that_is_installed_hears_a_voice(name: str) -> None:
    sung = made_voice(3, VOICES["mid male"])
    track = TRACKERS[name].make()(sung.clip)
    assert track.times_s.dtype == track.hz.dtype == np.float64
    heard = np.interp(sung.times_s[sung.hz > 0], track.times_s, np.nan_to_num(track.hz))
    cents = 1200 * np.log2(np.maximum(heard, 1.0) / sung.hz[sung.hz > 0])
    assert np.mean(np.abs(cents) < 50) > 0.85


class TestTracks:
    clips = (_tone(200.0).clip, _tone(300.0).clip)

    def test_a_sound_is_heard_once(self, made_up, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        calls = []
        plain = tracks.track_by_name
        monkeypatch.setattr(tracks, "track_by_name", lambda *words: calls.append(words[0]) or plain(*words))
        first = Tracks(folder=tmp_path).of("x1", self.clips)
        memory = Tracks(folder=tmp_path)
        second = memory.of("x1", self.clips)
        assert calls == ["x1", "x1"]
        assert np.array_equal(first[1].hz, second[1].hz)
        assert memory.of("x1", self.clips[1:])[0] is second[1]
        memory.of("x2", self.clips[:1])
        assert calls == ["x1", "x1", "x2"]

    def test_a_new_release_hears_again(self, made_up, tmp_path: Path, monkeypatch) -> None:
        for version in ("98", "99"):
            monkeypatch.setattr(trackers, "_version", lambda package, version=version: version)
            Tracks(folder=tmp_path).of("x2", self.clips[:1])
        assert len({path.parent.name for path in tmp_path.rglob("*.npz")}) == 2

    def test_ours_is_told_apart_by_its_files(self, tmp_path: Path) -> None:
        (tmp_path / "training").mkdir()
        entry = Entry("head", "", (), lambda: None, source=str(tmp_path))
        releases = []
        for name in ("model.bin", "training/draw.py", "head.py"):
            (tmp_path / name).write_text("a")
            releases.append(entry.release)
        assert releases[0] == releases[1] != releases[2]
        assert TRACKERS["pyin"].release != TRACKERS["head"].release


def test_the_page_holds_every_table_and_the_plot_is_drawn(measured: Measured, tmp_path: Path) -> None:
    page = _page(measured)
    for row in (
        "| times 1 | 66.7/66.7/66.7 |",
        "| times 2 | 66.67 |",  # octave errors: the tone of 230 Hz is off by more
        "| times 2 | +66.7 (+0.0 to +100.0) |",
        "| times 1 | 100.0 |",  # all of hush called voiced
        "0.40 s",
    ):
        assert row in page
    assert measured.draw(tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert not Measured(measured.entries, (), FOUND, {}, {}).draw(tmp_path / "none.png")


def test_a_peer_that_is_ahead_is_said_to_be(measured: Measured) -> None:
    ours, peer = measured.results["clean"]["x1"], measured.results["clean"]["x2"]
    assert ours.ahead_of(peer).value == pytest.approx(2 / 3)
    certain, beaten = (
        Scores(np.tile(each.counts[:1], (9, 1)), tuple(range(9)), each.bands) for each in (ours, peer)
    )
    results = {**measured.results, "clean": {"x1": beaten, "x2": certain}}
    assert "-100.0 (-100.0 to -100.0) **behind**" in _page(Measured(measured.entries, (), FOUND, results, {}))


def test_trackers_are_compared_on_the_clips_that_both_heard() -> None:
    counts = np.zeros((3, 9))
    counts[:, 0], counts[:, 1] = 10.0, (10.0, 0.0, 5.0)
    lead = Scores(counts, (0, 1000, 2000)).ahead_of(Scores(counts[[2, 0]], (2000, 0)))
    assert lead.value == 0.0
    assert Scores(counts, (0, 1000, 2000)).within[0].value == 0.5


def test_slow_trackers_hear_every_third_clip_of_many(made_up) -> None:
    slow = Entry("x1", "slow", ("numpy",), made_up[0].make, every=3)
    found = (Condition("clean", "clean", "voices", lambda: [_tone(200.0)] * 7), FOUND[-1])
    results = measure([slow], found, Tracks())
    assert results["clean"]["x1"].clips == (0, 3000, 6000)
    assert results["hush"]["x1"].clips == (0,)


def test_it_writes_a_page_from_what_ships(tmp_path: Path, monkeypatch, made_up) -> None:
    monkeypatch.delenv("SWARA_EVAL_DATA", raising=False)
    monkeypatch.setattr(pitch, "present", lambda names: ([made_up[0]], [TRACKERS["fcpe"]]))
    page, figures = tmp_path / "docs" / "pitch.md", tmp_path / "raw.json"
    words = ["--no-cost", "--quick", "--page", str(page), "--json", str(figures)]
    words += ["--cache", str(tmp_path / "c")]
    with pytest.raises(SystemExit, match="there is no condition fog"):
        pitch.main([*words, "--conditions", "fog"])
    pitch.main([*words, "--conditions", "silence,white"])
    text = page.read_text("utf-8")
    assert "- FCPE: not installed: torchfcpe, torch" in text
    assert "only what is synthesized was measured" in " ".join(text.split())
    assert set(json.loads(figures.read_text("utf-8"))["results"]) == {"silence", "white"}
