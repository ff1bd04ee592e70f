"""Takes to report on: their pitch is drawn note by note, and each report is put together by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.take import Glide, Note, Segment, Silence, Tonic, TonicCandidate
from swara.service.take.report import Drift, SwaraStats, TakeReport, Thresholds

SA_HZ = 138.59
VIBRATO_HZ = 6.0
VIBRATO_CENTS = 28.0


def note(start_s, end_s, swara, saptak, cents, off, verdict, **rest):
    """A note; its raga swara is its own unless `rest` says otherwise."""
    fields = {
        "steady_s": 0.8 * (end_s - start_s),
        "steadiness_cents": 7.4,
        "confidence": 0.93,
        "foreign": False,
        "raga_swara": swara,
        "raga_saptak": saptak,
        "raga_cents_off": off,
    } | rest
    named = {"start_s": start_s, "end_s": end_s, "swara": swara, "saptak": saptak}
    return Note(**named, cents=cents, cents_off=off, verdict=verdict, **fields)


SEGMENTS: tuple[Segment, ...] = (
    Silence(0.0, 0.31),
    note(0.31, 0.82, "Sa", "madhya", 3.2, 3.2, "perfect", steadiness_cents=4.1),
    Glide(0.82, 0.95),
    note(0.95, 1.40, "Re", "madhya", 222.9, 19.0, "in tune"),
    Glide(1.40, 1.52),
    note(1.52, 2.10, "Ga", "madhya", 354.1, -32.2, "low", steadiness_cents=12.6),
    Silence(2.10, 2.28),
    note(2.28, 2.80, "Pa", "madhya", 697.8, -4.2, "perfect"),
    Glide(2.80, 2.93),
    note(2.93, 3.35, "Dha", "madhya", 936.9, 31.0, "high"),
    Glide(3.35, 3.47),
    note(3.47, 3.95, "Sa", "taar", 1178.6, -21.4, "in tune"),
    Glide(3.95, 4.07),
    note(
        *(4.07, 4.30, "tivra Ma", "madhya", 640.0, 49.8, "low"),
        foreign=True,
        raga_swara="Pa",
        raga_cents_off=-62.0,
    ),
    Silence(4.30, 4.42),
    note(4.42, 4.70, "Dha", "mandra", -309.4, 0.0, "unsure", confidence=0.42),
    Silence(4.70, 5.0),
)


def draw_track(segments, sa_hz=SA_HZ):
    """The pitch of a take: vibrato on each note, straight lines between, nothing in the silences."""
    times_s = np.arange(0.0, segments[-1].end_s, HOP_S)
    cents, confidence = np.full(times_s.size, np.nan), np.full(times_s.size, 0.04)
    glides = np.zeros(times_s.size, bool)
    for segment in segments:
        inside = (times_s >= segment.start_s - 1e-9) & (times_s < segment.end_s - 1e-9)
        if isinstance(segment, Note):
            phase = 2 * np.pi * VIBRATO_HZ * (times_s[inside] - segment.start_s)
            cents[inside] = segment.cents + VIBRATO_CENTS / 2 * np.sin(phase)
            confidence[inside] = segment.confidence
        elif isinstance(segment, Glide):
            glides |= inside
            confidence[inside] = 0.8
    notes = np.isfinite(cents)
    cents[glides] = np.interp(times_s[glides], times_s[notes], cents[notes])
    voiced = notes | glides
    return PitchTrack(times_s, sa_hz * 2 ** (cents / 1200), confidence, voiced)


def make_report(segments=SEGMENTS, **fields):
    notes = [s for s in segments if isinstance(s, Note)]
    judged = sorted((n for n in notes if n.verdict in ("low", "high")), key=lambda n: -abs(n.raga_cents_off))
    sung_s = sum(n.duration_s for n in notes) or 1.0
    shares = {
        v: sum(n.duration_s for n in notes if n.verdict == v) / sung_s for v in {n.verdict for n in notes}
    }
    defaults = {
        "source": "evening riyaz.wav",
        "duration_s": segments[-1].end_s,
        "tonic": Tonic(SA_HZ, "C#3", 0.91, "estimated", TonicCandidate(207.65, "G#3", 0.06)),
        "raga": "Bhupali",
        "raga_source": "default",
        "tuning": "just",
        "thresholds": Thresholds(15.0, 25.0, "student"),
        "segments": tuple(segments),
        "per_swara": (
            SwaraStats("Sa", "madhya", 1, 0.51, 3.2, 4.1, 1.0),
            SwaraStats("Re", "madhya", 1, 0.45, 19.0, 7.4, 1.0),
            SwaraStats("Ga", "madhya", 1, 0.58, -32.2, 12.6, 0.0),
            SwaraStats("Pa", "madhya", 2, 0.75, -38.8, 7.4, 0.6933),
            SwaraStats("Dha", "madhya", 1, 0.42, 31.0, 7.4, 0.0),
            SwaraStats("Sa", "taar", 1, 0.48, -21.4, 7.4, 1.0),
        ),
        "worst": tuple(judged[:3]),
        "drift": Drift(-31.4, -2.1),
        "verdict_shares": shares,
        "foreign_share": sum(n.duration_s for n in notes if n.foreign) / sung_s,
        "warnings": ("The take is short: 3.5 s of steady notes.",),
        "verdict": "Fairly in tune: 57% of the steady notes are right; Ga is low and Dha high.",
    }
    track = fields.pop("track", None) or draw_track(segments)
    return TakeReport(**(defaults | fields), track=track)


def long_segments(duration_s):
    """The short take over and over."""
    length_s = SEGMENTS[-1].end_s
    laps = round(duration_s / length_s)
    return tuple(
        replace(s, start_s=round(s.start_s + lap * length_s, 4), end_s=round(s.end_s + lap * length_s, 4))
        for lap in range(laps)
        for s in SEGMENTS
    )


def sing(track, rate_hz=44_100):
    """A tone of six harmonics that follows a track."""
    times_s = np.arange(round((track.times_s[-1] + HOP_S) * rate_hz)) / rate_hz
    hz = np.interp(times_s, track.times_s, np.nan_to_num(track.hz, nan=SA_HZ))
    loud = np.interp(times_s, track.times_s, track.voiced.astype(float))
    phase = 2 * np.pi * np.cumsum(hz) / rate_hz
    tone = sum(np.sin(k * phase) / k**1.5 for k in range(1, 7))
    return Clip((0.2 * loud * tone).astype(np.float32), rate_hz)


@pytest.fixture(scope="session")
def take():
    """Five seconds of Bhupali: each verdict, glides, rests, a foreign note, an estimated Sa."""
    return make_report()


@pytest.fixture(scope="session")
def doubtful_take():
    """The same take, with a Sa that nobody should trust."""
    tonic = Tonic(
        139.3, "C#3 +9", 0.46, "estimated", TonicCandidate(207.65, "G#3", 0.41), needs_confirmation=True
    )
    return make_report(tonic=tonic)


@pytest.fixture(scope="session")
def long_take():
    """Two minutes."""
    return make_report(long_segments(120.0), drift=Drift(-4.0, -8.0))


@pytest.fixture(scope="session")
def silent_take():
    """Three seconds in which nobody sings."""
    times_s = np.arange(0.0, 3.0, HOP_S)
    nothing = np.full(times_s.size, np.nan)
    return make_report(
        (Silence(0.0, 3.0),),
        per_swara=(),
        drift=None,
        worst=(),
        verdict_shares={},
        foreign_share=0.0,
        tonic=Tonic(SA_HZ, "C#3", 1.0, "given"),
        raga_source="given",
        warnings=(),
        verdict="No singing was found.",
        track=PitchTrack(times_s, nothing, np.zeros(times_s.size), np.zeros(times_s.size, dtype=bool)),
    )


@pytest.fixture(scope="session")
def take_clip(take):
    """The sound of `take`."""
    return sing(take.track)


@pytest.fixture(scope="session")
def make():
    """The function that puts reports together, for a test that needs a field of its own."""
    return make_report
