"""The same notes as they should sound: a synthesized voice over a tanpura."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np

from swara.data.clip import Clip
from swara.data.storage.disk import write_atomically
from swara.data.synth import VOICES, SungNote, Voice, mix_at_db, render_contour, sing, swara_sequence, tanpura
from swara.data.synth.takes import sargam
from swara.raga.notation import swara_letter
from swara.raga.swaras import parse_swara
from swara.raga.tuning import Tuning
from swara.service.report.melody import TargetNote, target_melody
from swara.service.take.report import TakeReport

__all__ = ["save_target", "target_clip", "target_swaras"]

RATE_HZ = 22_050
TANPURA_DB = 20.0
LEGATO_WITHIN_S = 0.15
"""A gap shorter than this between two notes is a glide or a consonant: the melody goes on through it."""

_MEEND_S, _ALONE_S = 0.06, 1.5
_SEED = 0


def save_target(report: TakeReport, path: Path, tuning: Tuning) -> None:
    """Write `target_clip` as a 16-bit WAV file.

    Raises
    ------
    OutputError
        If the file cannot be written.
    """
    import soundfile

    clip = target_clip(report, tuning)
    write_atomically(
        path, lambda part: soundfile.write(part, clip.samples, clip.rate_hz, format="WAV", subtype="PCM_16")
    )


def target_clip(report: TakeReport, tuning: Tuning) -> Clip:
    """Sing the notes of a take in tune, each when it was sung, by a voice of the singer's register.

    Where no note was judged, the tanpura plays alone.
    """
    return _over_tanpura(target_melody(report, tuning), report.tonic.hz, report.duration_s)


def _over_tanpura(melody: Sequence[TargetNote], sa_hz: float, duration_s: float) -> Clip:
    rng = np.random.default_rng(_SEED)
    if not melody:
        return Clip(tanpura(duration_s, sa_hz, rate_hz=RATE_HZ, rng=rng), RATE_HZ)
    contour = render_contour(list(_sung(melody)), sa_hz, rng=rng)
    syllables = [sargam(pitch) for pitch in swara_sequence(note.swara for note in melody)]
    voice = _fitting_voice(sa_hz * 2.0 ** (np.array([n.cents for n in melody]) / 1200.0))
    samples = sing(contour, voice, rate_hz=RATE_HZ, rng=rng, syllables=syllables)
    length = round(duration_s * RATE_HZ)
    samples = np.pad(samples[:length], (0, max(0, length - samples.size)))
    drone = tanpura(samples.size / RATE_HZ, sa_hz, rate_hz=RATE_HZ, rng=rng)
    return Clip(mix_at_db(samples, drone, TANPURA_DB, samples != 0), RATE_HZ)


def target_swaras(report: TakeReport, tuning: Tuning) -> dict[tuple[str, str], Clip]:
    """Sing each swara of a take alone, in tune over a tanpura on this singer's Sa, by swara and saptak."""
    sounds = {}
    for stats in report.per_swara:
        svarasthana, octave = parse_swara(f"{stats.saptak} {stats.swara}")
        cents = tuning.cents_of(svarasthana.index, octave)
        melody = (TargetNote(0.0, _ALONE_S, cents, swara_letter(svarasthana, octave)),)
        sounds[stats.swara, stats.saptak] = _over_tanpura(melody, report.tonic.hz, _ALONE_S)
    return sounds


def _sung(melody: Sequence[TargetNote]) -> Iterator[SungNote]:
    """Turn clock times into lengths and rests, and join notes that nearly touch."""
    ends_s = [
        after.start_s if after.start_s - note.end_s < LEGATO_WITHIN_S else note.end_s
        for note, after in pairwise(melody)
    ]
    ends_s.append(melody[-1].end_s)
    before_s = 0.0
    for note, end_s in zip(melody, ends_s, strict=True):
        rest_s = note.start_s - before_s
        yield SungNote(note.cents, end_s - note.start_s, meend_s=_MEEND_S, rest_before_s=rest_s)
        before_s = end_s


def _fitting_voice(hz: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Voice:
    """Return the voice whose range, on a log scale, is centred nearest to the melody's."""
    middle = np.log(hz).mean()
    return min(VOICES.values(), key=lambda voice: abs(np.log(voice.range_hz).mean() - middle))
