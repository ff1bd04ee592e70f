"""What the names of files and folders, or a table, say about recordings that are to be added."""

from __future__ import annotations

from .described import Described, Given, Layout, NamedNote, Refusal
from .read import read_layout

__all__ = ["Described", "Given", "Layout", "NamedNote", "Refusal", "read_layout"]
