"""Tracks are kept by the tracker that found them; those of the bundled samples ship."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from swara.classifier.pitch.head import HeadTracker, pitch_tracker, tracker_fingerprint
from swara.classifier.pitch.network import MODEL_FILE, PitchNetwork
from swara.data.audio.decode import load_clip
from swara.data.sample_corpus.corpus import audio_path, pack_recordings
from swara.service.samples.bundled_tracks import bundled_tracks


class Tracker:
    def __init__(self, name: str, release: str = "1") -> None:
        self.name, self.release = name, release


def test_trackers_have_fingerprints_of_their_own() -> None:
    one, other = tracker_fingerprint(Tracker("one")), tracker_fingerprint(Tracker("other"))
    assert one != other
    assert one == tracker_fingerprint(Tracker("one"))
    assert one != tracker_fingerprint(Tracker("one", "2"))
    assert len(one) == 16
    assert bundled_tracks(one) == {}


def test_another_network_or_revision_has_another_fingerprint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The file format has room for more behind its end.
    retrained = tmp_path / "pitch.tflite"
    retrained.write_bytes(MODEL_FILE.read_bytes() + b"\0")
    shipped, other = (
        tracker_fingerprint(HeadTracker(PitchNetwork(file))) for file in (MODEL_FILE, retrained)
    )
    assert shipped == tracker_fingerprint(pitch_tracker("head"))
    assert other != shipped
    monkeypatch.setattr("swara.classifier.pitch.head._REVISION", 1_000_000)
    assert tracker_fingerprint(pitch_tracker("head")) != shipped


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
