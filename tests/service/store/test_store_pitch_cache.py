"""The pitch cache gives back what was put in, or nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swara.classifier.pitch import pitch_tracker
from swara.classifier.pitch.head import HeadTracker
from swara.classifier.pitch.network import MODEL_FILE, PitchNetwork
from swara.data.audio.decode import load_clip
from swara.data.corpus.corpus import audio_path, pack_recordings
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.service.samples.bundled_tracks import bundled_tracks
from swara.service.store.pitch_cache import PitchCache, tracker_fingerprint

SHA = "ab" * 32


class Tracker:
    def __init__(self, name: str, release: str = "1") -> None:
        self.name, self.release = name, release


@pytest.fixture
def track() -> PitchTrack:
    hz = np.array([np.nan, 200.25, 201.5, np.nan])
    return PitchTrack(HOP_S * np.arange(4), hz, np.array([0.1, 0.9, 0.8, 0.0]), np.isfinite(hz))


def test_what_was_put_in_comes_out(tmp_path: Path, track: PitchTrack) -> None:
    PitchCache(tmp_path / "pitch").put("f1", SHA, track)
    found = PitchCache(tmp_path / "pitch").get("f1", SHA)

    assert found is not None
    for name in ("times_s", "hz", "confidence", "voiced"):
        np.testing.assert_array_equal(getattr(found, name), getattr(track, name))
    assert [path.name for path in (tmp_path / "pitch" / "f1").iterdir()] == [f"{SHA}.npz"]


def test_another_recording_or_tracker_finds_nothing(tmp_path: Path, track: PitchTrack) -> None:
    cache = PitchCache(tmp_path)
    cache.put("f1", SHA, track)
    assert cache.get("f2", SHA) is None
    assert cache.get("f1", SHA[::-1]) is None
    assert cache.damaged == 0


def test_a_damaged_entry_is_a_miss_and_goes(tmp_path: Path, track: PitchTrack) -> None:
    cache = PitchCache(tmp_path)
    cache.put("f1", SHA, track)
    path = tmp_path / "f1" / f"{SHA}.npz"
    whole = path.read_bytes()
    for place in range(0, len(whole), 3):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        found = PitchCache(tmp_path).get("f1", SHA)
        # A byte that is of no account to the format may differ.
        assert found is None or found.hz.tobytes() == track.hz.tobytes()
        assert path.exists() == (found is not None)
    for cut in range(0, len(whole), 50):
        path.write_bytes(whole[:cut])
        assert cache.get("f1", SHA) is None
        assert not path.exists()
    assert cache.damaged == len(range(0, len(whole), 50))


def test_a_pickle_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "f1" / f"{SHA}.npz"
    path.parent.mkdir()
    np.savez(path, times_s=np.array([object()], dtype=object))
    assert PitchCache(tmp_path).get("f1", SHA) is None


def test_trackers_have_fingerprints_of_their_own() -> None:
    one, other = tracker_fingerprint(Tracker("one")), tracker_fingerprint(Tracker("other"))
    assert one != other
    assert one == tracker_fingerprint(Tracker("one"))
    assert one != tracker_fingerprint(Tracker("one", "2"))
    assert len(one) == 16


def test_another_network_has_another_fingerprint(tmp_path: Path) -> None:
    # The file format has room for more behind its end.
    retrained = tmp_path / "pitch.tflite"
    retrained.write_bytes(MODEL_FILE.read_bytes() + b"\0")
    shipped, other = (
        tracker_fingerprint(HeadTracker(PitchNetwork(file))) for file in (MODEL_FILE, retrained)
    )
    assert shipped == tracker_fingerprint(pitch_tracker("head"))
    assert other != shipped


def test_another_revision_of_the_head_has_another_fingerprint(monkeypatch: pytest.MonkeyPatch) -> None:
    before = tracker_fingerprint(pitch_tracker("head"))
    monkeypatch.setattr("swara.classifier.pitch.head._REVISION", 1_000_000)
    assert tracker_fingerprint(pitch_tracker("head")) != before


def test_the_bundled_tracks_are_those_of_the_tracker() -> None:
    tracker = pitch_tracker("head")
    bundled = bundled_tracks(tracker_fingerprint(tracker))
    recordings = pack_recordings()

    assert set(bundled) == {recording.sha256 for recording in recordings}, (
        "data/samples/pitch.npz is of another tracker: python -m swara.service.samples.bundled_tracks"
    )
    for recording in (recordings[0], recordings[-8]):
        track, known = tracker.track(load_clip(audio_path(recording))), bundled[recording.sha256]
        np.testing.assert_array_equal(known.times_s, track.times_s)
        np.testing.assert_array_equal(known.voiced, track.voiced)
        np.testing.assert_allclose(known.cents(100.0), track.cents(100.0), atol=0.01)
        np.testing.assert_allclose(known.confidence, track.confidence, atol=1e-6)


def test_another_tracker_has_no_bundled_tracks() -> None:
    assert bundled_tracks(tracker_fingerprint(Tracker("another"))) == {}
