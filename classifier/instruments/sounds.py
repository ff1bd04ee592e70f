"""Which instrument plays which note when: a recording cut where sounds begin, and each heard by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from swara.classifier.notes.events import FLUX_DB, runs
from swara.classifier.notes.steady import average
from swara.classifier.sample_pitch.note import PitchHead, shipped_pitch
from swara.data.arrays import BoolArray, FloatArray, quantile
from swara.data.audio.frames import level_db, spectral_flux_db
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, PitchTrack

from .network import LABELS, NONE, InstrumentHead, Named, shipped_head

__all__ = ["Heard", "Sound", "hear_sounds", "is_gliding", "sound_spans"]

_BELOW_DB, _SILENT_DB = 40.0, -60.0
"""What lies so far below the loud part of a recording, or so low, is no sound."""

_JOINED, _LEAST, _EDGE = 5, 8, 12
"""Frames of 10 ms: a gap that is none, the shortest sound, and how near another onset cannot be."""

_NAMED_S = 0.25
"""A shorter sound is too little to name an instrument by: a quarter of the network's window."""

_HAVE_NOTES = frozenset(LABELS) - {"voice", NONE}
"""What is not named where no note is found. The CNN alone calls white noise a piccolo, at 49 to 68 % in 40
draws of 1 s; a voice may glide."""

_WITH_ANOTHER = 0.1
"""Share of the energy beside the partials of a note from which another sounds with it. Of 400 single notes
of two soundfonts none has over 0.08; of 454 sounds in phrases of one instrument, whose ends overlap, dry and
with reverb, 7 are taken for several. Of 400 pairs of notes 30 are still named, most of them because one lies
on the partials of the other; without this 188 were. No recording was looked at."""

_MOST_S = 30.0
"""As much of a held sound is listened to at a time."""

_ALONE = 0.75
"""An instrument that sounds for so great a share of what could be named is what the recording is of."""


_REFERENCE_HZ = 55.0
_GLIDE_STEP = (1.5, 25.0)
"""Cents in a frame of 10 ms: less is held, more is the leap of a key or a valve."""

_GLIDE_FRAMES, _GLIDE_CENTS = 6, 80.0
_PHRASE_S, _GLIDES, _GLIDING = 2.0, 3, 0.02
"""Somebody sings where so much is voiced, with so many glides, for such a share of it. All of the 38 sung
recordings of `make bench-heads` do, and none of its notes of instruments; but such recordings were looked at
when these figures were chosen, and no instrument's phrases were."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One sound of a recording.

    Parameters
    ----------
    start_s, end_s : float
        From when to when.
    midi : int or None
        Its note, 60 for middle C; None where none is to be shown.
    cents : float
        How far above that note it sounds; 0 without a note.
    named : Named
        Which instrument; no name where it cannot be told.
    with_others : bool
        Whether another note sounds with it: no instrument is named then.
    """

    start_s: float
    end_s: float
    midi: int | None
    cents: float
    named: Named
    with_others: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """What a recording is.

    Parameters
    ----------
    duration_s : float
        How long it lasts.
    named : Named
        The instrument of all of it: no name where nothing sounds, it cannot be told, or several play.
    seconds : dict of str to float
        How long each instrument that was named sounds, the longest first.
    sounds : tuple of Sound
        In order, none over another.
    """

    duration_s: float
    named: Named
    seconds: dict[str, float]
    sounds: tuple[Sound, ...]


def sound_spans(clip: Clip) -> list[tuple[float, float]]:
    """Return from when to when each sound lasts, in seconds: cut at silence and where the spectrum rises."""
    levels, flux = level_db(clip), spectral_flux_db(clip)
    floor = max(_SILENT_DB, quantile(levels, 0.95) - _BELOW_DB)
    spans = []
    for start, stop in _joined(levels > floor):
        edges = [start, *_onsets(flux, start, stop), stop]
        spans += [(a * HOP_S, min(b * HOP_S, clip.duration_s)) for a, b in pairwise(edges)]
    return spans


def _joined(sounding: BoolArray) -> Iterator[tuple[int, int]]:
    """Yield stretches of frames that sound, over short gaps, without those that are too short."""
    gaps = [run for run in runs(~sounding) if run.stop - run.start < _JOINED]
    filled = sounding.copy()
    for gap in gaps:
        filled[gap.start : gap.stop] = True
    return ((run.start, run.stop) for run in runs(filled) if run.stop - run.start >= _LEAST)


def _onsets(flux: FloatArray, start: int, stop: int) -> list[int]:
    """Return the frames inside a stretch where another sound begins: peaks of the flux."""
    found, last = list[int](), start
    for frame in range(start + _EDGE, stop - _LEAST):
        near = flux[frame - 4 : frame + 5]
        if flux[frame] >= FLUX_DB and flux[frame] >= near.max() and frame - last >= _EDGE:
            found.append(frame)
            last = frame
    return found


def hear_sounds(
    clip: Clip,
    head: InstrumentHead | None = None,
    tell: Callable[[float], None] | None = None,
    *,
    pitch: PitchHead | None = None,
) -> Heard:
    """Say which instrument plays which note when.

    The network that ships learned from single notes. Of a phrase that glides it does not know what it says,
    unless that it is a voice: no instrument is named in one, and not "none of these".

    Parameters
    ----------
    clip : Clip
        At 16 kHz.
    head : InstrumentHead, optional
        That which ships, if left out.
    tell : callable, optional
        Told the share of the sounds that were heard.
    pitch : PitchHead, optional
        Who tells the notes; the head that ships, if left out.

    Raises
    ------
    HeadError
        If a network cannot be read.
    """
    head, pitch, sounds = head or shipped_head(), pitch or shipped_pitch(), list[Sound]()
    spans = sound_spans(clip)
    for number, (start_s, end_s) in enumerate(spans):
        part = clip.between(start_s, min(end_s, start_s + _MOST_S))
        named = head.name(part.samples) if end_s - start_s >= _NAMED_S else Named(None, {})
        note = pitch.note(part)
        known = note.confidence is not None
        # A voice is no steady note, and what is none of these may have partials of its own, as bells have.
        plays = named.name in _HAVE_NOTES or (named.name is None and bool(named.probabilities))
        several = known and plays and note.beside > _WITH_ANOTHER
        if several or (not known and named.name in _HAVE_NOTES):
            named = Named(None, named.probabilities)
        sounds.append(Sound(start_s, end_s, note.midi if known else None, note.cents * known, named, several))
        if tell is not None:
            tell((number + 1) / len(spans))
    if head.labels == LABELS and any(sound.named.name not in (None, "voice") for sound in sounds):
        from swara.classifier.pitch.head import pitch_tracker

        if is_gliding(pitch_tracker("head").track(clip)):
            sounds = [replace(sound, named=_voice_or_nothing(sound.named)) for sound in sounds]
    named, seconds = _together(sounds)
    return Heard(clip.duration_s, named, seconds, tuple(sounds))


def is_gliding(track: PitchTrack) -> bool:
    """Tell whether a recording, by its pitch, is a phrase whose notes glide as those of a voice do."""
    voiced = glides = gliding = 0
    cents = track.cents(_REFERENCE_HZ)
    for stretch in runs(track.voiced):
        voiced += stretch.stop - stretch.start
        line = average(cents[slice(*stretch)], np.ones(3))
        steps = np.diff(line)
        for up_or_down in (steps, -steps):
            for run in runs((up_or_down > _GLIDE_STEP[0]) & (up_or_down < _GLIDE_STEP[1])):
                frames = run.stop - run.start
                if frames >= _GLIDE_FRAMES and abs(line[run.stop] - line[run.start]) >= _GLIDE_CENTS:
                    glides, gliding = glides + 1, gliding + frames
    return voiced * HOP_S >= _PHRASE_S and glides >= _GLIDES and gliding >= _GLIDING * voiced


def _voice_or_nothing(named: Named) -> Named:
    return named if named.name == "voice" else Named(None, named.probabilities)


def _together(sounds: list[Sound]) -> tuple[Named, dict[str, float]]:
    """Return what all sounds together are, and how long each name sounds."""
    seconds, belief, whole = defaultdict[str, float](float), defaultdict[str, float](float), 0.0
    for sound in sounds:
        length_s = sound.end_s - sound.start_s
        if sound.named.name is not None:
            seconds[sound.named.name] += length_s
        for name, share in sound.named.probabilities.items():
            belief[name] += length_s * share
        whole += length_s * bool(sound.named.probabilities)
    ordered = dict(sorted(seconds.items(), key=lambda each: -each[1]))
    mean = {name: share / whole for name, share in sorted(belief.items(), key=lambda each: -each[1])}
    first = next(iter(ordered), None)
    # As much must be sure as not: what is told of a few sounds of many says little of all.
    alone = first is not None and ordered[first] >= max(_ALONE * sum(ordered.values()), whole / 2)
    return Named(first if alone else None, mean), ordered
