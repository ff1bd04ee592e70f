"""Sounds changed as rooms, devices and other players change them, to learn from more than there is."""

from __future__ import annotations

from .chain import Augmented, Chain, usual_chain

__all__ = ["Augmented", "Chain", "usual_chain"]
