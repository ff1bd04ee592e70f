"""A singer heard live: a session takes samples in and gives events out. Pure: no file, clock or thread."""

from __future__ import annotations

from .drill import DrillPlan, SwaraRecord, drill_plans, next_task, written_task
from .drill_task import DrillNote, DrillResult, DrillStep, DrillTask, parse_task, task_message
from .events import (
    Event,
    Fifth,
    Frames,
    InputLevel,
    Lane,
    Leak,
    LiveNote,
    Processing,
    Ready,
    SaFound,
    TakeFull,
)
from .listen import MAX_CHANNELS, RATES_HZ, processing
from .messages import PROTOCOL, to_message
from .session import LiveSession
from .settings import LiveSettings, parse_settings

__all__ = [
    "MAX_CHANNELS",
    "PROTOCOL",
    "RATES_HZ",
    "DrillNote",
    "DrillPlan",
    "DrillResult",
    "DrillStep",
    "DrillTask",
    "Event",
    "Fifth",
    "Frames",
    "InputLevel",
    "Lane",
    "Leak",
    "LiveNote",
    "LiveSession",
    "LiveSettings",
    "Processing",
    "Ready",
    "SaFound",
    "SwaraRecord",
    "TakeFull",
    "drill_plans",
    "next_task",
    "parse_settings",
    "parse_task",
    "processing",
    "task_message",
    "to_message",
    "written_task",
]
