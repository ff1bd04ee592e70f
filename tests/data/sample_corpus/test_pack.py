"""The bundled samples: complete, small, as listed, and sung as labelled."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from swara.classifier.pitch.head import pitch_tracker
from swara.data.audio.decode import load_clip
from swara.data.clip import Clip
from swara.data.layouts import Given, read_layout
from swara.data.recording import Recording
from swara.data.sample_corpus.corpus import audio_path, pack_folder, pack_recordings
from swara.data.storage.disk import sha256_of
from swara.data.synth.pack import SCALES, SINGLE, TWELVE_SCALES, pack_takes
from swara.data.synth.vorbis import vorbis_bytes
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara
from swara.raga.tonic_names import note_name
from swara.raga.tuning import JUST

RECORDINGS = pack_recordings()
PHRASE = "S R G P D S' S' D P G R S"
TWELVE = "S r R g G m M P d D n N"


def _name(recording: Recording) -> str:
    return recording.path.removeprefix("pack:")


def test_it_is_complete() -> None:
    singers = Counter(recording.singer for recording in RECORDINGS)
    assert len(singers) >= 4
    assert set(singers.values()) == {len(SCALES) * (len(SINGLE) + 1) + len(TWELVE_SCALES)}
    assert sum(singer.endswith("female") for singer in singers) >= 2
    for singer in singers:
        for scale in SCALES:
            sung = [r for r in RECORDINGS if r.singer == singer and f"/{scale}/" in r.path]
            swaras = [" ".join(label.swara for label in recording.labels) for recording in sung]
            twelve = [swaras.pop()] if scale in TWELVE_SCALES else []
            assert swaras == [*SINGLE.values(), PHRASE]
            assert all(TWELVE in each for each in twelve)
            assert len({recording.tonic_hz for recording in sung}) == 1
            assert note_name(sung[0].tonic_hz)[:-1] == scale.replace("-sharp", "#")


def test_it_says_that_nobody_sang_it() -> None:
    assert all(r.synthesized and r.singer.startswith("synthesized: ") for r in RECORDINGS)
    assert {recording.licence for recording in RECORDINGS} == {"Apache-2.0"}
    assert "No person sang them" in (pack_folder() / "README.md").read_text("utf-8")


def test_it_is_small_and_holds_what_it_lists() -> None:
    files = {path for path in pack_folder().rglob("*") if path.is_file()}
    assert sum(path.stat().st_size for path in files) < 3_600_000
    listed = {audio_path(recording): recording.sha256 for recording in RECORDINGS}
    assert {path for path in files if path.suffix == ".ogg"} == set(listed)
    assert {path: sha256_of(path) for path in listed} == listed


def test_its_folders_tell_the_same_as_its_list() -> None:
    """The customer's own layout: a folder for each scale, a file for each swara."""
    layout = read_layout(pack_folder(), Given("x", "y"))
    assert not layout.refused
    assert {"README.md", "pack.jsonl"} <= {path.name for path in layout.passed_over}
    listed = {audio_path(recording): recording for recording in RECORDINGS}
    assert len(layout.described) == len(listed)
    for described in layout.described:
        recording = listed[described.path]
        assert any(abs(hz / recording.tonic_hz - 1) < 1e-6 for hz in described.tonic.candidates_hz())
        assert described.raga == recording.raga
        named = [swara_letter(*note.pitch) for note in described.notes]
        assert named == ([] if len(recording.labels) > 1 else [recording.labels[0].swara])


@pytest.mark.parametrize("recording", RECORDINGS[3::27], ids=_name)
def test_its_labels_are_right_after_coding(recording: Recording) -> None:
    track = pitch_tracker("head").track(load_clip(audio_path(recording)))
    cents = track.cents(recording.tonic_hz)
    for label in recording.labels:
        inside = (track.times_s >= label.start_s) & (track.times_s < label.end_s)
        assert track.voiced[inside].mean() > 0.9
        svarasthana, octave = parse_swara(label.swara)
        off = np.nanmedian(cents[inside]) - 1200 * octave
        assert abs(JUST.targets[svarasthana.index].offset(off)) < 10


def test_the_script_makes_what_is_there() -> None:
    """Up to what the machine's arithmetic and its version of the encoder change."""
    listed = {recording.path: recording for recording in RECORDINGS}
    for sung in pack_takes(["low female"], ["C-sharp"]):
        recording = listed[f"pack:{sung.name}"]
        times = [(label.start_s, label.end_s) for label in recording.labels]
        assert np.allclose(times, [(label.start_s, label.end_s) for label in sung.labels], atol=1e-3)
        there = load_clip(audio_path(recording)).samples
        made = sung.take.clip.samples
        assert abs(there.size - made.size) <= 16
        length = min(there.size, made.size)
        # Coding moves some phases and drops what is not heard: alike, not the same.
        assert np.corrcoef(there[:length], made[:length])[0, 1] > 0.95


def test_coding_gives_the_same_bytes_every_time_and_they_decode(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    clip = Clip((0.2 * rng.standard_normal(70_000)).astype(np.float32), 16_000)
    coded = vorbis_bytes(clip, smallness=0.7)
    assert coded == vorbis_bytes(clip, smallness=0.7)
    assert coded.count(b"OggS") > 3
    samples, rate_hz = soundfile.read(io.BytesIO(coded), dtype="float32")
    assert (rate_hz, samples.size) == (16_000, 70_000)
    path = tmp_path / "coded.ogg"
    path.write_bytes(coded)
    assert abs(load_clip(path).samples.size - 70_000) <= 16
