"""A transcription as MIDI: what was sung, at its own pitch, with pitch bends."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator
from typing import Final

import numpy as np
from mido import Message, MetaMessage, MidiFile, MidiTrack, bpm2tempo

from swara.classifier.transcription import Transcription
from swara.data.arrays import FloatArray
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.raga.notation import swara_letter
from swara.service.phrases import printable

__all__ = ["RANGES", "sung_spans", "to_midi"]

RANGES: Final = (2, 12, 24, 48)
"""Semitones that a bend may reach, the narrowest that holds all: 2 is what every player takes for granted."""

THINNED_CENTS = 1.0
"""A bend is written where the last one is further off than this: a tenth of what anybody hears."""

_TICKS_PER_BEAT, _FREE_BPM = 960, 60.0
_VELOCITY, _VOICE = 88, 53
_CENTRE, _MOST = 8192, 8191
_PITCH_BEND_RANGE = ((101, 0), (100, 0))
_NO_PARAMETER = ((101, 127), (100, 127))


def to_midi(found: Transcription, track: PitchTrack) -> bytes:
    """Write a transcription as a MIDI file of one channel.

    Each swara is a note, named in a lyric; it sounds as long as the voice goes on, to the next one, and the
    bends follow the voice from frame to frame. Their range is set by registered parameter 0. Beats are those
    of the tala, if there is one, else seconds.

    Parameters
    ----------
    found : Transcription
        What was sung.
    track : PitchTrack
        Its pitch.

    Returns
    -------
    bytes
        A standard MIDI file, format 0.
    """
    spans = sung_spans(found, track)
    bends = [
        _bends(span, found.sa_hz, swara.cents, track) for span, swara in zip(spans, found.swaras, strict=True)
    ]
    furthest = max((float(np.abs(cents).max()) for _, _, cents in bends), default=0.0)
    reach = next((semitones for semitones in RANGES if furthest <= 100.0 * semitones), RANGES[-1])
    bpm = _FREE_BPM if found.metre is None else found.metre.tempo_bpm
    events = sorted(_events(found, spans, bends, reach), key=lambda event: event[:2])
    return _file(found, events, reach, bpm)


def sung_spans(found: Transcription, track: PitchTrack) -> list[tuple[float, float]]:
    """Return from when to when each note sounds, in seconds: while the voice goes on, up to the next one."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], track.voiced, [False])).astype(np.int8)))
    begun_s = track.times_s[edges[::2]] - HOP_S / 2
    ended_s = track.times_s[edges[1::2] - 1] + HOP_S / 2
    spans, before_s = list[tuple[float, float]](), 0.0
    nexts_s = [swara.start_s for swara in found.swaras[1:]] + [found.duration_s]
    for swara, next_s in zip(found.swaras, nexts_s, strict=False):
        start_s, end_s = swara.start_s, swara.end_s
        first, last = np.searchsorted(ended_s, (start_s, end_s - HOP_S)).tolist()
        if first < begun_s.size:
            start_s = min(start_s, max(before_s, float(begun_s[first])))
        if last < begun_s.size and begun_s[last] <= end_s:
            end_s = max(end_s, float(ended_s[last]))
        before_s = max(start_s, min(end_s, next_s))
        spans.append((start_s, before_s))
    return spans


_Bends = tuple[int, FloatArray, FloatArray]
"""The key of a note; when each bend is, in seconds; how far each goes, in cents."""

_Event = tuple[float, int, Message | MetaMessage]
"""When, in seconds; what comes first of all that comes then; what."""


def _bends(span: tuple[float, float], sa_hz: float, cents: float, track: PitchTrack) -> _Bends:
    """Return the key of a note and its bends: where the voice is not heard, the last one goes on."""
    start_s, end_s = span
    key = min(127, max(0, round(69.0 + 12.0 * math.log2(sa_hz / 440.0) + cents / 100.0)))
    key_hz = 440.0 * 2.0 ** ((key - 69) / 12)
    first, last = np.searchsorted(track.times_s, (start_s - HOP_S / 2, end_s + HOP_S / 2))
    sung = np.flatnonzero(track.voiced[first:last]) + first
    if not sung.size:
        return key, np.array([start_s]), np.array([cents + 1200.0 * math.log2(sa_hz / key_hz)])
    bends = 1200.0 * np.log2(track.hz[sung] / key_hz)
    kept, held = [0], bends[0]
    for place, bend in enumerate(bends.tolist()):
        if abs(bend - held) > THINNED_CENTS:
            kept.append(place)
            held = bend
    # A bend holds for the frame around it: it is written where the frame begins.
    times_s = np.maximum(track.times_s[sung[kept]] - HOP_S / 2, start_s)
    times_s[0] = start_s
    return key, times_s, bends[kept]


def _events(
    found: Transcription, spans: list[tuple[float, float]], bends: list[_Bends], reach: int
) -> Iterator[_Event]:
    for (start_s, end_s), (key, times_s, cents), swara in zip(spans, bends, found.swaras, strict=True):
        yield start_s, 2, MetaMessage("lyrics", text=swara_letter(*swara.pitch))
        yield start_s, 3, Message("note_on", note=key, velocity=_VELOCITY)
        yield end_s, 0, Message("note_off", note=key, velocity=0)
        pitches = np.clip(np.rint(cents / (100.0 * reach) * _CENTRE), -_CENTRE, _MOST).astype(int)
        for time_s, pitch in zip(times_s.tolist(), pitches.tolist(), strict=True):
            yield time_s, 1, Message("pitchwheel", pitch=pitch)
    if found.metre is not None:
        cycle_s = found.metre.tala.matras * found.metre.matra_s
        sam_s = found.metre.sam_s % cycle_s
        while sam_s < found.duration_s:
            yield sam_s, 1, MetaMessage("marker", text="sam")
            sam_s += cycle_s


def _file(found: Transcription, events: list[_Event], reach: int, bpm: float) -> bytes:
    track = MidiTrack()
    track.append(MetaMessage("track_name", name=printable(found.source)))
    track.append(
        MetaMessage(
            "text",
            text=f"Raga {found.raga.display}, Sa {found.sa_hz:.2f} Hz" + " (a guess)" * found.sa_guessed,
        )
    )
    track.append(MetaMessage("set_tempo", tempo=bpm2tempo(bpm)))
    track.append(Message("program_change", program=_VOICE))
    range_set = (*_PITCH_BEND_RANGE, (6, reach), (38, 0), *_NO_PARAMETER)
    track.extend(Message("control_change", control=control, value=value) for control, value in range_set)
    now, ticks_a_second = 0, _TICKS_PER_BEAT * bpm / 60.0
    for time_s, _, message in events:
        then = max(now, round(time_s * ticks_a_second))
        track.append(message.copy(time=then - now))
        now = then
    end = max(now, round(found.duration_s * ticks_a_second))
    track.append(MetaMessage("end_of_track", time=end - now))
    written = io.BytesIO()
    MidiFile(type=0, ticks_per_beat=_TICKS_PER_BEAT, charset="utf-8", tracks=[track]).save(file=written)
    return written.getvalue()
