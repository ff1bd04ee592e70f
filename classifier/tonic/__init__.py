"""Where Sa is."""

from __future__ import annotations

from .estimate import SaEvidence, estimate_tonic, given_tonic, no_tonic, share_on_pitches

__all__ = ["SaEvidence", "estimate_tonic", "given_tonic", "no_tonic", "share_on_pitches"]
