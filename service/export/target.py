"""Notes of a take, or written ones, as they should sound: a synthesized voice over a tanpura."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from pathlib import Path

import numpy as np

from swara.data.clip import Clip, Samples
from swara.data.storage.disk import write_atomically
from swara.data.synth import (
    VOICES,
    SungNote,
    Voice,
    render_contour,
    rms,
    sing,
    swara_sequence,
    tanpura,
    tanpura_loop,
)
from swara.data.synth.takes import sargam
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara
from swara.raga.tuning import Tuning
from swara.service.report.melody import TargetNote, target_melody
from swara.service.take.report import TakeReport

__all__ = ["save_melody", "save_target", "sing_pitch", "target_clip", "target_swaras"]

RATE_HZ = 22_050
TANPURA_DB = 20.0
LEGATO_WITHIN_S = 0.15
"""A gap shorter than this between two notes is a glide or a consonant: the melody goes on through it."""

_ALONE_S = 1.5
_LEAD_S, _STRETCH_S, _ROUND_S = 0.5, 15.0, 30.0
_SEED = 0


def save_target(report: TakeReport, path: Path, tuning: Tuning) -> None:
    """Write `target_clip` as `save_melody` does."""
    save_melody(target_melody(report, tuning), report.tonic.hz, report.duration_s, path)


def save_melody(melody: Sequence[TargetNote], sa_hz: float, duration_s: float, path: Path) -> None:
    """Write notes over a tanpura as a 16-bit WAV file, phrase by phrase: any length takes the same memory.

    Parameters
    ----------
    melody : sequence of TargetNote
        In order of time; may be empty.
    sa_hz : float
        Frequency of madhya Sa.
    duration_s : float
        Length of all, in seconds.
    path : Path
        The file.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    import wave  # libsndfile does not tell a full disk from any other trouble

    blocks = _over_tanpura(melody, sa_hz, duration_s)

    def write(part: Path) -> None:
        with wave.open(str(part), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE_HZ)
            for block in blocks:
                scaled = np.rint(32_767.0 * np.clip(block, -1.0, 1.0))
                file.writeframesraw(scaled.astype("<i2").tobytes())

    write_atomically(path, write)


def target_clip(report: TakeReport, tuning: Tuning) -> Clip:
    """Sing the notes of a take in tune, each when it was sung, by a voice of the singer's register.

    Where no note was judged, the tanpura plays alone.
    """
    blocks = _over_tanpura(target_melody(report, tuning), report.tonic.hz, report.duration_s)
    return Clip(np.concatenate(list(blocks)), RATE_HZ)


def target_swaras(report: TakeReport, tuning: Tuning) -> dict[tuple[str, str], Clip]:
    """Sing each swara of a take alone, in tune over a tanpura on this singer's Sa, by swara and saptak."""
    sounds = {}
    for stats in report.per_swara:
        svarasthana, octave = parse_swara(f"{stats.saptak} {stats.swara}")
        cents = tuning.cents_of(svarasthana.index, octave)
        melody = (TargetNote(0.0, _ALONE_S, cents, swara_letter(svarasthana, octave)),)
        alone = np.concatenate(list(_over_tanpura(melody, report.tonic.hz, _ALONE_S)))
        sounds[stats.swara, stats.saptak] = Clip(alone, RATE_HZ)
    return sounds


def sing_pitch(sa_hz: float, cents: float, duration_s: float, syllable: str = "a") -> Clip:
    """Sing one steady pitch by a voice that it suits, without a tanpura: what a drill plays.

    Parameters
    ----------
    sa_hz : float
        Frequency of madhya Sa.
    cents : float
        The pitch above it.
    duration_s : float
        Length of the note, in seconds; 0.1 s of silence follows.
    syllable : str
        What it is sung on: ``a``, or a swara's name such as ``ga``.

    Raises
    ------
    ValueError
        If the note is too short to be one, or the syllable cannot be sung.
    """
    rng = np.random.default_rng(_SEED)
    contour = render_contour([SungNote(cents, duration_s)], sa_hz, rng=rng)
    voice = _fitting_voice(sa_hz * 2.0 ** (np.array([cents]) / 1200.0))
    return Clip(sing(contour, voice, rate_hz=RATE_HZ, rng=rng, syllables=[syllable]), RATE_HZ)


def _over_tanpura(melody: Sequence[TargetNote], sa_hz: float, duration_s: float) -> Iterator[Samples]:
    """Yield the voice over a drone, stretch by stretch, in all `duration_s`."""
    rng, done, gain, waiting = np.random.default_rng(_SEED), 0, np.float32(1.0), []
    blocks = _voice(melody, sa_hz, round(duration_s * RATE_HZ), rng)
    for block in blocks:
        waiting.append(block)
        if block.any():
            break
    drone = _drone(sa_hz, duration_s, rng)
    if melody:
        sung = waiting[-1]
        gain = np.float32(rms(sung[sung != 0]) / rms(drone) * 10.0 ** (-TANPURA_DB / 20.0))
    for block in chain(waiting, blocks):
        places = np.arange(done, done + block.size) % drone.size
        yield np.clip(block + gain * drone[places], -1.0, 1.0)
        done += block.size


def _voice(
    melody: Sequence[TargetNote], sa_hz: float, length: int, rng: np.random.Generator
) -> Iterator[Samples]:
    """Yield the voice alone, `length` samples in stretches that fit into memory."""
    done = 0
    voice = _fitting_voice(sa_hz * 2.0 ** (np.array([n.cents for n in melody] or [0.0]) / 1200.0))
    for phrase in _stretches(melody):
        if phrase[0].start_s - done / RATE_HZ > _STRETCH_S:
            until = round((phrase[0].start_s - _LEAD_S) * RATE_HZ)
            yield from _rest(done, until)
            done = until
        contour = render_contour(list(_sung(phrase, done / RATE_HZ)), sa_hz, rng=rng)
        syllables = [sargam(pitch) for pitch in swara_sequence(note.swara for note in phrase)]
        sung = sing(contour, voice, rate_hz=RATE_HZ, rng=rng, syllables=syllables)[: length - done]
        yield sung
        done += sung.size
    yield from _rest(done, length)


def _rest(start: int, end: int) -> Iterator[Samples]:
    """Yield silence from one sample to another, in blocks."""
    block = round(_STRETCH_S * RATE_HZ)
    return (np.zeros(min(block, end - at), np.float32) for at in range(start, end, block))


def _drone(sa_hz: float, duration_s: float, rng: np.random.Generator) -> Samples:
    """Play the tanpura for as long, or, of what takes more than 30 s, a loop."""
    if duration_s <= _ROUND_S:
        return tanpura(duration_s, sa_hz, rate_hz=RATE_HZ, rng=rng)
    return tanpura_loop(sa_hz, rate_hz=RATE_HZ, rng=rng)


def _stretches(melody: Sequence[TargetNote]) -> list[Sequence[TargetNote]]:
    """Cut a melody at its rests into stretches of 15 s or so; where nobody rests, between two notes."""
    stretches, first = [], 0
    for place, (note, after) in enumerate(pairwise(melody), 1):
        long_s, rest_s = after.start_s - melody[first].start_s, after.start_s - note.end_s
        if long_s > _STRETCH_S and (rest_s >= LEGATO_WITHIN_S or long_s > 2 * _STRETCH_S):
            stretches.append(melody[first:place])
            first = place
    return [*stretches, melody[first:]] if melody else []


def _sung(melody: Sequence[TargetNote], before_s: float) -> Iterator[SungNote]:
    """Turn clock times, from `before_s` on, into lengths and rests, and join notes that nearly touch."""
    ends_s = [
        after.start_s if after.start_s - note.end_s < LEGATO_WITHIN_S else note.end_s
        for note, after in pairwise(melody)
    ]
    ends_s.append(melody[-1].end_s)
    for note, end_s in zip(melody, ends_s, strict=True):
        rest_s = max(0.0, note.start_s - before_s)
        yield SungNote(
            note.cents,
            end_s - note.start_s,
            meend_s=note.meend_s,
            rest_before_s=rest_s,
            kan_cents=note.kan_cents,
            kan_s=note.kan_s,
        )
        before_s = end_s


def _fitting_voice(hz: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Voice:
    """Return the voice whose range, on a log scale, is centred nearest to the melody's."""
    middle = np.log(hz).mean()
    return min(VOICES.values(), key=lambda voice: abs(np.log(voice.range_hz).mean() - middle))
