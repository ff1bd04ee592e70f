"""A transcription as layers over time: TextGrid for Praat, JAMS for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Final

import numpy as np

from swara.classifier.transcription import SungSwara, Transcription
from swara.data.pitch_track import PitchTrack
from swara.raga.notation import swara_devanagari, swara_letter
from swara.service.phrases import printable

from .score import Script
from .text import phrase_texts

__all__ = ["to_jams", "to_textgrid"]

_JAMS_VERSION: Final = "0.3.5"
_Labelled = tuple[float, float, str]


def to_textgrid(found: Transcription, *, script: Script = "roman") -> str:
    """Write a transcription as a TextGrid of five interval tiers.

    ``held`` and ``touched`` name swaras, ``cents`` says where each lies above madhya Sa, ``glide`` from where
    to where the voice glides, in cents too, and ``phrase`` has the swaras of each.

    Parameters
    ----------
    found : Transcription
        What was sung.
    script : {"roman", "devanagari"}
        Of the swaras.
    """
    sign = swara_letter if script == "roman" else swara_devanagari
    tiers = {
        "held": [(swara.start_s, swara.end_s, sign(*swara.pitch)) for swara in found.held],
        "touched": [(swara.start_s, swara.end_s, sign(*swara.pitch)) for swara in found.touched],
        "cents": [(swara.start_s, swara.end_s, str(round(swara.cents))) for swara in found.swaras],
        "glide": [
            (glide.start_s, glide.end_s, f"{round(glide.from_cents)} to {round(glide.to_cents)}")
            for glide in found.glides
        ],
        "phrase": list(_phrases(found, script)),
    }
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {_s(found.duration_s)}",
        "tiers? <exists>",
        f"size = {len(tiers)}",
        "item []:",
    ]
    for number, (name, labelled) in enumerate(tiers.items(), 1):
        lines += _tier(number, name, labelled, found.duration_s)
    return "\n".join(lines) + "\n"


def _tier(number: int, name: str, labelled: Iterable[_Labelled], duration_s: float) -> Iterator[str]:
    intervals = list(_tiled(labelled, duration_s))
    yield f"    item [{number}]:"
    yield '        class = "IntervalTier"'
    yield f'        name = "{name}"'
    yield "        xmin = 0"
    yield f"        xmax = {_s(duration_s)}"
    yield f"        intervals: size = {len(intervals)}"
    for place, (start, end, text) in enumerate(intervals, 1):
        quoted = text.replace('"', '""')
        yield f"        intervals [{place}]:"
        yield f"            xmin = {start}"
        yield f"            xmax = {end}"
        yield f'            text = "{quoted}"'


def _phrases(found: Transcription, script: Script) -> Iterator[_Labelled]:
    """Yield each phrase as text in free rhythm, whatever tala there is."""
    texts = phrase_texts(replace(found, metre=None), devanagari=script == "devanagari")
    for phrase, (start_s, text) in zip(found.phrases(), texts, strict=True):
        yield start_s, found.swaras[phrase[-1]].end_s, text.rstrip(",")


def _tiled(labelled: Iterable[_Labelled], duration_s: float) -> Iterator[tuple[str, str, str]]:
    """Yield intervals without gap or overlap, times as they are written: those without a name are empty."""
    edge, last = 0, _us(duration_s)
    for start_s, end_s, text in labelled:
        start, end = max(edge, _us(start_s)), min(last, _us(end_s))
        if start >= end:
            continue
        if start > edge:
            yield _s(edge / 1e6), _s(start / 1e6), ""
        yield _s(start / 1e6), _s(end / 1e6), text
        edge = end
    if edge < last:
        yield _s(edge / 1e6), _s(last / 1e6), ""


def _us(time_s: float) -> int:
    return round(1e6 * time_s)


def _s(time_s: float) -> str:
    return f"{time_s:.6f}"


def to_jams(found: Transcription, track: PitchTrack, *, version: str = "") -> str:
    """Write a transcription as JAMS.

    Held and touched swaras are ``note_hz``, in an annotation each; their names and the phrases
    ``segment_open``; the glides ``pitch_contour``, numbered, as they were sung.

    Parameters
    ----------
    found : Transcription
        What was sung.
    track : PitchTrack
        Its pitch.
    version : str
        Of the program that writes.
    """
    named = [(swara.start_s, swara.end_s, swara_letter(*swara.pitch)) for swara in found.swaras]
    layers = (
        ("note_hz", "held", [_note(swara, found.sa_hz) for swara in found.held]),
        ("note_hz", "touched", [_note(swara, found.sa_hz) for swara in found.touched]),
        ("segment_open", "swaras", [_observed(*each) for each in named]),
        ("segment_open", "phrases", [_observed(*each) for each in _phrases(found, "roman")]),
        ("pitch_contour", "glides", _contours(found, track)),
    )
    whole = {
        "file_metadata": {
            "title": printable(found.source),
            "artist": "",
            "release": "",
            "duration": _r(found.duration_s),
            "identifiers": {},
            "jams_version": _JAMS_VERSION,
        },
        "annotations": [
            _annotation(namespace, layer, data, found.duration_s, version)
            for namespace, layer, data in layers
        ],
        "sandbox": {
            "sa_hz": round(found.sa_hz, 3) if found.swaras else None,
            "sa_guessed": found.sa_guessed,
            "raga": found.raga.name,
            "least_held_s": found.least_held_s,
            **_metre(found),
        },
    }
    return json.dumps(whole, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _annotation(
    namespace: str, layer: str, data: list[dict[str, Any]], duration_s: float, version: str
) -> dict[str, Any]:
    about = {
        "annotation_tools": f"swara {version}".strip(),
        "annotator": {},
        "corpus": "",
        "curator": {"name": "", "email": ""},
        "data_source": "program",
        "annotation_rules": "",
        "validation": "",
        "version": "",
    }
    return {
        "annotation_metadata": about,
        "namespace": namespace,
        "data": data,
        "sandbox": {"layer": layer},
        "time": 0.0,
        "duration": _r(duration_s),
    }


def _metre(found: Transcription) -> dict[str, Any]:
    if found.metre is None:
        return {}
    told = {"tala": found.metre.tala.name, "tempo_bpm": found.metre.tempo_bpm, "sam_s": found.metre.sam_s}
    return told | {"onset_matras": [float(onset) for onset in found.metre.onsets]}


def _note(swara: SungSwara, sa_hz: float) -> dict[str, Any]:
    return _observed(swara.start_s, swara.end_s, round(sa_hz * 2.0 ** (swara.cents / 1200.0), 3))


def _observed(start_s: float, end_s: float, value: object) -> dict[str, Any]:
    return {"time": _r(start_s), "duration": _r(end_s - start_s), "value": value, "confidence": None}


def _contours(found: Transcription, track: PitchTrack) -> list[dict[str, Any]]:
    points = list[dict[str, Any]]()
    for index, glide in enumerate(found.glides):
        first, last = np.searchsorted(track.times_s, (glide.start_s, glide.end_s)).tolist()
        for frame in range(first, last):
            if track.voiced[frame]:
                value = {"index": index, "frequency": round(float(track.hz[frame]), 2), "voiced": True}
                time_s = float(track.times_s[frame])
                points.append(_observed(time_s, time_s, value))
    return points


def _r(value: float) -> float:
    return round(float(value), 6)
