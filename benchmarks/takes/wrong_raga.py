"""Whether a wrong raga can talk swara into a wrong Sa, and whether the right one is let be."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import numpy as np

from benchmarks.page import Check, Section, Table
from benchmarks.pitch.tracks import Tracks
from benchmarks.recordings import CONCERTS, calans, concert_phrases, concert_track, concerts
from swara.classifier.notes import HeldNote, find_held_notes
from swara.classifier.pitch import TRACK_RATE_HZ
from swara.classifier.tonic import SaEvidence, estimate
from swara.data.arrays import BoolArray, FloatArray
from swara.data.clip import Clip
from swara.data.pitch_track import HOP_S, MAX_HZ, MIN_HZ, PitchTrack
from swara.data.synth import tanpura
from swara.data.take import Tonic
from swara.raga.ragas import BASIC_RAGAS, Raga

WHOLE, LENGTHS_S = "whole", (30.0, 15.0)
MOST_WRONG = {WHOLE: 1.0, "30 s": 1.0, "15 s": 2.0}
MOST_ASKED = 5.0
SAME_CENTS = 50.0
PLACES, SEED, DRONE_DB, LEAST_VOICED = 8, 12, 10.0, 0.25

_MORE = """
Hamsadhwani: S R G P N: P S | Shankara: S G P D N: G N | Hindol: S G M D N: D G | Marwa: S r G M D N: r D
Puriya: S r G M D N: G N | Sohni: S r G M D N: D G | Puriya Dhanashri: S r G M P d N: P r
Shri: S r G M P d N: r P | Multani: S r g M P d N: P S | Madhuvanti: S R g M P D N: P S
Bhimpalasi: S R g m P D n: m S | Bahar: S R g m P D n N: m S | Darbari: S R g m P d n: R P
Jaunpuri: S R g m P d n: d g | Bhairavi: S r g m P d n: m S | Ahir Bhairav: S r G m P D n: m S
Jogiya: S r G m P d N: m S | Kalingada: S r G m P d N: P S | Khamaj: S R G m P D n N: G N
Desh: S R G m P D n N: R P | Tilak Kamod: S R G m P D N: R P | Jhinjhoti: S R G m P D n: G D
Rageshri: S R G m D n: G D | Jog: S g G m P n: m S | Kedar: S R G m M P D N: m S | Bihag: S R G m M P D N: G N
Chandrakauns: S g m d N: m S | Shivranjani: S R g P D: P S
"""
"""28 ragas beside those of the program: swaras, vadi and samvadi."""

_METHOD = f"""The calans and concert excerpts, whole and in pieces of 30 and 15 seconds that overlap by half,
under every raga that is not theirs and under their own: the {len(BASIC_RAGAS)} that Sa is held against, and
40 common ones as if they were. Confidently wrong means that Sa is more than 50 cents off, octaves apart, and
was not asked about. Newly asked means that the right raga was given and Sa is asked about only because of the
other ragas; `raga alone` is what comes out without them. None of these recordings took part in choosing the
constants of that comparison. The pitch of seven concerts is sung by a plain tone, over a synthesized tanpura
{DRONE_DB:.0f} dB below and without one: {PLACES} random places of each length in each."""


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A take or a piece of one: where it comes from, how long, what was heard in it, its Sa and raga."""

    source: str
    length: str
    clip: Clip
    notes: Sequence[HeldNote]
    sa_hz: float
    raga: Raga

    def right(self, tonic: Tonic) -> bool:
        """Whether an estimate is the same pitch class as Sa."""
        cents = 1200.0 * np.log2(tonic.hz / self.sa_hz)
        return bool(abs((cents + 600.0) % 1200.0 - 600.0) <= SAME_CENTS)


@dataclass(slots=True)
class _Count:
    """Estimates under wrong ragas and how many were wrong without asking; under the right one, and asked."""

    wrong_ragas: int = 0
    misled: int = 0
    misled_alone: int = 0
    pieces: int = 0
    newly_asked: int = 0


def forty() -> Mapping[str, Raga]:
    """Return the program's ragas and 28 more, by name."""
    more = {}
    for outline in _MORE.strip().replace("\n", " | ").split(" | "):
        display, swaras, weight = outline.split(": ")
        up, (vadi, samvadi) = tuple(swaras.split()), weight.split()
        more[display.casefold()] = Raga(display.casefold(), display, "", up, up[::-1], vadi, samvadi, "", ())
    return {**BASIC_RAGAS, **more}


def measure(root: Path, tracks: Tracks) -> Section:
    """Measure Sa under wrong and right ragas."""
    tables = {"12 ragas": BASIC_RAGAS, "40 ragas": forty()}
    recorded = list(_recorded(root, tracks))
    sung = list(_sung(root)) if (root / CONCERTS).is_dir() else []
    found = {name: _count(recorded, ragas) for name, ragas in tables.items()}
    also = {name: _count(sung, ragas) for name, ragas in tables.items()}
    checks = [
        Check(
            f"{name}, {length}: confidently wrong",
            _percent(each.misled, each.wrong_ragas),
            most,
            at_most=True,
        )
        for name, counts in found.items()
        for length, most in MOST_WRONG.items()
        for each in (counts["recorded", length],)
    ]
    for name, counts in found.items():
        asked, pieces = (sum(getattr(c, what) for c in counts.values()) for what in ("newly_asked", "pieces"))
        checks.append(
            Check(f"{name}, their own: newly asked", _percent(asked, pieces), MOST_ASKED, at_most=True)
        )
    return Section(
        "Sa under a wrong raga",
        _METHOD,
        checks,
        [_table("Recordings.", found), _table("Pitch of concerts.", also)],
    )


def _recorded(root: Path, tracks: Tracks) -> Iterator[_Piece]:
    performances = (*calans(root), *concerts(root))
    pitch = tracks.of("head", [performance.clip for performance in performances])
    for performance, track in zip(performances, pitch, strict=True):
        whole = performance.clip
        for length, first, last in _windows(whole.duration_s):
            inside = slice(first, last + 1)
            hz, voiced = track.hz[inside], track.voiced[inside]
            part = PitchTrack(HOP_S * np.arange(hz.size), hz, track.confidence[inside], voiced)
            clip = whole.between(HOP_S * first, min(HOP_S * last, whole.duration_s))
            notes = find_held_notes(clip, part).notes
            yield _Piece("recorded", length, clip, notes, performance.sa_hz, performance.raga)


def _windows(duration_s: float) -> Iterator[tuple[str, int, int]]:
    """Yield the whole and its pieces as first and last frame."""
    frames = round(duration_s / HOP_S)
    yield WHOLE, 0, frames
    for length_s in LENGTHS_S:
        # A recording as long as the piece is that piece already.
        if duration_s > length_s + 1.0:
            size = round(length_s / HOP_S)
            count = 1 + int(np.ceil((frames - size) / (size / 2)))
            for first in np.linspace(0, frames - size, count).round().astype(int).tolist():
                yield f"{length_s:.0f} s", first, first + size


def _sung(root: Path) -> Iterator[_Piece]:
    """Yield pieces of the concerts that only pitch was published of."""
    concerts_of = {row["concert"]: row for row in concert_phrases(root)}
    spelled = {"yamanKalyan": "yaman kalyan", "ahirBhairav": "ahir bhairav", "sri": "shri", "kalyan": "yaman"}
    known = forty()
    for concert, row in sorted(concerts_of.items()):
        rng = np.random.default_rng([SEED, int(concert, 16)])
        raga = known[spelled.get(row["raga"], row["raga"])]
        times_s, cents = concert_track(root, concert)
        sa_hz = float(row["sa_hz"])
        grid_s = np.arange(0.0, times_s[-1], HOP_S)
        hz = sa_hz * 2.0 ** (cents[np.searchsorted(times_s, grid_s).clip(0, times_s.size - 1)] / 1200.0)
        sounding = (hz > MIN_HZ) & (hz < MAX_HZ)
        for length_s in LENGTHS_S:
            for inside in _places(sounding, round(length_s / HOP_S), rng):
                voice = _plain_tone(hz[inside], sounding[inside])
                loud = voice[voice != 0].std()
                cycle = tanpura(length_s, sa_hz, rate_hz=TRACK_RATE_HZ, rng=rng, tuning=_tuning(raga))
                drone = np.resize(cycle, voice.size) * loud / cycle.std() * 10 ** (-DRONE_DB / 20)
                for source, samples in (("over a tanpura", voice + drone), ("without", voice)):
                    clip = Clip(np.asarray(samples, np.float32), TRACK_RATE_HZ)
                    track = _track(hz[inside], sounding[inside])
                    notes = find_held_notes(clip, track).notes
                    yield _Piece(source, f"{length_s:.0f} s", clip, notes, sa_hz, raga)


def _tuning(raga: Raga) -> str:
    """Return what the first string of a tanpura is tuned to for a raga."""
    return next(f"{letter}SSS" for letter, index in (("P", 7), ("M", 5), ("N", 11)) if raga.allows(index))


def _places(sounding: BoolArray, frames: int, rng: np.random.Generator) -> Iterator[slice]:
    found = 0
    while found < PLACES:
        first = int(rng.integers(sounding.size - frames))
        if sounding[first : first + frames].mean() >= LEAST_VOICED:
            found += 1
            yield slice(first, first + frames)


def _track(hz: FloatArray, sounding: BoolArray) -> PitchTrack:
    sung = np.append(sounding, False)
    times_s: FloatArray = HOP_S * np.arange(sung.size)
    return PitchTrack(
        times_s, np.where(sung, np.append(hz, np.nan), np.nan), np.where(sung, 0.95, 0.05), sung
    )


def _plain_tone(hz: FloatArray, sounding: BoolArray) -> FloatArray:
    """Sing a line of pitch with ten partials that fall by 6 dB an octave."""
    seconds = np.arange(round(hz.size * HOP_S * TRACK_RATE_HZ)) / TRACK_RATE_HZ
    frames_s = HOP_S * np.arange(hz.size)
    f0 = 2.0 ** np.interp(seconds, frames_s[sounding], np.log2(hz[sounding]))
    phase = 2 * np.pi * np.cumsum(f0) / TRACK_RATE_HZ
    tone = sum(np.sin(k * phase) / k * (k * f0 < TRACK_RATE_HZ / 2) for k in range(1, 11))
    sung: FloatArray = 0.1 * np.interp(seconds, frames_s, sounding.astype(np.float64)) * tone
    return sung


def _count(pieces: Collection[_Piece], ragas: Mapping[str, Raga]) -> dict[tuple[str, str], _Count]:
    """Run the estimator that ships, as if `ragas` were the ones it knows."""
    counts: dict[tuple[str, str], _Count] = {}
    for piece in pieces:
        count = counts.setdefault((piece.source, piece.length), _Count())
        evidence = SaEvidence.of(piece.clip, piece.notes)
        for raga in {**ragas, piece.raga.name: piece.raga}.values():
            with patch.object(estimate, "BASIC_RAGAS", {}):
                alone = evidence.tonic([raga])
            with patch.object(estimate, "BASIC_RAGAS", ragas):
                tonic = evidence.tonic([raga])
            if raga.name == piece.raga.name:
                count.pieces += 1
                count.newly_asked += tonic.needs_confirmation and not alone.needs_confirmation
            else:
                count.wrong_ragas += 1
                count.misled += not tonic.needs_confirmation and not piece.right(tonic)
                count.misled_alone += not alone.needs_confirmation and not piece.right(alone)
    return counts


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole else float("nan")


def _table(caption: str, found: Mapping[str, Mapping[tuple[str, str], _Count]]) -> Table:
    rows = [
        (
            f"{name}, {source}, {length}",
            _percent(count.misled_alone, count.wrong_ragas) / 100,
            _percent(count.misled, count.wrong_ragas) / 100,
            f"{count.misled} of {count.wrong_ragas}",
            f"{count.newly_asked} of {count.pieces}",
        )
        for name, counts in found.items()
        for (source, length), count in sorted(counts.items())
    ]
    headings = (
        "known, heard, length",
        "confidently wrong, raga alone",
        "confidently wrong",
        "that is",
        "newly asked",
    )
    return Table(caption, headings, rows, ("{:.1%}", "{:.1%}", "{}", "{}"))
