"""`swara.analyze`, `swara.pitch`, `swara.embed`: what the command line says, of files and of arrays."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import mir_eval
import numpy as np
import pandas as pd
import pytest
import soundfile

import swara
from swara.data.pitch_track import PitchTrack
from swara.data.take import Note
from swara.embedder.registry import embedder_named
from swara.service.report.json_report import to_dict

SA = "C#3"
REFUSED = swara.SwaraError


@pytest.fixture(scope="module")
def sung() -> dict[str, np.ndarray | int]:
    """The demo take as an array, and its rate."""
    take = Path(__file__).parents[3] / "data" / "demo" / "take.flac"
    samples, rate_hz = soundfile.read(take, dtype="float32")
    return {"source": samples, "rate_hz": rate_hz}


@pytest.fixture(scope="module")
def report(sung) -> swara.TakeReport:
    return swara.analyze(**sung, tonic=SA, samples=False)


@pytest.fixture(scope="module")
def silent() -> swara.TakeReport:
    return swara.analyze(np.zeros(16_000, np.float32), rate_hz=16_000, samples=False)


class TestAnalyze:
    def test_it_says_what_the_command_line_says(self, request, demo: Path, pack_store: Path) -> None:
        done = request.getfixturevalue("swara")(
            "analyze", demo, "--tonic", SA, "--json", "-", "--store", pack_store
        )
        report = swara.analyze(demo, tonic=SA, store=pack_store)
        assert to_dict(report) == json.loads(done.out)
        assert report.opinions

    def test_an_array_is_judged_as_the_file_that_holds_it(self, sung, demo, pack_store: Path) -> None:
        store = swara.open_store(pack_store)
        file = to_dict(swara.analyze(str(demo), store=store))
        array = to_dict(swara.analyze(**sung, store=store))
        assert file.pop("source") == "take.flac"
        assert array.pop("source") == "samples"
        assert array == file

    def test_what_is_asked_for_is_judged(self, sung, pack_store: Path) -> None:
        wanted = {"raga": "Yaman", "tuning": "equal", "perfect_cents": 5.0, "tonic": np.float64(140.0)}
        report = swara.analyze(**sung, samples=False, **wanted)
        assert (report.raga, report.tuning, report.tonic.hz) == ("Yaman", "equal", 140.0)
        assert (report.thresholds.perfect_cents, report.thresholds.in_tune_cents) == (5.0, 25.0)
        learned = swara.analyze(**sung, preset="performer", tuning="learned", store=pack_store)
        assert (learned.tuning, learned.thresholds.preset) == ("learned", "performer")

    def test_without_samples_no_store_is_made(self, report, tmp_path: Path) -> None:
        assert (report.model, report.opinions) == (None, ())
        swara.analyze(np.zeros(16_000), rate_hz=16_000, samples=False, store=tmp_path / "store")
        assert list(tmp_path.iterdir()) == []

    def test_a_store_that_cannot_be_used_is_a_warning(self, sung, tmp_path: Path) -> None:
        no_store = tmp_path / "file"
        no_store.touch()
        report = swara.analyze(**sung, tonic=SA, store=no_store)
        assert report.warnings[0].startswith("Not compared with professional samples: ")
        assert report.notes

    def test_progress_is_told(self, sung) -> None:
        told: list[float] = []
        swara.analyze(**sung, samples=False, progress=told.append)
        assert told == sorted(told)
        assert told[-1] == 1.0

    @pytest.mark.parametrize(
        ("wrong", "refusal", "said"),
        [
            ({"preset": "strict"}, ValueError, "no preset is called 'strict': there is learner"),
            ({"perfect_cents": 30, "in_tune_cents": 20}, ValueError, "perfect_cents 30 and in_tune_cents 20"),
            ({"perfect_cents": float("nan")}, ValueError, "perfect_cents nan"),
            ({"max_minutes": 0}, ValueError, "max_minutes must be above 0"),
            ({"tonic": "H"}, REFUSED, '"H" is no tonic'),
            ({"tonic": float("nan")}, REFUSED, '"nan" is no tonic'),
            ({"tonic": 20.0}, REFUSED, "outside the range"),
            ({"raga": "Bhupaali Todee"}, REFUSED, "is not known yet"),
            ({"tuning": "pythagorean"}, REFUSED, "no tuning is called"),
            ({"tuning": "learned", "store": "absent"}, REFUSED, "^absent: nothing was learned yet"),
            ({"max_minutes": 0.01}, REFUSED, r"pass None for no limit, or cut the recording\.$"),
        ],
    )
    def test_what_cannot_be_asked_is_one_line(self, demo: Path, wrong, refusal, said) -> None:
        with pytest.raises(refusal, match=said) as caught:
            swara.analyze(demo, samples=False, **wrong)
        assert "\n" not in str(caught.value)


TAKERS = {
    "analyze": lambda *a, **k: swara.analyze(*a, samples=False, **k),
    "pitch": swara.pitch,
    "embed": swara.embed,
}


@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS)
class TestEveryTaker:
    @pytest.mark.parametrize(
        ("source", "rate_hz", "refusal", "said"),
        [
            (None, None, TypeError, "a take is a path or a NumPy array of samples; got NoneType"),
            (b"take.wav", None, TypeError, "got bytes"),
            ([0.0] * 16_000, 16_000, TypeError, "got list"),
            (np.zeros(16_000), None, TypeError, "samples in an array need their rate_hz"),
            ("take.wav", 16_000, TypeError, "rate_hz is for samples in an array"),
            (np.zeros(16_000, np.int64), 16_000, TypeError, "int64"),
            ("absent.wav", None, REFUSED, "^absent.wav: no such file"),
            (Path(__file__), None, REFUSED, "not a recording that can be read"),
            (Path(__file__).parent, None, REFUSED, "this is a folder"),
            (np.zeros(0), 16_000, REFUSED, "^samples: .*no samples"),
            (np.full(9, np.nan), 16_000, REFUSED, "^samples: .*sample 0, at 0.000 s, is not a finite"),
        ],
    )
    def test_no_take_no_recording_and_no_sound(self, take, source, rate_hz, refusal, said: str) -> None:
        with pytest.raises(refusal, match=said):
            take(source, rate_hz=rate_hz)

    def test_the_samples_stay_as_they_are_and_belong_to_the_caller(self, take, sung) -> None:
        samples = sung["source"].copy()
        arrays = _arrays(take(samples, rate_hz=sung["rate_hz"]))
        np.testing.assert_array_equal(samples, sung["source"])
        assert arrays
        assert not any(np.shares_memory(samples, array) for array in arrays)


def _arrays(result: object) -> list[np.ndarray]:
    track = getattr(result, "track", result)
    values = [getattr(track, name) for name in type(track).__slots__]
    return [value for value in values if isinstance(value, np.ndarray)]


@pytest.mark.parametrize("take", [swara.pitch, swara.embed])
def test_a_damaged_file_warns_whoever_asked(take, tmp_path: Path) -> None:
    file = tmp_path / "take.mp3"
    noise = np.random.default_rng(0).standard_normal(4 * 44_100)
    soundfile.write(file, (0.1 * noise).astype(np.float32), 44_100)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.warns(UserWarning, match=f"^{re.escape(str(file))}: .*could be decoded") as caught:
        take(file)
    assert {warning.filename for warning in caught} == {__file__}


class TestPitch:
    def test_it_is_the_report_s_and_channels_are_mixed(self, sung, report) -> None:
        both = np.stack([sung["source"]] * 2, axis=1)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            tracks = swara.pitch(**sung), swara.pitch(both, rate_hz=sung["rate_hz"])
        for track in tracks:
            np.testing.assert_array_equal(track.hz, report.track.hz)
            np.testing.assert_array_equal(track.voiced, report.track.voiced)

    def test_a_stream_takes_samples_as_they_come(self, sung) -> None:
        samples, rate_hz = sung.values()
        stream = swara.PitchStream()
        assert stream.rate_hz == rate_hz
        first = stream.push(samples[: rate_hz // 2])
        assert len(first) == pytest.approx(100 * (0.5 - stream.lookahead_s), abs=2)
        assert len(first) + len(stream.push(samples[rate_hz // 2 :])) + len(stream.finish()) == 486


class TestEmbed:
    def test_it_is_the_embedder_s(self, sung, demo: Path) -> None:
        found, builtin = swara.embed(**sung), embedder_named("builtin")
        assert found.spec == builtin.spec
        np.testing.assert_array_equal(found.vectors, swara.embed(demo).vectors)
        assert found.vectors.shape == (found.times_s.size, found.spec.dim)
        with pytest.raises(swara.SwaraError, match=r"no embedder is called 'x'\. There is builtin"):
            swara.embed(demo, embedder="x")


class TestFrames:
    def test_of_the_pitch(self, report) -> None:
        frame = report.track.frame()
        assert list(frame.columns) == ["time_s", "hz", "confidence", "voiced"]
        assert [str(dtype) for dtype in frame.dtypes] == ["float64", "float64", "float64", "bool"]
        np.testing.assert_array_equal(frame["hz"], report.track.hz)
        assert not np.shares_memory(frame["hz"].to_numpy(), report.track.hz)

    def test_of_the_notes_and_the_swaras(self, report) -> None:
        frame = report.notes_frame()
        assert list(frame["swara"]) == [note.swara for note in report.notes]
        assert frame["hz"][0] == pytest.approx(138.6, abs=0.5)
        assert frame[["head_swara", "head_probability", "head_agrees"]].isna().all(axis=None)
        assert frame.groupby("swara")["raga_cents_off"].mean()["Ga"] < -10
        assert list(report.swaras_frame()["swara"]) == [each.swara for each in report.per_swara]

    def test_of_what_the_model_says(self, sung, pack_store: Path) -> None:
        report = swara.analyze(**sung, tonic=SA, store=pack_store)
        notes, near = report.notes_frame(), report.neighbours_frame()
        assert list(notes["head_swara"]) == [opinion.swara for opinion in report.opinions]
        assert notes["head_agrees"].all()
        assert list(near["note"]) == [note for note in range(len(report.notes)) for _ in range(3)]
        assert near.groupby("note")["similarity"].is_monotonic_decreasing.all()
        assert near["recording"][0] == report.opinions[0].neighbours[0].item.recording

    def test_of_the_segments_which_tile_the_take(self, report) -> None:
        frame = report.segments_frame()
        assert set(frame["kind"]) == {"note", "glide", "silence"}
        np.testing.assert_array_equal(frame["end_s"][:-1], frame["start_s"][1:])
        numbers = frame["note"].dropna()
        assert list(numbers) == list(range(len(report.notes)))
        starts = frame.loc[numbers.index, "start_s"].to_numpy()
        np.testing.assert_array_equal(starts, report.notes_frame()["start_s"])

    @pytest.mark.parametrize("name", ["notes", "segments", "swaras", "neighbours"])
    def test_takes_without_notes_can_be_joined_to_others(self, report, silent, name: str) -> None:
        some, none = (getattr(each, f"{name}_frame")() for each in (report, silent))
        assert list(none.columns) == list(some.columns)
        assert list(none.dtypes) == list(some.dtypes)
        assert list(pd.concat([some, none]).dtypes) == list(some.dtypes)

    @pytest.mark.parametrize("name", ["notes", "segments", "swaras", "neighbours"])
    def test_columns_are_documented(self, report, name: str) -> None:
        method = getattr(swara.TakeReport, f"{name}_frame")
        types = {"notes": Note, "swaras": swara.SwaraStats, "neighbours": swara.Item}
        documented = set(re.findall(r"``(\w+)``", method.__doc__))
        documented |= set(getattr(types.get(name), "__slots__", ()))
        assert set(getattr(report, f"{name}_frame")().columns) <= documented

    def test_without_pandas_one_line_says_so(self, report, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(__import__("sys").modules, "pandas", None)
        for call in (report.notes_frame, report.segments_frame, report.track.frame):
            said = r"takes pandas, which is not installed\. .*pip install 'pandas>="
            with pytest.raises(swara.SwaraError, match=said):
                call()


class TestMirEval:
    def test_a_track_scores_itself_perfectly(self, report) -> None:
        times_s, hz = report.track.mir_eval()
        truth_hz = np.where(report.track.voiced, report.track.hz, 0.0)
        scores = mir_eval.melody.evaluate(times_s, truth_hz, times_s, hz)
        assert scores["Overall Accuracy"] == scores["Raw Pitch Accuracy"] == 1.0
        assert scores["Voicing False Alarm"] == 0.0

    def test_the_pitch_of_frames_that_are_not_sung_counts_as_pitch_alone(self, report) -> None:
        times_s, hz = report.track.mir_eval()
        truth_hz = np.where(np.arange(hz.size) < 12, np.abs(hz), 0.0)
        assert not report.track.voiced[:12].any()
        scores = mir_eval.melody.evaluate(times_s, truth_hz, times_s, hz)
        assert (scores["Raw Pitch Accuracy"], scores["Voicing Recall"]) == (1.0, 0.0)

    def test_no_estimate_is_no_pitch(self) -> None:
        two = np.array([0.0, 0.01])
        track = PitchTrack(two, np.array([np.nan, 200.0]), two, np.array([False, True]))
        times_s, hz = track.mir_eval()
        assert hz.tolist() == [0.0, 200.0]
        mir_eval.melody.validate(*mir_eval.melody.to_cent_voicing(times_s, hz, times_s, hz))
        times_s[0] = 9.0
        assert two[0] == 0.0

    def test_notes_score_themselves_perfectly(self, report) -> None:
        notes = report.mir_eval_notes()
        scores = mir_eval.transcription.evaluate(*notes, *notes)
        assert scores["F-measure"] == scores["Average_Overlap_Ratio"] == 1.0

    def test_notes_against_the_labels_of_the_take(self, report, demo: Path) -> None:
        truth = json.loads(demo.with_suffix(".json").read_text("utf-8"))
        spans_s = np.array([(label["onset_s"], label["end_s"]) for label in truth["labels"]])
        hz = truth["sa_hz"] * 2 ** (np.array([label["cents_true"] for label in truth["labels"]]) / 1200)
        scores = mir_eval.transcription.evaluate(spans_s, hz, *report.mir_eval_notes(), onset_tolerance=0.1)
        assert scores["F-measure_no_offset"] == 1.0

    def test_no_notes(self, silent, report) -> None:
        spans, hz = silent.mir_eval_notes()
        assert (spans.shape, hz.shape) == ((0, 2), (0,))
        with pytest.warns(UserWarning, match="empty"):
            scores = mir_eval.transcription.evaluate(*report.mir_eval_notes(), spans, hz)
        assert scores["F-measure"] == 0.0
