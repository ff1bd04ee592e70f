"""What a take says of its raga beyond its swaras: ascent, descent, weight, rests, key phrases, allied ragas.

Remarks, never verdicts: a raga is more than its outline, and each of these is told only where there is enough
of it. Nothing here changes what a note is judged as.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from swara.data.take import PHRASE_REST_S, Note, Segment, Silence, Touch
from swara.raga.notation import parse_notation, swara_letter
from swara.raga.ragas import ALLIED_RAGAS, PHRASE_ALLIES, Raga, raga_named
from swara.raga.swaras import SVARASTHANAS, svarasthana_named
from swara.service.phrases import moment, percent

from .report import RagaRemark

__all__ = ["leaning", "raga_remarks"]

LEAST_STEADY_S, LEAST_NOTES = 15.0, 15
"""Less than this shows no habit."""

OFTEN, LARGE_SHARE = 3, 1 / 3
"""A swara that a scale leaves out was sung so often that way, and in so much of all its passages. No master
of seven concerts is told so (``docs/benchmarks/notation.md``)."""

JOINED_S = 0.5
"""A longer rest parts two notes of a passage or phrase."""

WIDEST = 7
"""Semitones from the first note of a passage to the third."""

LEAST_PHRASES, LEAST_REST_S = 5, 0.3
PAKAD_FROM_S = 60.0
"""That a key phrase is missing is said of longer takes alone."""

CLEAR_MARGIN, LEANING_FROM_S = 1.5, 20.0
"""How much heavier an allied raga's swaras must be, and of how many seconds on those of both: a minute has
so much. A Bhupali that visits the upper half for a few phrases leans nowhere."""

LEANING_WITH_PHRASE_S, ITS_PHRASES = 5.0, 2
"""Where key phrases that only the other has are heard too, so much less is enough."""


class _Sung(NamedTuple):
    """A swara of a take in semitones above madhya Sa; repeated ones are one."""

    pitch: int
    start_s: float
    end_s: float
    held: bool


def raga_remarks(segments: Sequence[Segment], raga: Raga) -> tuple[RagaRemark, ...]:
    """Return what is to be said of a take in a raga; nothing of one known by its swaras alone.

    Parameters
    ----------
    segments : sequence of Segment
        The take, tiled, Sa being sure.
    raga : Raga
        What it was judged against.
    """
    notes = [each for each in segments if isinstance(each, Note)]
    steady_s = sum(note.steady_s for note in notes)
    if not raga.vadi or steady_s < LEAST_STEADY_S or len(notes) < LEAST_NOTES:
        return ()
    line = _line(segments)
    return (
        *_broken(line, raga),
        _weight(notes, raga, steady_s),
        *_rests(segments, raga),
        *_key_phrases(line, raga, segments[-1].end_s),
    )


def _line(segments: Sequence[Segment]) -> list[_Sung]:
    line: list[_Sung] = []
    for each in segments:
        if not isinstance(each, (Note, Touch)):
            continue
        index = svarasthana_named(each.swara).index
        pitch = index + 12 * round((each.cents - 100.0 * index) / 1200.0)
        held = isinstance(each, Note)
        if line and line[-1].pitch == pitch and each.start_s - line[-1].end_s <= JOINED_S:
            line[-1] = line[-1]._replace(end_s=each.end_s, held=line[-1].held or held)
        else:
            line.append(_Sung(pitch, each.start_s, each.end_s, held))
    return line


def _joined(before: _Sung, after: _Sung) -> bool:
    return after.start_s - before.end_s <= JOINED_S


def _broken(line: Sequence[_Sung], raga: Raga) -> Iterator[RagaRemark]:
    """Yield each swara that is sung the way that the raga leaves it out."""
    passages = _passages([each for each in line if each.held], raga)
    ways = (("aroha", "up", 1, raga.aroha), ("avaroha", "down", -1, raga.avaroha))
    for kind, way, sign, scale in ways:
        has = {swara.svarasthana.index for swara in parse_notation(" ".join(scale))}
        if any(each.startswith(kind) for each in raga.debated):
            continue
        for index in sorted(raga.swaras - has - set(_strangers(raga))):
            at_s, both = passages[index, sign], len(passages[index, 1]) + len(passages[index, -1])
            if len(at_s) >= OFTEN and len(at_s) > LARGE_SHARE * both:
                name = SVARASTHANAS[index].name
                what = (
                    f"Going {way}, {name} was sung on the way {len(at_s)} times, first at {moment(at_s[0])}"
                )
                yield RagaRemark(kind, f"{what}; {raga.display} leaves it out there", tuple(at_s))


def _strangers(raga: Raga) -> Iterator[int]:
    """Yield the swaras of a raga that neither scale has, such as Maru Bihag's shuddha Ma."""
    return (svarasthana_named(letter).index for letter in raga.also)


def _passages(held: Sequence[_Sung], raga: Raga) -> dict[tuple[int, int], list[float]]:
    """Return when each swara was sung between one below and one above it, by index and by way up or down."""
    found: dict[tuple[int, int], list[float]] = defaultdict(list)
    for before, middle, after in zip(held, held[1:], held[2:], strict=False):
        sign = 1 if after.pitch > before.pitch else -1
        rising = sign * before.pitch < sign * middle.pitch < sign * after.pitch
        own = all(raga.allows(each.pitch % 12) for each in (before, middle, after))
        near = (
            abs(after.pitch - before.pitch) <= WIDEST and _joined(before, middle) and _joined(middle, after)
        )
        if rising and own and near:
            found[middle.pitch % 12, sign].append(middle.start_s)
    return found


def _weight(notes: Sequence[Note], raga: Raga, steady_s: float) -> RagaRemark:
    """Say what is held longest, and what the raga has there."""
    sung_s: dict[str, float] = defaultdict(float)
    for note in notes:
        sung_s[note.swara] += note.steady_s
    sung_s.pop("Sa", None)
    ranked = sorted(sung_s, key=lambda name: -sung_s[name])
    longest = ", ".join(f"{name} {percent(sung_s[name] / steady_s)}" for name in ranked[:3])
    vadi = svarasthana_named(raga.vadi).name
    told = f"its vadi is {vadi}"
    if vadi in ranked[3:]:
        told += f" ({percent(sung_s[vadi] / steady_s)} here)"
    if raga.samvadi:
        told += f", its samvadi {svarasthana_named(raga.samvadi).name}"
    return RagaRemark("weight", f"Held longest beside Sa: {longest}; {told}")


def _rests(segments: Sequence[Segment], raga: Raga) -> Iterator[RagaRemark]:
    """Yield what phrases end on, where there are several."""
    ends: Counter[str] = Counter()
    at_s = []
    sung = [
        each
        for each in segments
        if not isinstance(each, Silence) or each.end_s - each.start_s >= PHRASE_REST_S
    ]
    for last, after in pairwise([*sung, None]):
        if (
            isinstance(last, Note)
            and (after is None or isinstance(after, Silence))
            and last.steady_s >= LEAST_REST_S
        ):
            ends[last.swara] += 1
            at_s.append(last.start_s)
    if len(at_s) >= LEAST_PHRASES:
        on = ", ".join(f"{name} ({count})" for name, count in ends.most_common(4))
        nyas = [svarasthana_named(letter).name for letter in raga.nyas]
        told = f"; its nyas: {', '.join(nyas)}" if nyas else ""
        yield RagaRemark("nyas", f"Phrases end on {on}{told}", tuple(at_s))


def _key_phrases(line: Sequence[_Sung], raga: Raga, duration_s: float) -> Iterator[RagaRemark]:
    """Yield which key phrases were heard, or that none was in a take that is long enough."""
    phrases = _phrases_of(raga)
    heard = {phrase: at_s for phrase in phrases if (at_s := _heard(line, phrase))}
    if heard:
        told = [f"{_written(phrase)} {_times(len(at_s))}" for phrase, at_s in heard.items()]
        at_s = sorted(time_s for times_s in heard.values() for time_s in times_s)
        yield RagaRemark("pakad", f"Pakad heard: {', '.join(told)}, first at {moment(at_s[0])}", tuple(at_s))
    elif phrases and duration_s >= PAKAD_FROM_S:
        told = [_written(phrase) for phrase in phrases]
        yield RagaRemark("pakad", f"Of the pakad no phrase was heard whole: {', '.join(told)}")


def _phrases_of(raga: Raga) -> list[tuple[int, ...]]:
    """Return the key phrases of three swaras or more, in semitones, a repeated swara once."""
    phrases: dict[tuple[int, ...], None] = {}
    for pakad in raga.pakad:
        phrase: list[int] = []
        for swara in parse_notation(pakad):
            pitch = swara.svarasthana.index + 12 * swara.octave
            phrase += [pitch] if phrase[-1:] != [pitch] else []
            if swara.ends_phrase:
                phrases[tuple(phrase)] = None
                phrase = []
        phrases[tuple(phrase)] = None
    return [phrase for phrase in phrases if len(phrase) >= 3]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _written(phrase: Sequence[int]) -> str:
    return " ".join(swara_letter(SVARASTHANAS[pitch % 12], pitch // 12) for pitch in phrase)


def _heard(line: Sequence[_Sung], phrase: Sequence[int]) -> list[float]:
    """Return when a phrase begins, in any octave; what is only touched may come between, a rest may not."""
    at_s: list[float] = []
    free_from_s = 0.0
    for place, first in enumerate(line):
        shift = first.pitch - phrase[0]
        if shift % 12 or first.start_s < free_from_s:
            continue
        done, last = 0, first
        for sung in line[place:]:
            if not _joined(last, sung) and sung is not first:
                break
            if sung.pitch == phrase[done] + shift:
                done += 1
            elif sung.held:
                break
            last = sung
            if done == len(phrase):
                at_s.append(first.start_s)
                free_from_s = sung.start_s
                break
    return at_s


def leaning(segments: Sequence[Segment], raga: Raga) -> str | None:
    """Say which allied raga a take leans to instead of its own, and why; None for none.

    Parameters
    ----------
    segments : sequence of Segment
        The take, tiled, Sa being sure.
    raga : Raga
        What it was judged against.
    """
    line = _line(segments)
    return _leaning_by_weight(segments, line, raga) or _leaning_by_phrase(line, raga)


def _leaning_by_weight(segments: Sequence[Segment], line: Sequence[_Sung], raga: Raga) -> str | None:
    """Look at a raga of the same swaras: what is dwelt on in madhya and taar, and whose phrases are heard."""
    twin = ALLIED_RAGAS.get(raga.name)
    if twin is None:
        return None
    sung_s: dict[int, float] = defaultdict(float)
    for note in segments:
        # Mandra Pa and Dha are Bhupali's own.
        if isinstance(note, Note) and note.saptak in ("madhya", "taar"):
            sung_s[svarasthana_named(note.swara).index] += note.steady_s
    own_s = sum(sung_s[index] for index in twin.own_weight)
    other_s = sum(sung_s[index] for index in twin.other_weight)
    if other_s <= CLEAR_MARGIN * own_s:
        return None
    own, its = _phrases_of(raga), _phrases_of(raga_named(twin.other))
    own_heard = sum(len(_heard(line, phrase)) for phrase in own if phrase not in its)
    its_heard = sum(len(_heard(line, phrase)) for phrase in its if phrase not in own)
    by_phrase = its_heard >= ITS_PHRASES and its_heard > own_heard
    if own_s + other_s < (LEANING_WITH_PHRASE_S if by_phrase else LEANING_FROM_S):
        return None
    told = f"Leaning to {twin.other}: same swaras as {raga.display}, but more weight on {twin.other}'s"
    return f"{told}, and its phrases" if by_phrase else told


def _leaning_by_phrase(line: Sequence[_Sung], raga: Raga) -> str | None:
    """Look for a raga that is this one with a phrase more: its swara is sung there, and hardly elsewhere."""
    for ally in PHRASE_ALLIES:
        if ally.plain == raga.name:
            other = raga_named(ally.other)
            phrase = [swara.svarasthana.index for swara in parse_notation(ally.phrase)]
            stranger = next(iter(set(phrase) - raga.swaras))
            at_s = _heard(line, phrase)
            if len(at_s) >= ITS_PHRASES and 2 * len(at_s) > sum(each.pitch % 12 == stranger for each in line):
                times = f"{ally.phrase} was sung {len(at_s)} times, first at {moment(at_s[0])}"
                return f"Leaning to {other.display}: {times}"
    return None
