"""The benchmark of pitch trackers: its trackers, its memory, its page, its command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import pitch
from benchmarks.pitchbench import store as store_module
from benchmarks.pitchbench import trackers
from benchmarks.pitchbench.conditions import Condition
from benchmarks.pitchbench.cost import Cost
from benchmarks.pitchbench.figures import raw
from benchmarks.pitchbench.made import made_voice
from benchmarks.pitchbench.material import RATE_HZ, Sung, Track, unsung
from benchmarks.pitchbench.plot import draw
from benchmarks.pitchbench.report import Measured, compared, render
from benchmarks.pitchbench.run import Heard, measure
from benchmarks.pitchbench.store import TrackStore
from benchmarks.pitchbench.trackers import TRACKERS, Entry, present
from swara.data.synth import VOICES


def _tone(hz: float) -> Sung:
    times_s = np.arange(2 * RATE_HZ) / RATE_HZ
    sound = sum(np.sin(2 * np.pi * k * hz * times_s) / k for k in range(1, 9))
    return Sung(f"{hz}", (0.2 * sound).astype(np.float32), np.arange(0.0, 2.0, 0.005), np.full(400, hz))


def _knows(ratio: float) -> Entry:
    """A tracker that hears every sound at 200 Hz times `ratio`."""

    def make():
        def track(samples):
            times_s = np.arange(0.0, samples.size / RATE_HZ, 0.01)
            return Track(times_s, np.full(times_s.size, 200.0 * ratio), np.ones(times_s.size, bool))

        return track

    return Entry(f"x{ratio:g}", f"times {ratio:g}", () if ratio == 1 else ("numpy",), make)


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> tuple[Entry, Entry]:
    entries = (_knows(1.0), _knows(2.0))
    monkeypatch.setattr(store_module, "TRACKERS", {entry.name: entry for entry in entries})
    monkeypatch.setattr(store_module, "_loaded", {})
    return entries


FOUND = (
    *(
        Condition(name, name, lambda: [_tone(200.0), _tone(200.0), _tone(230.0)])
        for name in ("clean", "tanpura10", "tanpura5", "tanpura0")
    ),
    Condition("range", "moved", lambda: [_tone(200.0)], group="range"),
    Condition("hush", "hush", lambda: [unsung("hush", np.zeros(RATE_HZ, np.float32))], group="quiet"),
)


@pytest.fixture
def measured(made_up: tuple[Entry, Entry], tmp_path: Path) -> Measured:
    results = measure(made_up, FOUND, TrackStore(tmp_path / "tracks"), tell=lambda line: None)
    costs = {entry.name: Cost(12.0, 0.4, 150.0, {30: (12.0, 150.0)}) for entry in made_up}
    return Measured(made_up, (TRACKERS["fcpe"],), FOUND, results, costs, False, None)


def test_every_tracker_is_described() -> None:
    ours = [entry.name for entry in TRACKERS.values() if entry.ours]
    assert ours == ["head", "head-live", "pyin"]
    assert all(name == entry.name for name, entry in TRACKERS.items())


def test_an_unknown_tracker_is_refused() -> None:
    with pytest.raises(SystemExit, match="there is no tracker crepe"):
        present(("pyin", "crepe"))


def test_a_missing_package_leaves_the_peer_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trackers, "_version", lambda package: "" if package == "torch" else "1.0")
    here, absent = present(("swiftf0", "fcpe", "pesto", "praat"))
    assert [entry.name for entry in here] == ["swiftf0", "praat"]
    assert [entry.missing for entry in absent] == [("torch",), ("torch",)]


@pytest.mark.parametrize("name", [name for name, entry in TRACKERS.items() if not entry.missing])
def test_each_tracker_that_is_installed_hears_a_voice(name: str) -> None:
    sung = made_voice(3, VOICES["mid male"])
    track = TRACKERS[name].load().track(sung.samples)
    assert track.times_s.dtype == track.hz.dtype == np.float64
    assert track.times_s.shape == track.hz.shape == track.voiced.shape
    heard = np.interp(sung.times_s[sung.hz > 0], track.times_s, np.nan_to_num(track.hz))
    cents = 1200 * np.log2(np.maximum(heard, 1.0) / sung.hz[sung.hz > 0])
    assert np.mean(np.abs(cents) < 50) > 0.85


class TestStore:
    def test_a_sound_is_heard_once(self, made_up, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        calls = []
        plain = store_module.track_by_name
        monkeypatch.setattr(
            store_module, "track_by_name", lambda *words: calls.append(words[0]) or plain(*words)
        )
        sounds = [_tone(200.0).samples, _tone(300.0).samples]
        first = list(TrackStore(tmp_path).tracks(made_up[0], sounds))
        second = list(TrackStore(tmp_path).tracks(made_up[0], sounds))
        assert calls == ["x1", "x1"]
        assert np.array_equal(first[1].hz, second[1].hz)
        list(TrackStore(tmp_path).tracks(made_up[1], sounds[:1]))
        assert calls == ["x1", "x1", "x2"]

    def test_a_new_release_hears_again(
        self, made_up, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        list(TrackStore(tmp_path).tracks(made_up[1], [_tone(200.0).samples]))
        monkeypatch.setattr(trackers, "_version", lambda package: "99")
        list(TrackStore(tmp_path).tracks(made_up[1], [_tone(200.0).samples]))
        assert len({path.parent.name for path in tmp_path.rglob("*.npz")}) == 2

    def test_ours_is_told_apart_by_its_files(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "pyin.py").write_text("a")
        (tmp_path / "model.bin").write_text("a")
        monkeypatch.setattr(trackers.pitch, "__file__", str(tmp_path / "__init__.py"))
        releases = {name: TRACKERS[name].release for name in ("head", "pyin")}
        (tmp_path / "model.bin").write_text("b")
        assert TRACKERS["head"].release != releases["head"]
        assert TRACKERS["pyin"].release == releases["pyin"]


def test_the_page_holds_every_table(measured: Measured) -> None:
    page = render(measured)
    assert "Left out, as they are not installed: FCPE." in page
    assert "only synthesized sounds were measured" in " ".join(page.split())
    assert "| times 1 | 66.7/66.7/66.7 |" in page
    assert "| times 2 | 66.67 |" in page  # octave errors: the tone of 230 Hz is off by more
    assert "| times 2 | +66.7 (+0.0 to +100.0) |" in page
    assert "| times 1 | 100.0 |" in page  # all of hush called voiced
    assert "150-210" in page
    assert "0.40 s" in page
    assert all(len(line) <= 110 or line.startswith("|") for line in page.splitlines())


def test_a_peer_that_is_ahead_is_said_to_be(measured: Measured) -> None:
    ours, peer = measured.results["clean"]["x1"], measured.results["clean"]["x2"]
    assert compared(ours, peer).value == pytest.approx(2 / 3)
    certain = Heard(np.tile(ours.counts[:1], (9, 1)), tuple(range(9)), ours.bands)
    beaten = Heard(np.tile(peer.counts[:1], (9, 1)), tuple(range(9)), peer.bands)
    results = {**measured.results, "clean": {"x1": beaten, "x2": certain}}
    swapped = Measured(measured.entries, (), measured.found, results, {}, True, None)
    assert "-100.0 (-100.0 to -100.0) **behind**" in render(swapped)


def test_the_plot_is_drawn(measured: Measured, tmp_path: Path) -> None:
    assert draw(tmp_path / "plot.png", measured.entries, measured.results, measured.costs)
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    assert not draw(tmp_path / "none.png", measured.entries, {}, {})
    assert not (tmp_path / "none.png").exists()


def test_raw_figures_are_json(measured: Measured) -> None:
    figures = json.loads(json.dumps(raw(measured.results, measured.costs), allow_nan=False))
    assert figures["conditions"]["clean"]["x1"]["within"][0] == pytest.approx(2 / 3)
    assert figures["conditions"]["hush"]["x1"]["recall"] is None
    assert figures["costs"]["x2"]["cpu_ms"] == 12.0


def test_slow_trackers_hear_every_third_clip_of_many(tmp_path: Path, made_up, monkeypatch) -> None:
    slow = Entry("x1", "slow", ("numpy",), made_up[0].make, every=3)
    found = (Condition("clean", "clean", lambda: [_tone(200.0)] * 7), FOUND[-1])
    results = measure([slow], found, TrackStore(tmp_path), tell=lambda line: None)
    assert results["clean"]["x1"].clips == (0, 3000, 6000)
    assert results["hush"]["x1"].clips == (0,)


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def _no_recordings(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SWARA_EVAL_DATA", raising=False)

    def test_an_unknown_condition_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match="there is no condition fog"):
            pitch.main(["--only", "pyin", "--conditions", "fog", "--cache", str(tmp_path)])

    def test_it_writes_a_page_from_what_ships(self, tmp_path: Path, monkeypatch, capsys) -> None:
        entry = _knows(1.0)
        monkeypatch.setattr(pitch, "present", lambda names: ([entry], [TRACKERS["fcpe"]]))
        monkeypatch.setattr(store_module, "TRACKERS", {entry.name: entry})
        monkeypatch.setattr(store_module, "_loaded", {})
        page = tmp_path / "docs" / "pitch.md"
        words = ["--conditions", "silence,white", "--no-cost", "--page", str(page), "--quick"]
        pitch.main([*words, "--cache", str(tmp_path / "c"), "--json", str(tmp_path / "raw.json")])
        assert "left out, not installed: FCPE" in capsys.readouterr().out
        assert "Where nobody sings" in page.read_text("utf-8")
        assert set(json.loads((tmp_path / "raw.json").read_text("utf-8"))["conditions"]) == {
            "silence",
            "white",
        }
