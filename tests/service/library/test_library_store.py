"""`swara.open_store`: the samples that are known, and those nearest to a note or to a stretch of a take."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import soundfile

import swara
from swara.data.sample_corpus.corpus import audio_path
from swara.service.adviser import adviser
from swara.service.export.take_files import TakeFiles, analyze_file
from swara.service.request import parse_request, preset_thresholds

SA = "C#3"
REFUSED = swara.SwaraError


@pytest.fixture
def store(pack_store: Path) -> swara.Store:
    return swara.open_store(pack_store)


class TestOpening:
    def test_nothing_is_written(self, tmp_path: Path) -> None:
        store = swara.open_store(tmp_path / "store")
        assert (store.version, len(store.samples())) == (None, 184)
        assert repr(store) == f"Store({str(tmp_path / 'store')!r})"
        assert list(tmp_path.iterdir()) == []

    def test_the_usual_one_is_that_of_the_command_line(self, monkeypatch, tmp_path: Path) -> None:
        monkeypatch.setenv("SWARA_STORE", str(tmp_path / "mine"))
        assert swara.open_store().folder == tmp_path / "mine"

    @pytest.mark.parametrize(
        "ask", [lambda s: s.samples(), lambda s: s.search(np.zeros(9_000), 0.1, rate_hz=16_000)]
    )
    def test_a_file_is_no_store(self, tmp_path: Path, ask) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(swara.SwaraError, match="not a directory"):
            ask(swara.open_store(tmp_path / "file"))


class TestSamples:
    def test_all_that_are_known(self, store: swara.Store) -> None:
        frame = store.samples_frame()
        known = store.samples()
        assert list(frame["id"]) == [recording.id for recording in known]
        assert frame["notes"].sum() == sum(len(recording.labels) for recording in known)
        assert frame["synthesized"].all()
        assert set(frame.columns) == {
            *("id", "path", "singer", "tonic_hz", "raga", "notes", "licence", "synthesized")
        }


class TestSearch:
    def test_it_finds_what_the_command_line_finds(self, request, store: swara.Store, demo: Path) -> None:
        done = request.getfixturevalue("swara")(
            "search", demo, "--at", "2.4", "--tonic", SA, "--store", store.folder
        )
        found = store.search(demo, 2.4, tonic=SA)
        assert (found.note.swara, len(found.neighbours)) == ("Pa", 5)
        for near in found.neighbours:
            assert near.item.recording in done.out
            assert f"{near.similarity:.2f}" in done.out

    def test_an_array_finds_what_its_file_finds(self, store: swara.Store, demo: Path) -> None:
        samples, rate_hz = soundfile.read(demo, dtype="float32")
        found = store.search(samples, 2.4, rate_hz=rate_hz, tonic=SA, count=2)
        assert found.neighbours == store.search(demo, 2.4, tonic=SA, count=2).neighbours
        assert len(found.neighbours) == 2

    def test_a_sample_is_not_its_own_neighbour(self, store: swara.Store) -> None:
        recording = next(each for each in store.samples() if len(each.labels) > 3)
        label = recording.labels[1]
        at_s, sound = (label.start_s + label.end_s) / 2, audio_path(recording)
        found = store.search(sound, at_s, tonic=recording.tonic_hz)
        assert recording.id not in {near.item.recording for near in found.neighbours}
        samples, rate_hz = soundfile.read(sound, dtype="float32")
        itself = store.search_span(samples, label.start_s, label.end_s, label.swara, rate_hz=rate_hz)
        assert itself[0].item.recording == recording.id
        assert itself[0].similarity > 0.99

    @pytest.mark.parametrize("swara_text", ["P", "Pa", "madhya pa"])
    def test_a_span_is_compared_with_one_swara(self, store, demo: Path, swara_text: str) -> None:
        wanted = store.search(demo, 2.4, tonic=SA, count=3)
        near = store.search_span(demo, wanted.note.start_s, wanted.note.end_s, swara_text, count=3)
        assert [each.item.swara for each in near] == ["P", "P", "P"]
        assert near == wanted.neighbours

    def test_silence_is_near_to_nothing(self, store: swara.Store) -> None:
        assert store.search_span(np.zeros(32_000), 0.5, 1.0, "G", rate_hz=16_000) == ()

    def test_what_is_found_can_be_listened_to(self, store: swara.Store, demo: Path) -> None:
        (near,) = store.search_span(demo, 1.94, 2.59, "P", count=1)
        clip = store.sound_of(near)
        assert clip.duration_s == pytest.approx(near.item.end_s - near.item.start_s + 0.1, abs=0.01)
        assert np.abs(clip.samples).max() > 0.01

    @pytest.mark.parametrize(
        ("ask", "refusal", "said"),
        [
            (
                lambda s, take: s.search(take, 100),
                REFUSED,
                r"no steady note is sung at 100 s\. The nearest is",
            ),
            (lambda s, take: s.search_span(take, 4, 6, "G"), REFUSED, r"ends at 4\.85 s, before 6 s"),
            (lambda s, take: s.search_span(take, 1, 2, "H"), REFUSED, '"H" names no swara'),
            (lambda s, take: s.search("absent.wav", 1), REFUSED, "absent.wav: no such file"),
            (lambda s, take: s.search(take, float("nan")), ValueError, "cannot look for"),
            (lambda s, take: s.search(take, 2.4, count=0), ValueError, "cannot look for"),
            (lambda s, take: s.search_span(take, 2.4, 2.4, "P"), ValueError, "cannot look for"),
            (lambda s, take: s.search_span(take, -1, 2.4, "P"), ValueError, "cannot look for"),
            (lambda s, take: s.search_span(take, 1, float("inf"), "P"), ValueError, "cannot look for"),
        ],
    )
    def test_what_cannot_be_looked_for(self, store, demo: Path, ask, refusal, said: str) -> None:
        with pytest.raises(refusal, match=said):
            ask(store, demo)


class TestOneStoreForManyTakes:
    def test_it_is_loaded_once_and_again_when_another_version_is_live(self, store, demo, monkeypatch) -> None:
        loaded: list[Path] = []
        load = adviser.load_model
        monkeypatch.setattr(adviser, "load_model", lambda folder: (loaded.append(folder), load(folder))[1])
        for _ in range(2):
            assert swara.analyze(demo, tonic=SA, store=store).model == store.version
        assert len(loaded) == 1
        monkeypatch.setattr(type(store), "version", property(lambda self: "another"))
        store.search(demo, 2.4, tonic=SA)
        assert len(loaded) == 2

    def test_threads_may_share_it(self, store: swara.Store, demo: Path) -> None:
        alone = swara.analyze(demo, tonic=SA, store=store)
        with ThreadPoolExecutor(3) as threads:
            beside = list(threads.map(lambda _: swara.analyze(demo, tonic=SA, store=store), range(6)))
        assert all(each.opinions == alone.opinions for each in beside)
        assert all(each.segments == alone.segments for each in beside)

    def test_it_says_what_a_take_on_disk_is_told(self, store: swara.Store, demo: Path) -> None:
        request = parse_request(SA, None, "just", preset_thresholds("student"), store.folder)
        model = adviser.load_model(store.folder)
        written = analyze_file(demo, request, TakeFiles(), max_duration_s=None, model=model)
        assert swara.analyze(demo, tonic=SA, store=store).opinions == written.opinions
