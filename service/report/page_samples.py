"""The part of a page that lets one hear a note beside a professional's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from data.clip import Clip
from data.take import Note
from index import Item, Neighbour
from service.take_report import TakeReport

from . import wording
from .audio_data import audio_uri
from .page_tables import play_button, safe, table

__all__ = ["NO_SAMPLES", "sample_section"]

NO_SAMPLES: Mapping[Item, Clip] = MappingProxyType({})


def sample_section(report: TakeReport, samples: Mapping[Item, Clip]) -> str:
    """Return a table of the swaras sung, each to play from the take and from the nearest sample."""
    nearest = wording.nearest_samples(report)
    if not nearest:
        return ""
    heads = ("Swara", "Yours", "Nearest sample", "Singer", "Alike")
    rows = (_cells(note, near, number, samples) for number, (note, near) in enumerate(nearest))
    head = '<h2 id="samples">What it should sound like</h2>'
    body = table("What it should sound like", heads, rows, numbers=(4,))
    sounds = "".join(
        _sound(number, samples[near.item]) for number, (_, near) in enumerate(nearest) if near.item in samples
    )
    return f'<section aria-labelledby="samples">{head}{body}{sounds}</section>'


def _sound(number: int, clip: Clip) -> str:
    return f'<audio class="sample" id="sample-{number}" preload="none" src="{audio_uri(clip)}"></audio>'


def _cells(note: Note, near: Neighbour, number: int, samples: Mapping[Item, Clip]) -> tuple[str, ...]:
    item = near.item
    place = f"{item.recording}, {wording.span(item.start_s, item.end_s)}"
    sound = f'<button type="button" data-sample="sample-{number}">{safe(place)}</button>'
    return (
        safe(wording.swara_in_saptak(note.raga_swara, note.raga_saptak)),
        play_button(note.start_s, note.end_s, wording.span(note.start_s, note.end_s)),
        sound if item in samples else safe(place),
        safe(item.singer),
        f"{near.similarity:.2f}",
    )
