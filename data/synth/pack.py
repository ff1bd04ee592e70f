"""Make the bundled samples: ``python -m swara.data.synth.pack`` writes them into ``data/samples``.

Every voice sings, on every scale, six swaras one by one and Bhupali up and down, and on four of them all
twelve svarasthanas from mandra Sa to taar Ni::

    low-male/A-sharp/sa.ogg  re.ogg  ga.ogg  pa.ogg  dha.ogg  taar-sa.ogg  bhupali.ogg
                     svarasthanas.ogg
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from swara.data.recording import Recording, SwaraLabel
from swara.data.sample_corpus.corpus import PACK_PREFIX, pack_folder, write_corpus
from swara.data.storage.disk import sha256_of
from swara.raga.notation import swara_letter
from swara.raga.ragas import RAGAS
from swara.raga.swaras import SVARASTHANAS, SwaraPitch
from swara.raga.tonic_names import tonic_hz

from .phones import parse_syllable
from .sung import SungNote
from .takes import SynthTake, aim, sargam, sing_take, swara_sequence
from .voice import VOICES, Voice
from .vorbis import write_vorbis

__all__ = ["LICENCE", "SCALES", "SINGLE", "TWELVE_SCALES", "PackTake", "pack_takes", "write_pack"]

LICENCE = "Apache-2.0"
SCALES = {"A": (9, 0), "A-sharp": (10, 0), "B": (11, 0), "C": (0, 1), "C-sharp": (1, 1), "D": (2, 1)}
"""Name of each scale, as its folder is called, with the pitch class of Sa and what it adds to the octave."""

SINGLE = {"sa": "S", "re": "R", "ga": "G", "pa": "P", "dha": "D", "taar-sa": "S'"}
"""The single notes, by the names of their files."""

_TWELVE = "svarasthanas"
"""Name of the files that hold all twelve, so that a head learns what is no swara of Bhupali, too."""

TWELVE_SCALES = ("A-sharp", "C", "C-sharp", "D")
_COMPASS_HZ = (66.0, 1090.0)
"""What every voice sings of the three saptaks: what nearly every singer does, less a margin."""

_VOICES = {"low male": 2, "mid male": 2, "low female": 3, "high female": 3}
"""The voices, with the octave of their Sa on A."""

_RAGA = RAGAS["bhupali"]
_SEED = 1937
_ERROR_CENTS, _MOST_ERROR_CENTS = 3.0, 7.0
_SINGLE_S = (0.9, 1.2)
_PHRASE_S, _LAST_S = (0.42, 0.6), 0.9
_MEEND_SHARE, _MEEND_S = 0.4, (0.1, 0.18)
_VIBRATO_FROM_S = 0.65
_TANPURA_SHARE, _TANPURA_DB = 0.3, 32.0
_SARGAM_SHARE = 0.6
_LEAD_S = 0.12
_SMALLNESS = 0.7


@dataclass(frozen=True, slots=True, eq=False)
class PackTake:
    """One file of the pack, before it is encoded.

    Parameters
    ----------
    name : str
        Its path inside the pack.
    voice : Voice
        Who sings it.
    raga : str or None
        None for a single note.
    pitches : tuple of (Svarasthana, int)
        What each note means.
    take : SynthTake
        Sound, pitch and labels.
    """

    name: str
    voice: Voice
    raga: str | None
    pitches: tuple[SwaraPitch, ...]
    take: SynthTake

    @property
    def labels(self) -> tuple[SwaraLabel, ...]:
        """Where each note is steady, exactly."""
        truths = zip(self.pitches, self.take.labels, strict=True)
        return tuple(
            SwaraLabel(truth.label.start_s, truth.label.end_s, swara_letter(*pitch))
            for pitch, truth in truths
        )


def pack_takes(
    voices: Sequence[str] = tuple(_VOICES), scales: Sequence[str] = tuple(SCALES)
) -> Iterator[PackTake]:
    """Sing the pack, or part of it; each take has a seed of its own and does not depend on the others."""
    for voice_name in voices:
        for scale in scales:
            yield from _scale_takes(voice_name, scale)


def write_pack(folder: Path) -> tuple[Recording, ...]:
    """Write every file and ``pack.jsonl`` into `folder`, in the place of what it holds of them."""
    recordings = []
    for voice_name in _VOICES:
        shutil.rmtree(folder / _folder_name(voice_name), ignore_errors=True)
    for sung in pack_takes():
        path = folder / sung.name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_vorbis(path, sung.take.clip, smallness=_SMALLNESS)
        recordings.append(_recording(sung, sha256_of(path)))
    write_corpus(folder / "pack.jsonl", recordings)
    return tuple(recordings)


def _recording(sung: PackTake, sha256: str) -> Recording:
    return Recording(
        path=PACK_PREFIX + sung.name,
        sha256=sha256,
        singer=f"synthesized: {sung.voice.name}",
        tonic_hz=sung.take.sa_hz,
        raga=sung.raga,
        labels=sung.labels,
        licence=LICENCE,
        synthesized=True,
    )


def _scale_takes(voice_name: str, scale: str) -> Iterator[PackTake]:
    voice = VOICES[voice_name]
    pitch_class, up = SCALES[scale]
    sa_hz = tonic_hz(pitch_class, _VOICES[voice_name] + up)
    place = f"{_folder_name(voice_name)}/{scale}"
    seeds = np.random.SeedSequence([_SEED, list(VOICES).index(voice_name), pitch_class])
    rngs = [np.random.default_rng(seed) for seed in seeds.spawn(len(SINGLE) + 2)]
    *single_rngs, phrase_rng, twelve_rng = rngs
    for (name, letter), rng in zip(SINGLE.items(), single_rngs, strict=True):
        pitches = swara_sequence(letter)
        note = _note(pitches[0], float(rng.uniform(*_SINGLE_S)), voice, rng)
        yield PackTake(f"{place}/{name}.ogg", voice, None, pitches, _sung(pitches, [note], sa_hz, voice, rng))
    phrase = swara_sequence((*_RAGA.aroha, *_RAGA.avaroha))
    yield _phrase_take(f"{place}/{_RAGA.name}.ogg", voice, _RAGA.name, phrase, sa_hz, phrase_rng)
    if scale in TWELVE_SCALES:
        yield _phrase_take(f"{place}/{_TWELVE}.ogg", voice, None, _twelve(sa_hz), sa_hz, twelve_rng)


def _twelve(sa_hz: float) -> tuple[SwaraPitch, ...]:
    """Return the svarasthanas of three saptaks, upwards, as far as they lie in the compass."""
    lowest, highest = (1200 * math.log2(hz / sa_hz) for hz in _COMPASS_HZ)
    all_three = [(svarasthana, octave) for octave in (-1, 0, 1) for svarasthana in SVARASTHANAS]
    return tuple(pitch for pitch in all_three if lowest <= aim(pitch, 0.0) <= highest)


def _phrase_take(
    name: str,
    voice: Voice,
    raga: str | None,
    pitches: tuple[SwaraPitch, ...],
    sa_hz: float,
    rng: np.random.Generator,
) -> PackTake:
    notes = _phrase(pitches, voice, rng)
    return PackTake(name, voice, raga, pitches, _sung(pitches, notes, sa_hz, voice, rng))


def _phrase(pitches: Sequence[SwaraPitch], voice: Voice, rng: np.random.Generator) -> list[SungNote]:
    lengths_s = [*rng.uniform(*_PHRASE_S, len(pitches) - 1), _LAST_S]
    return [
        _note(pitch, float(length_s), voice, rng) for pitch, length_s in zip(pitches, lengths_s, strict=True)
    ]


def _note(pitch: SwaraPitch, length_s: float, voice: Voice, rng: np.random.Generator) -> SungNote:
    error_cents = float(np.clip(rng.normal(0.0, _ERROR_CENTS), -_MOST_ERROR_CENTS, _MOST_ERROR_CENTS))
    vibrato = float(rng.uniform(0.3, 1.0)) if length_s >= _VIBRATO_FROM_S else 0.0
    return SungNote(
        cents=aim(pitch, 0.0),
        duration_s=length_s,
        error_cents=error_cents,
        vibrato_cents=vibrato * voice.vibrato_cents,
        vibrato_hz=voice.vibrato_hz * float(rng.uniform(0.9, 1.1)),
        meend_s=float(rng.uniform(*_MEEND_S)) if rng.random() < _MEEND_SHARE else 0.06,
        loudness=float(rng.uniform(0.8, 1.0)),
    )


def _sung(
    pitches: Sequence[SwaraPitch],
    notes: Sequence[SungNote],
    sa_hz: float,
    voice: Voice,
    rng: np.random.Generator,
) -> SynthTake:
    """Sing the notes on their names or on aakar, with a soft tanpura under some."""
    on_sargam = rng.random() < _SARGAM_SHARE
    syllables = [sargam(pitch) if on_sargam else "a" for pitch in pitches]
    tanpura_db = _TANPURA_DB if rng.random() < _TANPURA_SHARE else None
    spaced = [
        replace(note, rest_before_s=max(parse_syllable(syllable).gap_s, 0.0 if i else _LEAD_S))
        for i, (note, syllable) in enumerate(zip(notes, syllables, strict=True))
    ]
    return sing_take(pitches, spaced, sa_hz, voice, rng=rng, syllables=syllables, tanpura_db=tanpura_db)


def _folder_name(voice_name: str) -> str:
    return voice_name.replace(" ", "-")


if __name__ == "__main__":
    write_pack(pack_folder())
