"""What a singer sings: notes with their ornaments, drawn in several styles."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.pitch_track import MAX_HZ, MIN_HZ

__all__ = ["Event", "draw_events", "draw_register", "flattened"]

_JUST = (1, 16 / 15, 9 / 8, 6 / 5, 5 / 4, 4 / 3, 45 / 32, 3 / 2, 8 / 5, 5 / 3, 9 / 5, 15 / 8)
_JUST_OTHER = (
    1,
    256 / 243,
    10 / 9,
    32 / 27,
    81 / 64,
    27 / 20,
    7 / 5,
    3 / 2,
    128 / 81,
    27 / 16,
    16 / 9,
    243 / 128,
)
_STEP_WEIGHTS = {-3: 1, -2: 3, -1: 8, 0: 2, 1: 8, 2: 3, 3: 1, 4: 0.6, -4: 0.6, 7: 0.4, -7: 0.4}

_REGISTERS_HZ = ((50.0, 95.0), (75.0, 270.0), (170.0, 950.0), (600.0, 1550.0), (38.0, 48.0), (1650.0, 2200.0))
_REGISTER_SHARES = (0.13, 0.345, 0.345, 0.11, 0.03, 0.04)


@dataclass(frozen=True, slots=True)
class Event:
    """One note; cents are above Sa, what a field is not given is not sung."""

    cents: float
    duration_s: float
    rest_s: float = 0.0
    glide_s: float = 0.05
    tilt_cents: float = 0.0
    scoop_cents: float = 0.0
    fall_cents: float = 0.0
    fall_s: float = 0.1
    kan_cents: float = 0.0
    vibrato_cents: float = 0.0
    vibrato_hz: float = 5.5
    vibrato_after_s: float = 0.1
    gamak_cents: float = 0.0
    gamak_hz: float = 5.0
    level_db: float = 0.0
    attack_s: float = 0.03
    attack_db: float = 20.0
    release_s: float = 0.06
    release_db: float = 20.0
    dip_db: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class _Range:
    """Which pitches there are, in cents above Sa: a rising ladder, and how far glides may go."""

    ladder: FloatArray
    middle: float
    ends: tuple[float, float]
    anchors: FloatArray  # Sa and Pa in every octave


def draw_register(rng: np.random.Generator) -> tuple[float, float]:
    """Draw a singer's middle pitch and the Sa below or above it, both in Hz.

    Kharaj practice, men, women and children, the highest notes; and a few beyond what is heard.
    """
    bounds_hz = _REGISTERS_HZ[int(rng.choice(len(_REGISTERS_HZ), p=_REGISTER_SHARES))]
    middle_hz = float(np.exp(rng.uniform(*np.log(bounds_hz))))
    sa_hz = middle_hz * 2.0 ** (-rng.uniform(-300.0, 1300.0) / 1200.0)
    return middle_hz, sa_hz


def draw_events(middle_hz: float, sa_hz: float, duration_s: float, rng: np.random.Generator) -> list[Event]:
    """Sing for `duration_s` seconds around `middle_hz`: phrases of one style or two, and rests."""
    compass = _draw_range(middle_hz, sa_hz, rng)
    phrase_kinds = [_STYLES[i] for i in rng.choice(len(_STYLES), 2, p=_STYLE_SHARES)]
    events: list[Event] = []
    clock_s, here = 0.0, compass.middle + rng.normal(0.0, 200.0)
    breathing_s = float(rng.choice([0.12, 0.3, 0.6, 1.0], p=[0.2, 0.3, 0.3, 0.2]))
    pause_at = rng.uniform(0.3, duration_s) if rng.random() < 0.17 else np.inf
    while clock_s < duration_s:
        phrase = phrase_kinds[int(rng.random() < 0.3)](compass, here, rng)
        rest_s = float(np.clip(breathing_s * rng.exponential(), 0.05, 1.5))
        if not events:  # often in the middle of a note: nobody waits for the recorder
            amid = rng.random() < 0.5
            rest_s = -rng.uniform(0.0, 0.8) * phrase[0].duration_s if amid else rng.uniform(0.0, 0.8)
        elif clock_s > pause_at:
            rest_s, pause_at = rng.uniform(1.0, 3.0), np.inf
        phrase[0] = replace(phrase[0], rest_s=rest_s)
        phrase[-1] = _ending(phrase[-1], rng)
        events += phrase
        here = phrase[-1].cents
        clock_s += sum(e.rest_s + e.duration_s for e in phrase)
    return events


def flattened(events: list[Event], rng: np.random.Generator) -> list[Event]:
    """Take all life out of a melody's pitch, as a machine that tunes voices does, or one that sings."""
    glide_s = float(np.exp(rng.uniform(np.log(0.004), np.log(0.06))))
    still = {"tilt_cents": 0.0, "scoop_cents": 0.0, "fall_cents": 0.0, "kan_cents": 0.0}
    shaken = {"vibrato_cents": 0.0, "gamak_cents": 0.0}
    off = rng.uniform(-50.0, 50.0)
    return [
        replace(e, cents=100.0 * round(e.cents / 100.0) + off, glide_s=glide_s, **still, **shaken)
        for e in events
    ]


def _ending(event: Event, rng: np.random.Generator) -> Event:
    """Let a phrase end: abruptly, softly or falling."""
    soft = rng.random() < 0.35
    release_s = min(rng.uniform(0.15, 0.8) if soft else rng.uniform(0.015, 0.15), 0.7 * event.duration_s)
    release_db = rng.uniform(25.0, 55.0) if soft else rng.uniform(6.0, 30.0)
    event = replace(event, release_s=release_s, release_db=release_db)
    if rng.random() < 0.25:
        fall = rng.uniform(-700.0, -50.0) if rng.random() < 0.8 else rng.uniform(50.0, 300.0)
        event = replace(event, fall_cents=fall, fall_s=rng.uniform(0.05, 0.3))
    return event


def _draw_range(middle_hz: float, sa_hz: float, rng: np.random.Generator) -> _Range:
    middle = 1200.0 * np.log2(middle_hz / sa_hz)
    heard_hz = np.array([0.95 * MIN_HZ, 1.05 * MAX_HZ])
    if not heard_hz[0] < middle_hz < heard_hz[1]:
        heard_hz = np.array([0.8, 1.25]) * middle_hz
    lowest, highest = 1200.0 * np.log2(heard_hz / sa_hz)
    kind = rng.choice(4, p=[0.5, 0.15, 0.2, 0.15])
    octave = 1200.0 * np.log2(_JUST if kind == 0 else _JUST_OTHER)
    if kind == 2:
        octave = 100.0 * np.arange(12.0)
    if kind == 3:
        octave = np.sort(rng.uniform(0.0, 1200.0, 7))
    else:
        chosen = rng.random(12) < rng.uniform(0.4, 0.75)
        chosen[[0, 7 if rng.random() < 0.8 else 5]] = True
        octave = octave[chosen]
    octaves = 1200.0 * np.arange(-5, 6)
    ladder = np.sort((octave[:, None] + octaves).reshape(-1))
    reach = rng.uniform(300.0, 1100.0)
    inside = (np.abs(ladder - middle) <= reach) & (ladder > lowest) & (ladder < highest)
    fifth = 1200.0 * np.log2(1.5)
    anchors = np.sort((np.array([0.0, 0.0, fifth])[:, None] + octaves).reshape(-1))
    near = (np.abs(anchors - middle) <= max(reach, 650.0)) & (anchors > lowest) & (anchors < highest)
    ends = (max(lowest, middle - 900.0), min(highest, middle + 900.0))
    return _Range(ladder[inside], middle, ends, anchors[near])


def _nearest(compass: _Range, cents: float) -> int:
    return int(np.abs(compass.ladder - cents).argmin())


def _walk(compass: _Range, here: float, count: int, rng: np.random.Generator) -> FloatArray:
    """Move along the ladder, mostly by step."""
    if compass.ladder.size < 2:
        return compass.middle + rng.normal(0.0, 150.0, count)
    weights = np.array(list(_STEP_WEIGHTS.values()))
    steps = rng.choice(list(_STEP_WEIGHTS), count, p=weights / weights.sum())
    at, places = _nearest(compass, here), []
    last = compass.ladder.size - 1
    for step in steps:
        at += int(step)
        at = -at if at < 0 else 2 * last - at if at > last else at
        at = min(max(at, 0), last)
        places.append(at)
    return compass.ladder[places]


def _off(rng: np.random.Generator) -> float:
    """How far off a note is sung, in cents: often nothing, sometimes much."""
    return float(rng.choice([0.0, rng.normal(0.0, 8.0), rng.normal(0.0, 25.0), rng.uniform(-60.0, 60.0)]))


def _held(cents: float, length_s: float, rng: np.random.Generator) -> Event:
    """One note with what singers do to it."""
    vibrato = rng.choice([0.0, 12.0, 35.0, 75.0, 130.0], p=[0.42, 0.18, 0.2, 0.12, 0.08])
    vibrato *= rng.uniform(0.5, 2.0) if vibrato < 100.0 else rng.uniform(0.6, 1.3)
    gamak = rng.uniform(80.0, 350.0) if rng.random() < 0.06 else 0.0
    return Event(
        cents=cents,
        duration_s=length_s,
        glide_s=float(np.exp(rng.uniform(np.log(0.02), np.log(0.25)))),
        tilt_cents=rng.normal(0.0, 15.0) if rng.random() < 0.4 else 0.0,
        scoop_cents=rng.uniform(-400.0, 100.0) if rng.random() < 0.35 else 0.0,
        kan_cents=rng.choice([-1.0, 1.0]) * rng.uniform(80.0, 320.0) if rng.random() < 0.12 else 0.0,
        vibrato_cents=vibrato,
        vibrato_hz=rng.uniform(4.0, 7.5),
        vibrato_after_s=rng.uniform(0.0, 0.3),
        gamak_cents=gamak,
        gamak_hz=rng.uniform(2.5, 7.0),
        level_db=rng.normal(0.0, 3.0),
        attack_s=float(np.exp(rng.uniform(np.log(0.008), np.log(0.2)))),
        attack_db=rng.uniform(6.0, 35.0),
        dip_db=rng.uniform(3.0, 15.0) if rng.random() < 0.2 else 0.0,
    )


def _alap(compass: _Range, here: float, rng: np.random.Generator) -> list[Event]:
    """Slow notes tied by meend."""
    places = _walk(compass, here, int(rng.integers(1, 6)), rng)
    lengths_s = np.exp(rng.uniform(np.log(0.25), np.log(2.5), places.size))
    events = []
    for cents, length_s in zip(places, lengths_s, strict=True):
        event = _held(cents + _off(rng), length_s, rng)
        if rng.random() < 0.5:
            event = replace(event, glide_s=min(rng.uniform(0.1, 1.0), 0.8 * length_s))
        events.append(event)
    return events


def _drone_notes(compass: _Range, here: float, rng: np.random.Generator) -> list[Event]:
    """Long notes on the drone's own partials: unison, octave and fifth, in tune and a little out of it."""
    if not compass.anchors.size:
        return _alap(compass, here, rng)
    off = 0.0 if rng.random() < 0.4 else rng.uniform(-60.0, 60.0)
    events = []
    for cents in rng.choice(compass.anchors, int(rng.integers(1, 3))):
        length_s = rng.uniform(0.5, 4.0)
        plain = _held(cents + off, length_s, rng)
        if rng.random() < 0.6:
            plain = replace(plain, vibrato_cents=0.0, gamak_cents=0.0, tilt_cents=0.0)
        events.append(plain)
    return events


def _song(compass: _Range, here: float, rng: np.random.Generator) -> list[Event]:
    """Ordinary notes of 0.1 to 0.8 s, syllable after syllable."""
    places = _walk(compass, here, int(rng.integers(2, 12)), rng)
    pulse_s = rng.uniform(0.12, 0.45)
    lengths_s = pulse_s * rng.choice([1.0, 1.0, 2.0, 0.5, 3.0], places.size)
    return [_held(c + _off(rng), max(0.08, s), rng) for c, s in zip(places, lengths_s, strict=True)]


def _taan(compass: _Range, here: float, rng: np.random.Generator) -> list[Event]:
    """Eight to twelve notes a second, up and down the ladder."""
    count = int(rng.integers(8, 30))
    pulse_s = 1.0 / rng.uniform(5.0, 12.0)
    if compass.ladder.size < 3:
        return _song(compass, here, rng)
    last = compass.ladder.size - 1
    path = np.abs((_nearest(compass, here) + np.arange(count)) % (2 * last) - last)
    if rng.random() < 0.4:
        path = np.clip(path + rng.integers(-1, 2, count), 0, last)
    smooth = rng.uniform(0.3, 1.0)
    shake = rng.uniform(0.0, 100.0) if rng.random() < 0.4 else 0.0
    return [
        Event(
            cents=compass.ladder[place] + rng.normal(0.0, 15.0),
            duration_s=pulse_s,
            glide_s=smooth * pulse_s,
            gamak_cents=shake,
            gamak_hz=1.0 / pulse_s,
            dip_db=rng.uniform(0.0, 6.0),
        )
        for place in path
    ]


def _glides(compass: _Range, here: float, rng: np.random.Generator) -> list[Event]:
    """Long glides over up to an octave, landing anywhere."""
    events = []
    cents = here
    for _ in range(int(rng.integers(2, 6))):
        cents = float(np.clip(cents + rng.normal(0.0, 600.0), *compass.ends))
        length_s = rng.uniform(0.3, 1.8)
        events.append(replace(_held(cents, length_s, rng), glide_s=0.9 * length_s, kan_cents=0.0))
    return events


def _speech(compass: _Range, _here: float, rng: np.random.Generator) -> list[Event]:
    """Speak: quick syllables, falling as a whole."""
    count = int(rng.integers(3, 10))
    fall = rng.uniform(100.0, 900.0)
    start = compass.middle + rng.uniform(0.0, 400.0)
    events = []
    for i in range(count):
        cents = start - fall * i / count + rng.normal(0.0, 150.0)
        length_s = rng.uniform(0.08, 0.3)
        rest_s = rng.uniform(0.03, 0.12) if i and rng.random() < 0.4 else 0.0
        events.append(
            Event(
                cents=cents,
                duration_s=length_s,
                rest_s=rest_s,
                glide_s=0.7 * length_s,
                tilt_cents=rng.normal(-40.0, 60.0),
                level_db=rng.normal(-0.5 * i, 3.0),
                attack_s=rng.uniform(0.005, 0.04),
                release_s=rng.uniform(0.01, 0.05),
            )
        )
    return events


def _gamaks(compass: _Range, here: float, rng: np.random.Generator) -> list[Event]:
    """Heavy shakes of a semitone to a fifth."""
    places = _walk(compass, here, int(rng.integers(1, 4)), rng)
    return [
        replace(
            _held(cents, rng.uniform(0.4, 2.0), rng),
            vibrato_cents=0.0,
            gamak_cents=rng.uniform(60.0, 450.0),
            gamak_hz=rng.uniform(2.0, 7.0),
        )
        for cents in places
    ]


_STYLES: tuple[Callable[[_Range, float, np.random.Generator], list[Event]], ...] = (
    _alap,
    _drone_notes,
    _song,
    _taan,
    _glides,
    _speech,
    _gamaks,
)
_STYLE_SHARES = (0.27, 0.22, 0.23, 0.1, 0.07, 0.06, 0.05)
