"""A session: the oracle of its frames, the report's verdicts, every rate and channel, what is measured."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import soxr

from benchmarks.live.agreement import Take, compare, demo_take
from benchmarks.meter import weigh
from swara.classifier.pitch.stream import track_causal
from swara.data.clip import Clip, Samples
from swara.data.errors import AudioError
from swara.data.synth import bhupali_take, tanpura
from swara.raga.errors import SwaraError
from swara.service.live import (
    Event,
    Fifth,
    Frames,
    InputLevel,
    Leak,
    LiveNote,
    LiveSession,
    SaFound,
    TakeFull,
    parse_settings,
    processing,
    to_message,
)

SETTINGS = parse_settings({"tonic": "C#3", "raga": "bhupali"})
RATE_HZ = 16_000


@pytest.fixture(scope="module")
def clip() -> Clip:
    return demo_take().clip


def _fed(session: LiveSession, samples: Samples, block: int = 320) -> list[Event]:
    events: list[Event] = []
    for at in range(0, len(samples), block):
        events += session.push(samples[at : at + block])
    return [*events, *session.finish()]


def _of(events: list[Event], kind: type) -> list:
    return [event for event in events if isinstance(event, kind)]


def _frames(events: list[Event]) -> np.ndarray:
    frames = _of(events, Frames)
    return np.array([np.concatenate([getattr(f, c) for f in frames]) for c in ("hz", "confidence", "cents")])


def _held(hz: float, seconds: float, vibrato_cents: float = 0.0) -> Samples:
    """A voice of eight partials."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    drift = 4.0 * np.sin(2 * np.pi * 0.7 * time_s) + vibrato_cents * np.sin(2 * np.pi * 5.5 * time_s)
    phase = 2 * np.pi * np.cumsum(hz * 2 ** (drift / 1200)) / RATE_HZ
    return (0.1 * sum(np.sin(k * phase) / k for k in range(1, 9))).astype(np.float32)


@pytest.mark.parametrize("block", [37, 320, 4096, 10**9])
def test_every_frame_comes_once_and_notes_do_not_depend_on_the_blocks(clip: Clip, block: int) -> None:
    events = _fed(LiveSession(SETTINGS), clip.samples, block)
    truth = track_causal(clip)
    np.testing.assert_array_equal(_frames(events)[:2], [truth.hz, truth.confidence])
    starts = [f.start_s for f in _of(events, Frames)]
    assert starts == sorted(set(starts))
    assert _of(events, LiveNote) == _of(_fed(LiveSession(SETTINGS), clip.samples, 160), LiveNote)


def test_the_line_is_told_before_its_notes_are_looked_for(
    clip: Clip, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, looked = LiveSession(SETTINGS), []
    look = session._notes.advance
    monkeypatch.setattr(session._notes, "advance", lambda *a, **k: looked.append(1) or look(*a, **k))
    for at in range(0, 32000, 1600):  # a tick each: of every one frames come, and notes are looked for
        looked.clear()
        for event in session.hear(clip.samples[at : at + 1600]):
            assert not looked or not isinstance(event, Frames)
        assert looked == [1]


def test_the_verdict_when_a_note_ends_is_that_of_the_report() -> None:
    synthesized = bhupali_take(9_100)
    made = Take("made", synthesized.clip, synthesized.sa_hz, SETTINGS.raga)
    for take in (demo_take(), made):
        agreed = compare(take)
        assert agreed.same_s >= 0.95 * agreed.held_s > 0


def test_a_note_becomes_final_once_under_the_number_it_had(clip: Clip) -> None:
    notes = _of(_fed(LiveSession(SETTINGS), clip.samples), LiveNote)
    final = [note.id for note in notes if note.final]
    assert final == sorted(set(final))
    assert len(final) == 7
    for number in final:
        *before, last = [note for note in notes if note.id == number]
        assert last.final
        assert before  # it was shown while it sounded
        assert all(note.end_s <= last.end_s + 0.05 for note in before)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 192_000])
def test_any_rate_gives_the_same_notes(clip: Clip, rate_hz: int) -> None:
    samples = soxr.resample(clip.samples, RATE_HZ, rate_hz).astype(np.float32)
    session = LiveSession(SETTINGS, rate_hz)
    events = _fed(session, samples, rate_hz // 50)
    final = [(n.swara, n.verdict) for n in _of(events, LiveNote) if n.final]
    verdicts = ("perfect", "perfect", "low", "perfect", "perfect", "high", "perfect")
    assert final == list(zip(("Sa", "Re", "Ga", "Pa", "Dha", "Pa", "Ga"), verdicts, strict=True))
    assert abs(session.clip.duration_s - clip.duration_s) < 0.01


def test_of_many_channels_the_first_that_carries_sound_is_heard(clip: Clip) -> None:
    frames = np.zeros((clip.samples.size, 32), np.float32)
    frames[:, 5] = clip.samples
    session = LiveSession(SETTINGS)
    events = _fed(session, frames)
    assert _of(events, InputLevel)[-1].channel == 6
    assert sum(note.final for note in _of(events, LiveNote)) == 7


@pytest.mark.parametrize("bad", ["nan", "float64", "33 channels"])
def test_what_is_no_sound_is_refused_and_nothing_lost(clip: Clip, bad: str) -> None:
    session = LiveSession(SETTINGS)
    events = list(session.push(clip.samples[:8000]))
    wrong = {
        "nan": np.full(10, np.nan, np.float32),
        "float64": np.zeros(10),
        "33 channels": np.zeros((10, 33), np.float32),
    }[bad]
    with pytest.raises(AudioError):
        session.push(wrong)
    events += _fed(session, clip.samples[8000:])
    assert _of(events, LiveNote) == _of(_fed(LiveSession(SETTINGS), clip.samples), LiveNote)
    with pytest.raises(ValueError, match="finished"):
        session.push(clip.samples[:10])


@pytest.mark.parametrize(
    ("gain", "state"), [(0.0, "nothing heard"), (0.01, "too quiet"), (1.0, "fine"), (40.0, "clipping")]
)
def test_the_states_of_the_level(clip: Clip, gain: float, state: str) -> None:
    samples = np.clip(gain * clip.samples, -1, 1).astype(np.float32)
    levels = _of(_fed(LiveSession(SETTINGS), samples), InputLevel)
    assert len(levels) == int(10 * clip.duration_s)
    assert levels[20].state == state


@pytest.mark.parametrize("vibrato_cents", [15.0, 50.0])
def test_sa_is_found_within_10_cents_and_the_fifth_above_it(vibrato_cents: float) -> None:
    hz = 146.83
    session = LiveSession(replace(SETTINGS, tonic=None))
    session.measure("sa")
    sung = np.concatenate([np.zeros(8000, np.float32), _held(hz, 3.6, vibrato_cents)])
    (found,) = _of(list(session.push(sung)), SaFound)
    assert abs(1200 * np.log2(found.hz / hz)) < 10
    assert found.name.startswith("D3")
    session.change(replace(SETTINGS, tonic=found.hz))
    for ratio, fits in ((1.5, True), (4 / 3, False)):
        session.measure("pa")
        sung = np.concatenate([np.zeros(8000, np.float32), _held(ratio * hz, 3.6, 15.0)])
        (pa,) = _of(list(session.push(sung)), Fifth)
        assert pa.fits is fits


@pytest.mark.parametrize("sung", ["nothing", "glide", "too high"])
def test_what_is_no_steady_sa_is_said_to_be_none(sung: str) -> None:
    time_s = np.arange(9 * RATE_HZ) / RATE_HZ
    samples = {
        "nothing": np.zeros(time_s.size, np.float32),
        "glide": 0.1 * np.sin(2 * np.pi * np.cumsum(150 * 2 ** (0.5 * np.sin(3 * time_s))) / RATE_HZ),
        "too high": _held(600.0, 9.0, 15.0),
    }[sung].astype(np.float32)
    session = LiveSession(replace(SETTINGS, tonic=None))
    session.measure("sa")
    (found,) = _of(_fed(session, samples), SaFound)
    assert found.hz is None
    assert found.words


def test_what_leaks_in_of_the_tanpura_is_told_against_room_and_voice(clip: Clip) -> None:
    rng = np.random.default_rng(3)
    room = (1e-4 * rng.standard_normal(3 * RATE_HZ)).astype(np.float32)
    drone = tanpura(3.0, 138.59, rate_hz=RATE_HZ, rng=rng)
    for gain, least_db, words in ((0.0, 0.0, "Nothing"), (0.02, 6.0, "no harm"), (1.0, 6.0, "headphones")):
        session = LiveSession(SETTINGS)
        session.push(np.concatenate([clip.samples, room]))
        session.measure("drone")
        leaked = (room + gain * drone[: room.size]).astype(np.float32)
        (leak,) = _of(list(session.push(leaked)), Leak)
        assert leak.db is not None
        assert leak.db >= least_db
        assert words in leak.words


def test_another_sa_names_every_note_anew_under_its_number(clip: Clip) -> None:
    session = LiveSession(SETTINGS)
    before = [n for n in _of(list(session.push(clip.samples)), LiveNote) if n.final]
    after = _of(list(session.change(parse_settings({"tonic": "G#2", "raga": "bilawal"}))), LiveNote)
    assert [n.id for n in after] == [n.id for n in before]
    assert [n.swara for n in after][:2] == ["Ma", "Pa"]


def test_the_take_is_bounded_and_the_singing_goes_on(clip: Clip) -> None:
    session = LiveSession(SETTINGS, keep_s=6.0)
    sung = np.resize(clip.samples, 10 * RATE_HZ)
    (full,) = _of(_fed(session, sung, 10**6), TakeFull)
    assert full.kept_s == 6.0
    np.testing.assert_array_equal(session.clip.samples, sung[: 6 * RATE_HZ])


def test_half_an_hour_is_heard_to_the_last_frame_in_flat_memory() -> None:
    """As fast as it is taken, a sixth of it sung, the rest a quiet room; `make bench-live` sings on."""
    told = weigh("benchmarks.live.speed:endurance", 30, 10.0, 16_000).result
    assert sum(told["frames"]) >= 100 * 30 * 60 - 10  # the last ones wait for what comes after them
    assert told["notes"][0] > 5
    assert set(told["notes"][1:]) == {told["notes"][1]}  # the same is sung each minute, and judged
    settled = told["memory_mb"][5:]
    assert max(settled) - min(settled) < 0.1 * min(settled)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"tonic": "H"}, "tonic"),
        ({"tonic": True}, "no text"),
        ({"tonic": float("nan")}, "no text"),
        ({"tonic": 20.0}, "outside"),
        ({"raga": ["x"]}, "no text"),
        ({"raga": "x" * 999}, "longer"),
        ({"preset": "god"}, "preset"),
        ({"tuning": "learned"}, "learned"),
    ],
)
def test_settings_that_mean_nothing_are_refused_in_one_line(values: dict, words: str) -> None:
    with pytest.raises(SwaraError, match=words) as error:
        parse_settings(values)
    assert "\n" not in str(error.value)


def test_messages_hold_nothing_that_json_has_not(clip: Clip) -> None:
    import json

    session = LiveSession(SETTINGS)
    messages = [to_message(event) for event in [session.ready(), *_fed(session, clip.samples)]]
    assert {m["type"] for m in messages} == {"ready", "frames", "level", "note"}
    assert json.loads(json.dumps(messages, allow_nan=False)) == messages
    assert messages[0]["lookahead_ms"] == 74
    lanes = messages[0]["lanes"]
    assert [lane["letter"] for lane in lanes[5:10]] == ["S", "R", "G", "P", "D"]


def test_processing_that_is_unknown_is_not_off() -> None:
    off = dict.fromkeys(("echoCancellation", "noiseSuppression", "autoGainControl"), False)
    assert processing(off).advice == ""
    assert processing(off).known
    unknown = processing(off | {"autoGainControl": None})
    assert (unknown.known, unknown.unknown) == (False, ("autoGainControl",))
    assert "gain" in unknown.advice
    assert processing(off | {"noiseSuppression": True}).active == ("noiseSuppression",)
