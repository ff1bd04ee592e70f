"""Events as messages of the protocol that docs/live.md describes: plain dicts, fit for JSON."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from swara.data.arrays import FloatArray
from swara.data.pitch_track import HOP_S

from .drill_task import DrillResult
from .events import Event, Fifth, Frames, InputLevel, Leak, LiveNote, Processing, Ready, SaFound, TakeFull

__all__ = ["PROTOCOL", "to_message"]

PROTOCOL = 1
"""Version of the protocol: raised when what is sent means something else, not when more is sent."""

_TYPES: dict[type, str] = {
    LiveNote: "note",
    InputLevel: "level",
    SaFound: "sa",
    Fifth: "pa",
    Leak: "leak",
    Processing: "processing",
    TakeFull: "full",
    DrillResult: "drill",
}


def to_message(event: Event) -> dict[str, Any]:
    """Return an event as the message that a client is sent; numbers are rounded, none is infinite."""
    if isinstance(event, Frames):
        return _frames(event)
    if isinstance(event, Ready):
        return _ready(event)
    return {"type": _TYPES[type(event)], **_rounded(asdict(event))}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(each) for each in value]
    return round(value, 3) if isinstance(value, float) else value


def _ready(event: Ready) -> dict[str, Any]:
    sa = None if event.sa_hz is None else {"hz": round(event.sa_hz, 3), "name": event.sa_name}
    return {
        "type": "ready",
        "protocol": PROTOCOL,
        "lookahead_ms": event.lookahead_ms,
        "lanes": [asdict(lane) for lane in event.lanes],
        "sa": sa,
        "raga": event.raga,
        "tuning": event.tuning,
        "preset": event.preset,
        "warnings": list(event.warnings),
    }


def _frames(event: Frames) -> dict[str, Any]:
    return {
        "type": "frames",
        "start_s": round(event.start_s, 3),
        "hop_s": HOP_S,
        "reference": event.reference,
        "cents": _numbers(event.cents, 1),
        "hz": _numbers(event.hz, 2),
        "confidence": _numbers(event.confidence, 3),
    }


def _numbers(values: FloatArray, digits: int) -> list[float | None]:
    return [round(value, digits) if math.isfinite(value) else None for value in values.tolist()]
