"""The sound of the samples that a report names, to play beside the take."""

from __future__ import annotations

from data.clip import Clip
from index import Item

from .model import Model
from .report.wording import nearest_samples
from .take_report import TakeReport

__all__ = ["sounds_beside"]


def sounds_beside(report: TakeReport, model: Model) -> dict[Item, Clip]:
    """Return the sound of the nearest sample for each swara of the take.

    Raises
    ------
    SwaraError
        If a sample's recording is gone or unreadable.
    """
    return {near.item: model.sound_of(near.item) for _, near in nearest_samples(report)}
