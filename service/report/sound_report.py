"""What a sound is, in words for a terminal and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from swara.raga.tonic_names import note_name
from swara.service.phrases import encodable, percent

if TYPE_CHECKING:
    from swara.classifier.instruments.network import Named
    from swara.classifier.instruments.sounds import Heard, Sound

__all__ = ["SCHEMA", "sound_json", "sound_lines", "sound_text", "what_it_is"]

SCHEMA: Final = "swara.sound/1"
"""Name and version; the number rises when a field changes its meaning or goes."""

_SHOWN = 3
_MOST_LINES = 40


def what_it_is(heard: Heard) -> str:
    """Return in one sentence, without its full stop, what plays."""
    if not heard.sounds:
        return "Nothing sounds here"
    if heard.named.name is not None:
        best = heard.named.probabilities[heard.named.name]
        others = [_likely(name, share) for name, share in _next(heard.named)]
        return f"{_likely(heard.named.name, best)}" + (f"; then {', '.join(others)}" if others else "")
    lengths = [(sound.end_s - sound.start_s, sound.with_others) for sound in heard.sounds]
    if sum(length * several for length, several in lengths) > sum(length for length, _ in lengths) / 2:
        return "More than one note sounds at a time: perhaps several instruments, and none is named"
    if len(heard.seconds) > 1:
        told = ", ".join(f"{name} {length_s:.1f} s" for name, length_s in heard.seconds.items())
        return f"Several, one after the other: {told}"
    likely = ", ".join(_likely(name, share) for name, share in _first(heard.named))
    return "Cannot tell what plays" + (f"; likeliest {likely}" if likely else "")


def sound_lines(heard: Heard) -> Iterator[str]:
    """Yield the lines of a terminal: what plays, then each sound with its note."""
    yield what_it_is(heard)
    for number, sound in enumerate(heard.sounds):
        if number == _MOST_LINES:
            yield f"  and {len(heard.sounds) - number} more: --json has them all"
            return
        what = "with another" if sound.with_others else sound.named.name or "-"
        yield f"  {sound.start_s:7.2f} s to {sound.end_s:.2f} s  {_note(sound):9}  {what}"


def _note(sound: Sound) -> str:
    return "no note" if sound.midi is None else note_name(_hz(sound.midi + sound.cents / 100.0))


def _hz(midi: float) -> float:
    return float(440.0 * 2.0 ** ((midi - 69.0) / 12.0))


def _likely(name: str, share: float) -> str:
    return f"{name} ({percent(share)})"


def _first(named: Named) -> list[tuple[str, float]]:
    return list(named.probabilities.items())[:_SHOWN]


def _next(named: Named) -> list[tuple[str, float]]:
    return [(name, share) for name, share in _first(named) if name != named.name and share >= 0.01]


def sound_json(heard: Heard, source: str, warnings: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return it as plain dicts, lists, strings, numbers and None."""
    return {
        "schema": SCHEMA,
        "source": encodable(source),
        "duration_s": round(heard.duration_s, 4),
        "summary": what_it_is(heard),
        **_named(heard.named),
        "seconds": {name: round(length_s, 2) for name, length_s in heard.seconds.items()},
        "sounds": [
            {
                "start_s": round(sound.start_s, 3),
                "end_s": round(sound.end_s, 3),
                "midi": sound.midi,
                "note": None if sound.midi is None else note_name(_hz(sound.midi)),
                "cents": None if sound.midi is None else round(sound.cents, 1),
                "with_others": sound.with_others,
                **_named(sound.named),
            }
            for sound in heard.sounds
        ],
        "warnings": [encodable(line) for line in warnings],
    }


def _named(named: Named) -> dict[str, Any]:
    probabilities = {name: round(share, 4) for name, share in named.probabilities.items()}
    return {"instrument": named.name, "probabilities": probabilities}


def sound_text(heard: Heard, source: str, warnings: tuple[str, ...]) -> str:
    """Return the JSON as text ending in a newline."""
    return (
        json.dumps(sound_json(heard, source, warnings), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    )
