"""What users say was wrong is kept, and learned from once it is confirmed."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, replace
from datetime import UTC, datetime
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
import soundfile

from benchmarks.rebuild.choir import relabel, sing
from swara.classifier.notes import PRESETS
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.data.audio.decode import decode
from swara.data.sample_corpus.corpus import read_corpus
from swara.data.storage.disk import sha256_of
from swara.data.storage.json_lines import LineLog
from swara.raga.errors import BadNotation
from swara.raga.tonic_names import parse_tonic
from swara.raga.tuning import JUST
from swara.service.errors import NoNoteThere, StoreDamaged, StoreError
from swara.service.feedback.add import add_correction
from swara.service.feedback.check import check_corrections
from swara.service.feedback.log import (
    Correction,
    confirm_correction,
    known_corrections,
    note_correction,
    withdraw_correction,
)
from swara.service.rebuild.corrections import Corrections, corrections_report
from swara.service.rebuild.targets import targets_from_json
from swara.service.take.analyze import Request, analyze


def correction(recording: Path, **fields: object) -> Correction:
    heard = {"start_s": 0.03, "end_s": 0.17, "tonic_hz": 200.0, "named": "R", "judged": "low"}
    said = {"id": "0123abcd", "at": "2025-03-01", "swara": "S", "verdict": None, "confirmed": True}
    return Correction(**{"path": str(recording), "sha256": sha256_of(recording)} | heard | said | fields)


def keep(studio, given: Correction) -> Correction:
    LineLog(studio.store.feedback, StoreError).append({"add": asdict(given)})
    return given


@pytest.fixture
def steady(studio):
    """A tracker that hears Re whatever sounds."""

    class Steady:
        name, release = "steady", "1"

        def track(self, clip, progress=None):
            heard = studio.tracker.track(clip)
            return replace(heard, hz=np.full(heard.hz.size, 225.0))

    return Steady()


@pytest.fixture
def give(studio, tmp_path, steady):
    """Correct the note of a take that sings Re."""
    take = tmp_path / "take.wav"
    times_s = np.arange(TRACK_RATE_HZ) / TRACK_RATE_HZ
    soundfile.write(take, 0.5 * np.sin(2 * np.pi * 225.0 * times_s + 0.1), TRACK_RATE_HZ)
    request = Request(JUST, PRESETS["student"], parse_tonic("200"))
    given = {"swara": None, "verdict": None, "confirmed": False, "max_duration_s": None}
    given["now"] = datetime(2025, 3, 1, tzinfo=UTC)
    return lambda at_s, **more: add_correction(studio.store, take, at_s, request, steady, **given | more)


def first_of(corpus: Path):
    return read_corpus(corpus)[0]


class TestTheLog:
    """Append-only, and read back as it was written."""

    def test_what_is_added_is_known(self, studio, demo) -> None:
        first = keep(studio, correction(demo, confirmed=False))
        before = studio.store.feedback.read_bytes()
        confirmed = confirm_correction(studio.store, "0123")
        assert studio.store.feedback.read_bytes().startswith(before)
        assert known_corrections(studio.store) == (confirmed,)
        assert confirmed == replace(first, confirmed=True)

    @pytest.mark.parametrize(
        "line", [b"noise\n", b'{"add": {}}\n', b'{"confirm": "x"}\n', b'{"withdraw": "x"}\n']
    )
    def test_a_damaged_line_is_named(self, studio, demo, line: bytes) -> None:
        keep(studio, correction(demo))
        studio.store.feedback.write_bytes(studio.store.feedback.read_bytes() + line)
        with pytest.raises(StoreDamaged, match=r"feedback\.jsonl, line 2"):
            studio.rebuild()

    def test_a_name_need_not_be_unicode(self, studio, demo) -> None:
        given = correction(demo, path=os.fsdecode(b"/takes/tak\xe9.wav"))
        kept = note_correction(studio.store, given, confirmed=True)
        assert known_corrections(studio.store) == (kept,)
        report = corrections_report(Corrections(takes=(kept,)), [], None, object(), {})
        assert json.loads(json.dumps(report, ensure_ascii=False).encode())["used"][0]["file"] == "tak?.wav"


class TestWithdrawing:
    """A correction that was wrong is taken back by a further line."""

    def test_it_is_known_as_withdrawn_and_twice_is_once(self, studio, demo) -> None:
        given = keep(studio, correction(demo))
        before = studio.store.feedback.read_bytes()
        assert withdraw_correction(studio.store, "0123") == (replace(given, withdrawn=True), False)
        assert withdraw_correction(studio.store, "0123").before
        assert studio.store.feedback.read_bytes() == before + b'{"withdraw": "0123abcd"}\n'
        (known,) = known_corrections(studio.store)
        assert (known.withdrawn, known.counts) == (True, False)

    def test_it_cannot_be_confirmed_any_more(self, studio, demo) -> None:
        keep(studio, correction(demo, confirmed=False))
        withdraw_correction(studio.store, "0123")
        with pytest.raises(StoreError, match=r"was withdrawn.*swara feedback add"):
            confirm_correction(studio.store, "0123")
        # Two at once may do so all the same; to withdraw is the safe side.
        LineLog(studio.store.feedback, StoreError).append({"confirm": "0123abcd"})
        assert not known_corrections(studio.store)[0].counts

    @pytest.mark.parametrize("act", [confirm_correction, withdraw_correction])
    @pytest.mark.parametrize("prefix", ["77", ""])
    def test_an_unknown_id_is_refused(self, studio, demo, act, prefix: str) -> None:
        keep(studio, correction(demo))
        with pytest.raises(StoreError, match="swara feedback list"):
            act(studio.store, prefix)
        assert studio.store.feedback.read_bytes().count(b"\n") == 1


class TestTheNote:
    """The note that is meant is found in the take."""

    def test_it_is_kept_with_what_the_report_said(self, studio, give) -> None:
        given = give(0.5, swara="komal ga", verdict="high")
        assert (given.named, given.swara, given.verdict, given.confirmed) == ("R", "g", "high", False)
        assert given.start_s < 0.5 < given.end_s
        assert given.tonic_hz == pytest.approx(200.0)
        assert known_corrections(studio.store) == (given,)
        assert b"withdrawn" not in studio.store.feedback.read_bytes()  # an older swara reads it

    @pytest.mark.parametrize(
        ("at_s", "swara", "refusal", "said"),
        [
            *(
                (at_s, "S", NoNoteThere, f"--at: {at_s} is no time in a recording")
                for at_s in (nan, inf, -inf)
            ),
            (7.0, "S", NoNoteThere, "The nearest is Re"),
            (0.5, "Q", BadNotation, None),
        ],
    )
    def test_where_there_is_no_note(self, studio, give, at_s: float, swara: str, refusal, said) -> None:
        with pytest.raises(refusal, match=said):
            give(at_s, swara=swara)
        assert known_corrections(studio.store) == ()

    @pytest.mark.parametrize(
        ("swara", "meant"), [("Ni", ".N"), ("madhya Ni", "N"), ("Sa", "S"), ("taar Sa", "S'"), ("D", ".D")]
    )
    def test_without_an_octave_the_one_nearest_to_the_voice_is_meant(self, give, swara, meant) -> None:
        assert give(0.5, swara=swara).swara == meant  # Re was sung


class TestChecking:
    """What was corrected is judged anew."""

    def check(self, steady, given, beside=None, preset="student"):
        def judge(path, each):
            assert (each.raga, each.tuning, each.preset) == (None, None, None)
            request = Request(JUST, PRESETS[preset], parse_tonic(f"{each.tonic_hz}"))
            return analyze(decode(path, rate_hz=TRACK_RATE_HZ).clip, request, steady, source=path.name)

        return [*check_corrections(given, judge, beside=beside)]

    @pytest.mark.parametrize(
        ("said", "answer"),
        [
            ({"swara": "R"}, "right"),
            ({"swara": "g"}, "wrong"),
            ({"verdict": "in tune"}, "right"),  # perfect is in tune
            ({"verdict": "high"}, "wrong"),
            ({"swara": "R", "verdict": "low"}, "wrong"),
        ],
    )
    def test_it_is_right_or_wrong(self, give, steady, said, answer: str) -> None:
        given = give(0.5, **said, confirmed=True)
        (checked,) = self.check(steady, [given, replace(given, withdrawn=True)])
        assert (checked.answer, checked.named, checked.judged) == (answer, "R", "perfect")
        assert checked.fails == (answer == "wrong")
        (unconfirmed,) = self.check(steady, [replace(given, confirmed=False)])
        assert not unconfirmed.fails

    def test_where_no_note_is_found_any_more_that_is_wrong(self, give, steady) -> None:
        (checked,) = self.check(
            steady, [replace(give(0.5, swara="R", confirmed=True), start_s=5.0, end_s=6.0)]
        )
        assert (checked.answer, checked.fails) == ("no note", True)

    def test_a_recording_is_looked_for_beside_and_must_be_the_same(self, give, steady, tmp_path) -> None:
        given = give(0.5, swara="R")
        take = Path(given.path)
        moved = replace(given, path="/gone/" + take.name)
        assert self.check(steady, [moved], take.parent)[0].answer == "right"
        (lost,) = self.check(steady, [moved])
        take.write_bytes(take.read_bytes() + b"x")
        (changed,) = self.check(steady, [given])
        assert (lost.answer, lost.why) == ("not checked", f"the recording is gone: {moved.path}")
        assert (changed.answer, changed.why) == ("not checked", f"the recording changed: {take}")

    def test_the_command_replays_a_file(self, studio, give, swara, tmp_path) -> None:
        def said(*words, code: int):
            done = swara("feedback", *words, "--store", studio.store.folder)
            assert done.code == code
            return done

        done = said("check", code=0)  # at once: no sample is listened to
        assert (done.out.strip(), done.err) == ("Nothing was corrected yet.", "")
        give(0.5, swara="R", confirmed=True)
        give(0.5, swara="g")
        file = tmp_path / "corrections.json"
        file.write_text(said("list", "--json", code=0).out)
        assert "2 corrections: 1 right, 1 wrong" in said("check", file, "--no-samples", code=0).out
        give(0.5, swara="g", verdict="in tune", confirmed=True)
        told = json.loads(said("check", "--no-samples", "--json", code=1).out)
        assert [each["answer"] for each in told["checked"]] == ["right", "wrong", "wrong"]
        assert not told["ok"]
        file.write_text('{"schema": "swara.feedback/2"}')
        assert said("check", file, code=1).err.count("\n") == 1


class TestTheRebuild:
    """Confirmed corrections are learned from, and the report says what they changed."""

    def test_nothing_is_learned_until_it_is_confirmed_nor_forgotten_that_was_not(self, studio) -> None:
        studio.rebuild()
        take = Path(sing(studio.sounds, 8, 0).path)
        keep(studio, correction(take, id="4567cdef", confirmed=False))
        withdraw_correction(studio.store, "4567")
        keep(studio, correction(take, confirmed=False))
        assert studio.rebuild().nothing_new
        confirm_correction(studio.store, "0123")
        assert not studio.rebuild().nothing_new

    def test_a_note_of_a_take_teaches_the_head_and_is_no_sample(self, studio) -> None:
        first = studio.rebuild()
        take = sing(studio.sounds, 8, 0)
        keep(studio, correction(Path(take.path), tonic_hz=take.tonic_hz))
        result = studio.rebuild()
        report = result.metrics["corrections"]
        assert (report["from_takes"], report["relabelled"], report["notes"]) == (1, 0, 1)
        assert report["named_right_now"] == 1
        assert report["named_right_before"] in (0, 1)
        assert result.metrics["learned_from"] == first.metrics["learned_from"]
        assert result.metrics["note_head"]["examples"] == first.metrics["note_head"]["examples"] + 5

    def test_each_that_was_used_is_named(self, studio) -> None:
        first_label_wrong(studio)
        studio.rebuild()
        sample = first_of(studio.store.corpus)
        label = sample.labels[0]
        place = {"start_s": label.start_s, "end_s": label.end_s}
        keep(studio, correction(Path(sample.path), named="P", swara="S", **place))
        take = sing(studio.sounds, 8, 0)
        mended = {"id": "4567cdef", "at": "2025-03-02", "tonic_hz": take.tonic_hz}
        keep(studio, correction(Path(take.path), **mended, swara="S", verdict="in tune"))
        keep(studio, correction(Path(take.path), id="89ab0123", start_s=0.5, confirmed=False))
        report = studio.rebuild().metrics["corrections"]
        of_sample, of_take = report["used"]
        assert of_sample["id"] == "0123abcd"
        assert (of_sample["recording"], of_sample["file"]) == (sample.id, "take 0.wav")
        assert (of_sample["start_s"], of_sample["end_s"]) == (label.start_s, label.end_s)
        assert (of_sample["named"], of_sample["swara"], of_sample["verdict"]) == ("P", "S", None)
        assert (of_take["id"], of_take["recording"]) == ("4567cdef", take.id)
        assert (of_take["judged"], of_take["verdict"]) == ("low", "in tune")
        for now in ("named_right_before", "named_right_now"):
            assert sum(each[now] for each in report["used"]) == report[now]

    def test_what_the_version_before_said_is_told_of_each(self, studio) -> None:
        studio.rebuild()
        sample = first_of(studio.store.corpus)
        place = {"start_s": sample.labels[1].start_s, "end_s": sample.labels[1].end_s}
        keep(studio, correction(Path(sample.path), named="P", swara="P", **place))
        (right,) = studio.rebuild(force=True).metrics["corrections"]["used"]
        assert (right["named_right_before"], right["named_right_now"]) == (True, True)
        keep(studio, correction(Path(sample.path), named="P", swara="S", **place))
        (wrong,) = studio.rebuild().metrics["corrections"]["used"]
        assert not wrong["named_right_before"]
        for version in studio.store.versions.iterdir():
            assert str(studio.sounds).encode() not in (version / "report.json").read_bytes()

    def test_a_sample_without_label_there_and_a_take_that_is_gone_are_told(self, studio) -> None:
        studio.rebuild()
        take = Path(sing(studio.sounds, 8, 0).path)
        keep(studio, correction(take, id="4567cdef"))
        take.unlink()
        sample = first_of(studio.store.corpus)
        keep(studio, correction(Path(sample.path), start_s=90.0, end_s=91.0))
        result = studio.rebuild(force=True)
        assert any("0123abcd is left out: the sample has no label there" in each for each in result.warnings)
        assert any("4567cdef is left out" in each and str(take) in each for each in result.warnings)
        assert "corrections" not in result.metrics

    @pytest.mark.parametrize("of", ["a sample", "a take"])
    def test_one_that_is_withdrawn_is_learned_from_no_more(self, studio, of: str) -> None:
        first_label_wrong(studio)
        first = studio.rebuild()
        assert first.metrics["learned_from"]["by_swara"] == {"S": 11, "P": 13}
        if of == "a sample":
            sample = first_of(studio.store.corpus)
            place = {"start_s": sample.labels[0].start_s, "end_s": sample.labels[0].end_s}
            keep(studio, correction(Path(sample.path), named="P", swara="S", **place))
        else:
            take = sing(studio.sounds, 8, 0)
            keep(studio, correction(Path(take.path), tonic_hz=take.tonic_hz))
        mended = studio.rebuild()
        assert mended.promoted
        if of == "a sample":
            assert mended.metrics["learned_from"]["by_swara"] == {"S": 12, "P": 12}
            assert mended.metrics["corrections"]["relabelled"] == 1
        withdraw_correction(studio.store, "0123")
        back = studio.rebuild()
        assert not back.nothing_new
        assert "corrections" not in back.metrics
        made = studio.files(back.candidate or back.version)
        assert made == studio.files(first.version) != studio.files(mended.version)

    def test_the_one_before_about_the_same_note_counts_again(self, studio) -> None:
        take = Path(sing(studio.sounds, 8, 0).path)
        keep(studio, correction(take))
        keep(studio, correction(take, id="4567cdef", swara="g"))
        withdraw_correction(studio.store, "4567")
        (used,) = studio.rebuild().metrics["corrections"]["used"]
        assert (used["id"], used["swara"]) == ("0123abcd", "S")

    def test_verdicts_are_counted(self, studio) -> None:
        take = Path(sing(studio.sounds, 8, 0).path)
        keep(studio, correction(take, swara=None, verdict="high"))
        report = studio.rebuild().metrics["corrections"]
        assert (report["verdicts"], report["in_tune_after_all"], report["from_takes"]) == (1, 0, 0)

    def test_a_note_that_was_in_tune_after_all_moves_its_target(
        self, studio, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("swara.service.rebuild.targets.LEAST_NOTES", 1)
        monkeypatch.setattr("swara.service.rebuild.targets.LEAST_SINGERS", 1)
        take, sharp_hz = studio.sounds / "sharp.wav", 16_000 / 53  # 712.8 cents above Sa
        soundfile.write(take, 0.5 * np.sin(2 * np.pi * sharp_hz * np.arange(16_000) / 16_000), 16_000)
        keep(
            studio,
            correction(take, start_s=0.1, end_s=0.9, named="P", judged="high", swara=None, verdict="perfect"),
        )
        result = studio.rebuild()
        report = result.metrics["corrections"]
        assert (report["verdicts"], report["in_tune_after_all"], report["from_takes"]) == (1, 1, 1)
        assert report["targets_moved_cents"] == {"P": pytest.approx(10.8, abs=0.2)}
        live = studio.store.version(result.version)
        assert targets_from_json(live.targets.read_bytes())["P"].cents == pytest.approx(712.8, abs=0.2)
        assert studio.rebuild().nothing_new


def first_label_wrong(studio) -> None:
    first = first_of(studio.store.corpus)
    wrong = (replace(first.labels[0], swara="P"), *first.labels[1:])
    relabel(studio.store.corpus, lambda each: replace(each, labels=wrong) if each.id == first.id else each)


def test_the_command_line(studio, swara, demo) -> None:
    def said(*words: object, code: int = 0):
        done = swara("feedback", *words, "--store", studio.store.folder)
        assert done.code == code
        return done

    assert said("list").out.strip() == "Nothing was said yet."
    said("add", demo, "--at", "1", code=2)
    keep(studio, correction(demo, confirmed=False))
    assert "to be confirmed" in said("list").out
    assert "S, not R" in said("confirm", "0123").out
    for command in ("confirm", "withdraw"):
        assert said(command, "99", code=1).err.count("\n") == 1
    assert said("withdraw", "0123").out == "0123abcd is withdrawn from the next: swara rebuild\n"
    assert "withdrawn" in said("list").out
    assert said("withdraw", "0123").out == "0123abcd was withdrawn before.\n"


@pytest.mark.parametrize("command", [("feedback", "add", "--swara", "D"), ("search",)])
def test_a_time_that_is_none_is_one_line(swara, studio, demo, command: tuple[str, ...]) -> None:
    refused = swara(*command, demo, "--at", "nan", "--store", studio.store.folder)
    assert refused.code == 2
    assert '"nan" is no time: give seconds (83.5) or minutes (1:23.5)' in " ".join(refused.err.split())
    assert not studio.store.feedback.exists()
