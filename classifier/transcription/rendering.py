"""From notation to the transcription of a take that sings it: what a written phrase sounds like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from swara.data.arrays import FloatArray
from swara.data.pitch_track import HOP_S, PitchTrack
from swara.data.take import PHRASE_REST_S
from swara.raga.errors import BadNotation
from swara.raga.notation import NotatedSwara, swara_letter, turn_pitches
from swara.raga.ragas import Raga
from swara.raga.swara_list import raga_of_swaras
from swara.raga.swaras import SwaraPitch
from swara.raga.tuning import JUST, Tuning

from .layers import SungGlide, SungSwara, Transcription

__all__ = ["rendered", "sung_pitches", "sung_track"]

LONGEST_S = 1200.0
"""As long as the longest take that is analyzed."""

_LEAST_S = 0.08
_LOWEST_HZ, _HIGHEST_HZ = 65.0, 1100.0
_KAN_S, _KAN_SHARE = 0.1, 0.4
_MEEND_S, _MEEND_SHARE = 0.6, 0.5
_BREATH_S, _BREATH_SHARE = 0.1 + PHRASE_REST_S, 0.5
"""A kan, a meend and a breath take so long, but no more than that share of the swara they are taken from."""


def sung_pitches(swara: NotatedSwara, raga: Raga | None = None) -> tuple[SwaraPitch, ...]:
    """Return what is sung for a written swara without its kan: itself, or the four of a turn around it.

    Parameters
    ----------
    swara : NotatedSwara
        As it was read.
    raga : Raga, optional
        Whose swaras a turn goes through; the scale of thaat Kalyan if not given.
    """
    if not swara.turn:
        return (swara.pitch,)
    return turn_pitches(swara.pitch) if raga is None else turn_pitches(swara.pitch, raga.swaras)


def rendered(
    line: Sequence[NotatedSwara],
    sa_hz: float,
    *,
    raga: Raga | None = None,
    tuning: Tuning = JUST,
    beat_s: float = 1.0,
    source: str = "notation",
) -> Transcription:
    """Put written swaras on the clock, as a voice would sing them in tune.

    A meend takes the end of the swara that it leaves, a comma too: beats stay where they are.

    Parameters
    ----------
    line : sequence of NotatedSwara
        One at least.
    sa_hz : float
        Frequency of madhya Sa.
    raga : Raga, optional
        Whose swaras they should be: others are foreign. None are if it is not given.
    tuning : Tuning
        Where they lie.
    beat_s : float
        How long a beat is, in seconds.
    source : str
        What the transcription calls them.

    Raises
    ------
    BadNotation
        Naming the first swara that no voice sings, or that lasts too short, and its place; or if there is
        none, or they take longer than `LONGEST_S`.
    """
    _check_length(line, beat_s)
    swaras, glides = list[SungSwara](), list[SungGlide]()
    now_s, leaving = 0.0, None
    for each in line:
        now_s += float(each.rest_beats * beat_s)
        end_s = now_s + float(each.beats * beat_s)
        sung = list(_sung(each, now_s, end_s, sa_hz, raga, tuning))
        if leaving is not None:
            glides.append(SungGlide(*leaving, sung[0].cents, len(swaras) - 1, len(swaras)))
        swaras += sung
        leaving = (sung[-1].end_s, end_s, sung[-1].cents) if each.meend_to_next else None
        now_s = end_s
    swaras[-1] = replace(swaras[-1], ends_phrase=True)
    named_by = raga or _holding(swaras)
    return Transcription(source, now_s, sa_hz, named_by, tuple(swaras), tuple(glides), tuning=tuning)


def sung_track(transcription: Transcription) -> PitchTrack:
    """Return the pitch of a voice that sings what is written, glides as raised cosines.

    Parameters
    ----------
    transcription : Transcription
        Such as `rendered` makes.
    """
    times_s: FloatArray = HOP_S * np.arange(round(transcription.duration_s / HOP_S) + 1, dtype=np.float64)
    cents: FloatArray = np.full(times_s.size, np.nan)
    held = [(each.start_s, each.end_s, each.cents, each.cents) for each in transcription.swaras]
    gliding = [(each.start_s, each.end_s, each.from_cents, each.to_cents) for each in transcription.glides]
    for start_s, end_s, from_cents, to_cents in (*held, *gliding):
        inside = (times_s >= start_s - 1e-9) & (times_s < end_s - 1e-9)
        way = 0.5 - 0.5 * np.cos(np.pi * (times_s[inside] - start_s) / (end_s - start_s))
        cents[inside] = from_cents + way * (to_cents - from_cents)
    voiced = np.isfinite(cents)
    hz: FloatArray = transcription.sa_hz * np.exp2(cents / 1200.0)
    return PitchTrack(times_s, hz, np.where(voiced, 1.0, 0.0), voiced)


def _holding(swaras: Sequence[SungSwara]) -> Raga:
    """Return a raga of just these swaras, with Ga and Pa where they are too few to be one."""
    letters = list(dict.fromkeys(("S", *(each.svarasthana.letter for each in swaras))))
    more = [each for each in "GP" if each not in letters][: max(0, 3 - len(letters))]
    return raga_of_swaras(" ".join((*letters, *more)))


def _pieces(
    swara: NotatedSwara, start_s: float, end_s: float, raga: Raga | None
) -> Iterator[tuple[SwaraPitch, float, float, bool]]:
    """Yield what is sung from when to when, and whether it is a kan."""
    length_s = end_s - start_s
    if swara.meend_to_next:
        end_s -= min(_MEEND_S, _MEEND_SHARE * length_s)
    elif swara.ends_phrase:
        end_s -= min(_BREATH_S, _BREATH_SHARE * length_s)
    kan_s = min(_KAN_S, _KAN_SHARE * (end_s - start_s) / max(1, len(swara.kan)))
    for pitch in swara.kan:
        yield pitch, start_s, start_s + kan_s, True
        start_s += kan_s
    pitches = sung_pitches(swara, raga)
    each_s = (end_s - start_s) / len(pitches)
    for place, pitch in enumerate(pitches):
        yield pitch, start_s + place * each_s, start_s + (place + 1) * each_s, False


def _sung(
    written: NotatedSwara, start_s: float, end_s: float, sa_hz: float, raga: Raga | None, tuning: Tuning
) -> Iterator[SungSwara]:
    """Yield a written swara as it is sung: its kan, and itself or the four of its turn."""
    pieces = list(_pieces(written, start_s, end_s, raga))
    for number, (pitch, from_s, to_s, is_kan) in enumerate(pieces, 1):
        index, octave = pitch[0].index, pitch[1]
        cents = tuning.cents_of(index, octave)
        _check(written, pitch, sa_hz * 2.0 ** (cents / 1200.0), to_s - from_s)
        foreign = raga is not None and not raga.allows(index)
        ends = written.ends_phrase and number == len(pieces)
        yield SungSwara(from_s, to_s, *pitch, cents, not is_kan, ends, foreign)


def _check_length(line: Sequence[NotatedSwara], beat_s: float) -> None:
    if not line:
        raise BadNotation("no swara is written", fix='Write such as "S R G P"')
    beats = sum(swara.rest_beats + swara.beats for swara in line)
    if beats * beat_s > LONGEST_S:
        most = f"{LONGEST_S / 60:g} minutes can be sung at once"
        raise BadNotation(f"this takes {beats * beat_s / 60:.0f} minutes, and {most}", fix="Write less")


def _check(swara: NotatedSwara, pitch: SwaraPitch, hz: float, length_s: float) -> None:
    letter = swara_letter(*pitch)
    if not _LOWEST_HZ <= hz <= _HIGHEST_HZ:
        where = f"at {hz:.0f} Hz, and voices sing from {_LOWEST_HZ:g} to {_HIGHEST_HZ:g}"
        fix = "Write it in another octave, or choose another Sa"
        raise BadNotation(f'"{letter}" lies {where}', where=swara.place, fix=fix)
    # A kan may be shorter, as it is on the way.
    if length_s < _LEAST_S and pitch not in swara.kan:
        what = f'"{letter}" would last {1000 * length_s:.0f} ms'
        raise BadNotation(what, where=swara.place, fix="Write fewer in a beat, or sing it slower")
