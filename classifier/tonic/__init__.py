"""Where Sa is."""

from __future__ import annotations

from .estimate import SaEvidence, drift_of_sa, estimate_tonic, given_tonic, no_tonic, share_on_pitches

__all__ = ["SaEvidence", "drift_of_sa", "estimate_tonic", "given_tonic", "no_tonic", "share_on_pitches"]
