"""The benchmark of pitch trackers: its trackers, its memory, its page, its command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.page import Check, Section
from benchmarks.pitch import __main__ as pitch
from benchmarks.pitch import trackers, tracks
from benchmarks.pitch.conditions import Condition
from benchmarks.pitch.long import TITLE as LONG_TITLE
from benchmarks.pitch.measure import TrackerCost, measure
from benchmarks.pitch.plot import draw
from benchmarks.pitch.report import PAGE, Measured
from benchmarks.pitch.score import BANDS_HZ, COLUMNS, Scores
from benchmarks.pitch.sounds import made_voice
from benchmarks.pitch.targets import cost_checks, heard_checks
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
    costs = {
        entry.name: TrackerCost((12.0, 14.0, number), 0.4, 150.0, {30: (12.0, 150.0)})
        for number, entry in enumerate(made_up, 20)
    }
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
@pytest.mark.parametrize(
    "name", [name for name, entry in TRACKERS.items() if not entry.missing and name != "crepe-full"]
)
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
    assert draw(tmp_path / "plot.png", measured.entries, measured.results, measured.costs)
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert draw(tmp_path / "free.png", measured.entries, measured.results, {})
    assert (tmp_path / "free.png").read_bytes() != (tmp_path / "plot.png").read_bytes()
    assert not draw(tmp_path / "none.png", measured.entries, {}, {})


def test_a_peer_that_is_ahead_is_said_to_be(measured: Measured) -> None:
    ours, peer = measured.results["clean"]["x1"], measured.results["clean"]["x2"]
    assert ours.ahead_of(peer).value == pytest.approx(2 / 3)
    certain, beaten = (
        Scores(np.tile(each.counts[:1], (9, 1)), tuple(range(9)), ("a",) * 9, each.bands)
        for each in (ours, peer)
    )
    results = {**measured.results, "clean": {"x1": beaten, "x2": certain}}
    assert "-100.0 (-100.0 to -100.0) **behind**" in _page(Measured(measured.entries, (), FOUND, results, {}))


def test_trackers_are_compared_on_the_clips_that_both_heard() -> None:
    counts = np.zeros((3, COLUMNS))
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
    absent = replace(TRACKERS["fcpe"], packages=("torchfcpe-of-another-name",))
    monkeypatch.setattr(pitch, "present", lambda names: ([made_up[0]], [absent]))
    page, figures = tmp_path / "docs" / "pitch.md", tmp_path / "raw.json"
    words = ["--parts", "heard", "--quick", "--page", str(page), "--json", str(figures)]
    words += ["--cache", str(tmp_path / "c")]
    with pytest.raises(SystemExit, match="there is no condition fog"):
        pitch.main([*words, "--conditions", "fog"])
    pitch.main([*words, "--conditions", "silence,white"])
    text = page.read_text("utf-8")
    assert "- FCPE: not installed: torchfcpe-of-another-name" in text
    assert "only what is synthesized was measured" in " ".join(text.split())
    assert set(json.loads(figures.read_text("utf-8"))["results"]) == {"silence", "white"}
    long = Section(LONG_TITLE, "How.", [Check("pitch: memory", 500.0, 300.0, "MB", at_most=True)])
    monkeypatch.setattr(pitch, "measure_long", lambda: long)
    pitch.main(["--parts", "long", "--page", str(page)])
    again = page.read_text("utf-8")
    assert again.endswith("| pitch: memory | 500.0 MB | at most 300.0 MB | missed by 200.0 MB |\n")
    assert text[text.index("## How it is measured") :].strip() in again
    assert "0 of 1 targets were met" in again
    assert "- What it costs: not measured yet" in again
    assert ["Long recordings: not measured yet" in each for each in (text, again)] == [True, False]


def _scores(within: float = 1.0, recall: float = 1.0, false: float = 0.0, wrong: float = 0.0) -> Scores:
    """Two clips of 100 frames that count for pitch, 100 voiced and 100 unvoiced each, all bands alike."""
    row = [100, *[100 * within] * 3, 2, 100, 100 * recall, 100, 100 * false, 100 * wrong]
    counts = np.array([row, row])
    return Scores(counts, (0, 1000), ("a", "b"), np.tile(row, (len(BANDS_HZ) - 1, 1)))


def test_goals_are_held_against_what_was_heard() -> None:
    ours, live, peer = (Entry(name, name, (), lambda: None) for name in ("head", "head-live", "swiftf0"))
    peer = replace(peer, packages=("swift-f0",))
    worse = _scores(false=0.5)
    worse.counts[1, 8] = 20.0
    at_the_edge = _scores()
    at_the_edge.bands[0, 1] = 60.0
    results = {
        "clean": {"head": _scores(0.9, 0.97), "head-live": _scores(), "swiftf0": _scores(0.95)},
        "tanpura5": {"head": _scores(0.9), "head-live": _scores(0.85)},
        "range": {"head": at_the_edge},
        "above": {"head": _scores(0.0, wrong=0.4)},
        "steady": {"head": _scores(0.9)},
        "shaken": {"head": _scores(0.88)},
        "straight": {"head": _scores(), "head-live": _scores(recall=0.8)},
        "cycles": {"head": worse},
        "concert": {"head": _scores(recall=0.5, false=0.11)},
    }
    checks = heard_checks(results, {name: name for name in results}, [ours, live, peer])
    measured = {check.what: (check.measured, check.met) for check in checks}
    assert measured == {
        what: (pytest.approx(value), met)
        for what, value, met in (
            ("range, 50-80 Hz: behind the mean", 40.0, False),
            ("range, 50-80 Hz: octave errors", 2.0, False),
            ("range, 900-1600 Hz: behind the mean", 0.0, True),
            ("range, 900-1600 Hz: octave errors", 2.0, False),
            ("above what is sung: voiced at a wrong pitch", 40.0, False),
            ("clean: peers significantly ahead within 50 cents (swiftf0)", 1, False),
            ("clean: within 10 cents", 90.0, False),
            ("tanpura5: within 10 cents", 90.0, True),
            ("clean: voicing recall", 97.0, False),
            ("clean: voicing false alarm", 0.0, True),
            ("concert: voicing false alarm", 11.0, False),
            ("tanpura alone, cycles: the worst, a (2 of 2 above)", 50.0, False),
            ("wide vibrato: within 25 cents, behind the same voices as sung", 2.0, False),
            ("unmoving, straight: voicing recall", 100.0, True),
            ("unmoving, straight, live: voicing recall", 80.0, False),
            ("tanpura 5 dB: live behind offline", 5.0, False),
        )
    }


def test_the_slowest_is_held_against_the_others_on_what_it_heard(made_up) -> None:
    slow = replace(made_up[1], name="slow", title="slow", every=2, only=("clean",), apart=True)
    tracks = Tracks()
    tracks.of = lambda name, clips: [made_up[name != "x1"].make()(clip) for clip in clips]
    found = FOUND[:2]
    results = measure([made_up[0], slow], found, tracks)
    assert results["clean"]["slow"].clips == (0, 2000)
    assert "slow" not in results["tanpura10"]
    page = _page(Measured([made_up[0], slow], (), found, results, {}))
    part = page.partition("## CREPE, on a part")[2]
    assert "| times 1 | 50.0/50.0/50.0 |" in part  # the tone of 230 Hz is one of two there
    assert "| slow | 0.0/0.0/0.0 |" in part
    assert "| slow |" not in page.partition("## CREPE, on a part")[0]


def test_costs_are_told_as_ratios_of_rounds_side_by_side() -> None:
    costs = {
        name: TrackerCost(rounds_ms, 0.4, 150.0, {})
        for name, rounds_ms in (
            ("head", (12.0, 30.0, 14.0)),
            ("head-live", (24.0, 45.0, 42.0)),
            ("swiftf0", (10.0, 20.0, 10.0)),
        )
    }
    assert [(check.measured, check.met) for check in cost_checks(costs)] == [(1.4, False), (2.0, True)]
    assert costs["head"].cpu_ms == 12.0
    assert cost_checks({"head": costs["head"]}) == []
