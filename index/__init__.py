"""Professional samples, searched by nearness."""

from __future__ import annotations

from .items import Item, Neighbour

__all__ = ["Item", "Neighbour"]
