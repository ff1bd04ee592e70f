"""Where Sa is."""

from __future__ import annotations

from .estimate import estimate_tonic, given_tonic, no_tonic, share_on_pitches

__all__ = ["estimate_tonic", "given_tonic", "no_tonic", "share_on_pitches"]
